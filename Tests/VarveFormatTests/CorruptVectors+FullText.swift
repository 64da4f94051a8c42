// Vectors of chapter 6 that whoever verifies must reject. The order of terms and keys is looked at
// here: the engine reads them behind checksums, and is safe, not right, where both were forged.

import VarveFormat

extension CorruptVectors {
  static var fullTexts: [Vector] { dictionaries + trigrams + postings + filters }

  private static var dictionaries: [Vector] {
    let base = VectorFiles.terms
    return [
      corrupt(base, "06-terms-order", "`word1/` behind `word10`", .outOfOrder) { $0[92] = 0x2F },
      corrupt(base, "06-terms-shared", "more letters shared than there are", .outOfBounds) {
        $0[90] = 9
      },
      corrupt(base, "06-terms-block", "block 1 begins behind the end", .outOfBounds) {
        $0[17] = 0xFF
      },
      corrupt(base, "06-terms-lists", "the last positions end late", .outOfBounds) {
        $0[$0.count - 2] += 1
      },
      corrupt(base, "06-terms-count", "a term more than there are", .truncated) { $0[0] += 1 },
      corrupt(base, "06-terms-short", "the last term ends early", .truncated) {
        $0.removeLast(2)
      },
    ]
  }

  private static var trigrams: [Vector] {
    let base = VectorFiles.trigrams
    return [
      corrupt(base, "06-trigrams-order", "trigram 1 is the greatest", .outOfOrder) {
        $0[31] = 0x7F
      },
      corrupt(base, "06-trigrams-end", "a list ends behind the end", .outOfBounds) {
        $0[235] = 1
      },
      corrupt(base, "06-trigrams-slot", "a list names term 9 of four", .outOfBounds) {
        $0[240] = 9
      },
      corrupt(base, "06-trigrams-short", "no ends of lists", .truncated) {
        $0.removeLast($0.count - 168)
      },
    ]
  }

  /// Where the places of the exceptions of the first keys of the first block begin.
  private static func exceptionPlaces(_ bytes: [UInt8]) -> Int {
    29 + (Int(bytes.rawSpan.load(UInt32.self, at: 0)) + 1 + 7) / 8 + 16 * Int(bytes[25])
  }

  private static var postings: [Vector] {
    let base = VectorFiles.postings
    return [
      corrupt(base, "06-postings-width", "differences of 40 bits", .outOfBounds) { $0[24] = 40 },
      corrupt(base, "06-postings-last", "another last document", .inconsistent) { $0[0] ^= 1 },
      corrupt(base, "06-postings-bits", "129 documents in a block", .inconsistent) {
        // The documents begin with 0 to 7; the next one is 13.
        $0[30] |= 1
      },
      corrupt(base, "06-postings-exceptions", "129 exceptions", .outOfBounds) { $0[26] = 129 },
      corrupt(base, "06-postings-count", "counts of 31 bits", .outOfBounds) { $0[27] = 31 },
      corrupt(base, "06-postings-place", "an exception twice", .outOfOrder) {
        let places = exceptionPlaces($0)
        $0[places + 1] = $0[places]
      },
      corrupt(base, "06-postings-exception", "an exception that is none", .outOfBounds) {
        $0[exceptionPlaces($0) + Int($0[26])] = 0
      },
      corrupt(base, "06-postings-key", "a key twice in one document", .outOfOrder) {
        // The positions are the second part; they begin with those of document 1.
        let start = Int(base.settings.first { $0.name == "listByteCount" }?.value ?? "") ?? 0
        $0[start] = 0
      },
      corrupt(base, "06-postings-short", "the last key ends early", .truncated) {
        $0.removeLast()
      },
    ]
  }

  private static var filters: [Vector] {
    let base = VectorFiles.grep
    return [
      corrupt(base, "06-grep-order", "group 1 ends where group 0 does", .outOfOrder) { $0[28] = 3 },
      corrupt(base, "06-grep-rows", "more occurrences than there are", .inconsistent) {
        $0[28] = 6
      },
      corrupt(base, "06-grep-filters", "a byte of the filters is in no group", .inconsistent) {
        $0[32] = 15
      },
      corrupt(base, "06-grep-short", "the last group ends early", .truncated) { $0.removeLast() },
    ]
  }
}
