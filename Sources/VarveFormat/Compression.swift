// Block compression by liblz4 and zlib. Chapter 1, ENV-8 to ENV-10. The only file that imports
// them.

import CLZ4
import CZlib

/// How a block's payload is stored.
package enum CompressionKind: UInt8, Sendable {
  case none = 0
  /// LZ4 block format (lz4_Block_format.md), for what is read often.
  case lz4 = 1
  /// zlib stream (RFC 1950), for what is cold.
  case zlib = 2
}

package enum Compression {
  /// Compresses into `output` after its present end; returns the kind used: `none` if it did not
  /// shrink.
  package static func compress(
    _ raw: RawSpan, kind: CompressionKind, appendingTo output: inout [UInt8]
  ) -> CompressionKind {
    let start = output.count
    let bound: Int
    switch kind {
    case .none:
      bound = 0
    case .lz4:
      bound = Int(LZ4_compressBound(Int32(raw.byteCount)))
    case .zlib:
      bound = Int(compressBound(UInt(raw.byteCount)))
    }
    if bound > 0 {
      output.append(addingCapacity: bound) { span in
        // SAFETY: the library writes at most `bound` bytes into the room that was added.
        unsafe span.withUnsafeMutableBufferPointer { buffer, count in
          let room = unsafe UnsafeMutableBufferPointer(rebasing: buffer[count...])
          let packed = unsafe raw.withUnsafeBytes { source in
            unsafe compress(source, kind: kind, into: room)
          }
          if packed < raw.byteCount { count += packed }
        }
      }
    }
    if output.count > start { return kind }
    // SAFETY: the pointer is used only inside the closure.
    unsafe raw.withUnsafeBytes { unsafe output.append(contentsOf: $0) }
    return .none
  }

  private static func compress(
    _ source: UnsafeRawBufferPointer, kind: CompressionKind,
    into buffer: UnsafeMutableBufferPointer<UInt8>
  ) -> Int {
    switch kind {
    case .none:
      return 0
    case .lz4:
      // SAFETY: both sizes are those of the buffers.
      let count = unsafe LZ4_compress_default(
        source.baseAddress?.assumingMemoryBound(to: CChar.self),
        UnsafeMutableRawPointer(buffer.baseAddress)?.assumingMemoryBound(to: CChar.self),
        Int32(source.count), Int32(buffer.count))
      return Int(count)
    case .zlib:
      var count = UInt(buffer.count)
      // SAFETY: as above.
      let status = unsafe compress2(
        buffer.baseAddress, &count, source.baseAddress?.assumingMemoryBound(to: UInt8.self),
        UInt(source.count), 6)
      return status == Z_OK ? Int(count) : 0
    }
  }

  /// Decompresses to exactly `byteCount` bytes; anything else is an error, so a bomb cannot grow.
  package static func decompress(
    _ stored: RawSpan, kind: CompressionKind, byteCount: Int
  ) throws(FormatError) -> [UInt8] {
    guard byteCount >= 0, byteCount <= Limits.blockByteCount else {
      throw FormatError(.outOfBounds, at: 0)
    }
    if kind == .none {
      guard stored.byteCount == byteCount else { throw FormatError(.inconsistent, at: 0) }
      return stored.array(0..<byteCount)
    }
    // ENV-9: nothing shrinks to less than nothing, so an empty payload is never compressed.
    guard byteCount > 0 else { throw FormatError(.decompressionFailed, at: 0) }
    // SAFETY: the library writes at most `byteCount` bytes into a buffer of that size.
    let raw = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      count = unsafe stored.withUnsafeBytes { source in
        unsafe decompress(source, kind: kind, into: buffer)
      }
    }
    guard raw.count == byteCount else { throw FormatError(.decompressionFailed, at: 0) }
    return raw
  }

  private static func decompress(
    _ source: UnsafeRawBufferPointer, kind: CompressionKind,
    into buffer: UnsafeMutableBufferPointer<UInt8>
  ) -> Int {
    switch kind {
    case .none:
      return 0
    case .lz4:
      // SAFETY: LZ4_decompress_safe never writes past the stated capacity nor reads past the
      // source.
      let count = unsafe LZ4_decompress_safe(
        source.baseAddress?.assumingMemoryBound(to: CChar.self),
        UnsafeMutableRawPointer(buffer.baseAddress)?.assumingMemoryBound(to: CChar.self),
        Int32(source.count), Int32(buffer.count))
      return max(0, Int(count))
    case .zlib:
      var count = UInt(buffer.count)
      var used = UInt(source.count)
      // SAFETY: as above; `uncompress2` also reports how much of the source it used.
      let status = unsafe uncompress2(
        buffer.baseAddress, &count, source.baseAddress?.assumingMemoryBound(to: UInt8.self), &used)
      return status == Z_OK && used == UInt(source.count) ? Int(count) : 0
    }
  }
}
