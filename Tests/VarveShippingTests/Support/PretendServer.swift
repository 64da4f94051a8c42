// A server in memory that speaks as much of the S3 API as shipping needs, and keeps or ignores what
// it is asked about protection.

import Synchronization
import VarveFormat
@testable import VarveShipping

/// Objects with the headers that they were written with.
final class PretendServer: HTTPTransport {
  struct Object {
    var body: [UInt8]
    var headers: [String: String]
  }

  /// Headers that it takes and forgets.
  private let ignored: [String]
  /// What it answers to a request to lock an object.
  private let lockStatus: Int
  /// Whether it does what it says.
  private let locks: Bool
  /// Whether it takes all headers for metadata and gives them back, as rclone does.
  private let parrots: Bool
  private let objects = Mutex<[String: Object]>([:])

  init(
    ignoring ignored: [String] = [], lockStatus: Int = 200, locks: Bool = true,
    parrots: Bool = false
  ) {
    self.ignored = ignored
    self.lockStatus = lockStatus
    self.locks = locks
    self.parrots = parrots
  }

  /// A target on it that has one segment, `segments/x`, with some headers.
  func target(_ headers: [String: String]) throws -> S3Target {
    objects.withLock { $0["archive/segments/x"] = Object(body: [], headers: headers) }
    return try target()
  }

  var stored: [String: Object] { objects.withLock { $0 } }

  /// A target on it.
  func target(_ protection: Protection = Protection()) throws -> S3Target {
    var target = S3Target(
      try S3Location("s3://bucket/archive", endpoint: "https://h"),
      credentials: S3Credentials(accessKey: "A", secretKey: "secret"), transport: self,
      clock: SystemClock())
    target.protection = protection
    return target
  }

  func send(_ request: HTTPRequest) throws(HTTPFailure) -> HTTPAnswer {
    let parts = request.url.dropFirst("https://h/bucket".count).split(
      separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let key = String(parts[0].dropFirst())
    let query = parts.count > 1 ? String(parts[1]) : ""
    let headers = Dictionary(
      request.headers.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    switch request.method {
    case "PUT" where query.hasPrefix("retention"): return lock(key, request.body)
    case "PUT":
      let kept = headers.filter { header in
        (parrots || header.key != "x-amz-date" && header.key != "x-amz-content-sha256")
          && header.key.hasPrefix("x-amz-") && !ignored.contains { header.key.hasPrefix($0) }
      }
      objects.withLock { $0[key] = Object(body: request.body, headers: kept) }
      return answer()
    case "GET" where query.contains("list-type"): return list(query)
    case "DELETE":
      objects.withLock { $0[key] = nil }
      return answer(204)
    default: return read(key, headers["range"], hasBody: request.method == "GET")
    }
  }

  private func answer(
    _ status: Int = 200, _ headers: [String: String] = [:], _ body: [UInt8] = []
  ) -> HTTPAnswer {
    var headers = headers
    headers["date"] = "Thu, 26 Nov 2026 09:40:54 GMT"
    return HTTPAnswer(status: status, headers: headers, body: body)
  }

  private func lock(_ key: String, _ body: [UInt8]) -> HTTPAnswer {
    guard lockStatus == 200, locks else { return answer(lockStatus) }
    let end = XMLText(body).first("RetainUntilDate")
    objects.withLock { objects in
      objects[key]?.headers["x-amz-object-lock-mode"] = "COMPLIANCE"
      objects[key]?.headers["x-amz-object-lock-retain-until-date"] = end
    }
    return answer()
  }

  private func read(_ key: String, _ range: String?, hasBody: Bool) -> HTTPAnswer {
    guard let object = stored[key] else { return answer(404) }
    guard hasBody else { return answer(200, object.headers) }
    let bounds = (range ?? "bytes=0-").dropFirst(6).split(separator: "-").compactMap { Int($0) }
    guard bounds[0] < object.body.count else { return answer(416) }
    let end = min(object.body.count, bounds.count > 1 ? bounds[1] + 1 : object.body.count)
    return answer(
      206, ["content-range": "bytes \(bounds[0])-\(end - 1)/\(object.body.count)"],
      Array(object.body[bounds[0]..<end]))
  }

  private func list(_ query: String) -> HTTPAnswer {
    let wanted = query.split(separator: "&").first { $0.hasPrefix("prefix=") }?.dropFirst(7) ?? ""
    let prefix = wanted.replacing("%2F", with: "/")
    let entries = stored.filter { $0.key.hasPrefix(prefix) }.sorted { $0.key < $1.key }.map {
      "<Contents><Key>\($0.key)</Key><Size>\($0.value.body.count)</Size>"
        + "<LastModified>2026-11-26T09:40:54.000Z</LastModified></Contents>"
    }
    let text =
      "<ListBucketResult><IsTruncated>false</IsTruncated>" + entries.joined()
      + "</ListBucketResult>"
    return answer(200, [:], Array(text.utf8))
  }
}
