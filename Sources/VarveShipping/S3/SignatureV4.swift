// AWS Signature Version 4: docs.aws.amazon.com, "Authenticating Requests (AWS Signature Version 4)"
// of the S3 API reference. Bodies are always signed.

import Varve
import VarveFormat

/// Who asks an S3-compatible server. Its description shows no secret.
public struct S3Credentials: Sendable, Equatable, CustomStringConvertible {
  /// The name of the key.
  public var accessKey: String
  /// Its secret.
  public var secretKey: String
  /// The token of credentials that end.
  public var sessionToken: String?

  /// Credentials from their parts.
  public init(accessKey: String, secretKey: String, sessionToken: String? = nil) {
    self.accessKey = accessKey
    self.secretKey = secretKey
    self.sessionToken = sessionToken
  }

  /// The first digits of the name of the key.
  public var description: String { "access key \(accessKey.prefix(4))..." }
}

/// Signs requests to one service.
struct SignatureV4 {
  let credentials: S3Credentials
  let region: String
  var service = "s3"

  /// The headers that make a request valid: host, date, hash of the body, signature, and what the
  /// request has already.
  ///
  /// - Parameters:
  ///   - path: escaped, from its slash on.
  ///   - query: names and values, not escaped.
  ///   - time: milliseconds since 1970 UTC.
  func sign(
    method: String, host: String, path: String, query: [(name: String, value: String)],
    headers: [(name: String, value: String)], payload: ContentHash, time: Int64
  ) -> [(name: String, value: String)] {
    let date = UTCTime(milliseconds: time)
    var all = headers.map { (name: $0.name.lowercased(), value: $0.value) }
    all.append(("host", host))
    all.append(("x-amz-content-sha256", "\(payload)"))
    all.append(("x-amz-date", date.compact))
    if let token = credentials.sessionToken { all.append(("x-amz-security-token", token)) }
    all.sort { $0.name < $1.name }
    let signed = all.map(\.name).joined(separator: ";")
    let canonical = [
      method, path, Self.canonical(query),
      all.map { "\($0.name):\(Self.trimmed($0.value))\n" }.joined(), signed, "\(payload)",
    ].joined(separator: "\n")
    let scope = "\(date.compact.prefix(8))/\(region)/\(service)/aws4_request"
    let hash = ContentDigest.hash(Array(canonical.utf8))
    let text = "AWS4-HMAC-SHA256\n\(date.compact)\n\(scope)\n\(hash)"
    var key = Array("AWS4\(credentials.secretKey)".utf8)
    for part in [String(date.compact.prefix(8)), region, service, "aws4_request", text] {
      key = Ciphers.hmac(Array(part.utf8), key: key)
    }
    let authorization =
      "AWS4-HMAC-SHA256 Credential=\(credentials.accessKey)/\(scope),"
      + "SignedHeaders=\(signed),Signature=\(Hex.encode(key))"
    // The client writes the host itself.
    return all.filter { $0.name != "host" } + [("Authorization", authorization)]
  }

  /// A query as it is signed, which is also how it is sent.
  static func canonical(_ query: [(name: String, value: String)]) -> String {
    query.map { (escape($0.name), escape($0.value)) }.sorted { $0 < $1 }
      .map { "\($0)=\($1)" }.joined(separator: "&")
  }

  /// Escapes all but the unreserved characters of RFC 3986.
  static func escape(_ text: String, keepingSlashes: Bool = false) -> String {
    var escaped = ""
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
        escaped.unicodeScalars.append(Unicode.Scalar(byte))
      case 0x2F where keepingSlashes: escaped += "/"
      default: escaped += "%" + Hex.encode([byte]).uppercased()
      }
    }
    return escaped
  }

  /// Without blanks at the ends, and with single ones inside.
  private static func trimmed(_ value: String) -> String {
    value.split(separator: " ").joined(separator: " ")
  }
}
