// Local days without a time zone database: whoever asks brings the offsets of the zone.

/// How far a time zone is from UTC, and since when.
public struct ZoneOffsets: Equatable, Sendable {
  /// A stretch of time with one offset.
  public struct Span: Equatable, Sendable {
    /// First millisecond since 1970 UTC.
    public var start: Int64
    /// Seconds that local clocks are ahead of UTC.
    public var offset: Int32

    /// A stretch from `start` to that of the next one.
    public init(start: Int64, offset: Int32) {
      self.start = start
      self.offset = offset
    }
  }

  /// Name of the zone, as it is shown.
  public let name: String
  private let spans: [Span]

  /// UTC.
  public static let utc = ZoneOffsets(name: "UTC", spans: [])

  /// - Parameters:
  ///   - name: what the zone is called.
  ///   - spans: ascending; the first also counts before its start, none are UTC.
  public init(name: String, spans: [Span]) {
    self.name = name
    self.spans = spans.isEmpty ? [Span(start: .min, offset: 0)] : spans
  }

  /// The number of the span of a moment. Cost: a binary search.
  func span(at time: Int64) -> Int {
    var low = 0
    var high = spans.count
    while low < high {
      let middle = (low + high) / 2
      if spans[middle].start <= time { low = middle + 1 } else { high = middle }
    }
    return max(0, low - 1)
  }

  /// Converts times of one column after another, most of which lie near each other.
  package struct Clock {
    private let zone: ZoneOffsets
    private var start: Int64 = 1
    private var end: Int64 = 0
    private var offset: Int64 = 0

    package init(_ zone: ZoneOffsets) { self.zone = zone }

    /// From when until when local clocks ran evenly through the same hour or day.
    ///
    /// - Parameter length: an hour or a day, in milliseconds.
    mutating func stretch(around time: Int64, _ length: Int64) -> (start: Int64, end: Int64) {
      let rest = local(time) % length
      let into = rest < 0 ? rest + length : rest
      let first = time.subtractingReportingOverflow(into)
      let last = time.addingReportingOverflow(length - into)
      return (
        max(start, first.overflow ? .min : first.partialValue),
        min(end, last.overflow ? .max : last.partialValue)
      )
    }

    /// Local milliseconds of a moment, as if the zone were UTC.
    package mutating func local(_ time: Int64) -> Int64 {
      if time < start || time >= end {
        let number = zone.span(at: time)
        start = number == 0 ? .min : zone.spans[number].start
        end = number + 1 < zone.spans.count ? zone.spans[number + 1].start : .max
        offset = Int64(zone.spans[number].offset) * 1000
      }
      return time.addingReportingOverflow(offset).partialValue
    }
  }
}
