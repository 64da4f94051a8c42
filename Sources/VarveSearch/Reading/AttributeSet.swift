// Some of the attributes of a corpus: asked for every place of a word, so a table and no hash.

/// A set of attributes.
struct AttributeSet: Hashable, Sendable {
  private var flags: [Bool]

  /// - Parameter count: attributes of the corpus.
  init(count: Int, where isMember: (Int) -> Bool) {
    flags = (0..<count).map(isMember)
  }

  func contains(_ attribute: UInt32) -> Bool {
    attribute < flags.count && flags[Int(attribute)]
  }

  var isEmpty: Bool { !flags.contains(true) }
  var isWhole: Bool { !flags.contains(false) }

  /// The members.
  var members: [Int] { flags.indices.filter { flags[$0] } }

  func intersection(_ other: AttributeSet) -> AttributeSet {
    AttributeSet(count: flags.count) { flags[$0] && other.contains(UInt32($0)) }
  }
}
