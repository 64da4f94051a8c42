// Asks an S3-compatible server and tries again where that helps.

import Varve
import VarveFormat

/// Signed requests to one bucket.
struct S3Client: Sendable {
  let location: S3Location
  let credentials: S3Credentials
  let transport: any HTTPTransport
  let clock: any S3Clock
  /// Asked before each try, while it waits and between them.
  var isCancelled: @Sendable () -> Bool = { false }

  /// Tries of one request at most; the pauses between them are about a minute together.
  static let tryCountMax = 7
  /// No try is begun later than this after the first one, in milliseconds: a server that takes
  /// requests and never answers costs a minute each time.
  private static let patience: Int64 = 150_000
  /// The first pause at most, in milliseconds; each one after it is twice as long.
  private static let pauseFirst = 200
  private static let pauseMax = 20_000

  /// One request.
  struct Request {
    var method: String
    /// Without the location's prefix; empty for the bucket.
    var key = ""
    var query: [(name: String, value: String)] = []
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
    var answerByteCountMax = 4 << 20
    /// What is asked, for an error.
    var doing: String
  }

  /// The answer to a request: a success, or one of some statuses that the caller knows.
  ///
  /// Tried again: no answer, throttling, and what a server says of its own failures.
  ///
  /// - Parameter accepting: statuses besides 2xx that are answers.
  func send(_ request: Request, accepting: Set<Int> = []) throws(StoreError) -> HTTPAnswer {
    var failure: StoreError?
    let start = clock.now()
    for number in 0..<Self.tryCountMax where clock.now() - start < Self.patience {
      if number > 0 {
        let most = min(Self.pauseMax, Self.pauseFirst << (number - 1))
        // Full jitter: clients that failed together do not come back together.
        pause(milliseconds: Int.random(in: most / 4...most))
      }
      if isCancelled() { throw stopped(request) }
      let answer: HTTPAnswer
      do throws(HTTPFailure) {
        answer = try transport.send(signed(request))
      } catch {
        if isCancelled() { throw stopped(request) }
        failure = unreachable(request, error.message)
        if error.isTLS {
          throw unreachable(
            request,
            "no TLS with the server, or its certificate is not trusted: \(error.message)")
        }
        continue
      }
      if answer.isSuccess || accepting.contains(answer.status) { return answer }
      let error = S3Failure(answer, now: clock.now())
      failure = error.storeError(
        location.name + request.key, request.doing,
        isOfAnObject: !request.key.isEmpty
          && (request.method == "GET" || request.method == "HEAD"))
      guard error.mayPass else { break }
    }
    throw failure ?? unreachable(request, "no answer")
  }

  /// A quarter of a second at a time, so that nobody who wants to stop waits for it.
  private func pause(milliseconds: Int) {
    var rest = milliseconds
    while rest > 0, !isCancelled() {
      clock.pause(milliseconds: min(rest, 250))
      rest -= 250
    }
  }

  private func stopped(_ request: Request) -> StoreError {
    StoreError(.cancelled, path: location.name + request.key, detail: "\(request.doing): stopped")
  }

  private func unreachable(_ request: Request, _ message: String) -> StoreError {
    StoreError(
      .unreachable, path: location.name + request.key, detail: "\(request.doing): \(message)")
  }

  private func signed(_ request: Request) -> HTTPRequest {
    let payload = ContentDigest.hash(request.body)
    var headers = request.headers
    let hasBody = request.method == "PUT" || request.method == "POST"
    if hasBody {
      headers.append(("content-md5", Base64.encode(Ciphers.md5(request.body))))
      if !headers.contains(where: { $0.name == "content-type" }) {
        headers.append(("content-type", "application/octet-stream"))
      }
    }
    let path = location.path(request.key)
    headers = SignatureV4(credentials: credentials, region: location.region).sign(
      method: request.method, host: location.host, path: path.isEmpty ? "/" : path,
      query: request.query, headers: headers, payload: payload, time: clock.now())
    let query = SignatureV4.canonical(request.query)
    return HTTPRequest(
      method: request.method,
      url: "\(location.scheme)://\(location.host)\(path.isEmpty ? "/" : path)"
        + (query.isEmpty ? "" : "?" + query),
      headers: headers, body: request.body, answerByteCountMax: request.answerByteCountMax)
  }
}

/// The time, and how it passes.
protocol S3Clock: Sendable {
  /// Milliseconds since 1970 UTC.
  func now() -> Int64
  func pause(milliseconds: Int)
}

/// What a server says instead of what it was asked for.
struct S3Failure {
  let status: Int
  /// The code of the protocol, such as `NoSuchKey`; empty if there is none.
  let code: String
  /// The clock of the server less ours, in seconds; nil if the server does not say.
  let clockDifference: Int64?

  private static let textByteCountMax = 16 << 10

  init(_ answer: HTTPAnswer, now: Int64) {
    status = answer.status
    // More is no word of a failure.
    code = XMLText(Array(answer.body.prefix(Self.textByteCountMax))).first("Code") ?? ""
    clockDifference = answer.headers["date"].flatMap { UTCTime($0) }
      .map { $0.seconds - now / 1000 }
  }

  /// Whether the same request may go through later.
  var mayPass: Bool {
    // The last four: what was sent is not what arrived.
    let codes = [
      "SlowDown", "RequestTimeout", "InternalError", "ServiceUnavailable", "BadDigest",
      "IncompleteBody", "InvalidDigest", "XAmzContentSHA256Mismatch",
    ]
    if codes.contains(code) { return true }
    return status == 408 || status == 429 || status == 500 || status == 502 || status == 503
      || status == 504
  }

  func storeError(
    _ path: String, _ doing: String, isOfAnObject: Bool
  ) -> StoreError {
    // Servers say other words; what is said here is ours, so that nothing of theirs is shown.
    let shown = code.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }.prefix(64)
    let what = shown.isEmpty ? "status \(status)" : "\(shown), status \(status)"
    func make(_ code: StoreError.Code, _ words: String) -> StoreError {
      StoreError(code, path: path, detail: "\(doing): \(words) (\(what))")
    }
    switch code {
    case "RequestTimeTooSkewed", "RequestExpired":
      let off = clockDifference.map { " by \(Self.span(abs($0)))" } ?? ""
      return make(.denied, "the clock of this machine is off\(off); set it")
    case "ExpiredToken", "TokenRefreshRequired":
      return make(.denied, "the credentials have expired; renew them")
    case "InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException":
      return make(.denied, "the server does not know this access key")
    case "SignatureDoesNotMatch":
      return make(.denied, "the secret does not belong to this access key, or the region is wrong")
    case "NoSuchBucket":
      return make(.unreachable, "there is no such bucket; make it, or mind the name")
    case "NoSuchUpload":
      return make(.unreachable, "somebody stopped this upload; try again")
    case "InvalidObjectState":
      return make(
        .unreachable,
        "the object is in an archive class and must be restored there first: ask the server to"
          + " thaw it, wait for hours, and try again")
    case "QuotaExceeded", "StorageFull", "XMinioStorageFull", "InsufficientStorage":
      return make(.unreachable, "the target is full")
    case "SlowDown", "RequestTimeout", "TooManyRequests", "ThrottlingException":
      return make(.unreachable, "the server asks to slow down; try again later")
    default: break
    }
    if status == 507 { return make(.unreachable, "the target is full") }
    if status == 401 || status == 403 {
      return make(.denied, "the server refuses: these credentials may not do that here")
    }
    if status == 404, isOfAnObject { return make(.notFound, "there is no such object") }
    if status == 404 { return make(.unreachable, "this is no S3 server, or another endpoint") }
    if (300..<400).contains(status) {
      return make(.unreachable, "the bucket is elsewhere; give its --region or --endpoint")
    }
    return make(.unreachable, "the server failed")
  }

  private static func span(_ seconds: Int64) -> String {
    seconds < 3600 ? "\(seconds / 60) min" : "\(seconds / 3600) h \(seconds / 60 % 60) min"
  }
}
