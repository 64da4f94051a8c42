// Large objects in parts (S3 API, "Multipart upload"). An upload that is not completed leaves no
// object, and its parts are taken away.

import Varve
import VarveFormat
import VarveStorage

extension S3Target {
  func putParts(
    _ key: String, _ first: [UInt8], _ parts: inout PartReader, _ digest: ContentHash?,
    _ piece: () throws -> [UInt8]
  ) throws {
    let answer = try client.send(
      .init(
        method: "POST", key: key, query: [("uploads", "")],
        headers: [("x-amz-checksum-algorithm", "SHA256")] + Self.headers(protection, of: key),
        doing: "begin to write"))
    guard let upload = XMLText(answer.body).first("UploadId"), !upload.isEmpty else {
      throw StoreError(
        .unreachable, path: name + key, detail: "begin to write: the server names no upload")
    }
    do {
      var done: [Part] = []
      var bytes = first
      while !bytes.isEmpty {
        done.append(try put(bytes, as: done.count + 1, of: upload, key))
        bytes = try parts.next(piece)
      }
      try Self.require(parts.digest, digest, key)
      try complete(upload, key, done, byteCount: parts.byteCount)
    } catch {
      _ = try? client.send(
        .init(
          method: "DELETE", key: key, query: [("uploadId", upload)], doing: "stop writing"),
        accepting: [404])
      throw error
    }
  }

  /// A part that the server has.
  private struct Part {
    let entityTag: String
    let checksum: String
  }

  private func put(
    _ bytes: [UInt8], as number: Int, of upload: String, _ key: String
  ) throws -> Part {
    let checksum = Base64.encode(ContentDigest.hash(bytes).bytes)
    let answer = try client.send(
      .init(
        method: "PUT", key: key, query: [("partNumber", "\(number)"), ("uploadId", upload)],
        headers: [("x-amz-checksum-sha256", checksum)], body: bytes, doing: "write a part"))
    guard let tag = answer.headers["etag"], tag.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw StoreError(
        .unreachable, path: name + key, detail: "write a part: the server does not name it")
    }
    return Part(entityTag: tag, checksum: checksum)
  }

  /// How often it is tried to make an object of parts while the server answers with a failure.
  private static let completionsMax = 3

  /// Makes the parts an object.
  private func complete(
    _ upload: String, _ key: String, _ parts: [Part], byteCount: UInt64
  ) throws {
    var text = "<CompleteMultipartUpload>"
    for (number, part) in parts.enumerated() {
      let tag = part.entityTag.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
      text += "<Part><PartNumber>\(number + 1)</PartNumber><ETag>\(tag)</ETag>"
      text += "<ChecksumSHA256>\(part.checksum)</ChecksumSHA256></Part>"
    }
    text += "</CompleteMultipartUpload>"
    for _ in 0..<Self.completionsMax {
      let answer = try client.send(
        .init(
          method: "POST", key: key, query: [("uploadId", upload)],
          headers: [("content-type", "application/xml")], body: Array(text.utf8),
          doing: "finish writing"), accepting: [404])
      // An answer of success may hold a failure. Of an answer that was lost the upload is gone, and
      // the object is there if it was a good one.
      if answer.status == 404 { break }
      if XMLText(answer.body).isWhole("CompleteMultipartUploadResult") { return }
    }
    guard try self.byteCount(key) == byteCount else {
      throw StoreError(
        .unreachable, path: name + key,
        detail: "finish writing: the server did not make the parts an object; try again")
    }
  }

  /// Takes away uploads that were never completed: nobody sees them, and they are paid for.
  public func removeLeftovers(olderThan time: Int64) throws {
    let answer = try client.send(
      .init(
        method: "GET", query: [("uploads", ""), ("prefix", client.location.prefix)],
        doing: "list unfinished uploads"), accepting: [400, 401, 403, 404, 405, 501])
    // A server without such a list has none, and who may not see it leaves it to its owner.
    guard answer.isSuccess else { return }
    for upload in XMLText(answer.body).all("Upload") {
      guard let key = upload.first("Key"), key.hasPrefix(client.location.prefix),
        let id = upload.first("UploadId"),
        let begun = upload.first("Initiated").flatMap({ UTCTime($0) }),
        begun.seconds * 1000 < time
      else { continue }
      let own = String(key.dropFirst(client.location.prefix.count))
      guard TargetKey.isOurs(own) else { continue }
      _ = try client.send(
        .init(
          method: "DELETE", key: own, query: [("uploadId", id)], doing: "stop an upload"),
        accepting: [401, 403, 404])
    }
  }

  /// The size of an object; nil if there is none.
  func byteCount(_ key: String) throws -> UInt64? {
    let answer = try client.send(
      .init(method: "HEAD", key: key, doing: "look for"), accepting: [404])
    return answer.isSuccess ? answer.headers["content-length"].flatMap { UInt64($0) } : nil
  }
}

/// Gathers pieces into parts of one size, and the digest of all.
struct PartReader {
  private var rest: [UInt8] = []
  private var sum = Digest()
  /// Bytes so far.
  private(set) var byteCount: UInt64 = 0
  /// Whether the last piece was read.
  private(set) var isAtEnd = false

  /// The digest of all bytes so far.
  var digest: ContentHash { sum.finish() }

  /// The next part: as large as one may be, but for the last; empty after it.
  mutating func next(_ piece: () throws -> [UInt8]) throws -> [UInt8] {
    while !isAtEnd, rest.count < S3Target.partByteCount {
      let bytes = try piece()
      if bytes.isEmpty {
        isAtEnd = true
      } else {
        sum.update(bytes)
        byteCount += UInt64(bytes.count)
        rest += bytes
      }
    }
    if rest.count <= S3Target.partByteCount {
      let part = rest
      rest = []
      return part
    }
    let part = Array(rest.prefix(S3Target.partByteCount))
    rest = Array(rest.dropFirst(S3Target.partByteCount))
    return part
  }
}
