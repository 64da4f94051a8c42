/// Writes the content of one message after another: walks over templates and fills their holes.
///
/// It knows what a session talks about and which names exist, and nothing of lines, times or JSON;
/// those are the business of `Corpus`.
struct CorpusComposer: ~Copyable {
  var random: CorpusRandom
  /// The content in the making.
  var out = CorpusBytes()
  var scratch = CorpusBytes()
  let vocabulary: CorpusVocabulary
  private(set) var templates = CorpusTemplates()
  private(set) var sessions: [CorpusSession] = []
  /// The session that speaks.
  var current = 0
  /// The number in `tools` of the tool that this message is about.
  var tool = 0
  var now = 0
  /// Recent tool results, which are read again, whole or in part.
  var recall = CorpusRecall()

  private var records: CorpusNamePool
  private var digests: CorpusNamePool
  private var requests: CorpusNamePool
  private var spans: CorpusNamePool
  private var rareWords: CorpusNamePool
  private var rareIdentifiers: CorpusNamePool

  let logs: [CorpusTemplate]
  let sentences: [CorpusTemplate]
  let prompts: [CorpusTemplate]
  let code: [CorpusTemplate]
  let fixed: [CorpusTemplate]
  let foreign: [CorpusTemplate]
  let results: [[CorpusTemplate]]

  static let openSessionCount = 4
  static let tools: [StaticString] = [
    "Read", "Bash", "Edit", "Grep", "Write", "Glob", "TodoWrite", "Task", "WebFetch", "MultiEdit",
  ]

  init(seed: UInt64) {
    random = CorpusRandom(seed: seed)
    vocabulary = CorpusVocabulary(seed: random.next())
    records = CorpusNamePool(seed: random.next(), coiningShare: 990)
    digests = CorpusNamePool(seed: random.next(), coiningShare: 990)
    requests = CorpusNamePool(seed: random.next(), coiningShare: 990)
    spans = CorpusNamePool(seed: random.next(), coiningShare: 1_000)
    rareWords = CorpusNamePool(seed: random.next(), coiningShare: 800)
    rareIdentifiers = CorpusNamePool(seed: random.next(), coiningShare: 800)
    logs = templates.addGroup(CorpusTemplates.logs)
    sentences = templates.addGroup(CorpusTemplates.sentences)
    prompts = templates.addGroup(CorpusTemplates.prompts)
    code = templates.addGroup(CorpusTemplates.code)
    fixed = templates.addGroup(CorpusTemplates.fixed)
    foreign = templates.addGroup(CorpusTemplates.foreign)
    var results: [[CorpusTemplate]] = []
    for group in CorpusTemplates.results {
      results.append(templates.addGroup(group))
    }
    self.results = results
    for _ in 0..<Self.openSessionCount {
      sessions.append(CorpusSession(&random, vocabulary: vocabulary))
    }
  }

  /// Puts a new session in the place of one that has ended.
  mutating func renewSession() {
    sessions[current] = CorpusSession(&random, vocabulary: vocabulary)
  }

  mutating func updateSession(_ change: (inout CorpusSession) -> Void) {
    change(&sessions[current])
  }

  @inline(__always)
  mutating func draw(_ deck: [CorpusTemplate]) -> CorpusTemplate {
    deck[random.below(deck.count)]
  }

  mutating func append(_ template: CorpusTemplate) {
    for index in template.firstStep..<template.endStep {
      let step = templates.steps[index]
      switch step.hole {
      case .literal:
        out.append(templates.bytes, step.run)
      case .choice:
        let choice = Int(step.run.offset) + random.below(Int(step.run.count))
        out.append(templates.bytes, templates.alternatives[choice])
      default:
        fill(step.hole)
      }
    }
  }

  private mutating func fill(_ hole: CorpusHole) {
    switch hole {
    case .literal, .choice: break
    case .word: appendWord()
    case .words: appendWords(3 + random.below(7))
    case .phrase: appendPhrase()
    case .ident: appendIdentifier()
    case .type: appendType()
    case .newIdent: appendNewIdentifier()
    case .path: appendPath()
    case .file: appendFile()
    case .directory: appendDirectory()
    case .project: appendProjectName()
    case .tool: out.append(Self.tools[tool])
    case .code: append(draw(code))
    case .rules: appendRules()
    default: fillName(hole)
    }
  }

  /// The holes for names and numbers that mean nothing to a person.
  private mutating func fillName(_ hole: CorpusHole) {
    switch hole {
    case .session: appendSession()
    case .uuid:
      let bits = records.next(&random)
      out.append(uuid: bits, CorpusRandom.mix(bits))
    case .request:
      out.append("req_011C")
      out.append(base62: requests.next(&random), digitCount: 12)
    case .toolUse:
      out.append("toolu_01")
      out.append(base62: requests.next(&random), digitCount: 14)
    case .span: out.append(hex: spans.next(&random), digitCount: 8)
    case .digest: appendDigest()
    case .digest16: out.append(hex: digests.next(&random), digitCount: 16)
    case .commit: out.append(hex: digests.next(&random) >> 36, digitCount: 7)
    case .small: out.append(decimal: random.logarithmic(below: 40))
    case .count: out.append(decimal: random.logarithmic(below: 20_000))
    case .bytes:
      let isLarge = random.chance(700)
      out.append(decimal: isLarge ? random.below(9_000_000) : random.logarithmic(below: 9_000))
    case .micros: out.append(decimal: 900 + random.below(1 << (13 + random.below(11))))
    case .decimal:
      out.append(decimal: random.logarithmic(below: 8_000))
      out.append(46)
      out.append(decimal: random.below(10))
    case .epoch: out.append(decimal: now)
    case .place:
      out.append(decimal: 1 + random.logarithmic(below: 5_000))
      out.append(58)
      out.append(decimal: 1 + random.below(80))
    case .pid: out.append(decimal: sessions[current].pid)
    default: appendDate()
    }
  }

  private mutating func appendSession() {
    let identity = sessions[current].identity
    out.append(uuid: identity.0, identity.1)
  }

  private mutating func appendDigest() {
    let bits = digests.next(&random)
    out.append(hex: bits, digitCount: 16)
    out.append(hex: CorpusRandom.mix(bits), digitCount: 16)
    out.append(hex: CorpusRandom.mix(~bits), digitCount: 8)
  }

  private mutating func appendDate() {
    let months: [StaticString] = ["Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    out.append(months[random.below(months.count)])
    out.append(32)
    out.append(decimal: 1 + random.below(28))
    out.append(32)
    out.append(decimal: random.below(24), width: 2)
    out.append(58)
    out.append(decimal: random.below(60), width: 2)
  }

  /// A list of permission rules: the long lines of a debug log, and much the same every time.
  private mutating func appendRules() {
    for rule in 0..<(2 + random.below(24)) {
      out.append(rule == 0 ? "\"" : ",\"")
      out.append(Self.tools[rule % Self.tools.count])
      out.append("(")
      let topic = vocabulary.topic(sessions[current].project &* 37 &+ rule)
      out.append(vocabulary.bytes, topic)
      out.append(":*)\"")
    }
  }

  // MARK: Words

  mutating func appendWord() {
    if random.chance(18) {
      let bits = rareWords.next(&random)
      return CorpusVocabulary.appendSyllables(bits, count: 3 + Int(bits >> 62), to: &out)
    }
    out.append(vocabulary.bytes, vocabulary.word(&random))
  }

  mutating func appendWords(_ count: Int) {
    for index in 0..<count {
      if index > 0 {
        out.append(32)
      }
      if random.chance(550) {
        appendPhrase()
      } else {
        appendWord()
      }
    }
  }

  mutating func appendPhrase() {
    let place = random.below(CorpusSession.phraseCount)
    if random.chance(60) {
      sessions[current].phrases[place] = Int32(vocabulary.phraseNumber(&random))
    }
    out.append(vocabulary.bytes, vocabulary.phrase(Int(sessions[current].phrases[place])))
  }

  mutating func appendIdentifier() {
    if random.chance(45) {
      return appendNewIdentifier()
    }
    let place = random.logarithmic(below: CorpusSession.identifierCount)
    if random.chance(60) {
      let project = sessions[current].project
      sessions[current].identifiers[place] = Int32(
        vocabulary.identifierNumber(project: project, &random))
    }
    let number = Int(sessions[current].identifiers[place])
    out.append(vocabulary.bytes, vocabulary.identifier(number))
  }

  mutating func appendType() {
    let start = out.count
    appendIdentifier()
    out[start] = out[start] & 0xDF
  }

  /// An identifier that the vocabulary does not have: names are invented as long as code is.
  mutating func appendNewIdentifier() {
    let bits = rareIdentifiers.next(&random)
    let number = Int(bits & UInt64(CorpusVocabulary.identifierCount - 1))
    out.append(vocabulary.bytes, vocabulary.identifier(number))
    let start = out.count
    CorpusVocabulary.appendSyllables(bits >> 20, count: 2, to: &out)
    out[start] = out[start] & 0xDF
  }

  // MARK: Paths

  func appendProjectName(_ project: Int, to target: inout CorpusBytes) {
    target.append(vocabulary.bytes, vocabulary.topic(project &* 131))
    target.append(45)
    target.append(vocabulary.bytes, vocabulary.topic(project &* 57 &+ 1_000))
  }

  private mutating func appendProjectName() {
    let number = sessions[current].project
    out.append(vocabulary.bytes, vocabulary.topic(number &* 131))
    out.append(45)
    out.append(vocabulary.bytes, vocabulary.topic(number &* 57 &+ 1_000))
  }

  mutating func appendDirectory() {
    out.append("/home/dev/work/")
    appendProjectName()
  }

  private mutating func drawFile() -> Int {
    let place = random.logarithmic(below: CorpusSession.fileCount)
    if random.chance(80) {
      sessions[current].files[place] = Int32(random.logarithmic(below: 600))
    }
    return Int(sessions[current].files[place]) &+ sessions[current].project &* 1_009
  }

  private mutating func appendFile(_ number: Int) {
    let start = out.count
    let bits = CorpusRandom.mix(UInt64(number))
    let identifier = Int(bits & UInt64(CorpusVocabulary.identifierCount - 1))
    out.append(vocabulary.bytes, vocabulary.identifier(identifier))
    if bits >> 40 & 1 == 1 {
      out[start] = out[start] & 0xDF
    }
    out.append(Self.extensions[Int(bits >> 44 & 7)])
  }

  mutating func appendFile() {
    appendFile(drawFile())
  }

  mutating func appendPath() {
    let number = drawFile()
    appendDirectory()
    out.append("/src/")
    out.append(vocabulary.bytes, vocabulary.topic(number &* 7 % 211))
    out.append(47)
    appendFile(number)
  }

  private static let extensions: [StaticString] = [
    ".swift", ".swift", ".ts", ".py", ".rs", ".go", ".md", ".json",
  ]
}
