// Reads what responses say of their tokens from the log.

import Synchronization
import VarveFormat
import VarveStorage

/// What one occurrence says of the tokens of a response. CON-10.
struct TokenUse: Sendable {
  /// The row of the occurrence.
  let row: UInt32
  /// The response, numbered; several occurrences may tell of one.
  let response: UInt32
  let input: Int64
  let output: Int64
  let cacheRead: Int64
  let cacheCreation: Int64
}

/// The tokens that the occurrences of a snapshot tell of, read once, ascending by row.
final class TokenUses: Sendable {
  /// Kinds that are never the first of a line with a response.
  private static let others: Set<Kind> = [
    .log, .file, .todo, .toolOutput, .shell, .progress, .title, .plan,
  ]

  private let known = Mutex<[TokenUse]?>(nil)

  /// All of them. Cost: at first a block for each group of occurrences of people and models.
  func all(_ columns: ReportColumns, _ view: StoreView) throws(StoreError) -> [TokenUse] {
    if let known = known.withLock({ $0 }) { return known }
    let found = try engine { () throws(StorageError) in try Self.read(columns, view) }
    known.withLock { $0 = found }
    return found
  }

  private static func read(
    _ columns: ReportColumns, _ view: StoreView
  ) throws(StorageError) -> [TokenUse] {
    var found: [TokenUse] = []
    var responses: [ResponseKey: UInt32] = [:]
    var count: UInt32 = 0
    var block: RecordBlock?
    for row in columns.flags.indices {
      guard let kind = Kind(rawValue: columns.flags[row] >> 2), !others.contains(kind) else {
        continue
      }
      let sequence = UInt64(row) + 1
      if block.map({ sequence >= $0.firstSequence + UInt64($0.count) }) ?? true {
        block = try view.block(containing: sequence)
      }
      guard let block else { continue }
      let range = try view.record(sequence, in: block).metadata
      if range.isEmpty { continue }
      let payload = block.payload
      guard let tree = try? MetadataTree.decode(payload.rawSpan.extracting(range)),
        let usage = tree["usage"], case .object = usage
      else { continue }
      var response = count
      if let key = ResponseKey(tree) {
        response = responses[key] ?? count
        responses[key] = response
      }
      if response == count { count += 1 }
      found.append(
        TokenUse(
          row: UInt32(row), response: response, input: usage.count("input_tokens"),
          output: usage.count("output_tokens"),
          cacheRead: usage.count("cache_read_input_tokens"),
          cacheCreation: usage.count("cache_creation_input_tokens")))
    }
    return found
  }
}

/// What tells responses apart: the message's id and the request's, which may be missing.
private struct ResponseKey: Hashable {
  let message: [UInt8]
  let request: [UInt8]

  /// Nil without the id of a message: the occurrence then stands for itself.
  init?(_ tree: MetadataValue) {
    guard case .string(let message) = tree["messageId"] else { return nil }
    self.message = message
    if case .string(let request) = tree["requestId"] {
      self.request = request
    } else {
      request = []
    }
  }
}

extension MetadataValue {
  /// A member that counts something; 0 if it is missing or no whole number from 0 on.
  fileprivate func count(_ name: String) -> Int64 {
    guard case .int(let number) = self[name], number > 0 else { return 0 }
    return number
  }
}
