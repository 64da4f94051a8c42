// The days, or other stretches of time, of the rows of a report.

import VarveFormat

/// Numbers stretches of time in order of first use: 0 for none, else the place in `buckets` plus 1.
struct BucketNumbers: Sendable {
  /// The stretches, as ``ReportBucket`` numbers them.
  private(set) var buckets: [Int64] = []
  private var known: [Int64: UInt32] = [:]
  private let bucket: ReportBucket
  private var clock: ZoneOffsets.Clock
  /// The day of the last row: neighbours mostly share it.
  private var start: Int64 = 1
  private var end: Int64 = 0
  private var number: UInt32 = 0

  init(_ bucket: ReportBucket, _ zone: ZoneOffsets) {
    self.bucket = bucket
    clock = ZoneOffsets.Clock(zone)
  }

  /// The numbers of the times of rows.
  mutating func number(_ rows: Span<UInt32>, _ times: [Int64], into numbers: inout [UInt32]) {
    numbers.grow(to: rows.count)
    var output = numbers.mutableSpan
    let times = times.span
    for i in rows.indices { output[i] = number(of: times[Int(rows[i])]) }
  }

  @inline(__always)
  private mutating func number(of time: Int64) -> UInt32 {
    // The least number stands for no time: a stretch that begins there must not hold it.
    if time == OccurrenceFields.noTime { return 0 }
    return time >= start && time < end ? number : look(up: time)
  }

  @inline(never)
  private mutating func look(up time: Int64) -> UInt32 {
    (start, end) = clock.stretch(around: time, bucket == .hour ? 3_600_000 : 86_400_000)
    number = number(ofBucket: bucket.number(ofLocal: clock.local(time)))
    return number
  }

  private mutating func number(ofBucket found: Int64) -> UInt32 {
    if let number = known[found] { return number }
    buckets.append(found)
    known[found] = UInt32(buckets.count)
    return UInt32(buckets.count)
  }

  /// The number here of each number there; stretches that were not known here become so.
  mutating func numbers(of other: BucketNumbers) -> [UInt32] {
    [0] + other.buckets.map { number(ofBucket: $0) }
  }
}
