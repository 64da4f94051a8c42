// A bucket as a backup target. Small objects go in one request, large ones in parts; whatever
// happens to an answer, asking again gives the same object.

public import Varve
import VarveFormat
import VarveStorage

/// A prefix of a bucket on an S3-compatible server.
public struct S3Target: BackupTarget {
  let client: S3Client
  /// How the server is asked to keep what is written.
  public var protection = Protection()

  /// What a request carries at most, in bytes; S3 wants parts of 5 MiB at least.
  static let partByteCount = 8 << 20
  /// Keys of one page of a listing; the protocol's most.
  private static let pageKeyCount = 1000
  /// Ten million objects.
  private static let pageCountMax = 10_000

  /// A target on a server.
  ///
  /// - Parameters:
  ///   - location: where.
  ///   - credentials: who asks.
  ///   - rateMax: bytes a second at most in either direction; 0 for as many as there are.
  ///   - authorities: a file of certificates to trust in place of the system's.
  ///   - isCancelled: asked while requests are under way; they are given up with `cancelled` then.
  public init(
    _ location: S3Location, credentials: S3Credentials, rateMax: Int64 = 0,
    authorities: String? = nil, isCancelled: @escaping @Sendable () -> Bool = { false }
  ) {
    let transport = CurlTransport(
      rateMax: rateMax, authorities: authorities, isCancelled: isCancelled)
    self.init(
      location, credentials: credentials, transport: transport, clock: SystemClock(),
      isCancelled: isCancelled)
  }

  /// The same over any transport; what the tests use.
  init(
    _ location: S3Location, credentials: S3Credentials, transport: any HTTPTransport,
    clock: any S3Clock, isCancelled: @escaping @Sendable () -> Bool = { false }
  ) {
    client = S3Client(
      location: location, credentials: credentials, transport: transport, clock: clock,
      isCancelled: isCancelled)
  }

  /// `s3://BUCKET/PREFIX/`.
  public var name: String { client.location.name }

  /// What a request carries at most: each one costs a way there and back.
  public var pieceByteCount: Int { Self.partByteCount }

  /// Writes an object: in one request if it fits, else in parts that become one at the end.
  public func put(
    _ key: String, digest: ContentHash?, _ piece: () throws -> [UInt8]
  ) throws {
    var parts = PartReader()
    let first = try parts.next(piece)
    if parts.isAtEnd {
      try Self.require(parts.digest, digest, key)
      try putWhole(key, first)
    } else {
      try putParts(key, first, &parts, digest, piece)
    }
  }

  private func putWhole(_ key: String, _ bytes: [UInt8]) throws {
    _ = try client.send(
      .init(
        method: "PUT", key: key,
        headers: [("x-amz-checksum-sha256", Base64.encode(ContentDigest.hash(bytes).bytes))]
          + Self.headers(protection, of: key),
        body: bytes, doing: "write"))
  }

  static func require(_ found: ContentHash, _ wanted: ContentHash?, _ key: String) throws {
    guard wanted == nil || found == wanted else {
      throw StoreError(
        .damaged, path: key, detail: "the bytes are not those that the name says; not shipped")
    }
  }

  /// Reads a range.
  public func get(_ key: String, at offset: UInt64, count: Int) throws -> [UInt8] {
    guard count > 0 else { return [] }
    let answer = try client.send(
      .init(
        method: "GET", key: key,
        headers: [("range", "bytes=\(offset)-\(offset + UInt64(count) - 1)")],
        answerByteCountMax: count + 1, doing: "read"), accepting: [416])
    // Nothing is there behind the end.
    if answer.status == 416 { return [] }
    // A whole object is as good where it is what was asked for. Some servers give a range with the
    // status of a whole one (rclone 1.75): what the head says of it counts.
    let start = answer.headers["content-range"].flatMap(Self.start)
    let isWhole = answer.status != 206 && answer.headers["content-range"] == nil
    guard isWhole ? offset == 0 : start == offset, answer.body.count <= count else {
      throw StoreError(
        .unreachable, path: name + key, detail: "read: the server answered with another range")
    }
    return answer.body
  }

  /// The start of `bytes 0-99/1234`.
  private static func start(_ range: String) -> UInt64? {
    guard range.hasPrefix("bytes ") else { return nil }
    return UInt64(range.dropFirst(6).prefix { $0 != "-" })
  }

  /// Lists page by page.
  public func list(_ prefix: String) throws -> [TargetObject] {
    var objects: [TargetObject] = []
    var token: String?
    var pageCount = 0
    repeat {
      var query = [
        ("list-type", "2"), ("prefix", client.location.prefix + prefix),
        ("max-keys", "\(Self.pageKeyCount)"),
      ]
      if let token { query.append(("continuation-token", token)) }
      let answer = try client.send(
        .init(method: "GET", query: query.map { (name: $0.0, value: $0.1) }, doing: "list"))
      let page = XMLText(answer.body)
      guard page.isWhole("ListBucketResult") else {
        throw StoreError(
          .unreachable, path: name, detail: "list: the server answered with something else")
      }
      let count = objects.count
      for entry in page.all("Contents") { try add(entry, to: &objects) }
      // Keys ascend from page to page; a server that goes round in circles is found by that.
      guard count == 0 || count == objects.count || objects[count - 1].key < objects[count].key,
        pageCount < Self.pageCountMax
      else {
        throw StoreError(.unreachable, path: name, detail: "list: the server repeats a page")
      }
      pageCount += 1
      let isTruncated = page.first("IsTruncated") == "true"
      let next = isTruncated ? page.first("NextContinuationToken") : nil
      guard isTruncated == (next != nil), next == nil || next != token else {
        throw StoreError(.unreachable, path: name, detail: "list: the server repeats a page")
      }
      token = next
    } while token != nil
    return objects.sorted { $0.key < $1.key }
  }

  private func add(_ entry: XMLText, to objects: inout [TargetObject]) throws {
    guard let key = entry.first("Key"), key.hasPrefix(client.location.prefix),
      let byteCount = entry.first("Size").flatMap({ UInt64($0) }),
      let modified = entry.first("LastModified").flatMap({ UTCTime($0) })
    else {
      throw StoreError(.unreachable, path: name, detail: "list: an entry cannot be understood")
    }
    let own = String(key.dropFirst(client.location.prefix.count))
    guard TargetKey.isOurs(own) else { return }
    objects.append(
      TargetObject(key: own, byteCount: byteCount, modified: modified.seconds * 1000))
  }

  /// Deletes an object.
  public func delete(_ key: String) throws {
    _ = try client.send(
      .init(method: "DELETE", key: key, doing: "delete"), accepting: [404])
  }

  /// The time of the server, as the head of an answer says it.
  public func now() throws -> Int64 {
    let answer = try client.send(
      .init(
        method: "GET",
        query: [
          ("list-type", "2"), ("prefix", client.location.prefix + TargetKey.backups),
          ("max-keys", "1"),
        ], doing: "ask for the time"))
    guard let time = answer.headers["date"].flatMap({ UTCTime($0) }) else {
      throw StoreError(.unreachable, path: name, detail: "the server does not say its time")
    }
    return time.seconds * 1000
  }
}

/// The clock of the machine.
struct SystemClock: S3Clock {
  func now() -> Int64 { PosixFileSystem().now() }
  func pause(milliseconds: Int) { PosixFileSystem().pause(milliseconds: milliseconds) }
}
