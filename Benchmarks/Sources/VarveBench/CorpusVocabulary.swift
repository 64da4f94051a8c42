/// The words, identifiers and phrases that a corpus is written with.
///
/// The frequent words are real, so that a person can read a result of the benchmark and so that
/// the most frequent postings lists are those of real text. The others are made of syllables.
struct CorpusVocabulary: ~Copyable {
  static let wordCount = 1 << 15
  static let identifierCount = 1 << 13
  static let phraseCount = 1 << 13

  /// Holds every word, identifier and phrase once; the runs point into it.
  private(set) var bytes = CorpusBytes(capacity: 1 << 20)
  private var words: [CorpusRun] = []
  private var identifiers: [CorpusRun] = []
  private var phrases: [CorpusRun] = []
  private let wordRanks = CorpusZipf(rankCount: Self.wordCount, flattening: 2.7)
  private let identifierRanks = CorpusZipf(rankCount: Self.identifierCount, flattening: 8)
  private let phraseRanks = CorpusZipf(rankCount: Self.phraseCount, flattening: 20)

  init(seed: UInt64) {
    var random = CorpusRandom(seed: seed)
    makeWords(&random)
    makeIdentifiers(&random)
    makePhrases(&random)
  }

  @inline(__always)
  func word(_ random: inout CorpusRandom) -> CorpusRun {
    words[wordRanks.rank(&random)]
  }

  /// A word of the middle of the list, where a word says what a text is about.
  func topic(_ number: Int) -> CorpusRun {
    words[300 + number % 8_000]
  }

  func identifier(_ number: Int) -> CorpusRun {
    identifiers[number]
  }

  func phrase(_ number: Int) -> CorpusRun {
    phrases[number]
  }

  /// The number of an identifier; each project has its own frequent ones.
  func identifierNumber(project: Int, _ random: inout CorpusRandom) -> Int {
    let rank = identifierRanks.rank(&random)
    return (rank &* 2_503 &+ project &* 977) & (Self.identifierCount - 1)
  }

  func phraseNumber(_ random: inout CorpusRandom) -> Int {
    phraseRanks.rank(&random)
  }

  private mutating func makeWords(_ random: inout CorpusRandom) {
    for word in Self.frequentWords.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
      let offset = bytes.count
      bytes.append(word.utf8)
      words.append(CorpusRun(offset: offset, count: bytes.count - offset))
    }
    let stemCount = words.count
    while words.count < Self.wordCount {
      let offset = bytes.count
      if words.count < 12_000 && random.chance(700) {
        appendDerived(from: 60 + random.below(stemCount - 60), &random)
      } else {
        let syllableCount = words.count < 8_000 ? 2 : 2 + random.below(2)
        Self.appendSyllables(random.next(), count: syllableCount, to: &bytes)
      }
      words.append(CorpusRun(offset: offset, count: bytes.count - offset))
    }
  }

  /// A word of a family: what prefix and typo search find beside the word that was meant.
  private mutating func appendDerived(from stem: Int, _ random: inout CorpusRandom) {
    let choice = random.below(24)
    if choice < Self.prefixes.count {
      bytes.append(Self.prefixes[choice])
    }
    appendOwn(words[stem])
    if choice >= Self.prefixes.count || random.chance(500) {
      bytes.append(Self.suffixes[random.below(Self.suffixes.count)])
    }
    if random.chance(300) {
      appendOwn(words[60 + random.below(stem - 59)])
    }
  }

  private mutating func makeIdentifiers(_ random: inout CorpusRandom) {
    for _ in 0..<Self.identifierCount {
      let start = bytes.count
      for part in 0..<(random.chance(600) ? 2 : 3) {
        let word = words[60 + random.logarithmic(below: 3_000)]
        let offset = bytes.count
        appendOwn(word)
        if part > 0 {
          bytes[offset] = bytes[offset] & 0xDF
        }
      }
      identifiers.append(CorpusRun(offset: start, count: bytes.count - start))
    }
  }

  private mutating func makePhrases(_ random: inout CorpusRandom) {
    for _ in 0..<Self.phraseCount {
      let start = bytes.count
      for part in 0..<(3 + random.below(5)) {
        if part > 0 {
          bytes.append(32)
        }
        appendOwn(words[wordRanks.rank(&random)])
      }
      phrases.append(CorpusRun(offset: start, count: bytes.count - start))
    }
  }

  /// Copies a run of this buffer to its end, byte by byte because source and target are one.
  private mutating func appendOwn(_ run: CorpusRun) {
    for index in Int(run.offset)..<Int(run.offset + run.count) {
      bytes.append(bytes[index])
    }
  }

  /// Twelve bits a syllable, so five syllables at most.
  static func appendSyllables(_ bits: UInt64, count: Int, to target: inout CorpusBytes) {
    var rest = bits
    for _ in 0..<count {
      target.append(onsets[Int(truncatingIfNeeded: rest & 31)])
      target.append(vowels[Int(truncatingIfNeeded: (rest >> 5) & 7)])
      if rest >> 11 & 1 == 1 {
        target.append(codas[Int(truncatingIfNeeded: (rest >> 8) & 7)])
      }
      rest >>= 12
    }
  }

  private static let onsets: [StaticString] = [
    "b", "c", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v",
    "w", "z", "br", "ch", "cl", "cr", "dr", "fl", "gr", "pl", "pr", "sh", "sp", "st", "th", "tr",
  ]
  private static let vowels: [StaticString] = ["a", "e", "i", "o", "u", "ai", "ea", "ou"]
  private static let codas: [StaticString] = ["n", "r", "s", "t", "l", "m", "nd", "ck"]

  private static let prefixes: [StaticString] = [
    "re", "un", "pre", "sub", "non", "over", "multi", "de",
  ]
  private static let suffixes: [StaticString] = [
    "s", "ed", "ing", "er", "able", "less", "ness", "ly", "ment", "ers", "ings", "al",
  ]

  private static let frequentWords = """
    the to a and is in of that it for this with on be as not are from we can at if by or an
    now so has have all when will was which but use no then only should there one its more do
    file test code error function line run add new build value type call data set name check
    return path read write index first same also need make work change message before after
    where what how why because still already both other into out over up each any some just
    like than them they you your i let me see look find found show list update remove create
    fix failed failing passes passed expected actual result output input string number array
    object class struct method module package import export default option config setting
    server client request response connection socket thread queue lock buffer cache memory
    disk page block segment record key hash table tree node search query filter sort rank word
    token text prefix match regex user session project history agent tool command shell script
    process exit signal timeout retry delay time date day week month version release branch
    commit merge rebase conflict diff patch review issue bug crash log debug info warning trace
    stack frame pointer reference copy move null empty missing invalid valid true false yes
    start stop open close begin end next previous last current old stale fresh small large
    fast slow simple complex safe unsafe local remote global shared private public internal
    """
}
