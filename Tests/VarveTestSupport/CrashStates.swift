// What a disk may hold after a crash: every damage of the strict model, from the same moment.

import VarveFormat

/// The damages of one crash point.
package enum CrashStates {
  private static let newestCount = 4

  /// All states of a disk that lost power now, `random` of them with random subsets of what was pending.
  package static func all(
    _ disk: SimulatedFileSystem.Disk, random: Int, generator: inout SplitMix64
  ) -> [SimulatedFileSystem.Disk] {
    let writes = disk.pendingWrites
    let names = disk.pendingNames
    let allWrites = Set(writes.indices)
    let allNames = Set(names.indices)
    var states = [
      state(disk, writes: allWrites, names: allNames),
      state(disk, writes: [], names: []),
      state(disk, writes: allWrites, names: []),
      state(disk, writes: [], names: allNames),
    ]
    // Every pending write and name takes part in the random subsets; the single damages are for the newest,
    // because older ones had their turn at an earlier crash point.
    for i in writes.indices.suffix(newestCount) {
      states.append(state(disk, writes: allWrites.subtracting([i]), names: allNames))
      states.append(state(disk, writes: [i], names: allNames))
      for damage in Damage.allCases {
        states.append(
          state(disk, writes: allWrites, names: allNames) { index, bytes in
            index == i ? damage.apply(bytes, &generator) : [bytes].map { (0, $0) }
          })
      }
    }
    for i in names.indices.suffix(newestCount) {
      states.append(state(disk, writes: allWrites, names: allNames.subtracting([i])))
      states.append(state(disk, writes: allWrites, names: [i]))
    }
    for _ in 0..<random {
      let someWrites = allWrites.filter { _ in generator.below(2) == 0 }
      let someNames = allNames.filter { _ in generator.below(2) == 0 }
      states.append(
        state(disk, writes: someWrites, names: someNames) { _, bytes in
          generator.below(3) == 0
            ? Damage.allCases[generator.below(Damage.allCases.count)].apply(bytes, &generator)
            : [(0, bytes)]
        })
    }
    return states
  }

  /// How a write that was on its way can end.
  enum Damage: CaseIterable {
    case firstHalf, lastHalf, hole, oneByte, zeros, garbage, lessOneByte, firstSector

    func apply(_ bytes: [UInt8], _ generator: inout SplitMix64) -> [(Int, [UInt8])] {
      let half = bytes.count / 2
      switch self {
      case .firstHalf: return [(0, Array(bytes[..<half]))]
      case .lastHalf: return [(half, Array(bytes[half...]))]
      case .hole:
        let third = bytes.count / 3
        return [(0, Array(bytes[..<third])), (2 * third, Array(bytes[(2 * third)...]))]
      case .oneByte:
        guard !bytes.isEmpty else { return [(0, bytes)] }
        var changed = bytes
        changed[generator.below(bytes.count)] ^= 0x5A
        return [(0, changed)]
      case .zeros: return [(0, [UInt8](repeating: 0, count: bytes.count))]
      case .garbage: return [(0, generator.bytes(bytes.count))]
      case .lessOneByte: return [(0, Array(bytes.dropLast()))]
      case .firstSector: return [(0, Array(bytes.prefix(512)))]
      }
    }
  }

  private static func state(
    _ disk: SimulatedFileSystem.Disk, writes: Set<Int>, names: Set<Int>,
    damage: (Int, [UInt8]) -> [(Int, [UInt8])] = { _, bytes in [(0, bytes)] }
  ) -> SimulatedFileSystem.Disk {
    var result = SimulatedFileSystem.Disk()
    result.directories = disk.directories
    result.nextInode = disk.nextInode
    var contents = disk.durable
    for (index, write) in disk.pendingWrites.enumerated() where writes.contains(index) {
      for (shift, bytes) in damage(index, write.bytes) {
        var content = contents[write.inode] ?? []
        SimulatedFileSystem.place(bytes, at: write.offset + shift, in: &content)
        contents[write.inode] = content
      }
    }
    var linked = disk.durableNames
    for (index, pending) in disk.pendingNames.enumerated() where names.contains(index) {
      SimulatedFileSystem.apply(pending, to: &linked)
    }
    result.names = linked
    result.durableNames = linked
    for inode in Set(linked.values) {
      result.seen[inode] = contents[inode] ?? []
      result.durable[inode] = contents[inode] ?? []
    }
    return result
  }

  /// A number that tells states apart.
  package static func fingerprint(_ disk: SimulatedFileSystem.Disk) -> Int {
    var sum: UInt64 = 0
    for (name, inode) in disk.names {
      let bytes = disk.seen[inode] ?? []
      let content = UInt64(Checksum.crc32c(bytes.rawSpan)) << 32 | UInt64(bytes.count)
      let place = UInt64(Checksum.crc32c(Array(name.utf8).rawSpan))
      var mixed = (content ^ place &* 0x9E37_79B9_7F4A_7C15) &* 0xFF51_AFD7_ED55_8CCD
      mixed ^= mixed >> 29
      sum &+= mixed &* 0xC4CE_B9FE_1A85_EC53
    }
    return Int(truncatingIfNeeded: sum)
  }
}
