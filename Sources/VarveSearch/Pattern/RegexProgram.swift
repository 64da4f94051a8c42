// A pattern as instructions of a nondeterministic automaton. K. Thompson, "Regular expression
// search algorithm", 1968.

/// The instructions of a pattern.
struct RegexProgram: Sendable {
  enum Instruction: Sendable {
    /// Takes one byte of a set.
    case bytes(ByteSet, next: Int32)
    case split(Int32, Int32)
    case assertion(RegexAssertion, next: Int32)
    case match
  }

  /// Most instructions; counted repetitions are written out.
  static let instructionCountMax = 50_000

  private(set) var instructions: [Instruction] = []
  private(set) var start: Int32 = 0
  /// Whether it looks at what is before or behind a word.
  private(set) var looksAtWords = false

  init(_ node: RegexNode) throws(PatternError) {
    instructions.append(.match)
    start = try compile(node, next: 0)
  }

  private mutating func add(_ instruction: Instruction) throws(PatternError) -> Int32 {
    guard instructions.count < Self.instructionCountMax else {
      throw PatternError(message: "the pattern is too large", offset: 0)
    }
    instructions.append(instruction)
    return Int32(instructions.count - 1)
  }

  /// Writes a node so that it goes on at `next`; where it starts.
  private mutating func compile(_ node: RegexNode, next: Int32) throws(PatternError) -> Int32 {
    switch node {
    case .bytes(let set): return try add(.bytes(set, next: next))
    case .assertion(let assertion):
      if assertion != .lineStart, assertion != .lineEnd { looksAtWords = true }
      return try add(.assertion(assertion, next: next))
    case .sequence(let parts):
      var next = next
      for part in parts.reversed() { next = try compile(part, next: next) }
      return next
    case .either(let parts):
      guard let last = parts.last else { return try add(.bytes(ByteSet(), next: next)) }
      var entry = try compile(last, next: next)
      for part in parts.dropLast().reversed() {
        entry = try add(.split(try compile(part, next: next), entry))
      }
      return entry
    case .repeated(let part, let min, let max):
      var entry = next
      if let max {
        for _ in 0..<Swift.max(0, max - min) {
          entry = try add(.split(try compile(part, next: entry), next))
        }
      } else {
        let loop = try add(.split(next, next))
        let body = try compile(part, next: loop)
        instructions[Int(loop)] = .split(body, next)
        entry = loop
      }
      for _ in 0..<min {
        let count = instructions.count
        entry = try compile(part, next: entry)
        // What is empty once is empty any number of times: the limit counts only what is written.
        if instructions.count == count { break }
      }
      return entry
    }
  }

  /// For each byte the number of its class; bytes of a class are the same to every instruction.
  var byteClasses: (numbers: [UInt8], count: Int) {
    var sets: Set<ByteSet> = [.word]
    for case .bytes(let set, _) in instructions { sets.insert(set) }
    let ordered = Array(sets)
    var known: [[Bool]: UInt8] = [:]
    var numbers = [UInt8](repeating: 0, count: 256)
    for byte in UInt8(0)...255 {
      let signature = ordered.map { $0.contains(byte) } + [byte == 0x0A]
      let number = known[signature] ?? UInt8(known.count)
      known[signature] = number
      numbers[Int(byte)] = number
    }
    return (numbers, known.count)
  }
}
