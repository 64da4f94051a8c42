// Which occurrences satisfy a filter. SEARCH.md 14, "Meaning", over occurrences as ARCHITECTURE 2
// says: a message matches if one of its occurrences satisfies all of it.

import VarveFormat

struct FilterEvaluator {
  let corpus: SearchCorpus
  let settings: SearchSettings

  /// The occurrences that satisfy a filter, as a set of their numbers.
  func rows(_ filter: Filter) throws -> DocSet {
    switch filter {
    case .all(let parts):
      var set = corpus.rows.all
      // What needs all contents comes last, if it comes to that.
      for part in parts.filter({ !readsContents($0) }) + parts.filter(readsContents) {
        if set.isEmpty { return set }
        set.formIntersection(try rows(part))
      }
      return set
    case .any(let parts):
      var set = DocSet(capacity: corpus.rows.rowCount)
      for part in try together(parts) { set.formUnion(try rows(part)) }
      return set
    case .not(let part):
      return corpus.rows.all.subtracting(try rows(part))
    case .test(let field, let test):
      try check(field, test)
      if let documents = try documents(field.name, test) { return rows(of: documents) }
      guard let column = try corpus.fields.column(field.name) else {
        if case .compare(.notEqual, _) = test { return corpus.rows.all }
        return DocSet(capacity: corpus.rows.rowCount)
      }
      return rows(column, test)
    }
  }

  private func readsContents(_ filter: Filter) -> Bool {
    switch filter {
    case .all(let parts), .any(let parts): parts.contains { readsContents($0) }
    case .not(let part): readsContents(part)
    case .test(let field, _):
      settings.hasBuiltInFields && FieldNames.builtIn(field.name) == "content"
    }
  }

  /// The documents whose message passes a test; nil for fields of occurrences.
  private func documents(_ name: String, _ test: Filter.Test) throws -> DocSet? {
    guard settings.isOfMessages(settings.canonical(name)) else { return nil }
    switch test {
    case .exists, .startsWith(""): return DocSet(allOf: corpus.documentCount)
    case .isNull: return DocSet(capacity: corpus.documentCount)
    default: break
    }
    guard case .compare(.notEqual, let value) = test else {
      return try corpus.fields.documents(name, MessageTest(test))
    }
    return try corpus.fields.documents(name, MessageTest(.compare(.equal, value))).map {
      DocSet(allOf: corpus.documentCount).subtracting($0)
    }
  }

  /// The occurrences of some documents.
  private func rows(of documents: DocSet) -> DocSet {
    var set = DocSet(capacity: corpus.rows.rowCount)
    for document in documents.documents {
      corpus.rows.forEachRow(of: Int(document)) { set.insert($0) }
    }
    return set
  }

  /// Alternatives that compare one field with single values, as one list of values: each test of a
  /// field walks over all occurrences.
  private func together(_ parts: [Filter]) throws(SearchError) -> [Filter] {
    var result: [Filter] = []
    var lists: [String: (field: FilterField, values: [String])] = [:]
    for part in parts {
      guard case .test(let field, .compare(.equal, let value)) = part else {
        result.append(part)
        continue
      }
      try check(field, .compare(.equal, value))
      lists[field.name, default: (field, [])].values.append(value)
    }
    for (_, list) in lists.sorted(by: { $0.key < $1.key }) {
      result.append(.test(list.field, .isIn(list.values)))
    }
    return result
  }

  private func check(_ field: FilterField, _ test: Filter.Test) throws(SearchError) {
    guard
      let attribute = settings.filterable(field.name),
      attribute.allowsFilter
    else {
      // The condition as it was understood, with quotes: the name begins at column 2.
      throw .filter(
        "Index `messages`: Attribute `\(field.name)` is not filterable. "
          + FilterHints.available(settings.filterable.filter(\.allowsFilter))
          + "\n2:\(field.name.count + 2) \"\(field.name)\"\(test.text)")
    }
    let needed: String
    switch test {
    case .compare(.equal, _), .compare(.notEqual, _), .isIn:
      if attribute.allowsEquality { return }
      needed = "equality"
    case .compare, .range:
      if attribute.allowsComparison { return }
      needed = "comparison"
    case .exists, .isNull, .isEmpty, .contains, .startsWith: return
    }
    throw .filter(FilterHints.refused(test, field.name, attribute, needed: needed))
  }

  private func rows(_ column: FieldColumn, _ test: Filter.Test) -> DocSet {
    switch test {
    case .compare(.notEqual, let text):
      return corpus.rows.all.subtracting(rows(column, .compare(.equal, text)))
    case .exists: return rows(column) { column.exists($0) }
    case .isNull: return rows(column) { (column.flags?[$0] ?? 0) & FieldFlags.isNull != 0 }
    case .isEmpty: return rows(column) { (column.flags?[$0] ?? 0) & FieldFlags.isEmpty != 0 }
    case .startsWith(""): return rows(column, .exists)
    default: break
    }
    let matches = ValueTest(test)
    if case .numbers(let numbers) = column.storage {
      return rows(column) { !numbers[$0].isNaN && matches.accepts(number: numbers[$0]) }
    }
    // Each distinct value is judged once.
    let accepted = column.values.indices.map { place -> Bool in
      if case .number(let number) = column.values[place] {
        return matches.accepts(number: number)
      }
      return matches.accepts(string: column.normalized[place])
    }
    let isNumbers = if case .numbers = column.storage { true } else { false }
    guard isNumbers || accepted.contains(true) else { return DocSet(capacity: column.rowCount) }
    switch column.storage {
    case .single(let places):
      return rows(column) { places[$0] > 0 && accepted[Int(places[$0]) - 1] }
    case .many(let ends, let places):
      return rows(column) { row in
        for i in (row == 0 ? 0 : Int(ends[row - 1]))..<Int(ends[row])
        where accepted[Int(places[i])] {
          return true
        }
        return false
      }
    case .numbers:
      return DocSet(capacity: column.rowCount)
    }
  }

  private func rows(_ column: FieldColumn, _ accepts: (Int) -> Bool) -> DocSet {
    var set = DocSet(capacity: column.rowCount)
    for row in 0..<column.rowCount where accepts(row) { set.insert(row) }
    return corpus.rows.onlyLive(set)
  }

  /// The documents of some occurrences.
  func documents(of rows: DocSet) -> DocSet {
    var set = DocSet(capacity: corpus.documentCount)
    for row in rows.documents { set.insert(Int(corpus.rows.documents[Int(row)])) }
    return set
  }
}

/// A test of one value.
struct ValueTest {
  private let test: Filter.Test
  private let numbers: [Double?]
  private let strings: [[UInt8]]
  private let known: Set<[UInt8]>

  init(_ test: Filter.Test) {
    self.test = test
    let texts: [String]
    switch test {
    case .compare(_, let text), .contains(let text), .startsWith(let text): texts = [text]
    case .range(let low, let high): texts = [low, high]
    case .isIn(let values): texts = values
    case .exists, .isNull, .isEmpty: texts = []
    }
    numbers = texts.map(Self.number)
    strings = texts.map { Normalizer.value(Array($0.utf8)) }
    known = Set(strings)
  }

  /// A number as filters write it; times of RFC 3339 count as their milliseconds.
  static func number(_ text: String) -> Double? {
    if let number = Double(text), number.isFinite { return number }
    return TimeValue.milliseconds(text).map { Double($0) }
  }

  func accepts(number: Double) -> Bool {
    switch test {
    case .compare(let comparison, _):
      guard let wanted = numbers[0] else { return false }
      switch comparison {
      case .equal: return number == wanted
      case .notEqual: return number != wanted
      case .less: return number < wanted
      case .lessOrEqual: return number <= wanted
      case .greater: return number > wanted
      case .greaterOrEqual: return number >= wanted
      }
    case .range:
      guard let low = numbers[0], let high = numbers[1] else { return false }
      return number >= low && number <= high
    case .isIn: return numbers.contains(number)
    default: return false
    }
  }

  func accepts(string: [UInt8]) -> Bool {
    switch test {
    case .compare(let comparison, _):
      let wanted = strings[0]
      switch comparison {
      case .equal: return string == wanted && !wanted.isEmpty
      case .notEqual: return string != wanted
      case .less: return string.lexicographicallyPrecedes(wanted)
      case .lessOrEqual: return !wanted.lexicographicallyPrecedes(string)
      case .greater: return wanted.lexicographicallyPrecedes(string)
      case .greaterOrEqual: return !string.lexicographicallyPrecedes(wanted)
      }
    case .range:
      return !string.lexicographicallyPrecedes(strings[0])
        && !strings[1].lexicographicallyPrecedes(string)
    case .isIn: return known.contains(string) && !string.isEmpty
    case .startsWith: return string.starts(with: strings[0])
    case .contains: return Self.contains(string, strings[0])
    default: return false
    }
  }

  private static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
    guard part.count <= text.count else { return false }
    for start in 0...(text.count - part.count) where text[start...].starts(with: part) {
      return true
    }
    return false
  }
}
