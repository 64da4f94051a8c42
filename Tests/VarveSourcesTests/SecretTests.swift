// Credentials are found by rules and never shown: THREATS 14. The keys here are made of chance.

import Foundation
import Testing
import Varve
import VarveFormat
import VarveSources
import VarveTestSupport

@Suite("Secrets") struct SecretTests {
  /// Random text over an alphabet, so that no key stands in this file.
  private struct Keys {
    var random = SplitMix64(seed: 20_260_102)

    mutating func text(_ count: Int, _ alphabet: String = Keys.all) -> String {
      let letters = Array(alphabet)
      return String((0..<count).map { _ in letters[Int(random.next() % UInt64(letters.count))] })
    }

    static let all = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    static let upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    static let hex = "0123456789abcdef"
  }

  /// A key of every rule, with the text around it.
  private static let samples: [(rule: String, before: String, key: String, after: String)] = {
    var keys = Keys()
    let object = "ey" + "J"
    let jwt = object + keys.text(30) + "." + object + keys.text(60) + "." + keys.text(43)
    let kind = "RSA " + "PRIVATE KEY-----"
    let pem = "-----BEGIN \(kind)\n\(keys.text(64))\n\(keys.text(64))\n-----END \(kind)"
    return [
      ("aws-access-key", "id ", "AK" + "IA" + keys.text(16, Keys.upper), " in env"),
      ("github-token", "git clone https://x:", "gh" + "p_" + keys.text(36), "@host/y"),
      ("github-token", "", "github" + "_pat_" + keys.text(22) + "_" + keys.text(59), ""),
      ("gitlab-token", "PRIVATE: ", "gl" + "pat-" + keys.text(20), ""),
      ("openai-key", "key=", "sk" + "-proj-" + keys.text(80), "\n"),
      ("openai-key", "\"", "sk" + "-" + keys.text(48), "\""),
      ("anthropic-key", "export K=", "sk" + "-ant-api03-" + keys.text(93), ""),
      ("slack-token", "(", "xo" + "xb-" + keys.text(12, "0123456789") + "-" + keys.text(24), ")"),
      ("google-api-key", "?key=", "AI" + "za" + keys.text(35), "&x=1"),
      ("stripe-key", "'", "sk" + "_live_" + keys.text(24), "'"),
      ("npm-token", "//registry/:_authToken=", "np" + "m_" + keys.text(36), ""),
      ("huggingface-token", "login ", "h" + "f_" + keys.text(34), ""),
      ("digitalocean-token", "", "dop" + "_v1_" + keys.text(64, Keys.hex), ""),
      ("sendgrid-key", "", "S" + "G." + keys.text(22) + "." + keys.text(43), ""),
      ("twilio-key", "sid ", "S" + "K" + keys.text(32, Keys.hex), ""),
      ("private-key", "cat id\n", pem, "\n$"),
      ("jwt", "cookie ", jwt, ";"),
      ("bearer-token", "Authorization: Bearer ", keys.text(40), "\""),
      ("url-password", "postgres://ann:", keys.text(14), "@db.local:5432/x"),
      ("assigned-secret", "AWS_SECRET_ACCESS_KEY=", keys.text(38) + "7x", "\n"),
      ("assigned-secret", #"{"client_secret": ""#, keys.text(38) + "4z", #""}"#),
      ("assigned-secret", #"{\"api_key\":\""#, keys.text(38) + "9q", #"\"}"#),
    ]
  }()

  @Test("A key of every rule is found, whole and alone")
  func findsKeys() {
    for sample in Self.samples {
      let whole = "some words " + sample.before + sample.key + sample.after + " and more"
      let text = Array(whole.utf8)
      let found = SecretScanner.findings(text)
      #expect(found.map(\.rule) == [sample.rule], "\(sample.before)")
      guard let first = found.first else { continue }
      #expect(String(decoding: text[first.range], as: UTF8.self) == sample.key)
      let shown = String(decoding: SecretScanner.redacted(text), as: UTF8.self)
      #expect(!shown.contains(sample.key) && shown.contains("[redacted:\(sample.rule)]"))
      #expect(shown.hasPrefix("some words " + sample.before) && shown.hasSuffix(" and more"))
    }
  }

  @Test("10,000 ordinary texts hold none: digests, UUIDs, paths, code, placeholders")
  func leavesTheRest() {
    var keys = Keys()
    var wrong = 0
    for i in 0..<10_000 {
      let hex = keys.text(40, Keys.hex)
      let words = (0..<8).map { _ in keys.text(Int(keys.random.next() % 9) + 2, "aeioulnrst") }
      let text =
        switch i % 10 {
        case 0: "commit \(hex) by \(words[0])"
        case 1: "let token = try parser.next(after: \(words[1]))"
        case 2: "uuid=\(hex.prefix(8))-\(hex.suffix(4))-4a1b-9c2d-\(hex.suffix(12))"
        case 3: "password: your-password-here  # \(words.joined(separator: " "))"
        case 4: "https://example.com:8080/\(words[0])/\(words[1])?page=\(i)"
        case 5: "sha256:\(hex)\(keys.text(24, Keys.hex)) \(words[2]).swift:\(i):14"
        case 6: #"{"input_tokens":\#(i),"output_tokens":2048,"token_count":\#(i)}"#
        case 7: "API_KEY=${API_KEY} node \(words[3]).js && export SECRET=<secret>"
        case 8: "func sk_\(words[4])(_ task-\(words[5]): Int) { \(words.joined(separator: ", ")) }"
        default: words.joined(separator: " ") + " data:image/png;base64," + keys.text(200)
        }
      if !SecretScanner.findings(Array(text.utf8)).isEmpty { wrong += 1 }
    }
    #expect(wrong < 10, "\(wrong) of 10,000")
  }

  @Test("Long and hostile texts take linear time", .timeLimit(.minutes(1)))
  func staysLinear() {
    for piece in ["-----BEGIN ", "eyJ.eyJ", "://a:", "password=", "sk-", ":::::::", "Bearer "] {
      let text = Array(String(repeating: piece, count: 5_000).utf8)
      _ = SecretScanner.findings(text)
    }
  }

  @Test(
    "No command with --redact shows a key, and 'secrets' never does",
    .enabled(if: Command.binary != nil, Command.reason))
  func redactsCommands() throws {
    let command = try Command(try World())
    let world = command.world
    let sample = Self.samples[6]
    let line = messageLine("user", "\"use \(sample.key) now\"", extra: #","cwd":"/p""#)
    try world.transcript(line)
    #expect(try command.run(["ingest", world.home, "--host", "h", "--quiet"]).code == 0)
    let found = try command.run(["secrets", "--json"])
    #expect(found.code == 0 && found.text.contains(sample.rule))
    #expect(!found.text.contains(sample.key) && !found.errorText.contains(sample.key))
    let hash = "\(ContentDigest.hash(Array("use \(sample.key) now".utf8)))"
    for words in [
      ["get", hash], ["get", hash, "--raw"], ["get", hash, "--json"], ["list"], ["list", "--json"],
      ["session", "s-1", "--json"], ["export"], ["source", "show", "s.jsonl"],
    ] {
      let plain = try command.run(words)
      #expect(plain.text.contains(sample.key), "\(words)")
      let output = try command.run(words + ["--redact"])
      #expect(output.code == 0 && !output.text.contains(sample.key), "\(words)")
      #expect(output.text.contains("[redacted:"), "\(words)")
    }
    #expect(try command.run(["secrets", "--rule", "jwt"]).code == 1)
  }
}
