// The one error of the byte layer: what is wrong and where, without strings or allocation.

/// Why bytes could not be understood, and at which offset of the structure being read.
public struct FormatError: Error, Equatable, Sendable {
  /// What a reader found wrong; the names stand in the corrupt vectors of `format-spec`.
  public enum Code: UInt8, Sendable, CaseIterable {
    /// The structure ends before a value does.
    case truncated
    /// The first bytes are not those of a Varve file or block.
    case badMagic
    /// The file is of a format version that this code does not know.
    case unsupportedVersion
    /// The file is of an older format version than this code reads; it is derived and can be made
    /// anew.
    case outdatedVersion
    /// The file is of another kind than expected.
    case wrongKind
    /// A checksum does not match.
    case checksumMismatch
    /// A variable-length integer is longer than it needs to be, or than 64 bits.
    case nonCanonicalVarint
    /// A reserved byte or bit is not zero.
    case reservedNotZero
    /// An enumerated value is not one that the specification lists.
    case unknownTag
    /// A count, length or offset exceeds its named limit or its container.
    case outOfBounds
    /// Values that must ascend do not.
    case outOfOrder
    /// A compressed payload does not decode to its stated size.
    case decompressionFailed
    /// Bytes follow the end of a structure.
    case trailingBytes
    /// Two parts of a structure contradict each other.
    case inconsistent
  }

  /// What is wrong.
  public let code: Code
  /// Byte offset within the structure that was being read.
  public let offset: Int

  /// Creates an error at an offset.
  public init(_ code: Code, at offset: Int) {
    self.code = code
    self.offset = offset
  }
}
