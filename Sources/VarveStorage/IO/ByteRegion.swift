// Read-only memory with an owner: a mapped file, or an array that plays one.

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif
import Synchronization

/// Immutable bytes that live as long as this object.
// SAFETY: the memory is never written after the initialiser and freed only by `deinit`.
@safe package final class ByteRegion: @unchecked Sendable {
  private let memory: UnsafeRawBufferPointer
  private let isMapped: Bool

  /// Takes over a mapping of `count` bytes, which `deinit` unmaps.
  init(mapped memory: UnsafeRawBufferPointer) {
    unsafe self.memory = unsafe memory
    isMapped = true
  }

  /// Holds bytes in memory.
  package init(_ bytes: [UInt8]) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 16)
    // SAFETY: the destination is as large as the source.
    unsafe copy.copyBytes(from: bytes)
    unsafe memory = UnsafeRawBufferPointer(rebasing: copy[0..<bytes.count])
    isMapped = false
  }

  deinit {
    if isMapped {
      // SAFETY: mapped in `PosixFile.map` with this address and size, unmapped once.
      unsafe munmap(UnsafeMutableRawPointer(mutating: memory.baseAddress), memory.count)
    } else {
      unsafe memory.baseAddress.map { unsafe UnsafeMutableRawPointer(mutating: $0) }?.deallocate()
    }
  }

  package var count: Int { unsafe memory.count }

  /// The bytes, valid as long as the region.
  package var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      // SAFETY: the region outlives the span by the declared dependence.
      let span = unsafe RawSpan(_unsafeBytes: memory)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }
}

/// One flag a page, set by any thread once the page was checked.
// SAFETY: only atomic operations touch the memory between `init` and `deinit`.
@safe package final class PageMarks: @unchecked Sendable {
  private let words: UnsafeMutablePointer<Atomic<UInt64>>
  private let count: Int

  package init(count: Int) {
    self.count = (count + 63) / 64
    unsafe words = UnsafeMutablePointer<Atomic<UInt64>>.allocate(capacity: max(1, self.count))
    for i in 0..<self.count { unsafe (words + i).initialize(to: Atomic<UInt64>(0)) }
  }

  deinit {
    unsafe words.deinitialize(count: count)
    unsafe words.deallocate()
  }

  package func isSet(_ index: Int) -> Bool {
    precondition(index >> 6 < count)
    // SAFETY: the index was checked just above.
    return unsafe words[index >> 6].load(ordering: .relaxed) & (1 << UInt64(index & 63)) != 0
  }

  package func set(_ index: Int) {
    precondition(index >> 6 < count)
    // SAFETY: the index was checked just above.
    _ = unsafe words[index >> 6].bitwiseOr(1 << UInt64(index & 63), ordering: .relaxed)
  }
}
