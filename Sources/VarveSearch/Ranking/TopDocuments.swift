// The best of many documents, kept while they go by.

/// The documents with the least keys: a heap whose root is the worst of them.
struct TopDocuments: Sendable {
  /// Numbers of a key.
  let width: Int
  private let capacity: Int
  /// The keys of all slots, one behind the other.
  private var keys: [Int] = []
  private var documents: [UInt32] = []
  private var heap: [Int] = []

  /// - Parameters:
  ///   - capacity: documents that are kept, at least 1.
  ///   - width: numbers of a key; no two documents have the same key.
  init(capacity: Int, width: Int) {
    self.capacity = capacity
    self.width = width
  }

  var isFull: Bool { heap.count == capacity }

  /// A number of the worst key that is kept; asked for when it is full.
  @inline(__always)
  func worst(_ column: Int) -> Int { keys[heap[0] * width + column] }

  /// Keeps a document if it is one of the best so far.
  ///
  /// - Parameter key: the numbers of its key.
  @inline(__always)
  mutating func offer(_ document: UInt32, _ key: (_ column: Int) -> Int) {
    guard isFull else {
      let slot = heap.count
      documents.append(document)
      for column in 0..<width { keys.append(key(column)) }
      heap.append(slot)
      rise(slot)
      return
    }
    for column in 0..<width {
      let (own, other) = (key(column), worst(column))
      if own > other { return }
      if own < other { break }
    }
    let slot = heap[0]
    documents[slot] = document
    for column in 0..<width { keys[slot * width + column] = key(column) }
    sink()
  }

  /// The documents that were kept, best first, each with its key.
  var sorted: [(document: UInt32, key: [Int])] {
    heap.sorted { isWorse($1, $0) }.map { slot in
      (documents[slot], Array(keys[(slot * width)..<((slot + 1) * width)]))
    }
  }

  private func isWorse(_ left: Int, _ right: Int) -> Bool {
    for column in 0..<width {
      let (a, b) = (keys[left * width + column], keys[right * width + column])
      if a != b { return a > b }
    }
    return false
  }

  private mutating func rise(_ start: Int) {
    var child = start
    while child > 0, isWorse(heap[child], heap[(child - 1) / 2]) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { return }
      if child + 1 < heap.count, isWorse(heap[child + 1], heap[child]) { child += 1 }
      guard isWorse(heap[child], heap[parent]) else { return }
      heap.swapAt(child, parent)
      parent = child
    }
  }
}
