// Random and mutated bytes into every decoder: an answer or an error, never a trap.

import Testing
import VarveFormat
import VarveTestSupport

@Suite("Hostile bytes")
struct HostileBytesTests {
  static let structures = [
    "header", "block", "records", "facts", "footer", "filter", "commit", "segment", "manifest",
    "current", "tail", "page", "column", "metadata",
  ]

  @Test("20,000 inputs never trap", .requirement("SEG-2", "MET-5"), arguments: structures)
  func random(structure: String) throws {
    let index = Self.structures.firstIndex(of: structure) ?? 0
    var random = SplitMix64(seed: UInt64(index))
    let bases = VectorFiles.all.filter { $0.structure == structure }
    for round in 0..<1430 {
      var vector = bases[random.below(bases.count)]
      if round % 3 == 0 {
        vector.bytes = random.bytes(random.below(300))
      } else {
        for _ in 0...random.below(6) { Self.mutate(&vector.bytes, &random) }
        if round % 3 == 1 { Self.seal(&vector) }
      }
      let itemCount = vector.settings.firstIndex { $0.name == "itemCount" }
      if random.below(4) == 0, let i = itemCount {
        vector.settings[i].value = "\(random.below(100))"
      }
      _ = try? vector.decoded()
    }
  }

  private static func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
    guard !bytes.isEmpty else { return }
    let at = random.below(bytes.count)
    switch random.below(5) {
    case 0: bytes[at] = 0xFF
    case 1: bytes[at] ^= 1 << UInt8(random.below(8))
    case 2: bytes[at] = UInt8(truncatingIfNeeded: random.next())
    case 3: bytes.remove(at: at)
    default: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: at)
    }
  }

  /// Makes the checksums match, so that what is behind them is reached.
  private static func seal(_ vector: inout Vector) {
    func set(_ range: Range<Int>, at offset: Int) {
      guard range.upperBound <= vector.bytes.count, offset + 4 <= vector.bytes.count, offset >= 0,
        range.lowerBound <= range.upperBound
      else { return }
      let value = Checksum.crc32c(vector.bytes.rawSpan.extracting(range))
      for i in 0..<4 {
        vector.bytes[offset + i] = UInt8(truncatingIfNeeded: value >> UInt32(8 * i))
      }
    }
    let count = vector.bytes.count
    switch vector.structure {
    case "page": set(4..<max(4, count), at: 0)
    case "block":
      set(36..<max(36, count), at: 28)
      set(0..<32, at: 32)
    case "header", "manifest", "current", "tail", "segment":
      set(0..<36, at: 36)
      if vector.structure != "segment" { set(0..<max(0, count - 4), at: count - 4) }
    default: break
    }
  }
}
