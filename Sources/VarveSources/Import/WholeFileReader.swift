// The seam for formats whose files are one record or a list, and are rewritten as a whole.

/// What a reader of whole files is told about its file.
struct WholeFile {
  /// Its path in the store.
  let name: String
  /// Modification time, milliseconds since 1970 UTC.
  let modified: Int64

  /// The names of the folders and of the file.
  var parts: [[UInt8]] {
    Array(name.utf8).split(separator: UInt8(ascii: "/")).map(Array.init)
  }
}

/// Turns one file into occurrences.
protocol WholeFileReader {
  /// Phase of the occurrences: which source they come from.
  var phase: StaticString { get }
  /// Raised whenever the reader gives other occurrences for the same bytes.
  static var version: Int { get }
  /// Reads a file; `buffer` has `JSONParser.padding` bytes behind the range.
  mutating func read(
    _ buffer: RawSpan, _ file: Range<Int>, _ info: WholeFile, into sink: inout RecordSink)
}
