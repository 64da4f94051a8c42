/// One coding session in progress: who it is, how far it has come and what it is about.
struct CorpusSession {
  let identity: (UInt64, UInt64)
  let project: Int
  let pid: Int
  var remainingCount: Int
  var debugLineCount = 0
  var transcriptLineCount = 0

  /// What a session is about: few phrases, to which it returns while it slowly moves on.
  ///
  /// The same holds for the identifiers and files below. Without this, neighbouring messages would
  /// have no more in common than distant ones, and neither compression in blocks nor postings
  /// would behave as on real text.
  var phrases: [Int32]
  var identifiers: [Int32]
  var files: [Int32]

  static let phraseCount = 24
  static let identifierCount = 24
  static let fileCount = 8
  static let projectCount = 40

  init(_ random: inout CorpusRandom, vocabulary: borrowing CorpusVocabulary) {
    identity = (random.next(), random.next())
    let project = random.logarithmic(below: Self.projectCount)
    self.project = project
    pid = 1_000 + random.below(60_000)
    remainingCount = Self.messageCount(&random)
    phrases = []
    identifiers = []
    files = []
    for _ in 0..<Self.phraseCount {
      phrases.append(Int32(vocabulary.phraseNumber(&random)))
    }
    for _ in 0..<Self.identifierCount {
      identifiers.append(
        Int32(vocabulary.identifierNumber(project: project, &random)))
    }
    for _ in 0..<Self.fileCount {
      files.append(Int32(random.logarithmic(below: 600)))
    }
  }

  /// Many short sessions and few very long ones, 500 messages on average.
  private static func messageCount(_ random: inout CorpusRandom) -> Int {
    switch random.below(100) {
    case 0..<50: return 30 + random.below(200)
    case 50..<85: return 230 + random.below(570)
    case 85..<98: return 800 + random.below(1_200)
    default: return 2_000 + random.below(3_600)
    }
  }
}
