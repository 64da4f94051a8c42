// The documents of the brute-force model, cut into words with their true positions.

import Foundation

/// One attribute (a leaf of the document) with its words.
struct ModelField {
  var name: String
  var weight: Int
  /// False for attributes of `disableOnAttributes`.
  var tolerant: Bool
  /// Word to positions, ascending.
  var words: [String: [Int]] = [:]
  var wordCount = 0
}

struct ModelIndex {
  let settings: ModelJSON
  let documents: [ModelJSON]
  let tokenizer: ModelTokenizer
  /// nil means all (`["*"]`).
  let searchable: [String]?
  /// Per document.
  private(set) var fields: [[ModelField]] = []
  /// All words in byte order.
  private(set) var words: [String] = []
  /// The words which a typo may reach, in byte order.
  private(set) var tolerantWords: [String] = []
  private(set) var known: Set<String> = []
  let exactOnNumbers: Bool
  let byAttribute: Bool

  init(settings: ModelJSON, documents: [ModelJSON]) {
    self.settings = settings
    self.documents = documents
    tokenizer = ModelTokenizer(settings: settings)
    let listed = settings["searchableAttributes"]?.texts
    searchable = listed == nil || listed?.contains("*") == true ? nil : listed
    exactOnNumbers = settings["typoTolerance"]?["disableOnNumbers"]?.bool ?? false
    byAttribute = settings["proximityPrecision"]?.text == "byAttribute"
    let exact = settings["typoTolerance"]?["disableOnAttributes"]?.texts ?? []

    var all: Set<String> = []
    var tolerant: Set<String> = []
    for document in documents {
      let cut = fieldsOf(document, exact: exact)
      for field in cut {
        for word in field.words.keys {
          all.insert(word)
          if isTolerant(word, in: field) { tolerant.insert(word) }
        }
      }
      fields.append(cut)
    }
    known = all
    words = all.sorted { modelBytesPrecede($0, $1) }
    tolerantWords = tolerant.sorted { modelBytesPrecede($0, $1) }
  }

  /// The largest weight a searchable attribute can have.
  var largestWeight: Int {
    guard let searchable, !searchable.isEmpty else { return 0 }
    return searchable.count - 1
  }

  /// nil if the attribute is not searchable.
  func weight(of name: String) -> Int? {
    guard let searchable else { return 0 }
    for (index, attribute) in searchable.enumerated() where modelIsWithin(name, attribute) {
      return index
    }
    return nil
  }

  /// Reachable by typos when it stands in this field.
  func isTolerant(_ word: String, in field: ModelField) -> Bool {
    if !field.tolerant { return false }
    return !(exactOnNumbers && modelIsNumeric(word))
  }

  private func fieldsOf(_ document: ModelJSON, exact: [String]) -> [ModelField] {
    var result: [ModelField] = []
    var counters: [Int] = []
    for (name, text) in modelTexts(document) {
      guard let weight = weight(of: name) else { continue }
      var place = -1
      for (index, field) in result.enumerated() where modelSame(field.name, name) { place = index }
      if place < 0 {
        let tolerant = !exact.contains { modelIsWithin(name, $0) }
        result.append(ModelField(name: name, weight: weight, tolerant: tolerant))
        counters.append(0)
        place = result.count - 1
      } else {
        counters[place] += 8
      }
      counters[place] = addWords(text, from: counters[place], to: &result[place])
    }
    return result
  }

  /// Adds the words of one value and returns the position of the last one.
  private func addWords(_ text: String, from start: Int, to field: inout ModelField) -> Int {
    var position = start
    var started = false
    var hard = false
    for token in tokenizer.tokens(text) {
      if token.isSeparator {
        if token.kind == .hard { hard = true }
        continue
      }
      if started { position += hard ? 8 : 1 }
      started = true
      hard = false
      if token.kind == .stopWord || token.text.utf8.count > 250 || position >= 65536 { continue }
      field.words[token.text, default: []].append(position)
      field.wordCount += 1
    }
    return position
  }

  // MARK: - Questions

  /// A word in one of the searched fields of a document.
  func has(_ word: String, _ document: Int, tolerantOnly: Bool, in searched: Set<String>?) -> Bool {
    for field in fields[document] where field.words[word] != nil {
      if let searched, !searched.contains(field.name) { continue }
      if tolerantOnly && !isTolerant(word, in: field) { continue }
      return true
    }
    return false
  }

  /// A phrase (nil = a hole left by a stop word) in one of the searched fields of a document.
  func hasPhrase(_ phrase: [String?], _ document: Int, in searched: Set<String>?) -> Bool {
    for field in fields[document] {
      if let searched, !searched.contains(field.name) { continue }
      if hasPhrase(phrase, in: field) { return true }
    }
    return false
  }

  func hasPhrase(_ phrase: [String?], in field: ModelField) -> Bool {
    var places: [(offset: Int, word: String)] = []
    for (offset, word) in phrase.enumerated() {
      if let word { places.append((offset, word)) }
    }
    guard let first = places.first else { return false }
    if byAttribute { return places.allSatisfy { field.words[$0.word] != nil } }
    for start in field.words[first.word] ?? [] {
      let all = places.allSatisfy { place in
        (field.words[place.word] ?? []).contains(start + place.offset - first.offset)
      }
      if all { return true }
    }
    return false
  }

  /// The number of documents where the two words are neighbours (for splits).
  func countAdjacent(_ left: String, _ right: String) -> Int {
    var count = 0
    for document in fields.indices where hasPhrase([left, right], document, in: nil) {
      count += 1
    }
    return count
  }

  /// The cost 0...3 of having `left` before `right` in a document.
  func pairCost(_ left: String, _ right: String, _ document: Int, backward: Bool) -> Int {
    var best = 3
    for field in fields[document] {
      guard let lefts = field.words[left], let rights = field.words[right] else { continue }
      if byAttribute { return 0 }
      for from in lefts {
        for to in rights {
          let distance = to - from
          if distance > 0 { best = min(best, distance - 1) }
          if distance < 0 && backward { best = min(best, -distance) }
        }
      }
    }
    return best
  }
}

/// The values of a document as texts, with the dotted names of their leaves, in order.
func modelTexts(_ document: ModelJSON) -> [(name: String, text: String)] {
  var result: [(name: String, text: String)] = []
  for (name, value) in modelLeaves(document) {
    switch value {
    case .string(let text): result.append((name, text))
    case .number(let number): result.append((name, modelNumberText(number)))
    case .bool(let bool): result.append((name, bool ? "true" : "false"))
    default: continue
    }
  }
  return result
}

/// All scalars of a document with the dotted names of their leaves, in order.
func modelLeaves(_ document: ModelJSON) -> [(name: String, value: ModelJSON)] {
  var result: [(name: String, value: ModelJSON)] = []
  func walk(_ value: ModelJSON, _ name: String?) {
    switch value {
    case .object(let pairs):
      for (key, inner) in pairs { walk(inner, name.map { $0 + "." + key } ?? key) }
    case .array(let list):
      for inner in list { walk(inner, name) }
    default:
      if let name { result.append((name, value)) }
    }
  }
  walk(document, nil)
  return result
}

/// Only numeric characters and ASCII punctuation.
func modelIsNumeric(_ word: String) -> Bool {
  for scalar in word.unicodeScalars {
    let number = scalar.properties.numericType != nil
    let mark =
      scalar.isASCII && scalar.value > 32 && scalar.value < 127
      && !(scalar.properties.isAlphabetic || number)
    if !number && !mark { return false }
  }
  return true
}
