// A key of AWS KMS, or of a server that speaks as it does: it makes and decrypts keys of targets
// ("GenerateDataKey" and "Decrypt" of its API reference), and never gives its own away.

public import Varve
import VarveFormat

/// A key of a key management service.
public struct KMSKey: KeyService {
  private let id: String
  private let region: String
  private let scheme: String
  private let host: String
  private let credentials: S3Credentials
  private let transport: any HTTPTransport
  private let clock: any S3Clock

  /// A key of a service.
  ///
  /// - Parameters:
  ///   - id: the key's id, ARN or alias.
  ///   - endpoint: `https://HOST[:PORT]`; nil for Amazon's.
  ///   - region: nil for `us-east-1`.
  ///   - authorities: a file of certificates to trust in place of the system's.
  public init(
    _ id: String, endpoint: String? = nil, region: String? = nil, credentials: S3Credentials,
    authorities: String? = nil
  ) throws(StoreError) {
    try self.init(
      id, endpoint: endpoint, region: region, credentials: credentials,
      transport: CurlTransport(authorities: authorities), clock: SystemClock())
  }

  init(
    _ id: String, endpoint: String?, region: String?, credentials: S3Credentials,
    transport: any HTTPTransport, clock: any S3Clock
  ) throws(StoreError) {
    guard !id.isEmpty, id.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C })
    else {
      throw StoreError(.request("invalid_key"), detail: "'\(id)' is no id of a KMS key")
    }
    self.id = id
    self.region = region ?? "us-east-1"
    (scheme, host) =
      try S3Location.parse(endpoint ?? "https://kms.\(self.region).amazonaws.com")
    self.credentials = credentials
    self.transport = transport
    self.clock = clock
  }

  /// The id that it was given.
  public var name: String { id }

  /// A key made by the service.
  public func makeKey(context: String) throws -> (plain: [UInt8], wrapped: [UInt8]) {
    let answer = try send(
      "GenerateDataKey",
      #"{"KeyId":"\#(id)","KeySpec":"AES_256","EncryptionContext":\#(Self.json(context))}"#)
    let plain = try bytes("Plaintext", answer)
    guard plain.count == Ciphers.keyByteCount else { throw failure("gave a key of another length") }
    return (plain, try bytes("CiphertextBlob", answer))
  }

  /// What the service decrypts.
  public func unwrap(_ wrapped: [UInt8], context: String) throws -> [UInt8] {
    let (blob, context) = (Base64.encode(wrapped), Self.json(context))
    return try bytes(
      "Plaintext",
      send(
        "Decrypt",
        #"{"KeyId":"\#(id)","CiphertextBlob":"\#(blob)","EncryptionContext":\#(context)}"#))
  }

  /// The context: hexadecimal digits, which need no escapes.
  private static func json(_ context: String) -> String { #"{"varve-slot":"\#(context)"}"# }

  private func send(_ action: String, _ text: String) throws(StoreError) -> [UInt8] {
    let body = Array(text.utf8)
    var last = failure("did not answer")
    for number in 0..<S3Client.tryCountMax {
      if number > 0 { clock.pause(milliseconds: Int.random(in: 100...200) << number) }
      let headers = SignatureV4(credentials: credentials, region: region, service: "kms").sign(
        method: "POST", host: host, path: "/", query: [],
        headers: [
          ("content-type", "application/x-amz-json-1.1"),
          ("x-amz-target", "TrentService.\(action)"),
        ], payload: ContentDigest.hash(body), time: clock.now())
      let answer: HTTPAnswer
      do throws(HTTPFailure) {
        answer = try transport.send(
          HTTPRequest(
            method: "POST", url: "\(scheme)://\(host)/", headers: headers, body: body,
            answerByteCountMax: 1 << 20))
      } catch {
        last = failure("cannot be reached: \(error.message)", .unreachable)
        if error.isTLS { throw last }
        continue
      }
      if answer.isSuccess { return answer.body }
      let type = Self.member("__type", answer.body) ?? Self.member("code", answer.body) ?? ""
      let code = type.split(separator: "#").last.map(String.init) ?? ""
      let shown = code.filter { $0.isASCII && $0.isLetter }.prefix(64)
      let mayPass =
        answer.status >= 500 || answer.status == 429 || code == "ThrottlingException"
      last = failure(
        "refuses to \(action == "Decrypt" ? "decrypt" : "make a key") (\(shown), status "
          + "\(answer.status))", mayPass ? .unreachable : .denied)
      if !mayPass { throw last }
    }
    throw last
  }

  private func bytes(_ name: String, _ answer: [UInt8]) throws(StoreError) -> [UInt8] {
    guard let text = Self.member(name, answer), let bytes = Base64.decode(Array(text.utf8)) else {
      throw failure("answered something else")
    }
    return bytes
  }

  private func failure(_ what: String, _ code: StoreError.Code = .unreachable) -> StoreError {
    StoreError(code, path: id, detail: "the key management service \(what)")
  }

  /// The text of a member that needs no escapes, wherever it stands; nil if there is none.
  private static func member(_ name: String, _ json: [UInt8]) -> String? {
    let text = String(decoding: json, as: UTF8.self)
    guard let found = text.firstRange(of: "\"\(name)\"") else { return nil }
    let rest = text[found.upperBound...].drop { $0.isWhitespace }
    guard rest.first == ":" else { return nil }
    let value = rest.dropFirst().drop { $0.isWhitespace }
    guard value.first == "\"" else { return nil }
    return String(value.dropFirst().prefix { $0 != "\"" && $0 != "\\" })
  }
}
