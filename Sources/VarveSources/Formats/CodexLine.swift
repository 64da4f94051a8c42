// One line of a Codex rollout, and what its words mean. Format-spec CON-45 to CON-48.

import VarveFormat

/// A parsed line with what its occurrences share.
struct CodexLine: ~Escapable {
  let document: JSONDocument
  /// The payload, or the line itself where there is none.
  let item: JSONParser.Node
  var fields: OccurrenceFields
  let place: RecordSink.Place

  @_lifetime(copy document)
  init(
    document: JSONDocument, item: JSONParser.Node, fields: OccurrenceFields,
    place: RecordSink.Place
  ) {
    self.document = document
    self.item = item
    self.fields = fields
    self.place = place
  }

  /// A string member of the item.
  func text(_ name: StaticString) -> [UInt8]? { document.string(document.member(item, name)) }

  /// The bytes of a value as they stand in the line.
  func slice(_ node: JSONParser.Node) -> [UInt8] {
    let range =
      node.kind == .string
      ? (node.range.lowerBound - 1)..<(node.range.upperBound + 1) : node.range
    return document.line.array(range)
  }

  /// The text of a tool's result: a string, an object with one, or a list of such, joined by LF.
  func outputText(_ node: JSONParser.Node) -> [UInt8]? {
    switch node.kind {
    case .string:
      return document.string(node)
    case .object:
      return document.string(document.member(node, "text"))
        ?? document.string(document.member(node, "content"))
        ?? document.string(document.member(node, "output"))
    case .array:
      var joined: [UInt8]?
      var index = node.index + 1
      while index < node.next {
        let item = document.node(index)
        index = item.next
        guard let text = document.string(document.member(item, "text")) else { continue }
        joined = joined.map { $0 + [0x0A] + text } ?? text
      }
      return joined
    default:
      return nil
    }
  }

  private static let injected = [
    "<environment_context>", "<user_instructions>", "<permissions", "<turn_aborted>",
    "# AGENTS.md instructions", "<INSTRUCTIONS>",
  ].map { Array($0.utf8) }

  /// Whether the client wrote a text in the user's name.
  static func isInjected(_ text: [UInt8]) -> Bool {
    injected.contains { text.starts(with: $0) }
  }

  private static let progressEnds = ["_begin", "_end", "_delta", "_request", "_response"].map {
    Array($0.utf8)
  }

  /// Events that report a running tool, or repeat an item.
  static func isProgress(_ name: [UInt8]) -> Bool {
    name == Array("item_completed".utf8) || name == Array("item_started".utf8)
      || progressEnds.contains { name.suffix($0.count).elementsEqual($0) }
  }

  private static let bookkeepingStarts = [
    "token_count", "task_", "turn_", "turn.", "thread_", "context_compacted", "entered_review_mode",
    "exited_review_mode", "undo_", "session_configured", "background_event", "plan_update",
    "guardian_", "view_image_tool_call", "codex/event/",
  ].map { Array($0.utf8) }

  /// Events that the client writes about itself.
  static func isBookkeeping(_ name: [UInt8]) -> Bool {
    bookkeepingStarts.contains { name.starts(with: $0) }
  }
}

/// Texts that a rollout has twice, as an event and as an item: the second is an echo. CON-48.
struct CodexPairs {
  private struct Seen: Equatable {
    let kind: Kind
    let hash: UInt64
    let isEvent: Bool
  }

  /// Texts whose twin may still come.
  private static let seenMax = 32
  private var seen: [Seen] = []

  init() {}

  /// Whether the text came before from the other side; otherwise it waits for its twin.
  mutating func isSecond(_ kind: Kind, _ text: [UInt8], isEvent: Bool) -> Bool {
    // FNV-1a: the hash only has to tell neighbouring texts apart.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let twin = Seen(kind: kind, hash: hash, isEvent: !isEvent)
    if let position = seen.firstIndex(of: twin) {
      seen.remove(at: position)
      return true
    }
    if seen.count == Self.seenMax { seen.removeFirst() }
    seen.append(Seen(kind: kind, hash: hash, isEvent: isEvent))
    return false
  }

  /// What a later run needs.
  var state: MetadataValue {
    .array(
      seen.map { entry in
        .array([
          .int(Int64(entry.kind.rawValue)), .int(Int64(bitPattern: entry.hash)),
          .bool(entry.isEvent),
        ])
      })
  }

  init(_ state: MetadataValue?) {
    guard case .array(let entries) = state else { return }
    for case .array(let entry) in entries.prefix(Self.seenMax) {
      guard entry.count == 3, let number = entry[0].int, let hash = entry[1].int,
        let kind = UInt8(exactly: number).flatMap(Kind.init(rawValue:)),
        case .bool(let isEvent) = entry[2]
      else { continue }
      seen.append(Seen(kind: kind, hash: UInt64(bitPattern: hash), isEvent: isEvent))
    }
  }
}
