// Tells of documents that cost as much by position as the worst of the best which of them cannot be
// better by the rules behind it: what people said comes first, and that is known of all documents
// before anything is read.

import VarveFormat

/// Finds documents that may still be better where positions are equal.
struct TieScreening {
  /// What documents have to cost at most.
  struct Bound: Equatable {
    /// By the class of conversation.
    var conversation: Int
    /// Documents of so many words may be the query itself; nil where none can be better so.
    var wordCount: Int?
  }

  private let corpus: SearchCorpus
  private let classes: OccurrenceCosts
  /// The components between position and conversation with what they cost at least, also where a
  /// word is not at its place.
  private var least: [(component: Int, together: Int, apart: Int)] = []
  private var haveOnePlace = false
  private var conversation = 0
  /// Words of the query, where a text can be just these.
  private var wordCount: Int?

  /// Nil where a rule in front of conversation has no least cost, or where none looks at it.
  ///
  /// - Parameters:
  ///   - lists: of each step.
  ///   - position: the component that costs by position.
  init?(_ plan: RankPlan, _ lists: [StepLists], behind position: Int) {
    guard let classes = plan.classes else { return nil }
    self.classes = classes
    corpus = plan.reader.corpus
    for i in plan.components.indices.dropFirst(position + 1) {
      switch plan.components[i].cost {
      case .none: continue
      case .exactAttribute(let terms, let steps):
        guard let terms, steps.allSatisfy({ lists[$0].hasExact }) else {
          least.append((i, 2, 2))
          continue
        }
        // Only fields that are counted as a whole tell how long they are.
        guard corpus.hasOnlyContent, lists.allSatisfy({ $0.valuesByIndex.isEmpty }) else {
          return nil
        }
        // Whoever has the query in front has each word at its place.
        haveOnePlace = Self.haveOnePlace(terms, plan)
        least.append((i, 1, haveOnePlace ? 2 : 1))
        wordCount = terms.reduce(0) { $0 + $1.wordCount }
      case .exactWords(let base, let steps):
        let cost = base + steps.count { !lists[$0].hasExact }
        least.append((i, cost, cost))
      case .conversation:
        conversation = i
        return
      case .proximity, .attribute, .position, .relevance, .age: return nil
      }
    }
    return nil
  }

  /// Whether the words that are looked for at the beginning of a text are those that cost by their
  /// distance from it.
  private static func haveOnePlace(_ terms: [ExactTerm], _ plan: RankPlan) -> Bool {
    terms.count == plan.steps.count
      && terms.allSatisfy { term in
        plan.graph.nodes[term.node].first == term.first
          && plan.steps.contains { $0.node == term.node }
      }
  }

  /// Whether documents of another class would make the bound closer.
  func canBeCloser(_ best: TopDocuments) -> Bool { best.worst(conversation) > 0 }

  /// What other documents have to cost to be better than the worst of the best; nil where that
  /// cannot be told.
  ///
  /// - Parameter isLeast: whether each word can be at its place in documents that tie by position.
  func bound(_ best: TopDocuments, isLeast: Bool) -> Bound? {
    let wordCount = isLeast || !haveOnePlace ? wordCount : nil
    for (component, together, apart) in least {
      let cost = isLeast ? together : apart
      if best.worst(component) < cost { return Bound(conversation: -1, wordCount: wordCount) }
      if best.worst(component) > cost { return nil }
    }
    let worst = best.worst(conversation)
    guard worst < ConversationClass.worst else { return nil }
    return Bound(conversation: worst, wordCount: wordCount)
  }

  /// The documents of a set that are within a bound.
  func filtered(_ set: DocSet, _ bound: Bound) -> DocSet {
    // No text has so many words.
    let wordCount = bound.wordCount.flatMap { UInt32(exactly: $0) } ?? .max
    let wordCounts = corpus.wordCounts
    guard case .classes(let classes) = classes else {
      return set.filtered {
        classes.cost(of: $0) <= bound.conversation || wordCounts[$0] == wordCount
      }
    }
    let limit = bound.conversation
    let (classSpan, wordSpan) = (classes.span, wordCounts.span)
    return set.filtered {
      // Without a jump: nobody can foresee what it is.
      (Int(classSpan[$0]) <= limit ? 1 : 0) + (wordSpan[$0] == wordCount ? 1 : 0) > 0
    }
  }
}
