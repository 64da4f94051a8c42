// What makes two sightings the same sighting. Chapter 3, SEG-12.

/// Identity of an occurrence: scope (host, path, incarnation), place in the file, and content.
public struct OccurrenceIdentity: Hashable, Comparable, Sendable {
  /// Bytes of an identity on disk.
  @inlinable package static var byteCount: Int { 34 }

  @usableFromInline package let scopeHigh: UInt64
  @usableFromInline package let scopeLow: UInt64
  @usableFromInline package let offset: UInt64
  @usableFromInline package let part: UInt16
  @usableFromInline package let content: UInt64

  /// - Parameters:
  ///   - scopeHigh: first 8 bytes of the scope digest.
  ///   - scopeLow: the next 8 bytes.
  @inlinable
  package init(
    scopeHigh: UInt64, scopeLow: UInt64, offset: UInt64, part: UInt16, content: ContentHash
  ) {
    self.scopeHigh = scopeHigh
    self.scopeLow = scopeLow
    self.offset = offset
    self.part = part
    self.content = content.a
  }

  /// The same place and content in another scope.
  package init(_ other: OccurrenceIdentity, scopeHigh: UInt64, scopeLow: UInt64) {
    self.scopeHigh = scopeHigh
    self.scopeLow = scopeLow
    offset = other.offset
    part = other.part
    content = other.content
  }

  @inlinable
  package init(_ bytes: RawSpan, at start: Int = 0) {
    scopeHigh = bytes.loadBigEndian(at: start)
    scopeLow = bytes.loadBigEndian(at: start + 8)
    offset = bytes.loadBigEndian(at: start + 16)
    part = bytes.loadBigEndian(at: start + 24)
    content = bytes.loadBigEndian(at: start + 26)
  }

  @inlinable
  package func write(to writer: inout ByteWriter) {
    writer.writeBigEndian(scopeHigh)
    writer.writeBigEndian(scopeLow)
    writer.writeBigEndian(offset)
    writer.writeBigEndian(part)
    writer.writeBigEndian(content)
  }

  /// Order of the identities as byte strings.
  @inlinable
  public static func < (left: OccurrenceIdentity, right: OccurrenceIdentity) -> Bool {
    if left.scopeHigh != right.scopeHigh { return left.scopeHigh < right.scopeHigh }
    if left.scopeLow != right.scopeLow { return left.scopeLow < right.scopeLow }
    if left.offset != right.offset { return left.offset < right.offset }
    if left.part != right.part { return left.part < right.part }
    return left.content < right.content
  }
}
