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
      var set = DocSet(allOf: corpus.rows.rowCount)
      for part in parts { set.formIntersection(try rows(part)) }
      return set
    case .any(let parts):
      var set = DocSet(capacity: corpus.rows.rowCount)
      for part in parts { set.formUnion(try rows(part)) }
      return set
    case .not(let part):
      return DocSet(allOf: corpus.rows.rowCount).subtracting(try rows(part))
    case .test(let field, let test):
      try check(field, test)
      guard let column = try corpus.fields.column(field.name) else {
        if case .compare(.notEqual, _) = test { return DocSet(allOf: corpus.rows.rowCount) }
        return DocSet(capacity: corpus.rows.rowCount)
      }
      return rows(column, test)
    }
  }

  private func check(_ field: FilterField, _ test: Filter.Test) throws(SearchError) {
    let attribute = settings.filterable.first { FieldPattern.covers($0.pattern, field.name) }
    guard let attribute else {
      let known = settings.filterable.map(\.pattern).sorted().map { "`\($0)`" }
        .joined(separator: ", ")
      let hint =
        known.isEmpty
        ? "This index does not have configured filterable attributes."
        : "Available filterable attribute patterns are: \(known)."
      throw .filter(
        "Index `messages`: Attribute `\(field.name)` is not filterable. \(hint)\n"
          + "\(field.start + 1):\(field.end + 1) \(field.text)")
    }
    let isAllowed =
      switch test {
      case .compare(.equal, _), .compare(.notEqual, _), .isIn, .exists, .isNull, .isEmpty:
        attribute.allowsEquality
      case .contains, .startsWith: attribute.allowsEquality
      case .compare, .range: attribute.allowsComparison
      }
    guard isAllowed else {
      throw .filter(
        "Index `messages`: Filter operator is not allowed for the attribute `\(field.name)`.\n"
          + "\(field.start + 1):\(field.end + 1) \(field.text)")
    }
  }

  private func rows(_ column: FieldColumn, _ test: Filter.Test) -> DocSet {
    switch test {
    case .compare(.notEqual, let text):
      return DocSet(allOf: column.rowCount).subtracting(rows(column, .compare(.equal, text)))
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
    return set
  }

  /// The documents of some occurrences.
  func documents(of rows: DocSet) -> DocSet {
    var set = DocSet(capacity: corpus.documentCount)
    for row in rows.documents { set.insert(Int(corpus.rows.documents[Int(row)])) }
    return set
  }
}

/// A test of one value.
private struct ValueTest {
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

/// Times as filters write them.
package enum TimeValue {
  /// Milliseconds since 1970 UTC of `2026-11-25`, `2026-11-25T10:00:00Z`, `...T10:00:00.123+01:00`;
  /// without a zone UTC.
  package static func milliseconds(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 10, bytes[4] == 0x2D, bytes[7] == 0x2D else { return nil }
    func number(_ range: Range<Int>) -> Int64? {
      guard range.upperBound <= bytes.count else { return nil }
      var value: Int64 = 0
      for i in range {
        guard bytes[i] >= 0x30, bytes[i] <= 0x39 else { return nil }
        value = value * 10 + Int64(bytes[i] - 0x30)
      }
      return value
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
      (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    // Days from civil: H. Hinnant, "chrono-compatible low-level date algorithms".
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    var total = (era * 146_097 + dayOfEra - 719_468) * 86_400_000
    guard bytes.count > 10 else { return total }
    guard bytes.count >= 16, bytes[10] == 0x54 || bytes[10] == 0x20, bytes[13] == 0x3A,
      let hour = number(11..<13), let minute = number(14..<16), hour < 24, minute < 60
    else { return nil }
    total += hour * 3_600_000 + minute * 60_000
    var at = 16
    if at < bytes.count, bytes[at] == 0x3A {
      guard let second = number(17..<19), second <= 60 else { return nil }
      total += second * 1000
      at = 19
      if at < bytes.count, bytes[at] == 0x2E {
        var scale: Int64 = 100
        at += 1
        while at < bytes.count, bytes[at] >= 0x30, bytes[at] <= 0x39 {
          total += Int64(bytes[at] - 0x30) * scale
          scale /= 10
          at += 1
        }
      }
    }
    guard at < bytes.count else { return total }
    if bytes[at] == 0x5A, at + 1 == bytes.count { return total }
    guard bytes[at] == 0x2B || bytes[at] == 0x2D, bytes.count == at + 6,
      let hours = number((at + 1)..<(at + 3)), let minutes = number((at + 4)..<(at + 6))
    else { return nil }
    let offset = (hours * 60 + minutes) * 60_000
    return bytes[at] == 0x2B ? total - offset : total + offset
  }
}
