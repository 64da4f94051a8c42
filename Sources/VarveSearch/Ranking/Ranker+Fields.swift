// The rules that look at fields and whole texts: sorting, what people said first, relevance, age.

import VarveFormat

extension Ranker {
  /// By fields, one after another.
  func splitBySort(_ bucket: Bucket, _ rule: Int, _ keys: [SortKey]) throws {
    guard let key = keys.first else { return try rank(bucket, rule: rule + 1) }
    let rest = Array(keys.dropFirst())
    func goOn(_ bucket: Bucket) throws {
      try rest.isEmpty ? rank(bucket, rule: rule + 1) : splitBySort(bucket, rule, rest)
    }
    guard !bucket.sortedFields.contains(key.field),
      let column = try corpus.fields.column(key.field)
    else { return try goOn(bucket) }
    let (words, indices) = placed(bucket)
    let order = ValueOrder(column, isDescending: key.isDescending)
    let costs = indices.map { index in
      cost(of: Int(words.documents[Int(index)]), column, order)
    }
    let missing = request.distinct != nil || request.scoreMin != nil ? Int.max : wanted
    for group in Groups.make(costs, needed: missing).groups {
      var next = bucket
      next.members = .placed(words, group.members.map { indices[$0] })
      next.sortedFields.insert(key.field)
      let value = order.value(group.cost, column)
      next.ranks.append(
        RuleRank(.field(key.field, isDescending: key.isDescending, value: value), 1, of: 1))
      try goOn(next)
    }
  }

  /// The best value of the matching occurrences of a document.
  private func cost(of document: Int, _ column: FieldColumn, _ order: ValueOrder) -> Int {
    var best = Int.max
    corpus.rows.forEachRow(of: document) { row in
      if let rows, !rows.contains(row) { return }
      best = min(best, order.cost(row, column))
    }
    return best
  }

  /// Varve's own rules.
  func splitByOwnRule(_ bucket: Bucket, _ rule: Int) throws {
    let (words, indices) = rules[rule] == .relevance ? placedWhole(bucket) : placed(bucket)
    let costs: [Int]
    switch rules[rule] {
    case .relevance: costs = try relevanceCosts(bucket, words, indices)
    default:
      let own = try rules[rule] == .conversation ? conversationCosts() : ageCosts()
      costs = indices.map { own.cost(of: Int(words.documents[Int($0)])) }
    }
    try rankGroups(costs, rule) { _, members in
      var next = bucket
      // Of equal age the later commit is the newer one.
      let ordered = rules[rule] == .newest ? members.reversed() : members
      next.members = .placed(words, ordered.map { indices[$0] })
      return next
    }
  }

  /// 0 where somebody said it, 1 for work, 2 for output and logs.
  func conversationCosts() throws -> OccurrenceCosts {
    guard let rows else { return .classes(try corpus.fields.conversationClasses(corpus.rows)) }
    guard let column = try corpus.fields.column("kind"), case .single(let places) = column.storage
    else { return .same(0) }
    let classes = column.values.map { ConversationClass.of($0.text) }
    return .matching(corpus.rows, rows: rows, worst: Int(ConversationClass.worst)) {
      row in
      places[row] > 0 ? Int(classes[Int(places[row]) - 1]) : nil
    }
  }

  /// Less for newer ones.
  func ageCosts() throws -> OccurrenceCosts {
    guard let rows else { return .ages(try corpus.fields.ages(corpus.rows)) }
    guard let column = try corpus.fields.column("timestamp"),
      case .numbers(let times) = column.storage
    else { return .same(0) }
    return .matching(corpus.rows, rows: rows, worst: .max) { row in
      times[row].isNaN ? nil : Int(-times[row])
    }
  }

  private func relevanceCosts(
    _ bucket: Bucket, _ words: PlacedWords, _ indices: [Int32]
  ) throws -> [Int] {
    let relevance = Relevance(corpus)
    var scores = [Double](repeating: 0, count: indices.count)
    var seen: Set<PathStep> = []
    for path in bucket.paths {
      for step in path.steps where seen.insert(step).inserted {
        let weight = relevance.weight(held: try nodes.documents(step).count)
        let own = try words.map(indices) { (range, numbers) throws(FormatError) in
          try range.scores(step, numbers, relevance)
        }
        for i in scores.indices { scores[i] += weight * own[i] }
      }
    }
    return scores.map { Relevance.cost($0) }
  }
}

/// What people look for first: what was said, then work, then output and logs.
package enum ConversationClass {
  /// What output and logs are.
  package static let worst: UInt8 = 2

  package static func of(_ kind: String) -> UInt8 {
    switch kind {
    case "prompt", "answer": 0
    case "toolOutput", "log", "shell", "progress", "meta", "raw": worst
    default: 1
    }
  }
}

/// The order of the values of a column in one direction.
private struct ValueOrder {
  private let ranks: [Int]
  private let isDescending: Bool

  init(_ column: FieldColumn, isDescending: Bool) {
    self.isDescending = isDescending
    let keys = column.values.indices.map { column.key($0) }
    let order = keys.indices.sorted { left, right in
      let a = keys[left]
      let b = keys[right]
      switch (a, b) {
      case (.number, .string): return true
      case (.string, .number): return false
      default: return isDescending ? b < a : a < b
      }
    }
    var ranks = [Int](repeating: 0, count: keys.count)
    var rank = -1
    var last: FieldKey?
    for place in order {
      if keys[place] != last { rank += 1 }
      last = keys[place]
      ranks[place] = rank
    }
    self.ranks = ranks
  }

  /// Lower is earlier; none comes last.
  func cost(_ row: Int, _ column: FieldColumn) -> Int {
    switch column.storage {
    case .single(let places): return places[row] == 0 ? .max : ranks[Int(places[row]) - 1]
    case .many(let ends, let places):
      var best = Int.max
      for i in (row == 0 ? 0 : Int(ends[row - 1]))..<Int(ends[row]) {
        best = min(best, ranks[Int(places[i])])
      }
      return best
    case .numbers(let numbers):
      if numbers[row].isNaN { return .max }
      let number = isDescending ? -numbers[row] : numbers[row]
      return Self.ordered(Int(bitPattern: UInt(number.bitPattern)))
    }
  }

  /// The bits of a double in the order of its values, and back.
  private static func ordered(_ bits: Int) -> Int { bits < 0 ? bits ^ .max : bits }

  /// A value of a group, for showing.
  func value(_ cost: Int, _ column: FieldColumn) -> FieldValue? {
    guard cost != .max else { return nil }
    if case .numbers = column.storage {
      let number = Double(bitPattern: UInt64(bitPattern: Int64(Self.ordered(cost))))
      return .number(isDescending ? -number : number)
    }
    return ranks.firstIndex(of: cost).map { column.values[$0] }
  }
}
