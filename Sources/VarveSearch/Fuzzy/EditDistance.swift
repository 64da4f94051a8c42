// How many typos lie between two words: substitutions, insertions, deletions and swaps of
// neighbours, each letter in one edit at most (optimal string alignment). Bit-parallel: H. Hyyro,
// "A bit-vector algorithm for computing Levenshtein and Damerau edit distances", 2003.

/// Compares one word with many.
package struct EditDistance {
  private let count: Int
  private let ascii: [UInt64]
  private let others: [UInt32: UInt64]
  private let letters: [UInt32]

  /// - Parameter letters: the word; over 64 letters plain dynamic programming is used.
  package init(_ letters: [UInt32]) {
    self.letters = letters
    count = letters.count
    var ascii = [UInt64](repeating: 0, count: 128)
    var others: [UInt32: UInt64] = [:]
    for (i, letter) in letters.enumerated() where i < 64 {
      if letter < 128 {
        ascii[Int(letter)] |= 1 << UInt64(i)
      } else {
        others[letter, default: 0] |= 1 << UInt64(i)
      }
    }
    self.ascii = ascii
    self.others = others
  }

  /// The distance to a word; for a prefix that to the nearest beginning of the word.
  package func distance(to word: [UInt32], isPrefix: Bool) -> Int {
    guard count <= 64 else { return plain(word, isPrefix: isPrefix) }
    guard count > 0 else { return isPrefix ? 0 : word.count }
    var column = EditColumn(count)
    for letter in word {
      column.append(letter < 128 ? ascii[Int(letter)] : others[letter, default: 0])
    }
    return isPrefix ? column.best : column.score
  }

  /// The distance to a word of ASCII letters, as far as it matters; nil for other words, and where
  /// this one has no letters or over 64.
  ///
  /// - Parameter limit: greater distances need not be told apart.
  package func distance(
    to word: borrowing Span<UInt8>, isPrefix: Bool, upTo limit: Int
  ) -> Int? {
    guard count > 0, count <= 64 else { return nil }
    var column = EditColumn(count)
    let ascii = ascii.span
    // No beginning of a word is nearer than the letters that it has more.
    for i in 0..<(isPrefix ? min(word.count, count + limit) : word.count) {
      guard word[i] < 128 else { return nil }
      column.append(ascii[Int(word[i])])
    }
    return isPrefix ? column.best : column.score
  }

  private func plain(_ word: [UInt32], isPrefix: Bool) -> Int {
    var before: [Int] = []
    var previous = Array(0...count)
    var best = count
    for (j, letter) in word.enumerated() {
      var row = [j + 1]
      for i in 1...max(1, count) where i <= count {
        let same = letters[i - 1] == letter
        var value = min(previous[i] + 1, row[i - 1] + 1, previous[i - 1] + (same ? 0 : 1))
        if i > 1, j > 0, letters[i - 1] == word[j - 1], letters[i - 2] == letter {
          value = min(value, before[i - 2] + 1)
        }
        row.append(value)
      }
      before = previous
      previous = row
      best = min(best, row[count])
    }
    return isPrefix ? best : previous[count]
  }
}

/// A column of the table of distances, as differences of neighbours in bits.
private struct EditColumn {
  private var vp: UInt64
  private var vn: UInt64 = 0
  private var d0: UInt64 = 0
  private var previous: UInt64 = 0
  private let last: UInt64
  /// The distance to what was appended.
  private(set) var score: Int
  /// The least one of all that was appended so far.
  private(set) var best: Int

  /// - Parameter count: letters of the word, 1 to 64.
  init(_ count: Int) {
    vp = count == 64 ? .max : (1 << UInt64(count)) - 1
    last = UInt64(count - 1)
    score = count
    best = count
  }

  /// Goes on by a letter.
  ///
  /// - Parameter match: where the word has it.
  @inline(__always)
  mutating func append(_ match: UInt64) {
    let swap = ((~d0 & match) << 1) & previous
    d0 = (((match & vp) &+ vp) ^ vp) | match | vn | swap
    let hp = vn | ~(d0 | vp)
    let hn = d0 & vp
    // Without a jump for each.
    score += Int(hp >> last & 1) - Int(hn >> last & 1)
    let shifted = hp << 1 | 1
    vp = hn << 1 | ~(d0 | shifted)
    vn = d0 & shifted
    previous = match
    best = min(best, score)
  }
}
