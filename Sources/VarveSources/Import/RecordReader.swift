// The seam for formats: a new one is a type with this protocol in a file of its own under Formats/,
// and a line in `SourceFormat`.

import VarveFormat

/// Turns the lines of one file into occurrences.
protocol RecordReader {
  /// Phase of the occurrences: which source they come from.
  var phase: StaticString { get }
  /// Raised whenever the reader gives other occurrences for the same bytes.
  static var version: Int { get }
  /// Reads one line; `buffer` has padding behind the range.
  mutating func read(
    _ buffer: RawSpan, _ line: Range<Int>, at place: RecordSink.Place, into sink: inout RecordSink)
  /// Offset and line of the first record that was read but not emitted yet; nil if all were.
  var pending: (offset: UInt64, line: UInt64)? { get }
  /// What a later run needs to go on in the middle of the file; nil for nothing.
  var state: MetadataValue? { get }
  mutating func restore(_ state: MetadataValue)
  /// Emits what is pending: the file has ended.
  mutating func finish(into sink: inout RecordSink)
}

extension RecordReader {
  var state: MetadataValue? { nil }
  mutating func restore(_ state: MetadataValue) {}
  var pending: (offset: UInt64, line: UInt64)? { nil }
  mutating func finish(into sink: inout RecordSink) {}
}

/// Removes blanks at both ends.
func trimBlanks(_ bytes: RawSpan, _ range: Range<Int>) -> Range<Int> {
  var low = range.lowerBound
  var high = range.upperBound
  while low < high, isBlank(bytes.load(UInt8.self, at: low)) { low += 1 }
  while high > low, isBlank(bytes.load(UInt8.self, at: high - 1)) { high -= 1 }
  return low..<high
}

func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
