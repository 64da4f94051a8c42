// Interning of field texts: each distinct byte string gets a small number. Used by batches, by
// blocks being encoded and by the tail, so it is hot and lives beside the format.

/// Distinct byte strings, numbered from 0 in order of first use.
@usableFromInline
package struct StringTable: Sendable {
  @usableFromInline package var arena: [UInt8] = []
  /// `ends[i]` is where string i ends; it starts where the one before ends.
  @usableFromInline package var ends: [Int32] = []
  @usableFromInline var slots: [Int32]
  @usableFromInline let seed: UInt64

  @inlinable
  package init() {
    slots = [Int32](repeating: -1, count: 64)
    seed = Self.processSeed
  }

  /// Secret, so that hostile field values cannot be chosen to collide.
  @usableFromInline static let processSeed: UInt64 = {
    var generator = SystemRandomNumberGenerator()
    return generator.next()
  }()

  @inlinable package var count: Int { ends.count }

  /// Range of a string in `arena`.
  @inlinable
  package func range(_ id: Int32) -> Range<Int> {
    let index = Int(id)
    return (index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index])
  }

  @inlinable
  package func bytes(_ id: Int32) -> [UInt8] { Array(arena[range(id)]) }

  @inlinable
  package func string(_ id: Int32) -> String { String(decoding: arena[range(id)], as: UTF8.self) }

  /// Whether a string is there and has exactly these bytes.
  @inlinable
  package func isEqual(_ id: Int32, _ text: StaticString) -> Bool {
    guard id >= 0 else { return false }
    // SAFETY: the pointer of a static string holds `utf8CodeUnitCount` bytes for ever.
    let wanted = unsafe RawSpan(_unsafeStart: text.utf8Start, byteCount: text.utf8CodeUnitCount)
    return arena.rawSpan.extracting(range(id)).isEqual(to: wanted)
  }

  @inlinable
  static func hash(_ bytes: RawSpan, seed: UInt64) -> UInt64 {
    var state = seed ^ UInt64(bytes.byteCount) &* 0x9E37_79B9_7F4A_7C15
    var i = 0
    while i + 8 <= bytes.byteCount {
      state = (state ^ bytes.load(UInt64.self, at: i)) &* 0xFF51_AFD7_ED55_8CCD
      state ^= state >> 32
      i += 8
    }
    var last: UInt64 = 0
    var shift: UInt64 = 0
    while i < bytes.byteCount {
      last |= UInt64(bytes.load(UInt8.self, at: i)) << shift
      shift += 8
      i += 1
    }
    state = (state ^ last) &* 0xC4CE_B9FE_1A85_EC53
    return state ^ (state >> 29)
  }

  /// The number of a byte string, adding it if it is new.
  @inlinable
  package mutating func intern(_ bytes: RawSpan) -> Int32 {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: Self.hash(bytes, seed: seed)) & mask
    while slots[slot] >= 0 {
      let id = slots[slot]
      if arena.rawSpan.extracting(range(id)).isEqual(to: bytes) { return id }
      slot = (slot + 1) & mask
    }
    let id = Int32(ends.count)
    // SAFETY: the pointer is used only inside the closure.
    unsafe bytes.withUnsafeBytes { unsafe arena.append(contentsOf: $0) }
    ends.append(Int32(arena.count))
    slots[slot] = id
    if ends.count * 2 > slots.count { grow() }
    return id
  }

  @inlinable
  package mutating func intern(_ text: [UInt8]) -> Int32 { intern(text.rawSpan) }

  /// The number of a byte string that is already there.
  @inlinable
  package func find(_ bytes: RawSpan) -> Int32? {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: Self.hash(bytes, seed: seed)) & mask
    while slots[slot] >= 0 {
      let id = slots[slot]
      if arena.rawSpan.extracting(range(id)).isEqual(to: bytes) { return id }
      slot = (slot + 1) & mask
    }
    return nil
  }

  @usableFromInline
  mutating func grow() {
    let size = slots.count * 2
    slots = [Int32](repeating: -1, count: size)
    for id in 0..<ends.count {
      let hash = Self.hash(arena.rawSpan.extracting(range(Int32(id))), seed: seed)
      var slot = Int(truncatingIfNeeded: hash) & (size - 1)
      while slots[slot] >= 0 { slot = (slot + 1) & (size - 1) }
      slots[slot] = Int32(id)
    }
  }

  /// Forgets all strings but keeps the memory.
  package mutating func removeAll() {
    arena.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    for i in 0..<slots.count { slots[i] = -1 }
  }
}
