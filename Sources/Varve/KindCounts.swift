// How many occurrences there are of each kind, and where those of one kind stand.

import VarveFormat
import VarveStorage

extension Snapshot {
  /// Number of occurrences of each kind, echoes included. Cost: one column of each index.
  public func countsByKind() throws(StoreError) -> [Kind: Int] {
    try engine { () throws(StorageError) in
      var counts = [Int](repeating: 0, count: 64)
      for index in try view.indexes() {
        for flags in try index.column(.flags) { counts[Int(flags >> 2) & 63] += 1 }
      }
      var result: [Kind: Int] = [:]
      for kind in Kind.allCases where counts[Int(kind.rawValue)] > 0 {
        result[kind] = counts[Int(kind.rawValue)]
      }
      return result
    }
  }

  /// Sequences of the first occurrences of a kind, oldest first.
  public func first(_ limit: Int, of kind: Kind) throws(StoreError) -> [UInt64] {
    try engine { () throws(StorageError) in
      var sequences: [UInt64] = []
      for index in try view.indexes() {
        let flags = try index.column(.flags)
        for row in flags.indices where flags[row] >> 2 == UInt64(kind.rawValue) {
          guard sequences.count < limit else { return sequences }
          sequences.append(index.firstSequence + UInt64(row))
        }
      }
      return sequences
    }
  }
}
