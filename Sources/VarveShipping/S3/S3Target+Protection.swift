// What keeps objects from being deleted (S3 API, "PutObject" and "PutObjectRetention"). A status of
// success says nothing of it: servers ignore what they do not know, so it is asked for. Nor does an
// answer of a server that gives back whatever it was sent.

import Varve
import VarveFormat

extension S3Target {
  /// The headers that ask for a protection. Only segments are of another class: records, lists and
  /// slots of keys are small and read by everything, and some classes must be thawed first.
  static func headers(
    _ protection: Protection, of key: String
  ) -> [(name: String, value: String)] {
    var headers: [(name: String, value: String)] = []
    if let storageClass = protection.storageClass, TargetKey.fileID(key) != nil {
      headers.append(("x-amz-storage-class", storageClass))
    }
    if let time = protection.lockedUntil {
      headers.append(("x-amz-object-lock-mode", "COMPLIANCE"))
      headers.append(("x-amz-object-lock-retain-until-date", UTCTime(milliseconds: time).extended))
    }
    if let key = protection.serverKey {
      headers.append(("x-amz-server-side-encryption", "aws:kms"))
      headers.append(("x-amz-server-side-encryption-aws-kms-key-id", key))
    }
    return headers
  }

  private static let signedHeaders = ["x-amz-date", "x-amz-content-sha256"]

  /// How the server says that it keeps an object; nil if there is none.
  public func protection(of key: String) throws -> Protection? {
    let answer = try client.send(
      .init(method: "HEAD", key: key, doing: "ask how it is kept"), accepting: [404])
    guard answer.isSuccess else { return nil }
    var kept = Protection()
    // Of these a request was signed; only a server that takes all its headers for metadata has them
    // in an answer (rclone 1.75), and what it says of locks means as little.
    guard Self.signedHeaders.allSatisfy({ answer.headers[$0] == nil }) else { return kept }
    kept.storageClass = answer.headers["x-amz-storage-class"]
    let mode = answer.headers["x-amz-object-lock-mode"]
    if mode == "COMPLIANCE" {
      kept.lockedUntil = answer.headers["x-amz-object-lock-retain-until-date"]
        .flatMap { UTCTime($0) }.map { $0.seconds * 1000 }
    }
    kept.isHeldOtherwise =
      mode != nil && kept.lockedUntil == nil
      || answer.headers["x-amz-object-lock-legal-hold"] == "ON"
    if answer.headers["x-amz-server-side-encryption"] == "aws:kms" {
      kept.serverKey = answer.headers["x-amz-server-side-encryption-aws-kms-key-id"]
    }
    return kept
  }

  /// Asks to lock an object that is there until a time; whether it is done says
  /// ``protection(of:)``.
  func lock(_ key: String, until time: Int64) throws {
    let body =
      "<Retention xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Mode>COMPLIANCE</Mode>"
      + "<RetainUntilDate>\(UTCTime(milliseconds: time).extended)</RetainUntilDate></Retention>"
    // A server that knows no locks says so in one of these ways, and so does one whose locks we may
    // not make longer.
    _ = try client.send(
      .init(
        method: "PUT", key: key, query: [("retention", "")],
        headers: [("content-type", "application/xml")], body: Array(body.utf8), doing: "lock"),
      accepting: [400, 403, 404, 405, 409, 501])
  }
}
