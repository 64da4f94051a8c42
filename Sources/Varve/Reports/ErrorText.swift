// What errors have in common: their first line without what differs from one to the next.

import Synchronization
import VarveFormat
import VarveStorage

/// What is shown of an error.
struct ErrorText: Sendable {
  let signature: String
  let sample: String

  init(_ content: [UInt8]) {
    let line = ErrorSignatures.firstLine(content)
    signature = ErrorSignatures.signature(line)
    sample = ErrorSignatures.sample(line)
  }
}

/// The texts of the errors of a snapshot, each read once.
final class ErrorTexts: Sendable {
  /// Messages whose texts are kept.
  private static let keptMax = 200_000

  private let known = Mutex<[UInt32: ErrorText]>([:])

  /// The texts of messages, by the row of each message. Cost: a block for each message that was
  /// not asked for before, in the order of the log, so that neighbours share it.
  func find(
    _ messages: [UInt32], in snapshot: Snapshot
  ) throws(StoreError) -> [UInt32: ErrorText] {
    var texts = known.withLock { $0 }
    let missing = Set(messages).filter { texts[$0] == nil }.sorted()
    guard !missing.isEmpty else { return texts }
    let view = snapshot.view
    try engine { () throws(StorageError) in
      var block: RecordBlock?
      for message in missing {
        let sequence = UInt64(message) + 1
        if block.map({ sequence >= $0.firstSequence + UInt64($0.count) }) ?? true {
          block = try view.block(containing: sequence)
        }
        guard let block else { continue }
        texts[message] = ErrorText(
          try view.content(try view.record(sequence, in: block), in: block))
      }
    }
    if texts.count <= Self.keptMax { known.withLock { $0 = texts } }
    return texts
  }
}

/// Signatures of error texts.
enum ErrorSignatures {
  /// Longest beginning of a line that is looked at, in bytes.
  static let lineByteCountMax = 400

  /// The first line that is not blank, trimmed.
  static func firstLine(_ content: [UInt8]) -> String {
    var start = 0
    while start < content.count, content[start] <= 0x20 { start += 1 }
    var end = start
    while end < content.count, content[end] != 0x0A, end - start < lineByteCountMax { end += 1 }
    while end > start, content[end - 1] <= 0x20 { end -= 1 }
    return String(decoding: content[start..<end], as: UTF8.self)
  }

  /// The beginning of a line that is shown.
  static func sample(_ line: String) -> String {
    String(line.prefix(ErrorSignature.sampleLengthMax))
  }

  /// The line with `<path>` for paths and `#` for numbers and for words of digits and letters that
  /// look like an id.
  static func signature(_ line: String) -> String {
    var result = ""
    var word: [UInt8] = []
    func flush() {
      guard !word.isEmpty else { return }
      // The end of an element of markup is no path.
      result += result.hasSuffix("<") ? String(decoding: word, as: UTF8.self) : replaced(word)
      word.removeAll(keepingCapacity: true)
    }
    for byte in line.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x80..., UInt8(ascii: "/"), UInt8(ascii: "."),
        UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "\\"):
        word.append(byte)
      default:
        flush()
        result.unicodeScalars.append(Unicode.Scalar(byte))
      }
    }
    flush()
    return result
  }

  private static func replaced(_ word: [UInt8]) -> String {
    let text = String(decoding: word, as: UTF8.self)
    var slashes = 0
    var digits = 0
    var others = 0
    for byte in word {
      switch byte {
      case UInt8(ascii: "/"), UInt8(ascii: "\\"): slashes += 1
      case 0x30...0x39: digits += 1
      case 0x61...0x66, 0x41...0x46, UInt8(ascii: "-"), UInt8(ascii: "."): break
      default: others += 1
      }
    }
    let first = word[0]
    let isRooted = first == UInt8(ascii: "/") || first == UInt8(ascii: "~")
    if slashes >= 2 || slashes == 1 && (isRooted || digits > 0) { return "<path>" }
    guard digits > 0 else { return text }
    // A number, a version, a hash, a UUID; else only the digits of a word vary.
    if others == 0 { return "#" }
    if digits * 3 >= word.count, word.count >= 8 { return "#" }
    return withoutDigits(word)
  }

  /// Runs of digits as one `#` each.
  private static func withoutDigits(_ word: [UInt8]) -> String {
    var bytes: [UInt8] = []
    for byte in word {
      let isDigit = byte >= 0x30 && byte <= 0x39
      if !isDigit {
        bytes.append(byte)
      } else if bytes.last != UInt8(ascii: "#") {
        bytes.append(UInt8(ascii: "#"))
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
