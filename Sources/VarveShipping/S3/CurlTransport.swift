// HTTP through libcurl: connections are kept and shared among threads, certificates are checked,
// redirections are not followed.

import CCurl
import Synchronization

/// Carries requests with libcurl.
final class CurlTransport: HTTPTransport {
  /// A connection that nobody uses at the moment.
  @safe private struct Handle: @unchecked Sendable {
    // SAFETY: a handle is used by the thread that took it out of the list, by no other.
    let pointer: OpaquePointer
  }

  private let idle = Mutex<[Handle]>([])
  private let rateMax: Int64
  private let authorities: String?
  private let question: Question

  /// What curl asks about once a second.
  private final class Question: Sendable {
    let isCancelled: @Sendable () -> Bool

    init(_ isCancelled: @escaping @Sendable () -> Bool) { self.isCancelled = isCancelled }
  }

  /// - Parameters:
  ///   - rateMax: bytes a second at most in either direction; 0 for as many as there are.
  ///   - authorities: a file of certificates to trust in place of the system's.
  ///   - isCancelled: asked while a request is under way; it is given up then.
  init(
    rateMax: Int64 = 0, authorities: String? = nil,
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) {
    self.rateMax = rateMax
    self.authorities = authorities
    question = Question(isCancelled)
  }

  deinit {
    // SAFETY: nobody else has the handles any more.
    for handle in idle.withLock({ $0 }) { unsafe varve_http_free(handle.pointer) }
  }

  private func take() throws(HTTPFailure) -> Handle {
    if let handle = idle.withLock({ $0.popLast() }) { return handle }
    guard let made = unsafe varve_http_make() else { throw HTTPFailure(message: "out of memory") }
    return unsafe Handle(pointer: made)
  }

  func send(_ request: HTTPRequest) throws(HTTPFailure) -> HTTPAnswer {
    let handle = try take()
    defer { idle.withLock { $0.append(handle) } }
    // An empty value takes a header away that curl would add.
    let lines = request.headers.map { "\($0.name): \($0.value)" } + ["Expect:"]
    let sent = Self.send(request, lines, handle, rateMax, authorities, question)
    return try sent.get()
  }

  private static func send(
    _ request: HTTPRequest, _ lines: [String], _ handle: Handle, _ rateMax: Int64,
    _ authorities: String?, _ question: Question
  ) -> Result<HTTPAnswer, HTTPFailure> {
    var list = unsafe [UnsafePointer<CChar>?]()
    // SAFETY: every pointer is used inside the closures that give it; curl copies the headers and
    // lets go of the body when it returns. What it answers is copied before the handle is used
    // again.
    return unsafe withCStrings(lines[...], &list) { headers in
      unsafe request.method.withCString { method in
        unsafe request.url.withCString { url in
          unsafe request.body.withUnsafeBufferPointer { body in
            unsafe withOptionalCString(authorities) { authorities in
              var sent = unsafe varve_http_request(
                method: method, url: url, headers: headers, header_count: lines.count,
                body: body.baseAddress, body_byte_count: body.count,
                answer_byte_count_max: request.answerByteCountMax, rate_max: rateMax,
                authorities: authorities, is_cancelled: isCancelled,
                context: Unmanaged.passUnretained(question).toOpaque())
              let answer = unsafe varve_http_send(handle.pointer, &sent)
              return withExtendedLifetime(question) { unsafe read(answer) }
            }
          }
        }
      }
    }
  }

  private static let isCancelled: @convention(c) (UnsafeRawPointer?) -> Int32 = { context in
    // SAFETY: the context is the question of the transport that sends, which lives until the answer
    // was read.
    guard let context = unsafe context else { return 0 }
    let question = unsafe Unmanaged<Question>.fromOpaque(context).takeUnretainedValue()
    return question.isCancelled() ? 1 : 0
  }

  private static func read(_ answer: varve_http_answer) -> Result<HTTPAnswer, HTTPFailure> {
    guard unsafe answer.error == 0 else {
      // SAFETY: the message ends with a zero and lives as long as the handle.
      let message = unsafe String(cString: answer.message)
      return unsafe .failure(
        HTTPFailure(message: message, isTLS: varve_http_is_tls_error(answer.error) != 0))
    }
    // SAFETY: the counts are those of the buffers.
    let body = unsafe Array(
      UnsafeBufferPointer(start: answer.body, count: answer.body_byte_count))
    let head = unsafe Array(
      UnsafeBufferPointer(start: answer.head, count: answer.head_byte_count))
    return unsafe .success(
      HTTPAnswer(status: answer.status, headers: Self.headers(head), body: body))
  }

  /// The headers of the last head: others are of answers that said to go on.
  private static func headers(_ head: [UInt8]) -> [String: String] {
    var found: [String: String] = [:]
    for line in head.split(separator: 0x0A) {
      let line = line.last == 0x0D ? line.dropLast() : line
      if line.starts(with: "HTTP/".utf8) {
        found = [:]
        continue
      }
      guard let colon = line.firstIndex(of: 0x3A) else { continue }
      let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
      let value = line[(colon + 1)...].drop { $0 == 0x20 }
      found[name] = String(decoding: value, as: UTF8.self)
    }
    return found
  }
}

/// Calls a closure with pointers to texts that end with zeros.
private func withCStrings<R>(
  _ texts: ArraySlice<String>, _ list: inout [UnsafePointer<CChar>?],
  _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> R
) -> R {
  guard let first = texts.first else {
    // SAFETY: the pointers of the list are those of the closures around this one.
    return unsafe list.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
  }
  return unsafe first.withCString { pointer in
    unsafe list.append(pointer)
    return unsafe withCStrings(texts.dropFirst(), &list, body)
  }
}

private func withOptionalCString<R>(
  _ text: String?, _ body: (UnsafePointer<CChar>?) -> R
) -> R {
  guard let text else { return body(nil) }
  return unsafe text.withCString { unsafe body($0) }
}
