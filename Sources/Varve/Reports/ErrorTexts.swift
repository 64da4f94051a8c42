// Reads the texts of errors from the log, once, and numbers what they have in common.

import Synchronization
import VarveFormat
import VarveStorage

/// What the errors of a snapshot look like.
struct ErrorTable: Sendable {
  /// What no error has.
  static let none = UInt32.max

  /// The text of each error of `ReportColumns.errors`, as a place in the next three; `none` if it
  /// was not asked for.
  fileprivate(set) var texts: [UInt32]
  /// The signature of each text.
  private var signatures: [UInt32] = []
  private var sampleEnds: [Int] = []
  /// The samples of all texts, one after another: a string each would be an allocation each.
  private var sampleBytes: [UInt8] = []

  /// Signatures, in order of first use.
  private(set) var names: [String] = []
  /// Whether it is what servers wrote, by signature.
  private(set) var areServerOutput: [Bool] = []
  private var numbers: [String: UInt32] = [:]

  fileprivate init(errorCount: Int) {
    texts = [UInt32](repeating: Self.none, count: errorCount)
  }

  var textCount: Int { signatures.count }

  /// The signature of an error; nil if its text was not asked for.
  @inline(__always)
  func signature(ofError number: Int) -> UInt32? {
    texts[number] == Self.none ? nil : signatures[Int(texts[number])]
  }

  /// The beginning of an error's text.
  func sample(ofError number: Int) -> String {
    guard texts[number] != Self.none else { return "" }
    let text = Int(texts[number])
    let start = text == 0 ? 0 : sampleEnds[text - 1]
    return String(decoding: sampleBytes[start..<sampleEnds[text]], as: UTF8.self)
  }

  /// Adds a text; its place.
  fileprivate mutating func add(_ text: ErrorText) -> UInt32 {
    let number = numbers[text.signature] ?? UInt32(names.count)
    if Int(number) == names.count {
      numbers[text.signature] = number
      names.append(text.signature)
      areServerOutput.append(text.isServerOutput)
    }
    signatures.append(number)
    sampleBytes += text.sample.utf8
    sampleEnds.append(sampleBytes.count)
    return UInt32(signatures.count - 1)
  }
}

/// Keeps what the errors of a snapshot look like.
final class ErrorTexts: Sendable {
  /// Texts that are kept: some 200 bytes each.
  private static let keptMax = 500_000

  private let known = Mutex<ErrorTable?>(nil)

  /// What some errors look like. Cost: a block of the log for each message that was not asked for
  /// before, in the order of the log, so that neighbours share it.
  ///
  /// - Parameters:
  ///   - errors: places in `columns.errors`, ascending.
  ///   - redaction: changes contents before anything is cut off them; such texts are not kept.
  func table(
    _ errors: [Int], _ columns: ReportColumns, in snapshot: Snapshot, redaction: Redaction? = nil
  ) throws(StoreError) -> ErrorTable {
    var table =
      redaction == nil
      ? known.withLock { $0 } ?? ErrorTable(errorCount: columns.errors.count)
      : ErrorTable(errorCount: columns.errors.count)
    let missing = errors.filter { table.texts[$0] == ErrorTable.none }
    guard !missing.isEmpty else { return table }
    // Errors with one message share its text.
    var texts: [UInt32: UInt32] = [:]
    for (number, text) in table.texts.enumerated() where text != ErrorTable.none {
      texts[columns.messages[Int(columns.errors[number])]] = text
    }
    let messages = missing.map { columns.messages[Int(columns.errors[$0])] }
    let view = snapshot.view
    try engine { () throws(StorageError) in
      var block: RecordBlock?
      for message in Set(messages).filter({ texts[$0] == nil }).sorted() {
        let sequence = UInt64(message) + 1
        if block.map({ sequence >= $0.firstSequence + UInt64($0.count) }) ?? true {
          block = try view.block(containing: sequence)
        }
        guard let block else { continue }
        let content = try view.content(try view.record(sequence, in: block), in: block)
        texts[message] = table.add(ErrorText(redaction?(content) ?? content))
      }
    }
    for (number, message) in zip(missing, messages) {
      table.texts[number] = texts[message] ?? ErrorTable.none
    }
    if redaction == nil, table.textCount <= Self.keptMax {
      let made = table
      known.withLock { $0 = made }
    }
    return table
  }
}
