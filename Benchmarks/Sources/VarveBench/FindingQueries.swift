// Queries drawn from messages, as BARS counts them: a hundred of each kind, each with the message
// that it came from.

import Varve

struct FindingQuery {
  enum Kind: String, CaseIterable {
    case oneWord, twoWords, threeWords, threeWordsOneTypo, twoWordsTwoTypos, twoWordsLastPrefix
  }

  var kind: Kind
  var text: String
  /// Sequence of the message.
  var message: UInt64

  /// The same queries for the same seed.
  static func draw(_ snapshot: Snapshot, count: Int, seed: UInt64) throws -> [FindingQuery] {
    var random = SplitMix64(seed: seed)
    var queries: [FindingQuery] = []
    for kind in Kind.allCases {
      var made = 0
      while made < count {
        let sequence = random.next() % (snapshot.nextSequence - 1) + 1
        let message = try snapshot.message(at: try snapshot.occurrence(sequence).message)
        guard let text = query(kind, words(message.content), &random) else { continue }
        queries.append(FindingQuery(kind: kind, text: text, message: message.sequence))
        made += 1
      }
    }
    return queries
  }

  /// Distinct words of letters, in order.
  private static func words(_ content: [UInt8]) -> [String] {
    var found: [String] = []
    var seen: Set<String> = []
    for part in content.split(whereSeparator: { byte in
      !(byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A)
    }) where part.count >= 3 && part.count <= 24 {
      let word = String(decoding: part, as: UTF8.self).lowercased()
      if seen.insert(word).inserted { found.append(word) }
    }
    return found
  }

  private static func query(
    _ kind: Kind, _ words: [String], _ random: inout SplitMix64
  ) -> String? {
    let long = words.filter { $0.count >= 6 }
    func pick(_ count: Int, _ from: [String]) -> [String]? {
      guard from.count >= count else { return nil }
      // Neighbours in the text, as people remember them.
      let start = Int(random.next() % UInt64(from.count - count + 1))
      return Array(from[start..<(start + count)])
    }
    switch kind {
    case .oneWord: return pick(1, words)?.joined()
    case .twoWords: return pick(2, words)?.joined(separator: " ")
    case .threeWords: return pick(3, words)?.joined(separator: " ")
    case .threeWordsOneTypo:
      guard !long.isEmpty, var chosen = pick(3, words),
        let place = chosen.firstIndex(where: { $0.count >= 6 })
      else { return nil }
      chosen[place] = misspelled(chosen[place], &random)
      return chosen.joined(separator: " ")
    case .twoWordsTwoTypos:
      guard let chosen = pick(2, long) else { return nil }
      return chosen.map { misspelled($0, &random) }.joined(separator: " ")
    case .twoWordsLastPrefix:
      guard let chosen = pick(2, words), chosen[1].count >= 5 else { return nil }
      return chosen[0] + " " + chosen[1].prefix(chosen[1].count - 2)
    }
  }

  /// One letter behind the first replaced, dropped or swapped.
  private static func misspelled(_ word: String, _ random: inout SplitMix64) -> String {
    var letters = Array(word)
    let place = 1 + Int(random.next() % UInt64(letters.count - 2))
    switch random.next() % 3 {
    case 0: letters[place] = letters[place] == "x" ? "q" : "x"
    case 1: letters.remove(at: place)
    default: letters.swapAt(place, place + 1)
    }
    return String(letters)
  }
}
