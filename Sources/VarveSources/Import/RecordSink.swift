// Where readers put what they understood: a batch to commit, and an account of everything else.

package import Varve
package import VarveFormat

/// A line or a part of one that gave no occurrence.
public struct SkippedRecord: Sendable, Equatable {
  /// The file, as its path in the store.
  public var file: String
  /// Line, from 1.
  public var line: UInt64
  /// Byte offset of the line.
  public var offset: UInt64
  /// Why.
  public var reason: String
}

/// Collects what one file gives.
package struct RecordSink {
  package var batch = WriteBatch()
  /// Lines that were skipped, at most `skippedMax` of them in full.
  package private(set) var skipped: [SkippedRecord] = []
  package private(set) var skippedByReason: [String: Int] = [:]
  package private(set) var droppedByReason: [String: Int] = [:]
  package private(set) var warnings: [SkippedRecord] = []
  package private(set) var lineCount = 0
  package private(set) var occurrenceCount = 0
  /// Offsets of the last line that was skipped and of the last that gave something.
  private var lastSkipped: UInt64?
  private var lastEmitted: UInt64?
  package let file: String
  /// Fields that every occurrence of the file has.
  package var base: OccurrenceFields
  private static let skippedMax = 1000

  package init(file: String) {
    self.file = file
    base = OccurrenceFields(kind: .raw)
  }

  /// A place in the file being read.
  package struct Place: Sendable {
    package var line: UInt64
    package var offset: UInt64
    package var length: UInt64
    /// Index of the item in its list.
    package var part = 0
    /// Where the same record stood in an earlier version of the file.
    package var origin: Relocation.Origin?

    package init(line: UInt64, offset: UInt64, length: UInt64) {
      self.line = line
      self.offset = offset
      self.length = length
    }
  }

  /// Earlier versions of a rewritten file; nil if there are none.
  package var relocation: Relocation?

  /// The place of a record, with where it stood before the file was rewritten. CON-40.
  package mutating func locate(_ record: RawSpan, _ place: Place) -> Place {
    guard relocation != nil else { return place }
    var found = place
    found.origin = relocation?.locate(record, place, incarnation: base.incarnation)
    if let origin = found.origin { found.part = origin.part }
    return found
  }

  package mutating func countLine(_ count: Int = 1) { lineCount += count }

  /// Accounts for a line that gives nothing; a line has one reason, the first.
  package mutating func skip(_ place: Place, _ reason: String) {
    guard lastSkipped != place.offset else { return }
    lastSkipped = place.offset
    skippedByReason[reason, default: 0] += 1
    guard skipped.count < Self.skippedMax else { return }
    skipped.append(
      SkippedRecord(file: file, line: place.line, offset: place.offset, reason: reason))
  }

  /// A part of a record that is left out while others of it are kept.
  package mutating func drop(_ reason: String) { droppedByReason[reason, default: 0] += 1 }

  /// Something doubtful about a record that was kept.
  package mutating func warn(_ place: Place, _ reason: String) {
    guard warnings.count < Self.skippedMax else { return }
    warnings.append(
      SkippedRecord(file: file, line: place.line, offset: place.offset, reason: reason))
  }

  /// Fields of an occurrence at a place, with the file's own filled in.
  package func fields(_ kind: Kind, _ place: Place, part: Int = 0) -> OccurrenceFields {
    var fields = base
    fields.kind = kind
    fields.line = place.origin?.line ?? place.line
    fields.offset = place.origin?.offset ?? place.offset
    fields.incarnation = place.origin?.incarnation ?? base.incarnation
    fields.length = place.length
    fields.part = UInt16(part)
    return fields
  }

  package mutating func intern(_ bytes: RawSpan) -> Int32 {
    bytes.byteCount == 0 ? -1 : batch.strings.intern(bytes)
  }

  package mutating func intern(_ text: StaticString) -> Int32 {
    // SAFETY: the pointer of a static string holds `utf8CodeUnitCount` bytes for ever.
    batch.strings.intern(
      unsafe RawSpan(_unsafeStart: text.utf8Start, byteCount: text.utf8CodeUnitCount))
  }

  /// Adds an occurrence; one that exceeds a limit is left out with the limit as its reason.
  package mutating func emit(
    _ fields: OccurrenceFields, content: RawSpan, metadata: RawSpan, at place: Place
  ) {
    do throws(StoreError) {
      try batch.append(fields, content: content, metadata: metadata)
      occurrenceCount += 1
      lastEmitted = place.offset
    } catch {
      if lastEmitted == place.offset { drop(error.detail) } else { skip(place, error.detail) }
    }
  }
}
