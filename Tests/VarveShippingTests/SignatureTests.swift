// Signature Version 4 against the examples of the S3 API reference ("Authenticating Requests: Using
// the Authorization Header", examples 1 to 4), and the small readers and writers around it.

import Testing
import Varve
import VarveFormat
@testable import VarveShipping

@Suite("Signature V4")
struct SignatureTests {
  private static let credentials = S3Credentials(
    accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")

  private struct Example: Sendable {
    var method = "GET"
    var path = "/"
    var query: [(name: String, value: String)] = []
    var headers: [(name: String, value: String)] = []
    var body = ""
    var signature: String
  }

  private static let examples: [Example] = [
    Example(
      path: "/test.txt", headers: [("Range", "bytes=0-9")],
      signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
    Example(
      method: "PUT", path: "/test%24file.text",
      headers: [
        ("Date", "Fri, 24 May 2013 00:00:00 GMT"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
      ], body: "Welcome to Amazon S3.",
      signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
    Example(
      query: [("lifecycle", "")],
      signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
    Example(
      query: [("max-keys", "2"), ("prefix", "J")],
      signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
  ]

  @Test("The published examples", arguments: 0..<4)
  func published(number: Int) throws {
    let example = Self.examples[number]
    let headers = SignatureV4(credentials: Self.credentials, region: "us-east-1").sign(
      method: example.method, host: "examplebucket.s3.amazonaws.com", path: example.path,
      query: example.query, headers: example.headers,
      payload: ContentDigest.hash(Array(example.body.utf8)), time: 1_369_353_600_000)
    let authorization = try #require(headers.last { $0.name == "Authorization" })
    #expect(authorization.value.hasSuffix("Signature=" + example.signature))
  }

  @Test("A token is signed too; secrets are not described")
  func token() throws {
    var credentials = Self.credentials
    credentials.sessionToken = "the token"
    let headers = SignatureV4(credentials: credentials, region: "r").sign(
      method: "GET", host: "h", path: "/", query: [], headers: [],
      payload: ContentDigest.hash([]), time: 0)
    #expect(headers.contains { $0.name == "x-amz-security-token" && $0.value == "the token" })
    #expect(headers.last?.value.contains("x-amz-date;x-amz-security-token,") == true)
    #expect(!"\(credentials)".contains(credentials.secretKey))
    #expect(!"\(credentials)".contains("token"))
  }

  @Test("Times are read and written as servers do")
  func times() throws {
    #expect(UTCTime(milliseconds: 1_369_353_600_999).compact == "20130524T000000Z")
    #expect(UTCTime(milliseconds: -1).compact == "19691231T235959Z")
    #expect(UTCTime("Fri, 24 May 2013 00:00:00 GMT")?.seconds == 1_369_353_600)
    #expect(UTCTime("2013-05-24T00:00:00.000Z")?.seconds == 1_369_353_600)
    #expect(UTCTime("2024-02-29T23:59:59Z")?.seconds == 1_709_251_199)
    for text in ["", "yesterday", "2013-13-24T00:00:00Z", "Fri, 24 Mai 2013 00:00:00 GMT", "1-1-1"]
    { #expect(UTCTime(text) == nil, "\(text)") }
  }

  @Test("Answers are read as far as they go")
  func xml() {
    let text = """
      <?xml version="1.0"?><ListBucketResult xmlns="http://s3/"><IsTruncated>false</IsTruncated>\
      <Contents><Key>a&amp;b&#x41;</Key><Size>5</Size></Contents><ContentsX>no</ContentsX>\
      <Contents><Key/><Size>6</Size></Contents></ListBucketResult>
      """
    let document = XMLText(Array(text.utf8))
    #expect(document.isWhole("ListBucketResult"))
    #expect(document.first("IsTruncated") == "false")
    #expect(document.all("Contents").map { $0.first("Key") } == ["a&bA", ""])
    #expect(document.all("Contents").map { $0.first("Size") } == ["5", "6"])
    for count in 0..<text.utf8.count {
      let cut = XMLText(Array(text.utf8.prefix(count)))
      #expect(!cut.isWhole("ListBucketResult"), "\(count)")
      _ = cut.all("Contents").map { $0.first("Key") }
    }
    // Work and depth are bounded by the length.
    let longer = XMLText(Array(String(repeating: "<Keyx&", count: 400_000).utf8))
    #expect(longer.first("Key") == nil)
    let ampersands = "<a>" + String(repeating: "&", count: 200_000) + "</a>"
    #expect(XMLText(Array(ampersands.utf8)).first("a")?.count == 200_000)
    #expect(XMLText(Array("<a>&bad;&#xFFFFFFFF;&</a>".utf8)).first("a") == "&bad;&#xFFFFFFFF;&")
  }

  @Test("Locations that cannot be meant are refused")
  func locations() throws {
    let location = try S3Location("s3://bucket/a/b", endpoint: "https://h:9000")
    #expect(location.host == "h:9000" && location.prefix == "a/b/")
    #expect(location.path("segments/x y") == "/bucket/a/b/segments/x%20y")
    let amazon = try S3Location("s3://bucket", region: "eu-west-1")
    #expect(amazon.host == "bucket.s3.eu-west-1.amazonaws.com" && amazon.path("") == "/")
    let port = try S3Location("s3://bucket", endpoint: "https://h:443")
    #expect(port.host == "h" && port.identity == "https://h/bucket/")
    let dotted = try S3Location("s3://a.bucket")
    #expect(dotted.host == "s3.us-east-1.amazonaws.com" && dotted.path("") == "/a.bucket")
    for address in ["s3://", "s3://ab", "s3://a b", "s3://bucket//x", "s3://bucket/../x", "bucket"]
    {
      #expect(throws: StoreError.self, "\(address)") { try S3Location(address) }
    }
    for endpoint in [
      "http://example.org", "http://127.0.0.1.example.org", "ftp://h", "https://", "https://a@b",
      "https://h/path", "http://10.0.0.1:9000",
    ] {
      #expect(throws: StoreError.self, "\(endpoint)") {
        try S3Location("s3://bucket", endpoint: endpoint)
      }
    }
    for endpoint in ["http://127.0.0.1:1", "http://localhost", "http://[::1]:9", "https://h/"] {
      _ = try S3Location("s3://bucket", endpoint: endpoint)
    }
  }
}
