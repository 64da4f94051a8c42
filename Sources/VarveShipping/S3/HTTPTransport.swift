// One request of HTTP and what came back, whoever carries it.

/// A request.
struct HTTPRequest: Sendable {
  var method: String
  /// The whole address, escaped.
  var url: String
  var headers: [(name: String, value: String)] = []
  var body: [UInt8] = []
  /// A longer answer is a failure.
  var answerByteCountMax = 4 << 20
}

/// What a server said.
struct HTTPAnswer: Sendable {
  var status: Int
  /// By names in lower case; of several of a name the last.
  var headers: [String: String]
  var body: [UInt8]

  var isSuccess: Bool { (200..<300).contains(status) }
}

/// No answer came, or none that can be used.
struct HTTPFailure: Error, Sendable {
  /// In words, without a secret.
  var message: String
  /// The certificate or the encryption of the connection is not good; another try does not help.
  var isTLS = false
}

/// Carries requests.
protocol HTTPTransport: Sendable {
  func send(_ request: HTTPRequest) throws(HTTPFailure) -> HTTPAnswer
}
