// The days, or other stretches of time, of the rows of a report.

import VarveFormat

/// The stretch of time of each row, as a small number: 0 for none, else its place in `buckets`
/// plus 1.
struct BucketColumn {
  let numbers: [UInt32]
  let buckets: [Int64]

  init(_ times: [Int64], _ rows: [UInt32], _ bucket: ReportBucket, _ zone: ZoneOffsets) {
    var known: [Int64: UInt32] = [:]
    var buckets: [Int64] = []
    var clock = ZoneOffsets.Clock(zone)
    // The day of the last row: neighbours mostly share it.
    var start: Int64 = 1
    var end: Int64 = 0
    var number: UInt32 = 0
    var numbers: [UInt32] = []
    numbers.append(addingCapacity: rows.count) { output in
      let rows = rows.span
      let times = times.span
      for i in rows.indices {
        let time = times[Int(rows[i])]
        if time == OccurrenceFields.noTime {
          output.append(0)
          continue
        }
        if time >= start, time < end {
          output.append(number)
          continue
        }
        (start, end) = clock.stretch(around: time, bucket == .hour ? 3_600_000 : 86_400_000)
        let found = bucket.number(ofLocal: clock.local(time))
        number = known[found] ?? UInt32(buckets.count + 1)
        if Int(number) > buckets.count {
          buckets.append(found)
          known[found] = number
        }
        output.append(number)
      }
    }
    self.numbers = numbers
    self.buckets = buckets
  }
}
