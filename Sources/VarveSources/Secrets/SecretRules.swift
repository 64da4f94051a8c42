// What credentials look like. The prefixes are those that the issuers document for secret scanning
// (docs.github.com "Supported secret scanning patterns") and that gitleaks' public rules use.

/// A credential that is known by how it starts.
struct PrefixRule: Sendable {
  let name: String
  let prefix: [UInt8]
  /// Bytes that may follow the prefix.
  let alphabet: SecretAlphabet
  /// How many of them.
  let count: ClosedRange<Int>

  init(_ name: String, _ prefix: String, _ alphabet: SecretAlphabet, _ count: ClosedRange<Int>) {
    self.name = name
    self.prefix = Array(prefix.utf8)
    self.alphabet = alphabet
    self.count = count
  }

  /// Longer prefixes come before shorter ones that they start with.
  static let all: [PrefixRule] = [
    PrefixRule("anthropic-key", "sk-ant-", .word, 20...400),
    PrefixRule("openai-key", "sk-proj-", .word, 20...400),
    PrefixRule("openai-key", "sk-svcacct-", .word, 20...400),
    PrefixRule("openai-key", "sk-admin-", .word, 20...400),
    PrefixRule("openrouter-key", "sk-or-v1-", .hex, 32...128),
    PrefixRule("stripe-key", "sk_live_", .alphanumeric, 16...250),
    PrefixRule("stripe-key", "sk_test_", .alphanumeric, 16...250),
    PrefixRule("stripe-key", "rk_live_", .alphanumeric, 16...250),
    PrefixRule("stripe-key", "rk_test_", .alphanumeric, 16...250),
    PrefixRule("openai-key", "sk-", .alphanumeric, 32...200),
    PrefixRule("aws-access-key", "AKIA", .upper, 16...16),
    PrefixRule("aws-access-key", "ASIA", .upper, 16...16),
    PrefixRule("github-token", "ghp_", .alphanumeric, 36...255),
    PrefixRule("github-token", "gho_", .alphanumeric, 36...255),
    PrefixRule("github-token", "ghu_", .alphanumeric, 36...255),
    PrefixRule("github-token", "ghs_", .alphanumeric, 36...255),
    PrefixRule("github-token", "ghr_", .alphanumeric, 36...255),
    PrefixRule("github-token", "github_pat_", .word, 22...255),
    PrefixRule("gitlab-token", "glpat-", .word, 20...64),
    PrefixRule("slack-token", "xoxa-", .word, 10...250),
    PrefixRule("slack-token", "xoxb-", .word, 10...250),
    PrefixRule("slack-token", "xoxe-", .word, 10...250),
    PrefixRule("slack-token", "xoxp-", .word, 10...250),
    PrefixRule("slack-token", "xoxr-", .word, 10...250),
    PrefixRule("slack-token", "xoxs-", .word, 10...250),
    PrefixRule("slack-token", "xapp-", .word, 10...250),
    PrefixRule("slack-webhook", "https://hooks.slack.com/services/", .path, 20...100),
    PrefixRule("google-api-key", "AIza", .word, 35...35),
    PrefixRule("google-oauth-token", "ya29.", .word, 20...400),
    PrefixRule("google-oauth-secret", "GOCSPX-", .word, 28...28),
    PrefixRule("npm-token", "npm_", .alphanumeric, 36...36),
    PrefixRule("pypi-token", "pypi-AgE", .word, 50...400),
    PrefixRule("huggingface-token", "hf_", .alphanumeric, 30...60),
    PrefixRule("digitalocean-token", "dop_v1_", .hex, 64...64),
    PrefixRule("sendgrid-key", "SG.", .dotted, 60...80),
    PrefixRule("groq-key", "gsk_", .alphanumeric, 40...80),
    PrefixRule("xai-key", "xai-", .alphanumeric, 60...120),
    PrefixRule("linear-key", "lin_api_", .alphanumeric, 32...64),
    PrefixRule("doppler-token", "dp.pt.", .alphanumeric, 40...50),
    PrefixRule("shopify-token", "shpat_", .hex, 32...32),
    PrefixRule("twilio-key", "SK", .lowerHex, 32...32),
  ]
}

/// Sets of bytes.
enum SecretAlphabet: Sendable {
  case upper, alphanumeric, word, dotted, path, hex, lowerHex

  func contains(_ byte: UInt8) -> Bool {
    let isDigit = byte >= 0x30 && byte <= 0x39
    let isUpper = byte >= 0x41 && byte <= 0x5A
    let isLower = byte >= 0x61 && byte <= 0x7A
    switch self {
    case .upper: return isDigit || isUpper
    case .alphanumeric: return isDigit || isUpper || isLower
    case .word:
      return isDigit || isUpper || isLower || byte == UInt8(ascii: "_")
        || byte == UInt8(ascii: "-")
    case .dotted: return Self.word.contains(byte) || byte == UInt8(ascii: ".")
    case .path: return isDigit || isUpper || isLower || byte == UInt8(ascii: "/")
    case .lowerHex: return isDigit || byte >= 0x61 && byte <= 0x66
    case .hex: return isDigit || byte >= 0x61 && byte <= 0x66 || byte >= 0x41 && byte <= 0x46
    }
  }
}

/// Names whose values are secrets, and values that are none.
enum AssignmentRule {
  static let names: [[UInt8]] = [
    "secret", "token", "passwd", "password", "api_key", "apikey", "api-key", "access_key",
    "access-key", "private_key", "client_secret", "auth_key", "accesskey", "authorization",
  ].map { Array($0.utf8) }

  /// What people write where a secret belongs.
  static let placeholders: [[UInt8]] = [
    "example", "your", "xxxx", "redacted", "placeholder", "changeme", "process.env", "dummy",
    "sample", "undefined", "insert", "replace", "fake", "1234567890", "abcdef", "token", "secret",
    "password", "test",
  ].map { Array($0.utf8) }

  static let valueByteCount = 16...512
  /// Bits a byte, of the value's own distribution (C. E. Shannon, 1948); words and paths are below.
  static let entropyMin = 3.5
}
