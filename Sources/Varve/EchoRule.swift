// When an occurrence reports an event that is in the store already. Format-spec chapter 10,
// "Echoes".

import VarveFormat
import VarveStorage

/// Decides whether a new sighting of a known message is an echo.
struct EchoRule {
  static let timeDifferenceMillisecondsMax: UInt64 = 2000
  /// Earlier sightings of a prompt or of a result outside that are looked at.
  private static let candidatesMax = 65_536
  /// The same for other records of transcripts: so common a content has no single event behind it.
  private static let copiesMax = 64
  /// Of these, the ones whose event is looked up even if the time differs.
  private static let untimedCandidatesMax = 4
  private static let incarnationsPerHome: UInt32 = 1 << 20
  private static let homesMax: UInt32 = 64

  let fields: OccurrenceFields
  let identity: OccurrenceIdentity
  let event: UInt64
  private let host: [UInt8]
  private let session: [UInt8]
  private let path: [UInt8]
  private let phase: Phase

  /// The phases that have rules.
  private enum Phase { case history, transcript, chat, results, other }

  /// Nil if no rule can hold, as for nearly all log entries and imported records.
  init?(
    _ fields: OccurrenceFields, identity: OccurrenceIdentity, event: UInt64, batch: WriteBatch
  ) {
    func isPhase(_ name: StaticString) -> Bool { batch.strings.isEqual(fields[.phase], name) }
    if isPhase("history") {
      phase = .history
    } else if isPhase("projects") || isPhase("codex") {
      phase = .transcript
    } else if isPhase("gemini") {
      phase = .chat
    } else {
      phase = isPhase("tool-results") ? .results : .other
    }
    self.fields = fields
    self.identity = identity
    self.event = event
    let hasSession = fields[.session] >= 0
    let hasRule =
      switch phase {
      case .history: fields.kind == .prompt && hasSession
      case .transcript: event != 0 || fields.kind == .prompt
      case .chat: event != 0
      case .results: fields.kind == .toolOutput && hasSession
      case .other: false
      }
    self.hasRule = hasRule
    guard hasRule || fields.incarnation >= Self.incarnationsPerHome else { return nil }
    func text(_ field: TextField) -> [UInt8] {
      fields[field] >= 0 ? batch.strings.bytes(fields[field]) : []
    }
    host = text(.host)
    session = text(.session)
    path = text(.path)
    phaseName = text(.phase)
  }

  private let hasRule: Bool
  private let phaseName: [UInt8]

  /// Whether an earlier sighting of the message reports the same event.
  func isEcho(of message: UInt64, _ base: inout CommitBase) throws(StorageError) -> Bool {
    if try isCopyOfHome(&base) { return true }
    guard hasRule else { return false }
    var count = 0
    var isFound = false
    base.tail.forEachSighting(of: message) { position in
      guard count < limit else { return false }
      isFound = matches(Candidate(base.tail, position))
      count += 1
      return !isFound
    }
    if isFound { return true }
    guard count < limit else { return false }
    return try isEchoOfIndexed(message, base.version, count: count)
  }

  private var limit: Int {
    let isCopy = (phase == .transcript || phase == .chat) && fields.kind != .prompt
    return isCopy ? Self.copiesMax : Self.candidatesMax
  }

  /// CON-42: the same place of the same file of an earlier home.
  private func isCopyOfHome(_ base: inout CommitBase) throws(StorageError) -> Bool {
    let home = fields.incarnation / Self.incarnationsPerHome
    guard home > 0, fields.incarnation % Self.incarnationsPerHome == 0 else { return false }
    for other in 0..<min(home, Self.homesMax) {
      let scope = Scope.digest(
        host: host.rawSpan, path: path.rawSpan, incarnation: other * Self.incarnationsPerHome)
      let twin = OccurrenceIdentity(identity, scopeHigh: scope.high, scopeLow: scope.low)
      if try base.contains(twin) { return true }
    }
    return false
  }

  private func isEchoOfIndexed(
    _ message: UInt64, _ version: Version, count: Int
  ) throws(StorageError) -> Bool {
    var count = count
    if let index = version.index(covering: message) {
      let row = Int(message - index.firstSequence)
      if try matches(index, row: row, version, &count) { return true }
    }
    for index in version.indexes.reversed() where index.nextSequence > message {
      var isFound = false
      let start = TreeKeys.repeats(message, relative: 0)
      try index.tree(.repeats).scan(from: start) { (key, _) throws(StorageError) in
        guard key.a == message, count < limit else { return false }
        isFound = try matches(index, row: Int(key.b >> 32), version, &count)
        return !isFound
      }
      if isFound { return true }
      guard count < limit else { return false }
    }
    return false
  }

  // MARK: One candidate

  /// What the rules ask of an earlier sighting.
  private struct Candidate {
    var kind: Kind
    var time: Int64
    var part: UInt16
    var incarnation: UInt32
    var session: [UInt8]
    var phase: [UInt8]
    var path: [UInt8]
    var event: UInt64

    init(kind: Kind, time: Int64, session: [UInt8], phase: [UInt8], path: [UInt8]) {
      self.kind = kind
      self.time = time
      part = 0
      incarnation = 0
      self.session = session
      self.phase = phase
      self.path = path
      event = 0
    }

    init(_ tail: TailRows, _ position: Int) {
      let row = tail.rows[position]
      func text(_ field: TextField) -> [UInt8] {
        row.fields[field] >= 0 ? tail.strings.bytes(row.fields[field]) : []
      }
      self.init(
        kind: row.fields.kind, time: row.fields.time, session: text(.session), phase: text(.phase),
        path: text(.path))
      part = row.fields.part
      incarnation = row.fields.incarnation
      event = row.event
    }
  }

  private func matches(_ other: Candidate) -> Bool {
    guard other.kind == fields.kind else { return false }
    let otherPhase = other.phase
    switch phase {
    case .history:
      return isNearReport(other, phase: "projects") || isNearReport(other, phase: "codex")
    case .transcript:
      if fields.kind == .prompt, isNearReport(other, phase: "history") { return true }
      // CON-41.
      return isSameEvent(other)
        && (other.path != path || other.incarnation != fields.incarnation)
    case .chat:
      // CON-51.
      return isSameEvent(other)
    case .results:
      // CON-44.
      return otherPhase == Array("projects".utf8) && other.session == session
    case .other:
      return false
    }
  }

  private func isSameEvent(_ other: Candidate) -> Bool {
    event != 0 && other.event == event && other.part == fields.part && other.phase == phaseName
  }

  /// CON-24.
  private func isNearReport(_ other: Candidate, phase: String) -> Bool {
    !session.isEmpty && other.session == session && other.phase == Array(phase.utf8)
      && Self.isNear(other.time, fields.time)
  }

  /// Looks at columns first; the record itself is read only where its event decides.
  private func matches(
    _ index: IndexFile, row: Int, _ version: Version, _ count: inout Int
  ) throws(StorageError) -> Bool {
    count += 1
    guard try index.value(.flags, row: row) >> 2 == UInt64(fields.kind.rawValue) else {
      return false
    }
    let time = ColumnValues.time(of: try index.value(.time, row: row))
    let isTimely = fields.kind == .prompt ? Self.isNear(time, fields.time) : time == fields.time
    guard isTimely || phase == .results || count <= Self.untimedCandidatesMax else { return false }
    func text(_ column: ColumnID) throws(StorageError) -> [UInt8] {
      let ordinal = try index.value(column, row: row)
      return ordinal > 0 ? try index.text(Int(ordinal) - 1) : []
    }
    var other = Candidate(
      kind: fields.kind, time: time, session: try text(.session), phase: try text(.phase),
      path: try text(.path))
    if matches(other) { return true }
    guard phase == .transcript || phase == .chat, event != 0, other.phase == phaseName else {
      return false
    }
    // In the same file only the same moment can be the same event.
    guard other.path != path || time == fields.time else { return false }
    let view = StoreView(indexesOf: version)
    let sequence = index.firstSequence + UInt64(row)
    let block = try view.block(containing: sequence)
    let record = try view.record(sequence, in: block)
    let payload = block.payload
    other.part = record.fields.part
    other.incarnation = record.fields.incarnation
    other.event = EventKey.key(payload.rawSpan.extracting(record.metadata))
    return matches(other)
  }

  private static func isNear(_ a: Int64, _ b: Int64) -> Bool {
    guard a != OccurrenceFields.noTime, b != OccurrenceFields.noTime else { return false }
    let difference = a.subtractingReportingOverflow(b)
    return !difference.overflow
      && difference.partialValue.magnitude <= timeDifferenceMillisecondsMax
  }
}
