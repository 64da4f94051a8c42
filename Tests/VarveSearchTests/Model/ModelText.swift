// The tokenizer and the normalizers of the brute-force model.

import Foundation

enum ModelTokenKind {
  case word
  case stopWord
  case soft
  case hard
}

struct ModelToken {
  var kind: ModelTokenKind
  /// Words: normalized. Separators: as written.
  var text: String

  var isSeparator: Bool {
    return kind == .soft || kind == .hard
  }
}

struct ModelTokenizer {
  var added: [[Unicode.Scalar]] = []
  var removed: [[Unicode.Scalar]] = []
  var dictionary: [[Unicode.Scalar]] = []
  var stopWords: Set<String> = []

  init(settings: ModelJSON) {
    added = scalarLists(settings["separatorTokens"])
    removed = scalarLists(settings["nonSeparatorTokens"])
    dictionary = scalarLists(settings["dictionary"])
    for word in settings["stopWords"]?.texts ?? [] {
      stopWords.insert(word.decomposedStringWithCompatibilityMapping)
    }
  }

  func scalarLists(_ json: ModelJSON?) -> [[Unicode.Scalar]] {
    var lists: [[Unicode.Scalar]] = []
    for text in json?.texts ?? [] where !text.isEmpty { lists.append(Array(text.unicodeScalars)) }
    return lists
  }

  func tokens(_ text: String) -> [ModelToken] {
    let scalars = Array(text.unicodeScalars)
    var result: [ModelToken] = []
    var current: [Unicode.Scalar] = []
    var script = 0
    var index = 0

    func flush() {
      if !current.isEmpty { appendWord(current, to: &result) }
      current = []
    }

    while index < scalars.count {
      let entry = longest(of: dictionary, at: index, in: scalars)
      if entry > 0 {
        flush()
        let piece = Array(scalars[index..<(index + entry)])
        appendWord(piece, to: &result)
        for scalar in piece {
          let other = modelScript(scalar)
          if other != 0 { script = other }
        }
        index += entry
        continue
      }
      let length = separatorLength(at: index, in: scalars)
      if length > 0 {
        flush()
        let piece = Array(scalars[index..<(index + length)])
        let kind: ModelTokenKind = modelIsHard(piece) ? .hard : .soft
        result.append(ModelToken(kind: kind, text: modelString(piece)))
        index += length
        continue
      }
      let other = modelScript(scalars[index])
      if other != 0 {
        if script != 0 && other != script { flush() }
        script = other
      }
      current.append(scalars[index])
      index += 1
    }
    flush()
    return result
  }

  func appendWord(_ scalars: [Unicode.Scalar], to result: inout [ModelToken]) {
    let raw = modelDecomposed(modelString(scalars))
    if stopWords.contains(raw) {
      result.append(ModelToken(kind: .stopWord, text: modelLossy(raw)))
      return
    }
    let word = modelLossy(raw)
    if !word.isEmpty { result.append(ModelToken(kind: .word, text: word)) }
  }

  func longest(of lists: [[Unicode.Scalar]], at index: Int, in scalars: [Unicode.Scalar]) -> Int {
    var best = 0
    for list in lists where list.count > best && index + list.count <= scalars.count {
      if Array(scalars[index..<(index + list.count)]) == list { best = list.count }
    }
    return best
  }

  /// The length of the longest separator at a place, 0 if there is none.
  func separatorLength(at index: Int, in scalars: [Unicode.Scalar]) -> Int {
    var best = longest(of: added, at: index, in: scalars)
    if best < 2 && index + 1 < scalars.count {
      let pair = Array(scalars[index...(index + 1)])
      if (pair[0] == "." || pair[0] == ",") && pair[1] == " " && !removed.contains(pair) {
        best = 2
      }
    }
    if best == 0 {
      let one = [scalars[index]]
      if modelIsSeparator(scalars[index]) && !removed.contains(one) { best = 1 }
    }
    return best
  }

  /// The words and holes of a setting's text (synonyms): nil for a stop word.
  func words(_ text: String) -> [String?] {
    var result: [String?] = []
    for token in tokens(text) where !token.isSeparator {
      result.append(token.kind == .word ? token.text : nil)
    }
    return result
  }
}

func modelString(_ scalars: [Unicode.Scalar]) -> String {
  var view = String.UnicodeScalarView()
  for scalar in scalars { view.append(scalar) }
  return String(view)
}

func modelTrimmed(_ text: String) -> String {
  var scalars = Array(text.unicodeScalars)
  while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
  while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
  return modelString(scalars)
}

/// NFKD, control characters dropped, trimmed: what stop words are compared with.
func modelDecomposed(_ text: String) -> String {
  let scalars = text.decomposedStringWithCompatibilityMapping.unicodeScalars
  return modelTrimmed(modelString(scalars.filter { $0.properties.generalCategory != .control }))
}

/// The lossy steps after the classification.
func modelLossy(_ text: String) -> String {
  var lowered = ""
  for scalar in text.unicodeScalars {
    lowered.unicodeScalars.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
  }
  var result: [Unicode.Scalar] = []
  for scalar in lowered.unicodeScalars {
    switch scalar.value {
    case 0x2018, 0x2019, 0x201B: result.append("'")
    case 0x153: result += ["o", "e"]
    case 0xE6: result += ["a", "e"]
    case 0x111: result.append("d")
    case 0x3C2: result.append("\u{3C3}")
    default:
      if scalar.properties.generalCategory != .nonspacingMark { result.append(scalar) }
    }
  }
  return modelTrimmed(modelString(result))
}

/// A word of a setting (disableOnWords) as the tokenizer would normalize it.
func modelNormalized(_ text: String) -> String {
  return modelLossy(modelDecomposed(text))
}

/// Facet values: trim, NFKD, lower-case; accents are kept. At most 468 bytes.
func modelFacetText(_ text: String) -> String {
  let decomposed = modelTrimmed(text).decomposedStringWithCompatibilityMapping
  var result = String.UnicodeScalarView()
  var bytes = 0
  for scalar in decomposed.unicodeScalars {
    for lower in scalar.properties.lowercaseMapping.unicodeScalars {
      bytes += String(lower).utf8.count
      if bytes > 468 { return String(result) }
      result.append(lower)
    }
  }
  return String(result)
}

func modelIsSeparator(_ scalar: Unicode.Scalar) -> Bool {
  if scalar.isASCII {
    return " \t\n\r\0!\"#%&'()*+,-./:;?@[\\]_{}`".unicodeScalars.contains(scalar)
  }
  if scalar.value == 0x200C { return true }
  switch scalar.properties.generalCategory {
  case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
    .initialPunctuation, .finalPunctuation, .otherPunctuation:
    return true
  case .spaceSeparator:
    return ![0xA0, 0x202F, 0x205F].contains(scalar.value)
  case .mathSymbol:
    return scalar.value != 0xAC && !(0x2190...0x21FF).contains(scalar.value)
  default:
    return false
  }
}

let modelHardScalars: Set<UInt32> = [
  0x21, 0x3B, 0x3F, 0x00, 0xA1, 0xA7, 0xB6, 0xBF, 0x2026, 0x37E, 0x55C, 0x55E, 0x589, 0x60C,
  0x61B, 0x61F, 0x6D4, 0x964, 0x965, 0x104A, 0x104B, 0x1362, 0x17D4, 0x203C, 0x203D, 0x2047,
  0x2048, 0x2049, 0x3001, 0x3002, 0xFF01, 0xFF0C, 0xFF0E, 0xFF1B, 0xFF1F, 0xFF61, 0xFF64,
]

func modelIsHard(_ separator: [Unicode.Scalar]) -> Bool {
  if separator == [".", " "] || separator == [",", " "] { return true }
  return separator.count == 1 && modelHardScalars.contains(separator[0].value)
}

/// Ranges of the scripts the model knows; 0 means "other".
let modelScripts: [(ClosedRange<UInt32>, Int)] = [
  (0x41...0x5A, 1), (0x61...0x7A, 1), (0xAA...0xAA, 1), (0xBA...0xBA, 1), (0xC0...0xD6, 1),
  (0xD8...0xF6, 1), (0xF8...0x2B8, 1), (0x1E00...0x1EFF, 1), (0x2C60...0x2C7F, 1),
  (0xA722...0xA787, 1), (0xFB00...0xFB06, 1), (0xFF21...0xFF3A, 1), (0xFF41...0xFF5A, 1),
  (0x370...0x373, 2), (0x376...0x37D, 2), (0x386...0x386, 2), (0x388...0x3FF, 2),
  (0x1F00...0x1FFF, 2), (0x400...0x52F, 3), (0x1C80...0x1C8F, 3), (0x531...0x556, 4),
  (0x561...0x587, 4), (0x591...0x5F4, 5), (0x610...0x61A, 6), (0x620...0x63F, 6),
  (0x641...0x64A, 6), (0x66E...0x6D3, 6), (0x6D5...0x6FF, 6), (0x750...0x77F, 6),
  (0x900...0x963, 7), (0x966...0x97F, 7), (0x980...0x9FF, 8), (0xE01...0xE3A, 9),
  (0xE40...0xE5B, 9), (0x10A0...0x10FF, 10), (0x1780...0x17FF, 11), (0x1100...0x11FF, 12),
  (0x3130...0x318F, 12), (0xAC00...0xD7AF, 12), (0x2E80...0x2FD5, 13), (0x3005...0x3007, 13),
  (0x3041...0x3096, 13), (0x309D...0x309F, 13), (0x30A1...0x30FA, 13), (0x30FC...0x30FF, 13),
  (0x31F0...0x31FF, 13), (0x3400...0x4DBF, 13), (0x4E00...0x9FFF, 13), (0xF900...0xFAFF, 13),
  (0xFF66...0xFF9D, 13), (0x20000...0x2FA1F, 13),
]

func modelScript(_ scalar: Unicode.Scalar) -> Int {
  for (range, script) in modelScripts where range.contains(scalar.value) { return script }
  return 0
}
