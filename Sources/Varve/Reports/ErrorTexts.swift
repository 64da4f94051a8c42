// Reads the texts of errors from the log.

import Synchronization
import VarveFormat
import VarveStorage

/// The texts of the errors of a snapshot, each read once.
final class ErrorTexts: Sendable {
  /// Messages whose texts are kept.
  private static let keptMax = 200_000

  private let known = Mutex<[UInt32: ErrorText]>([:])

  /// The texts of messages, by the row of each message. Cost: a block for each message that was
  /// not asked for before, in the order of the log, so that neighbours share it.
  ///
  /// - Parameter redaction: changes contents before anything is cut off them; such texts are not
  ///   kept.
  func find(
    _ messages: [UInt32], in snapshot: Snapshot, redaction: Redaction? = nil
  ) throws(StoreError) -> [UInt32: ErrorText] {
    var texts = redaction == nil ? known.withLock { $0 } : [:]
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
        let content = try view.content(try view.record(sequence, in: block), in: block)
        texts[message] = ErrorText(redaction?(content) ?? content)
      }
    }
    if redaction == nil, texts.count <= Self.keptMax { known.withLock { $0 = texts } }
    return texts
  }
}
