// Filters on what belongs to the message itself: its hash, its id, its content.

import VarveFormat
import VarveSearch
import VarveStorage

extension CorpusFields {
  /// The documents whose message passes a test. Cost: a lookup a value where only some values pass;
  /// else all hashes are read, or the content of all messages.
  func documents(_ field: String, _ test: MessageTest) throws -> DocSet? {
    guard settings.hasBuiltInFields, let name = FieldNames.builtIn(field) else { return nil }
    switch name {
    case "hash", "id": return try documents { try visitHashes(isID: name == "id", test, $0) }
    case "content": return try documents { try visitContents(test, $0) }
    default: return nil
    }
  }

  /// The documents of messages that a closure names by their sequences.
  private func documents(_ visit: ((UInt64) -> Void) throws -> Void) throws -> DocSet {
    var set = DocSet(capacity: texts.reduce(0) { $0 + $1.documentCount })
    try visit { sequence in
      if let document = document(of: sequence) { set.insert(document) }
    }
    return set
  }

  /// The number of the document of a message.
  private func document(of sequence: UInt64) -> Int? {
    var base = 0
    for text in texts {
      let sequences = text.sequences
      if let last = sequences.last, last >= sequence {
        var low = 0
        var high = sequences.count
        while low < high {
          let middle = (low + high) / 2
          if sequences[middle] < sequence { low = middle + 1 } else { high = middle }
        }
        return low < sequences.count && sequences[low] == sequence ? base + low : nil
      }
      base += sequences.count
    }
    return nil
  }

  private func visitHashes(
    isID: Bool, _ test: MessageTest, _ body: (UInt64) -> Void
  ) throws(StorageError) {
    guard let values = test.values else {
      return try visitHashes(from: nil, isID: isID, test, body)
    }
    for value in values {
      if isID {
        // The version and variant of an id hide six bits of the hash.
        guard value.count == 36, let prefix = HashPrefix(value) else { continue }
        try visitHashes(from: prefix, isID: true, test, body)
      } else if let hash = ContentHash(hex: value.lowercased()),
        let sequence = try view.message(hash)
      {
        body(sequence)
      }
    }
  }

  private func visitHashes(
    from prefix: HashPrefix?, isID: Bool, _ test: MessageTest, _ body: (UInt64) -> Void
  ) throws(StorageError) {
    for index in try view.indexes() {
      var cursor = try index.tree(.hash).cursor(from: TreeKey(prefix?.lowest ?? .zero))
      while let entry = try cursor.next() {
        let hash = ContentHash(entry.key.a, entry.key.b, entry.key.c, entry.key.d)
        if let prefix, !prefix.matches(hash) { break }
        if test.accepts(Array((isID ? hash.messageID : "\(hash)").utf8)) {
          body(index.firstSequence + UInt64(entry.value.first))
        }
      }
    }
  }

  private func visitContents(
    _ test: MessageTest, _ body: (UInt64) -> Void
  ) throws(StorageError) {
    for text in texts {
      for sequence in text.sequences {
        let block = try view.block(containing: sequence)
        if test.accepts(try view.content(try view.record(sequence, in: block), in: block)) {
          body(sequence)
        }
      }
    }
  }
}
