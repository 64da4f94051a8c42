// Which members of foreign JSONL fill which fields. Format-spec chapter 10, CON-52.

import VarveFormat

/// Where the fields of generic JSONL come from, as a person states it.
public struct FieldMapping: Sendable, Equatable {
  /// How times are written.
  public enum TimeFormat: String, Sendable, CaseIterable {
    /// ISO 8601 text; numbers below 10^11 are seconds, others milliseconds.
    case auto
    /// Seconds since 1970 UTC, as a number or text.
    case s
    /// Milliseconds.
    case ms
    /// Microseconds.
    case us
    /// Nanoseconds.
    case ns
    /// ISO 8601 text alone.
    case iso8601
  }

  /// Field and the path of its member, its parts separated by dots.
  public private(set) var paths: [(field: String, path: [String])] = []
  /// How times are written.
  public var timeFormat = TimeFormat.auto

  /// The plain form: every field under its own name.
  public init() {}

  /// Fields that can be mapped.
  public static let fields = [
    "content", "timestamp", "session", "project", "kind", "role", "level", "component", "tool",
    "model", "branch", "agent", "host", "source",
  ]

  /// Reads `field=path,field=path`; nil if a field is not known or a path is empty.
  public init?(_ text: String) {
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2, Self.fields.contains(String(sides[0])) else { return nil }
      let path = sides[1].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
      guard !path.contains("") else { return nil }
      paths.append((String(sides[0]), path))
    }
  }

  /// Whether nothing was stated.
  var isPlain: Bool { paths.isEmpty && timeFormat == .auto }

  /// Two mappings are the same if they read every line alike.
  public static func == (left: FieldMapping, right: FieldMapping) -> Bool {
    left.text == right.text
  }

  private var text: String {
    paths.map { "\($0.field)=\($0.path.joined(separator: "."))" }.joined(separator: ",")
      + ";" + timeFormat.rawValue
  }

  /// Tells mappings apart in watermarks, so that a file is read again under another one; 0 if
  /// plain.
  var fingerprint: Int {
    guard !isPlain else { return 0 }
    // FNV-1a, cut to 31 bits.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return Int(hash >> 33) | 1
  }

  /// The member at a path; nil if the document has none.
  static func member(_ document: JSONDocument, _ path: [String]) -> JSONParser.Node? {
    var node = document.root
    for name in path {
      guard let child = document.member(node, named: Array(name.utf8)) else { return nil }
      node = child
    }
    return node
  }

  /// Milliseconds of a time member.
  func time(_ document: JSONDocument, _ node: JSONParser.Node) -> Int64? {
    let scale: Double
    switch timeFormat {
    case .auto: return GenericJSONLReader.time(document, node)
    case .iso8601: return LineParser.isoTime(document, node)
    case .s: scale = 1000
    case .ms: scale = 1
    case .us: scale = 0.001
    case .ns: scale = 0.000_001
    }
    let bytes = node.kind == .string ? document.string(node) ?? [] : document.line.array(node.range)
    let text = String(decoding: bytes, as: UTF8.self)
    if let whole = Int64(text) {
      switch timeFormat {
      case .ms: return whole
      case .us: return whole / 1000
      case .ns: return whole / 1_000_000
      default: break
      }
    }
    guard let value = Double(text), value.isFinite, (value * scale).magnitude < 9e15 else {
      return nil
    }
    return Int64((value * scale).rounded(.down))
  }
}
