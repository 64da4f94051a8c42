// What the members of a window cost by each rule: one pass over a column for each step, as a call
// for every document would take longer than what it computes.

import VarveFormat

extension WindowRanking {
  /// Fills a column with what the members that are left cost by one component.
  func fill(
    _ column: inout [Int], _ cost: RankPlan.Cost, _ left: [Int32]
  ) throws(FormatError) {
    switch cost {
    case .none: preconditionFailure("what costs nothing is not filled")
    case .proximity(let base, let pairs):
      set(&column, left) { _ in base }
      for pair in pairs { addProximity(&column, pair.left, pair.right, left) }
    case .attribute(let weights):
      set(&column, left) { _ in 0 }
      for i in steps.indices { addAttribute(&column, i, weights[i], left) }
    case .position where plan.isSummed:
      let costs = tables[0]
      let table = costs.span
      let summaries = steps[0].summaries
      set(&column, left) { Int(table[summaries[$0].distance]) }
    case .position:
      set(&column, left) { _ in 0 }
      for i in steps.indices { addPosition(&column, i, left) }
    case .exactAttribute(let terms, let steps):
      try fillExactAttribute(&column, terms, steps, left)
    case .exactWords(let base, let steps):
      set(&column, left) { _ in base }
      for i in steps { addInexact(&column, i, left) }
    case .relevance(let relevance, let weights):
      fillRelevance(&column, relevance, weights, left)
    case .conversation: fillByOccurrences(&column, plan.classes, left)
    case .age: fillByOccurrences(&column, plan.ages, left)
    }
  }

  @inline(__always)
  private func set(_ column: inout [Int], _ left: [Int32], _ cost: (Int) -> Int) {
    let numbers = left.span
    var output = column.mutableSpan
    for i in numbers.indices { output[Int(numbers[i])] = cost(Int(numbers[i])) }
  }

  @inline(__always)
  private func add(_ column: inout [Int], _ left: [Int32], _ cost: (Int) -> Int) {
    let numbers = left.span
    var output = column.mutableSpan
    for i in numbers.indices { output[Int(numbers[i])] += cost(Int(numbers[i])) }
  }

  private func addProximity(_ column: inout [Int], _ left: Int, _ right: Int, _ numbers: [Int32]) {
    let (from, to) = (steps[left].places, steps[right].places)
    let (ones, others) = (from.slots.span, to.slots.span)
    let (lefts, rights) = (from.hits.span, to.hits.span)
    if plan.reader.byWord {
      add(&column, numbers) { i in
        if PlaceSlot.areOne(ones[i], others[i]) {
          return Int(PlaceCosts.pair(ones[i].hit, others[i].hit))
        }
        return Int(PlaceCosts.pair(lefts, ones[i].range, rights, others[i].range))
      }
    } else {
      add(&column, numbers) { i in
        if PlaceSlot.areOne(ones[i], others[i]) {
          return ones[i].hit.attribute == others[i].hit.attribute ? 0 : PlaceCosts.far
        }
        return Int(PlaceCosts.inOneAttribute(lefts, ones[i].range, rights, others[i].range))
      }
    }
  }

  private func addAttribute(
    _ column: inout [Int], _ step: Int, _ weights: StepWeights, _ numbers: [Int32]
  ) {
    if plan.isSummed {
      let summaries = steps[step].summaries
      return add(&column, numbers) { i in Int(summaries[i].attributeCost(weights)) }
    }
    let places = steps[step].places
    let slots = places.slots.span
    let hits = places.hits.span
    add(&column, numbers) { i in
      if slots[i].isOne { return Int(PlaceCosts.attribute(slots[i].hit, weights)) }
      return Int(PlaceCosts.attribute(hits, slots[i].range, weights))
    }
  }

  private func addPosition(_ column: inout [Int], _ step: Int, _ numbers: [Int32]) {
    let own = tables[step]
    let table = own.span
    let places = steps[step].places
    let slots = places.slots.span
    let hits = places.hits.span
    let first = plan.graph.nodes[plan.steps[step].node].first
    add(&column, numbers) { i in
      if slots[i].isOne {
        return Int(table[min(abs(slots[i].hit.position - first), PositionCost.farthest)])
      }
      return Int(PlaceCosts.position(hits, slots[i].range, first: first, table))
    }
  }

  private func addInexact(_ column: inout [Int], _ step: Int, _ numbers: [Int32]) {
    if plan.isSummed {
      let summaries = steps[step].summaries
      return add(&column, numbers) { i in summaries[i].hasExact ? 0 : 1 }
    }
    let places = steps[step].places
    let slots = places.slots.span
    let hits = places.hits.span
    add(&column, numbers) { i in
      let hasExact =
        slots[i].isOne ? slots[i].hit.isExact : PlaceCosts.hasExact(hits, slots[i].range)
      return hasExact ? 0 : 1
    }
  }

  private func fillExactAttribute(
    _ column: inout [Int], _ terms: [ExactTerm]?, _ steps: [Int], _ numbers: [Int32]
  ) throws(FormatError) {
    guard let terms else { return set(&column, numbers) { _ in 2 } }
    let reader = plan.reader
    let documents = members.documents
    if plan.isSummed, let step = steps.first {
      return try fillExactAttribute(
        &column, self.steps[step].summaries, terms[0].wordCount, numbers)
    }
    let places = steps.map { self.steps[$0].places }
    for number in numbers {
      let document = Int(documents[Int(number)])
      column[Int(number)] = try PlaceCosts.exactAttribute(terms, places, Int(number)) {
        (attribute) throws(FormatError) in
        try reader.length(of: document, attribute: attribute)
      }
    }
  }

  private func fillExactAttribute(
    _ column: inout [Int], _ summaries: [StepSummary], _ wordCount: Int, _ numbers: [Int32]
  ) throws(FormatError) {
    let reader = plan.reader
    let documents = members.documents.span
    let summaries = summaries.span
    let numbers = numbers.span
    var output = column.mutableSpan
    for i in numbers.indices {
      let number = Int(numbers[i])
      // Mostly the word itself is not at its place.
      output[number] = 2
      guard summaries[number].exactFirst != 0 else { continue }
      let document = Int(documents[number])
      output[number] = try summaries[number].exactAttributeCost(wordCount: wordCount) {
        (attribute) throws(FormatError) in
        try reader.length(of: document, attribute: attribute)
      }
    }
  }

  private func fillRelevance(
    _ column: inout [Int], _ relevance: Relevance, _ weights: [Double], _ numbers: [Int32]
  ) {
    var scores = [Double](repeating: 0, count: members.count)
    let wordCounts = plan.reader.corpus.wordCounts
    let documents = members.documents.span
    for step in steps.indices {
      let weight = weights[step]
      if plan.isSummed {
        let summaries = steps[step].summaries
        for number in numbers {
          let i = Int(number)
          scores[i] +=
            weight
            * relevance.score(
              placeCount: summaries[i].placeCount, wordCount: wordCounts[Int(documents[i])])
        }
        continue
      }
      let places = steps[step].places
      for number in numbers {
        let i = Int(number)
        scores[i] +=
          weight
          * relevance.score(
            placeCount: places.slots[i].count, wordCount: wordCounts[Int(documents[i])])
      }
    }
    set(&column, numbers) { Relevance.cost(scores[$0]) }
  }

  private func fillByOccurrences(
    _ column: inout [Int], _ costs: OccurrenceCosts?, _ numbers: [Int32]
  ) {
    let documents = members.documents.span
    switch costs {
    case nil: set(&column, numbers) { _ in 0 }
    case .ages(let ages): set(&column, numbers) { ages[Int(documents[$0])] }
    case .classes(let classes): set(&column, numbers) { Int(classes[Int(documents[$0])]) }
    case .some(let costs): set(&column, numbers) { costs.cost(of: Int(documents[$0])) }
    }
  }
}
