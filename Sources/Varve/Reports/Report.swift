// What a report answers: one table, whatever the report, so that every way of showing it is written
// once.

/// The answer to a ``ReportQuery``.
public struct Report: Equatable, Sendable {
  /// A column of the table.
  public struct Column: Equatable, Sendable {
    /// What a column holds.
    public enum Kind: Sendable {
      case text, number, percent, ratio, time, texts, signatures
    }

    /// Key of the rows in JSON.
    public let key: String
    /// What its cells hold, but for those without a value.
    public let kind: Kind

    /// A column under a key.
    public init(_ key: String, _ kind: Kind) {
      self.key = key
      self.kind = kind
    }
  }

  /// One cell.
  public enum Value: Equatable, Sendable {
    case null
    case text(String)
    case number(Int64)
    /// Hundredths of a percent.
    case percent(Int64)
    /// Ten-thousandths of one.
    case ratio(Int64)
    /// Milliseconds since 1970 UTC.
    case time(Int64)
    case texts([String])
    case signatures([ErrorSignature])
  }

  /// Which report it is.
  public let name: ReportQuery.Name
  /// What its numbers count.
  public let count: ReportQuery.Count
  /// Name of the zone whose days count.
  public let timeZone: String
  /// What each cell of a row is.
  public var columns: [Column]
  /// A cell for each column.
  public var rows: [[Value]]
  /// Rows before the limit.
  public var rowCount: Int
  /// Occurrences that were counted.
  public var occurrenceCount: Int
  /// Those of them that have no time.
  public var withoutTimeCount: Int
  /// Occurrences that the filters let through and that were not counted because they have no time:
  /// no stretch of time holds them.
  public var leftOutCount = 0
  /// How active time was found; nil where the report has none.
  public var rule: String?
}

/// Errors that differ only in numbers, ids and paths.
public struct ErrorSignature: Equatable, Sendable {
  /// The first line with `#` for numbers and ids and `<path>` for paths.
  public var signature: String
  /// How many there are.
  public var count: Int64
  /// The earliest time, milliseconds since 1970 UTC; nil if none has a time.
  public var first: Int64?
  /// The latest time.
  public var last: Int64?
  /// The beginning of the first of them, at most ``sampleLengthMax`` characters.
  public var sample: String

  /// Whether it is what an MCP server wrote on its standard error.
  public var isServerOutput = false

  /// Characters of a sample at most.
  public static let sampleLengthMax = 100
}
