// One session as people read it: what belongs together stands together.

import VarveFormat

/// A session in order of time, each event once, each result under its call and each subagent's work
/// together where it began.
public struct SessionStory: Sendable {
  /// One occurrence of the session.
  public struct Entry: Equatable, Sendable {
    /// The occurrence.
    public let occurrence: Occurrence
    /// How deep it stands: one more for a result under its call, one more for a subagent.
    public let depth: Int
  }

  /// Identifier of the session.
  public let session: String
  /// The first project by name, nil if no occurrence has one.
  public private(set) var project: String?
  /// Earliest time, milliseconds since 1970 UTC; nil if none is known.
  public private(set) var started: Int64?
  /// Latest time.
  public private(set) var ended: Int64?
  /// Seconds in which somebody worked: how long its turns took if it says so, else the gaps of at
  /// most five minutes between neighbours in time.
  public private(set) var activeSeconds: Int64 = 0
  /// Components that took part, by name.
  public private(set) var components: [String] = []
  /// Occurrences with the error flag.
  public private(set) var errorCount = 0
  /// The message of the last title.
  public private(set) var title: UInt64?
  /// Everything, as it is read.
  public private(set) var entries: [Entry] = []

  init(_ session: String, _ occurrences: [Occurrence], kinds: Set<Kind>) {
    self.session = session
    addUp(occurrences)
    arrange(
      kinds.isEmpty ? occurrences : occurrences.filter { kinds.contains($0.kind) })
  }

  private mutating func addUp(_ occurrences: [Occurrence]) {
    var names: Set<String> = []
    var milliseconds: Int64 = 0
    var turns: Int64 = 0
    var last: Int64?
    for occurrence in occurrences where !occurrence.isEcho {
      if occurrence.isError { errorCount += 1 }
      if let component = occurrence.component { names.insert(component) }
      if let path = occurrence.project {
        let isEarlier = project.map { path.utf8.lexicographicallyPrecedes($0.utf8) } ?? true
        if isEarlier { project = path }
      }
      if let metadata = occurrence.metadata {
        let turn = TurnDuration.milliseconds(occurrence.kind, metadata)
        turns = turns.addingClamped(Int64(clamping: turn))
      }
      if occurrence.kind == .title { title = occurrence.message }
      guard let time = occurrence.time else { continue }
      // Occurrences come in order of time.
      started = started ?? time
      ended = time
      if let last {
        let (gap, isOverflow) = time.subtractingReportingOverflow(last)
        if !isOverflow, gap <= ActiveTime.gapMax { milliseconds += gap }
      }
      last = time
    }
    activeSeconds = (turns > 0 ? turns : milliseconds) / 1000
    components = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// What a call and its result share, within one agent.
  private struct Call: Hashable {
    let agent: String?
    let id: [UInt8]
  }

  private mutating func arrange(_ occurrences: [Occurrence]) {
    entries.reserveCapacity(occurrences.count)
    var agents: [String: [Int]] = [:]
    var results: [Call: [Int]] = [:]
    var calls: Set<Call> = []
    for (i, occurrence) in occurrences.enumerated() {
      if let agent = occurrence.agent { agents[agent, default: []].append(i) }
      guard let call = Self.call(occurrence) else { continue }
      if occurrence.kind == .toolInput { calls.insert(call) }
      if occurrence.kind == .toolOutput { results[call, default: []].append(i) }
    }
    func add(_ i: Int, depth: Int) {
      let occurrence = occurrences[i]
      let call = Self.call(occurrence)
      // It stands under its call.
      if occurrence.kind == .toolOutput, let call, calls.contains(call) { return }
      entries.append(Entry(occurrence: occurrence, depth: depth))
      guard occurrence.kind == .toolInput, let call else { return }
      for result in results.removeValue(forKey: call) ?? [] {
        entries.append(Entry(occurrence: occurrences[result], depth: depth + 1))
      }
    }
    for (i, occurrence) in occurrences.enumerated() {
      guard let agent = occurrence.agent else {
        add(i, depth: 0)
        continue
      }
      for other in agents.removeValue(forKey: agent) ?? [] { add(other, depth: 1) }
    }
  }

  private static func call(_ occurrence: Occurrence) -> Call? {
    guard occurrence.kind == .toolInput || occurrence.kind == .toolOutput,
      case .string(let id) = occurrence.metadata?["toolUseID"]
    else { return nil }
    return Call(agent: occurrence.agent, id: id)
  }
}

extension Snapshot {
  /// Reads a session as a whole. Cost and memory: linear in its occurrences, without contents.
  ///
  /// - Parameters:
  ///   - session: its identifier.
  ///   - kinds: only these are told; empty for all. What the head says is of all.
  ///   - withEchoes: whether reports of events that were reported before are shown, too.
  /// - Throws: ``StoreError``: `damaged`, `system`.
  public func story(
    of session: String, kinds: Set<Kind> = [], withEchoes: Bool = false
  ) throws(StoreError) -> SessionStory {
    var cursor = try occurrences(in: .session(session), order: .oldestFirst)
    var found: [Occurrence] = []
    while let occurrence = try cursor.next() {
      if occurrence.isEcho, !withEchoes { continue }
      found.append(occurrence)
    }
    return SessionStory(session, found, kinds: kinds)
  }
}
