// The public values of the data model: occurrences and messages. See format-spec chapters 3 and 10.

/// Where a sighting stands in its source.
public struct SourcePlace: Equatable, Hashable, Sendable {
  /// Host on which the source lies.
  public var host: String
  /// Path of the file: relative to its home, or absolute.
  public var path: String
  /// How often the file at this path was replaced before.
  public var incarnation: UInt32
  /// Byte offset of the record in the file.
  public var offset: UInt64
  /// Byte count of the record in the file.
  public var length: UInt64
  /// Line, from 1; 0 if it has none.
  public var line: UInt64
  /// Which block of the record, from 0.
  public var part: UInt16

  /// Creates a place.
  public init(
    host: String = "", path: String = "", incarnation: UInt32 = 0, offset: UInt64 = 0,
    length: UInt64 = 0, line: UInt64 = 0, part: UInt16 = 0
  ) {
    self.host = host
    self.path = path
    self.incarnation = incarnation
    self.offset = offset
    self.length = length
    self.line = line
    self.part = part
  }
}

/// One sighting of a message with everything that belongs to the sighting.
public struct Occurrence: Equatable, Sendable {
  /// What it is.
  public var kind: Kind
  /// When it happened, milliseconds since 1970 UTC; nil if the source does not say.
  public var time: Int64?
  /// When an older tool extracted it, milliseconds since 1970 UTC.
  public var extractedAt: Int64?
  /// Absolute path of the project.
  public var project: String?
  /// Session identifier.
  public var session: String?
  /// Who spoke.
  public var role: String?
  /// Level of a log entry.
  public var level: String?
  /// Component that wrote a log entry.
  public var component: String?
  /// Phase of ingestion.
  public var phase: String?
  /// Name of the tool.
  public var tool: String?
  /// Name of the model.
  public var model: String?
  /// Branch of version control.
  public var branch: String?
  /// Agent identifier.
  public var agent: String?
  /// The source as an imported record stated it.
  public var statedSource: String?
  /// Where it stands.
  public var place: SourcePlace
  /// Ingest run that saw it; 0 for none.
  public var run: UInt64
  /// A failed tool result, an API error, or an entry of level ERROR.
  public var isError: Bool
  /// Whether it reports an event that an earlier occurrence reports already.
  public var isEcho: Bool
  /// Open metadata.
  public var metadata: MetadataValue?
  /// Commit order, from 1; 0 before it is committed.
  public internal(set) var sequence: UInt64 = 0
  /// Sequence of the message's first sighting; 0 before it is committed.
  public internal(set) var message: UInt64 = 0

  /// Creates an occurrence; fields that are not given are absent.
  public init(kind: Kind, place: SourcePlace = SourcePlace()) {
    self.kind = kind
    self.place = place
    run = 0
    isError = false
    isEcho = false
  }

  /// The text of a field.
  public subscript(_ field: TextField) -> String? {
    get {
      switch field {
      case .project: project
      case .session: session
      case .role: role
      case .level: level
      case .component: component
      case .phase: phase
      case .tool: tool
      case .model: model
      case .branch: branch
      case .agent: agent
      case .host: place.host.isEmpty ? nil : place.host
      case .path: place.path.isEmpty ? nil : place.path
      case .source: statedSource
      }
    }
    set {
      switch field {
      case .project: project = newValue
      case .session: session = newValue
      case .role: role = newValue
      case .level: level = newValue
      case .component: component = newValue
      case .phase: phase = newValue
      case .tool: tool = newValue
      case .model: model = newValue
      case .branch: branch = newValue
      case .agent: agent = newValue
      case .host: place.host = newValue ?? ""
      case .path: place.path = newValue ?? ""
      case .source: statedSource = newValue
      }
    }
  }
}

/// One unique content.
public struct Message: Equatable, Sendable {
  /// SHA-256 of the content.
  public let hash: ContentHash
  /// Sequence of the first sighting.
  public let sequence: UInt64
  /// The bytes.
  public let content: [UInt8]

  /// The identifier: a UUID made of the hash.
  public var id: String { hash.messageID }
}

/// What a commit did.
public struct CommitResult: Equatable, Sendable {
  /// Messages that were not in the store.
  public var messagesNew = 0
  /// Occurrences that were not in the store.
  public var occurrencesNew = 0
  /// New occurrences that are echoes.
  public var echoes = 0
  /// Sightings that were in the store already; nothing was written for them.
  public var repeated = 0
  /// Sightings of what was forgotten; nothing was written for them.
  public var forgotten = 0
  /// Whether nothing was committed because something was forgotten meanwhile.
  package var isStale = false
  /// Sequence of the last occurrence of the store after this commit.
  public var lastSequence: UInt64 = 0

  /// No figures yet.
  public init() {}

  /// Adds the figures of another commit.
  public mutating func add(_ other: CommitResult) {
    messagesNew += other.messagesNew
    occurrencesNew += other.occurrencesNew
    echoes += other.echoes
    repeated += other.repeated
    forgotten += other.forgotten
    lastSequence = max(lastSequence, other.lastSequence)
  }
}

extension CommitResult {
  /// The result, unless nothing was committed because something was forgotten meanwhile.
  func fresh(_ path: String) throws(StoreError) -> CommitResult {
    guard isStale else { return self }
    throw StoreError(
      .busy, path: path, detail: "something was forgotten while this was read; read it again")
  }
}
