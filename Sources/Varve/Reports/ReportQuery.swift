// What a report is asked for.

/// A report over the occurrences of a snapshot that are no echoes.
public struct ReportQuery: Equatable, Sendable {
  /// The reports.
  public enum Name: String, CaseIterable, Sendable {
    /// By project: sessions, messages, errors, first and last time, days, active time.
    case activity
    /// By stretch of time and project.
    case timeline
    /// By component.
    case components
    /// Errors by component and project, with what they look like.
    case errors
    /// One row a session; of one session, its head.
    case session
    /// Tokens and tool calls by project, stretch of time and model.
    case usage
    /// What takes space, by project or by source.
    case disk
  }

  /// What is counted.
  public enum Count: String, CaseIterable, Sendable {
    case occurrences
    /// Distinct contents; rows may add up to more than the total.
    case messages
  }

  /// One key of an order.
  public struct Order: Equatable, Sendable {
    /// A key of the report's rows.
    public var key: String
    /// Largest first.
    public var isDescending: Bool

    /// An order by a key of the rows.
    public init(_ key: String, isDescending: Bool) {
      self.key = key
      self.isDescending = isDescending
    }
  }

  /// Which report.
  public var name: Name
  /// Conditions of the filter language; all must hold.
  public var filters: [String] = []
  /// First millisecond since 1970 UTC; occurrences without a time are left out then.
  public var since: Int64?
  /// First millisecond that is left out.
  public var until: Int64?
  /// What `timeline` and `usage` count by.
  public var bucket = ReportBucket.day
  /// Whose days count.
  public var zone = ZoneOffsets.utc
  /// What is counted.
  public var count = Count.occurrences
  /// Another order than the report's own.
  public var order: Order?
  /// Most rows; nil for all.
  public var limit: Int?
  /// Whether `disk` has a row a source instead of one a project. The source of a file of a home is
  /// its first folder there, that of any other file its path.
  public var isBySource = false
  /// Of `errors`, only those whose signature no error before this time has, whatever the filters;
  /// milliseconds since 1970 UTC.
  public var newSince: Int64?
  /// Most signatures of a row of `errors`.
  public var signatureLimit = 5

  /// A report of everything, in UTC.
  public init(_ name: Name) { self.name = name }
}
