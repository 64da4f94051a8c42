// The encoders of the format over memory that was reserved once for many small values: what a
// record or a digest is made of. Hot: see HouseTests.

extension ByteWriter {
  /// Appends up to `capacity` bytes with one check for room.
  @inlinable @inline(__always)
  package mutating func append(
    upTo capacity: Int, _ body: (inout OutputSpan<UInt8>) -> Void
  ) {
    bytes.append(addingCapacity: capacity) { output in body(&output) }
  }
}

extension OutputSpan<UInt8> {
  /// Appends an integer in the byte order of the format; traps without room.
  @inlinable @inline(__always)
  package mutating func write<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
    precondition(freeCapacity >= MemoryLayout<T>.size)
    let little = value.littleEndian
    // SAFETY: the bytes written lie behind the initialised ones and inside the capacity, as
    // checked.
    unsafe withUnsafeMutableBufferPointer { buffer, count in
      guard let base = buffer.baseAddress else { return }
      unsafe UnsafeMutableRawPointer(base + count).storeBytes(of: little, as: T.self)
      count += MemoryLayout<T>.size
    }
  }

  /// Appends an unsigned LEB128 integer in its shortest form.
  @inlinable @inline(__always)
  package mutating func writeVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }

  @inlinable @inline(__always)
  package mutating func writeZigzag(_ value: Int64) {
    writeVarint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
  }

  /// Appends bytes; traps without room.
  @inlinable @inline(__always)
  package mutating func write(_ span: RawSpan) {
    precondition(freeCapacity >= span.byteCount)
    // SAFETY: as above; source and destination never overlap.
    unsafe span.withUnsafeBytes { source in
      unsafe withUnsafeMutableBufferPointer { buffer, count in
        guard let base = buffer.baseAddress, let from = source.baseAddress else { return }
        unsafe UnsafeMutableRawPointer(base + count).copyMemory(
          from: from, byteCount: source.count)
        count += source.count
      }
    }
  }

  /// Appends a length as a varint, then the bytes.
  @inlinable @inline(__always)
  package mutating func writeCounted(_ span: RawSpan) {
    writeVarint(UInt64(span.byteCount))
    write(span)
  }
}
