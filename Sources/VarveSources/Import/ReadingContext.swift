// What one file of a home says about others: projects of sessions, paths of file versions, tools of
// results. Format-spec CON-26 to CON-34. Filled while history and transcripts are read, asked by
// what follows.

import Varve
import VarveFormat

/// The context of one home during one ingest. Not for several threads at once.
final class ReadingContext {
  /// Where a file version or a tool result comes from, as a transcript says.
  struct Origin {
    var path: [UInt8]
    var time: Int64?
    var tool: [UInt8] = []
    var toolUseID: [UInt8] = []
  }

  /// What a history line says of a paste.
  struct Paste {
    var session: [UInt8]
    var project: [UInt8]
    var time: Int64?
  }

  private struct Key: Hashable {
    var session: [UInt8]
    var name: [UInt8]
  }

  private let snapshot: Snapshot
  private var projects: [[UInt8]: [UInt8]] = [:]
  private var folders: [[UInt8]: [UInt8]] = [:]
  private var slugs: [[UInt8]: [UInt8]] = [:]
  private var versions: [Key: Origin] = [:]
  private var results: [Key: Origin] = [:]
  private var pastes: [[UInt8]: Paste] = [:]
  private var agentEvents: Set<AgentEvent> = []
  private var sought: Set<[UInt8]> = []
  /// Entries of each table at most; beyond that fields stay empty.
  private static let entriesMax = 1_000_000
  /// Occurrences of a session looked through for what this ingest did not read.
  private static let soughtMax = 20_000

  private struct AgentEvent: Hashable {
    var agent: [UInt8]
    var time: Int64
  }

  init(_ snapshot: Snapshot) { self.snapshot = snapshot }

  // MARK: Filling

  func note(session: [UInt8], project: [UInt8]) {
    guard !session.isEmpty, !project.isEmpty, projects.count < Self.entriesMax else { return }
    if projects[session] == nil { projects[session] = project }
  }

  func note(folder: [UInt8], project: [UInt8]) {
    if !project.isEmpty, folders[folder] == nil { folders[folder] = project }
  }

  func note(slug: [UInt8], session: [UInt8]) {
    guard !slug.isEmpty, !session.isEmpty, slugs.count < Self.entriesMax else { return }
    if slugs[slug] == nil { slugs[slug] = session }
  }

  func note(version name: [UInt8], session: [UInt8], path: [UInt8], time: Int64?) {
    let key = Key(session: session, name: name)
    guard versions.count < Self.entriesMax, versions[key] == nil else { return }
    versions[key] = Origin(path: path, time: time)
  }

  func note(result name: [UInt8], session: [UInt8], _ origin: Origin) {
    let key = Key(session: session, name: name)
    guard results.count < Self.entriesMax, results[key] == nil else { return }
    results[key] = origin
  }

  func note(paste hash: [UInt8], _ paste: Paste) {
    if pastes.count < Self.entriesMax, pastes[hash] == nil { pastes[hash] = paste }
  }

  func note(agent: [UInt8], time: Int64) {
    guard agentEvents.count < Self.entriesMax else { return }
    agentEvents.insert(AgentEvent(agent: agent, time: time))
  }

  // MARK: Asking

  func project(ofSession session: [UInt8]) -> [UInt8]? {
    if let known = projects[session] { return known }
    seek(session)
    return projects[session]
  }

  func project(ofFolder folder: [UInt8]) -> [UInt8]? { folders[folder] }

  func session(ofSlug slug: [UInt8]) -> [UInt8]? { slugs[slug] }

  func version(_ name: [UInt8], session: [UInt8]) -> Origin? {
    let key = Key(session: session, name: name)
    if versions[key] == nil { seek(session) }
    return versions[key]
  }

  func result(_ name: [UInt8], session: [UInt8]) -> Origin? {
    let key = Key(session: session, name: name)
    if results[key] == nil { seek(session) }
    return results[key]
  }

  func paste(_ hash: [UInt8]) -> Paste? { pastes[hash] }

  /// CON-43: whether the event of a subagent is reported by its own transcript.
  func hasEvent(session: [UInt8], agent: [UInt8], time: Int64) -> Bool {
    if agentEvents.contains(AgentEvent(agent: agent, time: time)) { return true }
    let session = String(decoding: session, as: UTF8.self)
    let name = String(decoding: agent, as: UTF8.self)
    guard
      var cursor = try? snapshot.occurrences(
        in: .session(session), since: time, until: time + 1, order: .oldestFirst)
    else { return false }
    while let other = try? cursor.next() {
      if other.agent == name, other.kind != .progress { return true }
    }
    return false
  }

  /// Looks through what the store has of a session, once.
  private func seek(_ session: [UInt8]) {
    guard sought.count < Self.entriesMax, sought.insert(session).inserted,
      var cursor = try? snapshot.occurrences(
        in: .session(String(decoding: session, as: UTF8.self)), order: .oldestFirst)
    else { return }
    var count = 0
    while count < Self.soughtMax, let found = try? cursor.next() {
      count += 1
      if let project = found.project { note(session: session, project: Array(project.utf8)) }
      guard found.kind == .toolOutput, found.phase == "projects" else { continue }
      guard let content = try? snapshot.message(at: found.message).content,
        let name = PersistedOutput.fileName(content.rawSpan)
      else { continue }
      let id = found.metadata?["toolUseID"]?.text ?? ""
      note(
        result: name, session: session,
        Origin(
          path: [], time: found.time, tool: Array((found.tool ?? "").utf8),
          toolUseID: Array(id.utf8)))
    }
  }
}

/// The text that stands in a transcript in place of a large result.
enum PersistedOutput {
  private static let tag = Array("<persisted-output>".utf8)
  private static let marker = Array("saved to: ".utf8)
  private static let searchedByteCount = 4096

  /// Name of the file that holds the result; nil if the text is no such text.
  static func fileName(_ text: RawSpan) -> [UInt8]? {
    let limit = min(text.byteCount, searchedByteCount)
    guard limit > tag.count, text.extracting(0..<tag.count).isEqual(to: tag.rawSpan) else {
      return nil
    }
    var at = tag.count
    while at + marker.count <= limit {
      if text.extracting(at..<(at + marker.count)).isEqual(to: marker.rawSpan) {
        var end = at + marker.count
        var start = end
        while end < limit, text.load(UInt8.self, at: end) != 0x0A {
          if text.load(UInt8.self, at: end) == UInt8(ascii: "/") { start = end + 1 }
          end += 1
        }
        return start < end ? text.array(start..<end) : nil
      }
      at += 1
    }
    return nil
  }
}
