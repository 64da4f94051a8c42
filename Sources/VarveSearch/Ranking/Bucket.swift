// A set of documents that the rules so far rank equal, with what later rules need to know of them.

import VarveFormat

/// Documents that are equal so far.
struct Bucket {
  enum Members {
    /// Before any rule looked into documents.
    case set(DocSet)
    /// Some of the documents whose words were placed.
    case placed(PlacedWords, [Int32])
  }

  var members: Members
  var paths: [QueryPath]
  /// Terms that the rule of words has dropped.
  var removed: Set<Int>
  var ranks: [RuleRank] = []
  /// Fields that were sorted by already.
  var sortedFields: Set<String> = []

  var isEmpty: Bool {
    switch members {
    case .set(let set): set.isEmpty
    case .placed(_, let indices): indices.isEmpty
    }
  }

  /// Whether there is nothing to put in order.
  var isSingle: Bool {
    switch members {
    case .set(let set): set.isSingle
    case .placed(_, let indices): indices.count == 1
    }
  }
}
