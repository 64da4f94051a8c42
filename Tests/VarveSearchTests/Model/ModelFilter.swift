// The filters of the brute-force model: which attributes may be used, grammar and meaning.

import Foundation

enum ModelTest {
  case equal(String)
  case less(String, orEqual: Bool)
  case greater(String, orEqual: Bool)
  case between(String, String)
  case isIn([String])
  case exists, isNull, isEmpty
  case contains(String)
  case startsWith(String)
}

indirect enum ModelCondition {
  case all([ModelCondition])
  case any([ModelCondition])
  case not(ModelCondition)
  case test(String, ModelTest)
}

/// What `filterableAttributes` allows for one attribute.
struct ModelAllowed {
  var equality = true
  var comparison = true
  var isFilterable: Bool { return equality || comparison }
}

/// The first rule of `filterableAttributes` which covers a name decides; nil = no rule.
func modelAllowed(_ name: String, _ settings: ModelJSON) -> ModelAllowed? {
  for rule in settings["filterableAttributes"]?.list ?? [] {
    if let attribute = rule.text {
      if modelIsWithin(name, attribute) || modelMatches(name, pattern: attribute) {
        return ModelAllowed()
      }
      continue
    }
    let patterns = rule["attributePatterns"]?.texts ?? []
    if patterns.contains(where: { modelMatches(name, pattern: $0) }) {
      let filter = rule["features"]?["filter"]
      return ModelAllowed(
        equality: filter?["equality"]?.bool ?? true,
        comparison: filter?["comparison"]?.bool ?? false)
    }
  }
  return nil
}

/// The values which stand at a dotted path of a document, arrays of objects included.
func modelValues(_ document: ModelJSON, at path: String) -> [ModelJSON] {
  var result: [ModelJSON] = []
  func walk(_ value: ModelJSON, _ name: String?) {
    switch value {
    case .object(let pairs):
      for (key, inner) in pairs {
        let full = name.map { $0 + "." + key } ?? key
        if modelSame(full, path) { result.append(inner) }
        if modelBytesStart(path, with: full + ".") { walk(inner, full) }
      }
    case .array(let list):
      for inner in list { walk(inner, name) }
    default:
      break
    }
  }
  walk(document, nil)
  return result
}

/// The numbers and the strings (as written) which an attribute has in a document.
func modelFacetValues(_ document: ModelJSON, at path: String) -> ([Double], [String]) {
  var numbers: [Double] = []
  var texts: [String] = []
  func add(_ value: ModelJSON) {
    switch value {
    case .number(let number): numbers.append(number)
    case .bool(let bool): texts.append(bool ? "true" : "false")
    case .string(let text): if !modelFacetText(text).isEmpty { texts.append(text) }
    case .array(let list): for inner in list { add(inner) }
    default: break
    }
  }
  for value in modelValues(document, at: path) { add(value) }
  return (numbers, texts)
}

// MARK: - Meaning

func modelHolds(_ condition: ModelCondition, _ document: ModelJSON) -> Bool {
  switch condition {
  case .all(let parts): return parts.allSatisfy { modelHolds($0, document) }
  case .any(let parts): return parts.contains { modelHolds($0, document) }
  case .not(let part): return !modelHolds(part, document)
  case .test(let attribute, let test): return modelHolds(test, attribute, document)
  }
}

private func modelHolds(_ test: ModelTest, _ attribute: String, _ document: ModelJSON) -> Bool {
  let values = modelValues(document, at: attribute)
  let (numbers, written) = modelFacetValues(document, at: attribute)
  let texts = written.map { modelFacetText($0) }

  func equal(_ wanted: String) -> Bool {
    let text = modelFacetText(wanted)
    if texts.contains(where: { modelSame($0, text) }) { return true }
    guard let number = modelFloat(wanted) else { return false }
    return numbers.contains(number)
  }

  switch test {
  case .equal(let wanted):
    return equal(wanted)
  case .isIn(let list):
    return list.contains { equal($0) }
  case .less(let bound, let orEqual):
    let text = modelFacetText(bound)
    if texts.contains(where: {
      modelBytesPrecede($0, text) || (orEqual && modelSame($0, text))
    }) {
      return true
    }
    guard let number = modelFloat(bound) else { return false }
    return numbers.contains { $0 < number || (orEqual && $0 == number) }
  case .greater(let bound, let orEqual):
    let text = modelFacetText(bound)
    if texts.contains(where: {
      modelBytesPrecede(text, $0) || (orEqual && modelSame($0, text))
    }) {
      return true
    }
    guard let number = modelFloat(bound) else { return false }
    return numbers.contains { $0 > number || (orEqual && $0 == number) }
  case .between(let low, let high):
    let from = modelFacetText(low)
    let to = modelFacetText(high)
    if texts.contains(where: { !modelBytesPrecede($0, from) && !modelBytesPrecede(to, $0) }) {
      return true
    }
    guard let least = modelFloat(low), let most = modelFloat(high) else { return false }
    return numbers.contains { $0 >= least && $0 <= most }
  case .exists:
    return !values.isEmpty
  case .isNull:
    return values.contains { $0.isNull }
  case .isEmpty:
    return values.contains { value in
      switch value {
      case .string(let text): return text.isEmpty
      case .array(let list): return list.isEmpty
      case .object(let pairs): return pairs.isEmpty
      default: return false
      }
    }
  case .contains(let part):
    return texts.contains { modelBytesContain($0, modelFacetText(part)) }
  case .startsWith(let prefix):
    let start = modelFacetText(prefix)
    if start.isEmpty { return !values.isEmpty }
    return texts.contains { modelBytesStart($0, with: start) }
  }
}

/// A finite decimal number.
func modelFloat(_ text: String) -> Double? {
  let allowed = "+-.0123456789eE".unicodeScalars
  if text.isEmpty || !text.unicodeScalars.allSatisfy({ allowed.contains($0) }) { return nil }
  guard let number = Double(text), number.isFinite else { return nil }
  return number
}

// MARK: - Grammar

/// The filter of a request; nil if there is none.
func modelFilter(_ json: ModelJSON, _ settings: ModelJSON) throws -> ModelCondition? {
  switch json {
  case .null:
    return nil
  case .string(let text):
    return try modelParseFilter(text, settings)
  case .array(let list):
    var parts: [ModelCondition] = []
    for element in list {
      if let text = element.text {
        if let part = try modelParseFilter(text, settings) { parts.append(part) }
        continue
      }
      guard let inner = element.list else { throw ModelError.refused("invalid_search_filter") }
      var choices: [ModelCondition] = []
      for choice in inner {
        guard let text = choice.text else { throw ModelError.refused("invalid_search_filter") }
        if let part = try modelParseFilter(text, settings) { choices.append(part) }
      }
      if !choices.isEmpty { parts.append(.any(choices)) }
    }
    return parts.isEmpty ? nil : .all(parts)
  default:
    throw ModelError.refused("invalid_search_filter")
  }
}

func modelParseFilter(_ text: String, _ settings: ModelJSON) throws -> ModelCondition? {
  var parser = ModelFilterParser(text: text, settings: settings)
  return try parser.whole()
}

struct ModelFilterParser {
  let scalars: [Unicode.Scalar]
  let settings: ModelJSON
  var index = 0
  var depth = 0

  static let keywords: Set<String> = [
    "AND", "OR", "IN", "NOT", "TO", "EXISTS", "IS", "NULL", "EMPTY", "CONTAINS", "STARTS", "WITH",
    "_geoRadius", "_geoBoundingBox", "_geoPolygon",
  ]
  let refusal = ModelError.refused("invalid_search_filter")

  init(text: String, settings: ModelJSON) {
    scalars = Array(text.unicodeScalars)
    self.settings = settings
  }

  mutating func whole() throws -> ModelCondition? {
    skipSpace()
    if index == scalars.count { return nil }
    let condition = try either()
    skipSpace()
    if index < scalars.count { throw refusal }
    return condition
  }

  private mutating func either() throws -> ModelCondition {
    var parts = [try both()]
    while keyword("OR") { parts.append(try both()) }
    return parts.count == 1 ? parts[0] : .any(parts)
  }

  private mutating func both() throws -> ModelCondition {
    var parts = [try negated()]
    while keyword("AND") { parts.append(try negated()) }
    return parts.count == 1 ? parts[0] : .all(parts)
  }

  private mutating func negated() throws -> ModelCondition {
    depth += 1
    defer { depth -= 1 }
    if depth > 150 { throw refusal }
    if keyword("NOT") { return .not(try negated()) }
    if symbol("(") {
      let inner = try either()
      if !symbol(")") { throw refusal }
      return inner
    }
    return try primary()
  }

  private mutating func primary() throws -> ModelCondition {
    let attribute = try value()
    if symbol("!=") { return .not(try checked(attribute, .equal(try value()))) }
    if symbol(">=") { return try checked(attribute, .greater(try value(), orEqual: true)) }
    if symbol("<=") { return try checked(attribute, .less(try value(), orEqual: true)) }
    if symbol(">") { return try checked(attribute, .greater(try value(), orEqual: false)) }
    if symbol("<") { return try checked(attribute, .less(try value(), orEqual: false)) }
    if symbol("=") { return try checked(attribute, .equal(try value())) }
    if keyword("IS") {
      let negative = keyword("NOT")
      if keyword("NULL") { return signed(try checked(attribute, .isNull), negative) }
      if keyword("EMPTY") { return signed(try checked(attribute, .isEmpty), negative) }
      throw refusal
    }
    let negative = keyword("NOT")
    if keyword("EXISTS") { return signed(try checked(attribute, .exists), negative) }
    if keyword("IN") { return signed(try checked(attribute, .isIn(try values())), negative) }
    if keyword("CONTAINS") {
      return signed(try checked(attribute, .contains(try value())), negative)
    }
    if keyword("STARTS") {
      if !keyword("WITH") { throw refusal }
      return signed(try checked(attribute, .startsWith(try value())), negative)
    }
    if negative { throw refusal }
    let low = try value()
    if !keyword("TO") { throw refusal }
    return try checked(attribute, .between(low, try value()))
  }

  private func signed(_ condition: ModelCondition, _ negative: Bool) -> ModelCondition {
    return negative ? .not(condition) : condition
  }

  /// Refuses an attribute that is not filterable, or not with this operator.
  private func checked(_ attribute: String, _ test: ModelTest) throws -> ModelCondition {
    guard let allowed = modelAllowed(attribute, settings), allowed.isFilterable else {
      throw refusal
    }
    switch test {
    case .equal, .isIn: if !allowed.equality { throw refusal }
    case .less, .greater, .between: if !allowed.comparison { throw refusal }
    default: break
    }
    return .test(attribute, test)
  }

  // MARK: - Pieces

  private mutating func values() throws -> [String] {
    if !symbol("[") { throw refusal }
    var list: [String] = []
    while !symbol("]") {
      list.append(try value())
      if !symbol(",") {
        if !symbol("]") { throw refusal }
        break
      }
    }
    return list
  }

  private mutating func skipSpace() {
    while index < scalars.count, scalars[index].properties.isWhitespace { index += 1 }
  }

  private mutating func symbol(_ text: String) -> Bool {
    skipSpace()
    let wanted = Array(text.unicodeScalars)
    if !scalars[index...].starts(with: wanted) { return false }
    index += wanted.count
    return true
  }

  private func isWordScalar(_ scalar: Unicode.Scalar) -> Bool {
    let properties = scalar.properties
    return properties.isAlphabetic || properties.numericType != nil
      || "_-.".unicodeScalars
        .contains(scalar)
  }

  private mutating func keyword(_ text: String) -> Bool {
    skipSpace()
    let start = index
    if modelSame(word(), text) { return true }
    index = start
    return false
  }

  private mutating func word() -> String {
    let start = index
    while index < scalars.count, isWordScalar(scalars[index]) { index += 1 }
    return modelString(Array(scalars[start..<index]))
  }

  private mutating func value() throws -> String {
    skipSpace()
    guard index < scalars.count else { throw refusal }
    let quote = scalars[index]
    if quote != "'" && quote != "\"" {
      let text = word()
      if text.isEmpty || Self.keywords.contains(text) { throw refusal }
      return text
    }
    index += 1
    var result: [Unicode.Scalar] = []
    while index < scalars.count, scalars[index] != quote {
      if scalars[index] == "\\", index + 1 < scalars.count {
        index += 1
        result.append(try escaped())
      } else {
        result.append(scalars[index])
      }
      index += 1
    }
    if index >= scalars.count { throw refusal }
    index += 1
    return modelString(result)
  }

  /// The scalar after a backslash; leaves the index on its last character.
  private mutating func escaped() throws -> Unicode.Scalar {
    switch scalars[index] {
    case "n": return "\n"
    case "t": return "\t"
    case "r": return "\r"
    case "u":
      var digits = ""
      index += 2
      while index < scalars.count, scalars[index] != "}" {
        digits.unicodeScalars.append(scalars[index])
        index += 1
      }
      guard let code = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(code) else {
        throw refusal
      }
      return scalar
    default: return scalars[index]
    }
  }
}
