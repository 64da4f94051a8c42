// Where a bucket is, and how its objects are addressed.

public import Varve

/// A prefix of a bucket on an S3-compatible server.
public struct S3Location: Sendable, Equatable {
  /// The bucket.
  public let bucket: String
  /// What the keys of all objects start with; empty or ending in a slash.
  public let prefix: String
  /// The region that requests are signed for.
  public let region: String
  /// Whether the bucket is in the path instead of the name of the host.
  public let usesPathStyle: Bool
  /// `https` or `http`.
  let scheme: String
  /// Host and port of the server, without the bucket.
  let authority: String

  /// A location from its parts.
  ///
  /// - Parameters:
  ///   - address: `s3://BUCKET` or `s3://BUCKET/PREFIX`, of letters, digits and `._-`.
  ///   - endpoint: `https://HOST[:PORT]`; nil for Amazon's. `http://` only for this machine.
  ///   - region: nil for `us-east-1`.
  ///   - usesPathStyle: nil for: wherever an endpoint is given.
  /// - Throws: ``StoreError``: `request` with what is wrong.
  public init(
    _ address: String, endpoint: String? = nil, region: String? = nil, usesPathStyle: Bool? = nil
  ) throws(StoreError) {
    func refuse(_ what: String) -> StoreError {
      StoreError(.request("invalid_target"), path: address, detail: what)
    }
    guard address.hasPrefix("s3://") else { throw refuse("an S3 target is s3://BUCKET/PREFIX") }
    let parts = address.dropFirst(5).split(separator: "/", omittingEmptySubsequences: false)
      .map(String.init)
    bucket = parts[0]
    var folders = Array(parts.dropFirst())
    if folders.last == "" { folders.removeLast() }
    guard (3...63).contains(bucket.utf8.count), bucket.utf8.allSatisfy(Self.isSafe) else {
      throw refuse("a bucket has 3 to 63 letters, digits, '.' and '-'")
    }
    let areGood = folders.allSatisfy {
      !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count <= 200
        && $0.utf8.allSatisfy(Self.isSafe)
    }
    prefix = folders.map { $0 + "/" }.joined()
    guard areGood, prefix.utf8.count <= 512 else {
      throw refuse("a prefix has folders of letters, digits, '.', '_' and '-'")
    }
    self.region = region ?? "us-east-1"
    guard !self.region.isEmpty, self.region.utf8.allSatisfy(Self.isSafe) else {
      throw refuse("'\(self.region)' is no region")
    }
    let endpoint = endpoint ?? "https://s3.\(self.region).amazonaws.com"
    // The certificate of Amazon's names of buckets holds for names without dots.
    self.usesPathStyle =
      usesPathStyle ?? (!endpoint.hasSuffix(".amazonaws.com") || bucket.contains("."))
    (scheme, authority) = try Self.parse(endpoint)
  }

  /// Scheme and authority of an endpoint.
  static func parse(
    _ endpoint: String
  ) throws(StoreError) -> (scheme: String, authority: String) {
    func refuse(_ what: String) -> StoreError {
      StoreError(.request("invalid_target"), path: endpoint, detail: what)
    }
    let isPlain = endpoint.hasPrefix("http://")
    guard isPlain || endpoint.hasPrefix("https://") else {
      throw refuse("an endpoint is https://HOST, on this machine also http://127.0.0.1:PORT")
    }
    var authority = String(endpoint.dropFirst(isPlain ? 7 : 8))
    if authority.hasSuffix("/") { authority.removeLast() }
    // HTTP leaves the usual port out of the host's name, which is signed.
    let usual = isPlain ? ":80" : ":443"
    if authority.hasSuffix(usual) { authority.removeLast(usual.count) }
    let isGood = authority.utf8.allSatisfy {
      isSafe($0) || $0 == 0x3A || $0 == 0x5B || $0 == 0x5D
    }
    guard !authority.isEmpty, isGood else { throw refuse("an endpoint is https://HOST[:PORT]") }
    let host: Substring
    if authority.hasPrefix("[") {
      host = authority.prefix { $0 != "]" }.dropFirst()
    } else {
      host = authority.prefix { $0 != ":" }
    }
    let isHere =
      host == "localhost" || host == "::1"
      || host.hasPrefix("127.") && host.allSatisfy { $0.isNumber || $0 == "." }
    guard !isPlain || isHere else {
      throw refuse("without TLS everybody between could read and change what is sent; use https://")
    }
    return (isPlain ? "http" : "https", authority)
  }

  private static func isSafe(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
    default: false
    }
  }

  /// The host that requests name.
  var host: String { usesPathStyle ? authority : bucket + "." + authority }

  /// The escaped path of an object, or of the bucket for an empty key.
  func path(_ key: String) -> String {
    let path = (usesPathStyle ? "/" + bucket : "") + (key.isEmpty && !usesPathStyle ? "/" : "")
    return key.isEmpty
      ? path : path + "/" + SignatureV4.escape(prefix + key, keepingSlashes: true)
  }

  /// What people call it.
  var name: String { "s3://\(bucket)/\(prefix)" }

  /// What tells it from all others: the server as well.
  public var identity: String { "\(scheme)://\(authority)/\(bucket)/\(prefix)" }
}
