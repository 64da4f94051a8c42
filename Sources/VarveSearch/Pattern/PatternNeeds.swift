// Which texts a match must hold: what trigram filters and a search for bytes can be asked. After
// R. Cox, "Regular expression matching with a trigram index", 2012.

/// Texts that every match holds.
package indirect enum PatternNeeds: Equatable, Sendable {
  /// Nothing is known.
  case anything
  case text([UInt8])
  case all([PatternNeeds])
  case either([PatternNeeds])

  /// Most texts that are told apart.
  private static let textCountMax = 16
  private static let textByteCountMax = 64

  /// What a node needs.
  ///
  /// - Parameter folding: what the content has been made of that is asked for the texts.
  init(_ node: RegexNode, _ folding: ByteFolding) {
    let found = Analysis(node, folding)
    self = Self.both(found.needs, Self.one(of: found.exact))
  }

  private static func one(of texts: [[UInt8]]?) -> PatternNeeds {
    guard let texts, !texts.contains([]) else { return .anything }
    return texts.count == 1 ? .text(texts[0]) : .either(texts.map { .text($0) })
  }

  private static func both(_ left: PatternNeeds, _ right: PatternNeeds) -> PatternNeeds {
    if left == .anything { return right }
    if right == .anything { return left }
    if case .all(let parts) = left { return .all(parts + [right]) }
    return .all([left, right])
  }

  /// The longest text that every match holds.
  var longestText: [UInt8]? {
    switch self {
    case .anything, .either: nil
    case .text(let text): text
    case .all(let parts): parts.compactMap(\.longestText).max { $0.count < $1.count }
    }
  }

  private struct Analysis {
    /// All texts that the node matches, if they are few.
    var exact: [[UInt8]]?
    var needs: PatternNeeds

    init(exact: [[UInt8]]?, needs: PatternNeeds = .anything) {
      self.exact = exact
      self.needs = needs
    }

    init(_ node: RegexNode, _ folding: ByteFolding) {
      switch node {
      case .bytes(let set):
        let bytes = Set(set.bytes.map { folding.folded($0) }).sorted()
        self.init(exact: bytes.count <= 4 && !bytes.isEmpty ? bytes.map { [$0] } : nil)
      case .assertion: self.init(exact: [[]])
      case .sequence(let parts): self = Self.sequence(parts.map { Analysis($0, folding) })
      case .either(let parts):
        let found = parts.map { Analysis($0, folding) }
        let exact = found.reduce([[UInt8]]?.some([])) { all, one in
          guard let all, let texts = one.exact else { return nil }
          return all + texts
        }
        if let exact, exact.count <= PatternNeeds.textCountMax {
          self.init(exact: exact)
          return
        }
        let needs = found.map { PatternNeeds.both($0.needs, PatternNeeds.one(of: $0.exact)) }
        self.init(exact: nil, needs: needs.contains(.anything) ? .anything : .either(needs))
      case .repeated(let part, let min, let max):
        if min == 0 {
          self.init(exact: max == 0 ? [[]] : nil)
          return
        }
        let count = Swift.min(min, PatternNeeds.textCountMax)
        self = Self.sequence([Analysis](repeating: Analysis(part, folding), count: count))
        if count != max { settle() }
      }
    }

    /// Moves what is exact to what is needed.
    private mutating func settle() {
      needs = PatternNeeds.both(needs, PatternNeeds.one(of: exact))
      exact = nil
    }

    private static func sequence(_ parts: [Analysis]) -> Analysis {
      // The texts since the last part that could be anything.
      var run = Analysis(exact: [[]])
      var hasGap = false
      for next in parts {
        if let own = run.exact, let texts = next.exact,
          own.count * texts.count <= PatternNeeds.textCountMax,
          (own.map(\.count).max() ?? 0) + (texts.map(\.count).max() ?? 0)
            <= PatternNeeds.textByteCountMax
        {
          run.exact = own.flatMap { left in texts.map { left + $0 } }
          continue
        }
        hasGap = true
        run.settle()
        run.needs = PatternNeeds.both(run.needs, next.needs)
        run.exact = next.exact ?? [[]]
      }
      if hasGap { run.settle() }
      return run
    }
  }
}
