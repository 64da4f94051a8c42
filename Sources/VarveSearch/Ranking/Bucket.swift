// A set of documents that the rules so far rank equal, with what later rules need to know of them.

import VarveFormat

/// Where the words of a query stand in some documents: for each step of the paths the places in
/// document order.
final class PlacedWords {
  /// Places of one step.
  struct Places {
    fileprivate var hits: [Hit]
    /// Where the places of each document begin; one more than documents.
    fileprivate var starts: [Int32]
    /// Places of last words, where phrases have others than of first words.
    fileprivate var endHits: [Hit]
    fileprivate var endStarts: [Int32]

    /// First words in a document.
    func hits(of index: Int) -> ArraySlice<Hit> {
      hits[Int(starts[index])..<Int(starts[index + 1])]
    }

    /// Last words in a document.
    func ends(of index: Int) -> ArraySlice<Hit> {
      if endStarts.isEmpty { return hits(of: index) }
      return endHits[Int(endStarts[index])..<Int(endStarts[index + 1])]
    }
  }

  /// The documents, ascending.
  let documents: [UInt32]
  private let nodes: NodeDocuments
  private let set: DocSet
  private var places: [Int: Places] = [:]

  init(_ set: DocSet, nodes: NodeDocuments) {
    self.set = set
    self.nodes = nodes
    documents = set.documents
  }

  /// Places of a node with the numbers of typos given by bits.
  func places(_ step: PathStep) throws(FormatError) -> Places {
    let key = step.node << 8 | Int(step.levels)
    if let known = places[key] { return known }
    var hits: [Hit] = []
    var ends: [Hit] = []
    var hasPhrase = false
    let node = nodes.graph.nodes[step.node]
    for level in 0..<3 where step.levels & (1 << UInt8(level)) != 0 {
      for derivation in node.levels[level] {
        let next = try nodes.reader.hits(derivation, in: set)
        if next.ends != nil, !hasPhrase {
          hasPhrase = true
          ends = hits
        }
        if hits.isEmpty { hits = next.starts } else { hits += next.starts }
        if hasPhrase { ends += next.ends ?? next.starts }
      }
    }
    let starts = starts(&hits)
    let endStarts = hasPhrase ? self.starts(&ends) : []
    let made = Places(hits: hits, starts: starts, endHits: ends, endStarts: endStarts)
    places[key] = made
    return made
  }

  /// Puts places in order and finds where those of each document begin.
  private func starts(_ hits: inout [Hit]) -> [Int32] {
    HitReader.sort(&hits)
    var starts = [Int32](repeating: 0, count: documents.count + 1)
    var at = 0
    for (i, document) in documents.enumerated() {
      while at < hits.count, hits[at].document < document { at += 1 }
      starts[i] = Int32(at)
      while at < hits.count, hits[at].document == document { at += 1 }
    }
    starts[documents.count] = Int32(at)
    return starts
  }
}

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

  var count: Int {
    switch members {
    case .set(let set): set.count
    case .placed(_, let indices): indices.count
    }
  }
}
