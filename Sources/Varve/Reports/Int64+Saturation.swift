// Sums of numbers that a file states: whatever it says, a sum stays within what a number holds.

extension UInt64 {
  /// The sum, or the greatest number where it does not fit.
  package func addingClamped(_ other: UInt64) -> UInt64 {
    let (sum, isOverflow) = addingReportingOverflow(other)
    return isOverflow ? .max : sum
  }
}

extension Int64 {
  /// The sum, or the greatest or least number where it does not fit.
  package func addingClamped(_ other: Int64) -> Int64 {
    let (sum, isOverflow) = addingReportingOverflow(other)
    return isOverflow ? (other > 0 ? .max : .min) : sum
  }
}
