// A deterministic automaton that is built while it reads, in bounded memory: a text is read in time
// linear in its length whatever the pattern. After R. Cox, "Regular expression matching in the
// wild", 2010. One byte late it knows that a match has ended, as conditions look at the next byte.

import VarveFormat

/// Runs a program over lines. Not shared between threads.
struct LazyDFA: Sendable {
  /// Transitions that are kept, each 4 bytes.
  static let transitionCountMax = 1 << 20
  /// Instructions of all states that are kept, each 4 bytes.
  static let instructionCountMax = 1 << 21

  private let program: RegexProgram
  private let classes: [UInt8]
  private let classCount: Int
  /// A byte of each class.
  private let representatives: [UInt8]
  /// Whether a match may start anywhere in a line.
  private let isUnanchored: Bool

  private struct State: Hashable {
    /// Instructions in ascending order, with conditions that are not decided yet.
    var instructions: [Int32]
    var isLineStart: Bool
    var followsWord: Bool
  }

  private var states: [State] = []
  private var numbers: [State: Int32] = [:]
  /// Instructions of all states.
  private(set) var instructionCount = 0
  /// For each state and class the next state, with `matched` if a match ends before the byte; -1
  /// where it is not known yet. The last class is the end of a line.
  private var transitions: [Int32] = []
  private var seen: [Bool]
  private var startState: Int32 = 0

  static let matched: Int32 = 1 << 30

  private let instructionCountMax: Int

  /// - Parameters:
  ///   - isUnanchored: whether a match may start anywhere in a line, or only where reading starts.
  ///   - instructionCountMax: instructions of all states that are kept.
  init(
    _ program: RegexProgram, isUnanchored: Bool, instructionCountMax: Int = Self.instructionCountMax
  ) {
    self.program = program
    self.instructionCountMax = instructionCountMax
    self.isUnanchored = isUnanchored
    let (numbers, count) = program.byteClasses
    classes = numbers
    classCount = count
    var representatives = [UInt8](repeating: 0, count: count)
    for byte in UInt8(0)...255 { representatives[Int(numbers[Int(byte)])] = byte }
    self.representatives = representatives
    seen = [Bool](repeating: false, count: program.instructions.count)
    reset()
  }

  private var width: Int { classCount + 1 }

  private mutating func reset() {
    states.removeAll(keepingCapacity: true)
    numbers.removeAll(keepingCapacity: true)
    transitions.removeAll(keepingCapacity: true)
    instructionCount = 0
    startState = start(isLineStart: true, followsWord: false)
  }

  /// The state before the first byte.
  mutating func start(isLineStart: Bool, followsWord: Bool) -> Int32 {
    var instructions: [Int32] = []
    follow(program.start, into: &instructions)
    return number(
      State(
        instructions: finished(instructions), isLineStart: isLineStart,
        followsWord: program.looksAtWords && followsWord))
  }

  private mutating func finished(_ instructions: [Int32]) -> [Int32] {
    for instruction in instructions { seen[Int(instruction)] = false }
    return instructions.sorted()
  }

  private mutating func number(_ state: State) -> Int32 {
    if let known = numbers[state] { return known }
    let number = Int32(states.count)
    states.append(state)
    instructionCount += state.instructions.count
    numbers[state] = number
    transitions.append(contentsOf: repeatElement(-1, count: width))
    return number
  }

  /// Adds an instruction and what is reached from it without a byte or a condition.
  private mutating func follow(_ first: Int32, into found: inout [Int32]) {
    var pending = [first]
    while let at = pending.popLast() {
      if seen[Int(at)] { continue }
      seen[Int(at)] = true
      found.append(at)
      if case .split(let left, let right) = program.instructions[Int(at)] {
        pending.append(right)
        pending.append(left)
      }
    }
  }

  /// Works out one transition.
  private mutating func step(_ number: Int32, _ symbol: Int) -> Int32 {
    let state = states[Int(number)]
    let isEnd = symbol == classCount
    let byte = isEnd ? 0x0A : representatives[symbol]
    let isWord = !isEnd && ByteSet.word.contains(byte)
    func holds(_ assertion: RegexAssertion) -> Bool {
      switch assertion {
      case .lineStart: state.isLineStart
      case .lineEnd: isEnd
      case .wordBoundary: state.followsWord != isWord
      case .notWordBoundary: state.followsWord == isWord
      case .wordStart: !state.followsWord
      case .wordEnd: !isWord
      }
    }
    // Conditions that hold between the last byte and this one.
    var reached = state.instructions
    for instruction in reached { seen[Int(instruction)] = true }
    var i = 0
    while i < reached.count {
      if case .assertion(let assertion, let next) = program.instructions[Int(reached[i])],
        holds(assertion)
      {
        follow(next, into: &reached)
      }
      i += 1
    }
    for instruction in reached { seen[Int(instruction)] = false }
    let isMatch = reached.contains(0)
    var next: [Int32] = []
    if !isEnd {
      for at in reached {
        if case .bytes(let set, let after) = program.instructions[Int(at)], set.contains(byte) {
          follow(after, into: &next)
        }
      }
      if isUnanchored { follow(program.start, into: &next) }
    }
    if (states.count + 1) * width > Self.transitionCountMax
      || instructionCount + next.count > instructionCountMax
    {
      let kept = finished(next)
      reset()
      let number = self.number(
        State(instructions: kept, isLineStart: false, followsWord: program.looksAtWords && isWord))
      return number | (isMatch ? Self.matched : 0)
    }
    let target = self.number(
      State(
        instructions: finished(next), isLineStart: false,
        followsWord: program.looksAtWords && isWord))
    let result = target | (isMatch ? Self.matched : 0)
    transitions[Int(number) * width + symbol] = result
    return result
  }

  /// Whether nothing that follows can match.
  private func isDead(_ number: Int32) -> Bool { states[Int(number)].instructions.isEmpty }

  // MARK: Reading

  /// The first byte from `from` on at which it is known that a line has a match; nil if no line has
  /// one. `from` is the start of a line.
  mutating func firstMatch(in text: RawSpan, from: Int, to end: Int) -> Int? {
    var state = startState
    var at = from
    let endClass = classCount
    while at < end {
      let byte = text.load(UInt8.self, at: at)
      let symbol = byte == 0x0A ? endClass : Int(classes[Int(byte)])
      var next = transitions[Int(state) * width + symbol]
      if next < 0 { next = step(state, symbol) }
      if next & Self.matched != 0 { return at }
      state = byte == 0x0A ? startState : next
      at += 1
    }
    if end > from, text.load(UInt8.self, at: end - 1) == 0x0A { return nil }
    return step(state, endClass) & Self.matched != 0 ? end : nil
  }

  /// The end of the longest match that starts at `from` in a line that ends at `end`.
  mutating func longestMatch(
    in text: RawSpan, line: Range<Int>, from: Int, budget: inout Int
  ) -> Int? {
    let follows =
      from > line.lowerBound && ByteSet.word.contains(text.load(UInt8.self, at: from - 1))
    var state = start(isLineStart: from == line.lowerBound, followsWord: follows)
    var found: Int?
    var at = from
    while at <= line.upperBound, budget > 0 {
      budget -= 1
      let symbol =
        at < line.upperBound ? Int(classes[Int(text.load(UInt8.self, at: at))]) : classCount
      var next = transitions[Int(state) * width + symbol]
      if next < 0 { next = step(state, symbol) }
      if next & Self.matched != 0 { found = at }
      state = next & ~Self.matched
      if at == line.upperBound || isDead(state) { break }
      at += 1
    }
    return found
  }

  /// Reads a line backwards; where matches of the program read forwards start, descending.
  mutating func starts(
    in text: RawSpan, line: Range<Int>, _ body: (Int) -> Void
  ) {
    var state = startState
    var at = line.upperBound
    while true {
      let symbol =
        at > line.lowerBound ? Int(classes[Int(text.load(UInt8.self, at: at - 1))]) : classCount
      var next = transitions[Int(state) * width + symbol]
      if next < 0 { next = step(state, symbol) }
      if next & Self.matched != 0 { body(at) }
      state = next & ~Self.matched
      if at == line.lowerBound { return }
      at -= 1
    }
  }
}
