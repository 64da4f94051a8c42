// Every bit of a small store flipped: a right answer or an error, never a wrong answer, never a trap.

import Testing
import Varve
import VarveFormat
import VarveStorage
import VarveTestSupport

@Suite struct BitFlipTests {
  private static let path = "/s"

  private static func build() throws -> SimulatedFileSystem {
    let disk = SimulatedFileSystem()
    var options = StoreOptions(access: .write)
    options.createIfMissing = true
    options.segmentByteCount = 1500
    let store = try Store.open(at: path, options: options, fileSystem: disk, registers: false)
    for round in 0..<4 {
      var batch = WriteBatch()
      for i in 0..<3 {
        var occurrence = Occurrence(
          kind: .prompt, place: SourcePlace(host: "h", path: "f", offset: UInt64(round * 10 + i)))
        occurrence.time = Int64(round * 1000 + i)
        occurrence.session = "s\(i)"
        occurrence.project = "/p"
        try batch.append(
          occurrence,
          content: Array("message \(i == 2 ? 0 : round * 3 + i) with words".utf8))
      }
      try store.commit(batch)
      if round < 3 { try store.flush() }
    }
    return disk
  }

  /// Everything that a reader can ask, as one value; nil if it got an error.
  private static func answers(_ disk: SimulatedFileSystem.Disk) -> [String]? {
    let system = SimulatedFileSystem(disk: disk)
    guard
      let store = try? Store.open(
        at: path, options: StoreOptions(access: .read), fileSystem: system),
      let snapshot = try? store.snapshot()
    else { return nil }
    do {
      var answers = ["\(snapshot.nextSequence) \(snapshot.historyDigest) \(try snapshot.digest())"]
      for scope in [OccurrenceScope.all, .project("/p"), .session("s1")] {
        var cursor = try snapshot.occurrences(in: scope)
        while let occurrence = try cursor.next() {
          let message = try snapshot.message(at: occurrence.message)
          answers.append("\(occurrence) \(message.hash)")
          answers.append("\(try snapshot.message(message.hash)?.sequence ?? 0)")
          answers.append("\(try snapshot.sightings(of: message.sequence))")
        }
      }
      answers.append("\(try snapshot.sessions()) \(try snapshot.statistics())")
      return answers
    } catch {
      return nil
    }
  }

  @Test(
    "No flipped bit gives a wrong answer",
    .timeLimit(.minutes(LongChecks.areOn ? 240 : 10)))
  func everyBit() throws {
    let disk = try Self.build().disk
    let right = try #require(Self.answers(disk))
    // A debug build is slow: every bit where VARVE_LONG is set, else a sample that moves with the file.
    let step = LongChecks.areOn ? 1 : 797
    var flips = 0
    var errors = 0
    var wrong: [String] = []
    for (name, inode) in disk.names.sorted(by: { $0.key < $1.key })
    where !name.hasSuffix("/LOCK") && !name.contains("/manifests/00000") {
      let bytes = disk.seen[inode] ?? []
      for bit in stride(from: flips % step, to: bytes.count * 8, by: step) {
        var damaged = disk
        damaged.seen[inode]?[bit / 8] ^= 1 << UInt8(bit % 8)
        flips += 1
        guard let found = Self.answers(damaged) else {
          errors += 1
          continue
        }
        if found != right { wrong.append("\(name) bit \(bit)") }
      }
    }
    #expect(wrong.isEmpty, "\(wrong.prefix(5)) of \(wrong.count)")
    #expect(errors > flips / 50, "\(flips) flips gave \(errors) errors: is anything checked?")
    print("bit flips: \(flips), errors \(errors), silent wrong answers \(wrong.count)")
  }
}
