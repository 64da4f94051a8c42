// Documents as they are shown: chosen members, marked and cut texts, places of matches. SEARCH.md
// 18.

package import VarveFormat

/// Formats the trees of found documents.
package struct TreeFormatter {
  private let matched: MatchedWords
  private let tokenizer: Tokenizer
  private let stopWords: Set<[UInt8]>

  package init(_ matched: MatchedWords, _ settings: SearchSettings) {
    self.matched = matched
    let index = settings.index
    tokenizer = Tokenizer(index.tokenizer)
    stopWords = index.stopWords
  }

  /// The members of an object that patterns cover, in their order.
  package static func selected(_ tree: MetadataValue, _ patterns: [String]?) -> MetadataValue {
    guard let patterns, !patterns.contains("*") else { return tree }
    return selected(tree, patterns, path: "") ?? .object([])
  }

  private static func selected(
    _ tree: MetadataValue, _ patterns: [String], path: String
  ) -> MetadataValue? {
    switch tree {
    case .object(let members):
      var kept: [MetadataValue.Member] = []
      for member in members {
        let key = String(decoding: member.key, as: UTF8.self)
        let path = path.isEmpty ? key : path + "." + key
        if patterns.contains(where: { FieldPattern.covers($0, path) }) {
          kept.append(member)
        } else if patterns.contains(where: { $0.hasPrefix(path + ".") }),
          let part = selected(member.value, patterns, path: path)
        {
          kept.append(.init(member.key, part))
        }
      }
      return kept.isEmpty && !path.isEmpty ? nil : .object(kept)
    case .array(let values):
      return .array(values.compactMap { selected($0, patterns, path: path) })
    default:
      return nil
    }
  }

  /// A tree with its texts formatted; numbers become strings.
  ///
  /// - Parameter format: of the attribute with a path; nil leaves it as it is.
  package func formatted(
    _ tree: MetadataValue, path: String = "", _ format: (String) -> TextFormat?
  ) -> MetadataValue {
    switch tree {
    case .null, .bool: return tree
    case .int(let number): return text(Array(String(number).utf8), format(path))
    case .double(let number): return text(Array(NumberText.text(number).utf8), format(path))
    case .number(let bytes): return text(bytes, format(path))
    case .string(let bytes): return text(bytes, format(path))
    case .array(let values):
      return .array(values.map { formatted($0, path: path, format) })
    case .object(let members):
      return .object(
        members.map { member in
          let key = String(decoding: member.key, as: UTF8.self)
          let path = path.isEmpty ? key : path + "." + key
          return .init(member.key, formatted(member.value, path: path, format))
        })
    }
  }

  private func text(_ bytes: [UInt8], _ format: TextFormat?) -> MetadataValue {
    guard let format else { return .string(bytes) }
    return .string(
      TextMatcher(bytes, matched, tokenizer: tokenizer, stopWords: stopWords).formatted(format))
  }

  /// One text, marked and cut.
  package func formatted(_ bytes: [UInt8], _ format: TextFormat) -> [UInt8] {
    TextMatcher(bytes, matched, tokenizer: tokenizer, stopWords: stopWords).formatted(format)
  }

  /// Places of matches by attribute.
  package func positions(_ tree: MetadataValue) -> MetadataValue {
    var found: [(path: String, places: [MetadataValue])] = []
    collect(tree, path: "", indices: [], into: &found)
    return .object(found.map { .init($0.path, .array($0.places)) })
  }

  private func collect(
    _ tree: MetadataValue, path: String, indices: [Int],
    into found: inout [(path: String, places: [MetadataValue])]
  ) {
    func add(_ bytes: [UInt8]) {
      let ranges = TextMatcher(bytes, matched, tokenizer: tokenizer, stopWords: stopWords).ranges
      guard !ranges.isEmpty else { return }
      let places = ranges.map { range -> MetadataValue in
        var members: [MetadataValue.Member] = [
          .init("start", .int(Int64(range.lowerBound))), .init("length", .int(Int64(range.count))),
        ]
        if !indices.isEmpty {
          members.append(.init("indices", .array(indices.map { .int(Int64($0)) })))
        }
        return .object(members)
      }
      if let i = found.firstIndex(where: { $0.path == path }) {
        found[i].places += places
      } else {
        found.append((path, places))
      }
    }
    switch tree {
    case .null, .bool: return
    case .int(let number): add(Array(String(number).utf8))
    case .double(let number): add(Array(NumberText.text(number).utf8))
    case .number(let bytes), .string(let bytes): add(bytes)
    case .array(let values):
      for (i, value) in values.enumerated() {
        collect(value, path: path, indices: indices + [i], into: &found)
      }
    case .object(let members):
      for member in members {
        let key = String(decoding: member.key, as: UTF8.self)
        collect(
          member.value, path: path.isEmpty ? key : path + "." + key, indices: indices,
          into: &found)
      }
    }
  }
}
