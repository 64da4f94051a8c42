// What the client makes of what servers say and do not say. `tools/check_s3` asks a real server.

import Synchronization
import Testing
import Varve
import VarveFormat
@testable import VarveShipping

/// Gives answers as a test says, and keeps what was asked.
private final class ScriptedTransport: HTTPTransport {
  private let answers: Mutex<[Result<HTTPAnswer, HTTPFailure>]>
  private let asked = Mutex<[HTTPRequest]>([])

  init(_ answers: [Result<HTTPAnswer, HTTPFailure>]) { self.answers = Mutex(answers) }

  var requests: [HTTPRequest] { asked.withLock { $0 } }

  /// The last answer stands for all that follow.
  func send(_ request: HTTPRequest) throws(HTTPFailure) -> HTTPAnswer {
    asked.withLock { $0.append(request) }
    let next = answers.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
    return try next.get()
  }
}

/// A clock that stands, and remembers pauses.
private final class StillClock: S3Clock {
  private let pauses = Mutex<[Int]>([])
  var paused: [Int] { pauses.withLock { $0 } }

  func now() -> Int64 { 1_369_353_600_000 }
  func pause(milliseconds: Int) { pauses.withLock { $0.append(milliseconds) } }
}

@Suite("S3 client")
struct S3ClientTests {
  private static let secret = "wJalrXUtnFEMI-K7MDENG"

  private func answer(
    _ status: Int, code: String = "", headers: [String: String] = [:], body: String? = nil
  ) -> Result<HTTPAnswer, HTTPFailure> {
    let error = "<Error><Code>\(code)</Code><Message>\u{1B}[31m</Message></Error>"
    return .success(
      HTTPAnswer(
        status: status, headers: headers, body: Array((body ?? (code.isEmpty ? "" : error)).utf8)))
  }

  private func target(
    _ transport: ScriptedTransport, _ clock: any S3Clock = StillClock()
  ) throws -> S3Target {
    S3Target(
      try S3Location("s3://bucket/p", endpoint: "https://h"),
      credentials: S3Credentials(accessKey: "AKIAEXAMPLE", secretKey: Self.secret),
      transport: transport, clock: clock)
  }

  private struct Case: Sendable {
    let status: Int
    let code: String
    let expected: StoreError.Code
    let words: String
    var mayPass = false
  }

  private static let cases: [Case] = [
    Case(status: 403, code: "RequestTimeTooSkewed", expected: .denied, words: "off by 2 h 3 min"),
    Case(status: 400, code: "ExpiredToken", expected: .denied, words: "expired"),
    Case(status: 403, code: "InvalidAccessKeyId", expected: .denied, words: "does not know"),
    Case(status: 403, code: "SignatureDoesNotMatch", expected: .denied, words: "secret"),
    Case(status: 403, code: "AccessDenied", expected: .denied, words: "refuses"),
    Case(status: 404, code: "NoSuchBucket", expected: .unreachable, words: "no such bucket"),
    Case(status: 403, code: "InvalidObjectState", expected: .unreachable, words: "thaw"),
    Case(status: 507, code: "", expected: .unreachable, words: "full"),
    Case(status: 403, code: "QuotaExceeded", expected: .unreachable, words: "full"),
    Case(status: 301, code: "PermanentRedirect", expected: .unreachable, words: "elsewhere"),
    Case(status: 404, code: "NoSuchKey", expected: .notFound, words: "no such object"),
    Case(
      status: 503, code: "SlowDown", expected: .unreachable, words: "slow down", mayPass: true),
    Case(status: 500, code: "InternalError", expected: .unreachable, words: "", mayPass: true),
    Case(status: 429, code: "", expected: .unreachable, words: "", mayPass: true),
  ]

  @Test(
    "Each failure of a server is one clear line, tried again where that helps", arguments: 0..<14)
  func failures(number: Int) throws {
    let wanted = Self.cases[number]
    let transport = ScriptedTransport([
      answer(
        wanted.status, code: wanted.code,
        headers: ["date": "Fri, 24 May 2013 02:03:00 GMT"])
    ])
    let clock = StillClock()
    let target = try target(transport, clock)
    let error = #expect(throws: StoreError.self) { try target.get("segments/x", at: 0, count: 9) }
    #expect(error?.code == wanted.expected)
    let text = error.map { "\($0)" } ?? ""
    #expect(text.contains(wanted.words), "\(text)")
    #expect(!text.contains(Self.secret) && !text.contains("\u{1B}") && !text.contains("\n"))
    #expect(transport.requests.count == (wanted.mayPass ? S3Client.tryCountMax : 1))
    #expect(clock.paused.allSatisfy { (1...20_000).contains($0) })
    for request in transport.requests {
      #expect(!request.url.contains(Self.secret))
      #expect(!request.headers.contains { $0.value.contains(Self.secret) })
    }
  }

  @Test("What fails once goes through; a bad certificate is not tried again")
  func retries() throws {
    let failed = Result<HTTPAnswer, HTTPFailure>.failure(HTTPFailure(message: "reset"))
    let transport = ScriptedTransport([failed, answer(503), answer(200)])
    try target(transport).delete("segments/x")
    #expect(transport.requests.count == 3)
    let bad = ScriptedTransport([.failure(HTTPFailure(message: "self-signed", isTLS: true))])
    let error = #expect(throws: StoreError.self) { try target(bad).list("segments/") }
    #expect(error?.code == .unreachable && bad.requests.count == 1)
    #expect("\(try #require(error))".contains("not trusted"))
  }

  @Test("A server that takes requests and never answers is given up after some minutes")
  func patience() throws {
    /// Time passes as often as somebody looks at it.
    final class SlowClock: S3Clock {
      private let time = Mutex<Int64>(0)

      func now() -> Int64 {
        time.withLock { time in
          time += 25_000
          return time
        }
      }

      func pause(milliseconds: Int) {}
    }
    let stalled = ScriptedTransport([.failure(HTTPFailure(message: "too slow"))])
    let error = #expect(throws: StoreError.self) {
      try target(stalled, SlowClock()).list("")
    }
    #expect(error?.code == .unreachable)
    #expect((2..<S3Client.tryCountMax).contains(stalled.requests.count))
  }

  @Test("A range is the one that was asked for, or an error")
  func ranges() throws {
    func get(_ answer: Result<HTTPAnswer, HTTPFailure>, at offset: UInt64) throws -> [UInt8] {
      try target(ScriptedTransport([answer])).get("segments/x", at: offset, count: 4)
    }
    let right = answer(206, headers: ["content-range": "bytes 8-11/20"], body: "abcd")
    #expect(try get(right, at: 8) == Array("abcd".utf8))
    // As rclone answers.
    let asWhole = answer(200, headers: ["content-range": "bytes 8-11/20"], body: "abcd")
    #expect(try get(asWhole, at: 8) == Array("abcd".utf8))
    #expect(try get(answer(416, code: "InvalidRange"), at: 8).isEmpty)
    for wrong in [
      answer(206, headers: ["content-range": "bytes 0-3/20"], body: "abcd"),
      answer(206, body: "abcd"), answer(200, body: "abcdefgh"),
      answer(200, headers: ["content-range": "bytes 0-3/20"], body: "abcd"),
      answer(206, headers: ["content-range": "bytes 8-12/20"], body: "abcde"),
    ] {
      #expect(throws: StoreError.self) { try get(wrong, at: 8) }
    }
  }

  @Test("A listing that is cut, repeats itself or is something else is an error")
  func listings() throws {
    func list(_ bodies: [String]) throws -> [TargetObject] {
      try target(ScriptedTransport(bodies.map { answer(200, body: $0) })).list("segments/")
    }
    let id = String(repeating: "a", count: 64)
    func page(_ entries: String, next: String? = nil) -> String {
      "<ListBucketResult><IsTruncated>\(next != nil)</IsTruncated>"
        + (next.map { "<NextContinuationToken>\($0)</NextContinuationToken>" } ?? "") + entries
        + "</ListBucketResult>"
    }
    func entry(_ key: String, _ size: String = "5") -> String {
      "<Contents><Key>\(key)</Key><Size>\(size)</Size>"
        + "<LastModified>2026-11-26T09:00:00.000Z</LastModified></Contents>"
    }
    let other = String(repeating: "b", count: 64)
    let found = try list([
      page(entry("p/segments/\(id)"), next: "t"),
      page(
        entry("p/segments/\(other)") + entry("p/segments/stranger") + entry("p/../../etc/passwd")),
    ])
    #expect(found.map(\.key) == ["segments/\(id)", "segments/\(other)"])
    #expect(found[0].byteCount == 5)
    for bodies in [
      [""], ["<html>login</html>"], [String(page(entry("p/segments/\(id)")).dropLast(9))],
      [page(entry("elsewhere/x"))], [page(entry("p/segments/\(id)", "-1"))],
      [page("", next: "t"), page("", next: "t")],
      [page(entry("p/segments/\(id)"), next: "t"), page(entry("p/segments/\(id)"), next: "u")],
      ["<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"],
    ] {
      #expect(throws: StoreError.self, "\(bodies)") { try list(bodies) }
    }
  }

  @Test("An answer of success that says failure, or none, does not make an upload whole")
  func parts() throws {
    let large = [UInt8](repeating: 7, count: S3Target.partByteCount + 5)
    func put(
      _ end: [Result<HTTPAnswer, HTTPFailure>]
    ) throws -> (error: StoreError?, transport: ScriptedTransport) {
      let transport = ScriptedTransport(
        [
          answer(
            200,
            body: "<InitiateMultipartUploadResult><UploadId>u</UploadId>"
              + "</InitiateMultipartUploadResult>"),
          answer(200, headers: ["etag": "\"1\""]), answer(200, headers: ["etag": "\"2\""]),
        ] + end)
      var pieces = [large]
      do {
        try target(transport).put("segments/x", digest: ContentDigest.hash(large)) {
          pieces.popLast() ?? []
        }
        return (nil, transport)
      } catch let error as StoreError {
        return (error, transport)
      }
    }
    let done = answer(
      200, body: "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>")
    let size = answer(200, headers: ["content-length": "\(large.count)"])
    let less = answer(200, headers: ["content-length": "\(large.count - 1)"])
    #expect(try put([done]).error == nil)
    // The server did it, the answer was lost, and the next try finds no upload.
    let lost = Result<HTTPAnswer, HTTPFailure>.failure(HTTPFailure(message: "reset"))
    #expect(try put([lost, answer(404, code: "NoSuchUpload"), size]).error == nil)
    #expect(try put([answer(200, body: ""), size]).error == nil)
    for end in [
      [answer(200, body: "<Error><Code>InternalError</Code></Error>"), less],
      [answer(404, code: "NoSuchUpload"), answer(404)],
    ] {
      let (error, transport) = try put(end + [answer(204)])
      #expect(error?.code == .unreachable)
      // What was begun is taken away.
      #expect(transport.requests.last?.method == "DELETE")
    }
  }
}
