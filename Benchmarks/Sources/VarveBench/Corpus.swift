/// The benchmark's input: the messages of coding sessions, made from a seed.
///
/// No one's real sessions may be shipped with a project, and a benchmark whose input nobody else
/// has proves nothing. So the input is generated, and fitted to measured figures of a real archive
/// ("mixed 1M"): bytes, share of repeats, size of the vocabulary, lengths, how well it compresses.
/// One seed and count always give the same bytes, on every machine; a larger count is *not* a
/// continuation of a smaller one, because times are spread over the same nine months.
struct Corpus: ~Copyable {
  let messageCount: Int
  /// Messages made so far.
  private(set) var position = 0
  /// What `next()` has made, but for its content.
  private(set) var message = CorpusMessage()
  var composer: CorpusComposer

  private let gap: CorpusGap
  private var time = Self.firstTime
  private var hasEcho = false
  private var historyLineCount = 0

  /// 2025-04-01 00:00 UTC.
  private static let firstTime = 1_743_465_600_000
  private static let spanMilliseconds = 270 * 86_400_000

  init(seed: UInt64, messageCount: Int) {
    self.messageCount = messageCount
    composer = CorpusComposer(seed: seed)
    gap = CorpusGap(mean: Self.spanMilliseconds / max(1, messageCount))
  }

  /// Makes the next message, whose content is then in `composer.out`; false at the end.
  mutating func next() -> Bool {
    guard position < messageCount else { return false }
    position += 1
    if hasEcho {
      hasEcho = false
      time += 1 + composer.random.below(900)
      finish(.prompt, .projects)
      return true
    }
    chooseSession()
    time += gap.draw(&composer.random)
    composer.now = time
    composer.out.truncate(to: 0)
    if composer.random.chance(550) {
      composeLog()
    } else {
      composeText()
    }
    return true
  }

  /// Runs of messages come from one session, and a few sessions are open at the same time.
  private mutating func chooseSession() {
    if composer.random.chance(30) {
      composer.current = composer.random.below(CorpusComposer.openSessionCount)
    }
    if composer.sessions[composer.current].remainingCount <= 0 {
      composer.renewSession()
    }
  }

  private mutating func composeLog() {
    composer.tool = composer.random.logarithmic(below: CorpusComposer.tools.count)
    let template = composer.draw(composer.logs)
    message.level = template.level
    message.component = template.component
    composer.out.append(isoTime: time)
    composer.out.append(" [")
    composer.out.append(template.level.name)
    composer.out.append("] ")
    composer.append(template)
    finish(.log, .debug)
  }

  private mutating func composeText() {
    let byteCount = composer.drawTextByteCount()
    switch composer.random.below(1_000) {
    case 0..<70:
      composer.appendPrompt(byteCount)
      // Most prompts stand in the history first and in the transcript a moment later.
      hasEcho = composer.random.chance(300) && position < messageCount
      finish(.prompt, hasEcho ? .history : .projects)
    case 70..<310:
      composer.appendProse(byteCount)
      finish(.answer, .projects)
    case 310..<400:
      composer.appendProse(byteCount)
      finish(.thinking, .projects)
    case 400..<620:
      composer.tool = composer.random.logarithmic(below: CorpusComposer.tools.count)
      composer.appendToolInput(byteCount)
      finish(.toolInput, .projects)
    case 620..<628:
      composer.append(composer.draw(composer.fixed))
      finish(.toolOutput, .projects)
    case 628..<640:
      composer.appendRecalled()
      finish(.toolOutput, .projects)
    default:
      composer.appendToolOutput(byteCount)
      composer.keep()
      finish(.toolOutput, .projects)
    }
  }

  /// Gives the message its place in its session and its file.
  private mutating func finish(_ kind: CorpusKind, _ source: CorpusSource) {
    message.kind = kind
    message.source = source
    message.time = time
    message.record = (composer.random.next(), composer.random.next())
    historyLineCount += source == .history ? 1 : 0
    var line = historyLineCount
    composer.updateSession { session in
      session.remainingCount -= 1
      switch source {
      case .history: break
      case .debug:
        session.debugLineCount += 1
        line = session.debugLineCount
      case .projects:
        session.transcriptLineCount += 1
        line = session.transcriptLineCount
      }
    }
    message.line = line
  }
}

/// What a message is, apart from its content.
struct CorpusMessage {
  var kind = CorpusKind.log
  var source = CorpusSource.debug
  /// Milliseconds since 1970.
  var time = 0
  /// The number of the line in the source.
  var line = 0
  var level = CorpusLevel.debug
  /// In the bytes of the templates; empty for none.
  var component = CorpusRun(offset: 0, count: 0)
  /// The bits of the identifier that a transcript gives to the record.
  var record: (UInt64, UInt64) = (0, 0)
}

/// The kinds of messages that a corpus has.
enum CorpusKind {
  case log, prompt, answer, thinking, toolInput, toolOutput

  var name: StaticString {
    switch self {
    case .log: return "log"
    case .prompt: return "prompt"
    case .answer: return "answer"
    case .thinking: return "thinking"
    case .toolInput: return "toolInput"
    case .toolOutput: return "toolOutput"
    }
  }

  var role: StaticString? {
    switch self {
    case .log: return nil
    case .prompt: return "user"
    case .answer, .thinking, .toolInput: return "assistant"
    case .toolOutput: return "tool"
    }
  }
}

/// The three places that messages come from.
enum CorpusSource {
  case debug, history, projects
}

/// Time between two messages: mostly milliseconds, at times minutes, and nights in between, so
/// that the mean is the one that spreads the corpus over its months whatever its size.
struct CorpusGap {
  private let pause: Int
  private let night: Int

  init(mean: Int) {
    pause = min(4_000, max(1, mean / 3))
    night = max(1, (mean - 20 - pause / 10) * 100)
  }

  func draw(_ random: inout CorpusRandom) -> Int {
    switch random.below(100) {
    case 0: return 1 + random.below(2 * night)
    case 1...10: return 1 + random.below(2 * pause)
    default: return 1 + random.below(40)
    }
  }
}
