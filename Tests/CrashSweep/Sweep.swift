// The sweep itself: a crash after each operation, each damage once, each survivor checked.

import Synchronization
import Varve
import VarveFormat
import VarveStorage
import VarveTestSupport

struct Sweep {
  let seed: UInt64
  let random: Int
  let stride: Int
  let fault: SimulatedFileSystem.Fault?
  /// Operations after which no more crashes are tried; a planted fault shows early.
  var operationLimit = Int.max

  struct Result: Sendable {
    var operations = 0
    var states = 0
    var seals = 0
    var merges = 0
    var findings: [String] = []
  }

  private struct Progress: Sendable {
    var result = Result()
    var seen: Set<Int> = []
    var generator: SplitMix64
  }

  func run() -> Result {
    let disk = SimulatedFileSystem(fault: fault)
    let ledger = Ledger()
    let progress = Mutex(Progress(generator: SplitMix64(seed: seed ^ 0xC4A5)))
    disk.observe { operation in
      guard operation % stride == 0, operation <= operationLimit else { return }
      let (acknowledged, attempted, isCreated) = ledger.state.withLock {
        ($0.acknowledged, $0.attempted, $0.isCreated)
      }
      let now = disk.disk
      let states = progress.withLock {
        CrashStates.all(now, random: random, generator: &$0.generator)
      }
      for (number, state) in states.enumerated() {
        let fingerprint = CrashStates.fingerprint(state)
        guard progress.withLock({ $0.seen.insert(fingerprint).inserted }) else { continue }
        let problem = Survivor.problem(
          state, acknowledged: acknowledged, attempted: attempted, isCreated: isCreated,
          fault: fault)
        progress.withLock { progress in
          progress.result.states += 1
          if let problem {
            progress.result.findings.append("operation \(operation), state \(number): \(problem)")
          }
        }
      }
    }
    do {
      try Workload.run(disk, ledger, seed: seed)
    } catch {
      progress.withLock { $0.result.findings.append("the workload itself failed: \(error)") }
    }
    disk.observe(nil)
    var result = progress.withLock { $0.result }
    result.operations = disk.operationCount
    if let store = try? Store.open(
      at: Workload.path, options: StoreOptions(access: .read), fileSystem: disk),
      let snapshot = try? store.snapshot()
    {
      let manifest = snapshot.view.version.manifest
      result.seals = manifest.segments.filter { $0.state == .sealed }.count
      result.merges = manifest.indexes.reduce(0) { $0 + Int($1.level) }
    }
    return result
  }
}

/// What must be true of a store after a crash.
enum Survivor {
  static func problem(
    _ state: SimulatedFileSystem.Disk, acknowledged: Int, attempted: [Int], isCreated: Bool,
    fault: SimulatedFileSystem.Fault?
  ) -> String? {
    let disk = SimulatedFileSystem(
      disk: state, boot: 2, fault: fault == .uncheckedFrame ? fault : nil)
    do {
      if !disk.exists(Workload.path + "/CURRENT") {
        return isCreated ? "the store is gone" : nil
      }
      try check(disk, acknowledged: acknowledged, attempted: attempted)
      return nil
    } catch {
      return "\(error)"
    }
  }

  private static func check(
    _ disk: SimulatedFileSystem, acknowledged: Int, attempted: [Int]
  ) throws {
    // A reader first: it must see the same and change nothing.
    let reader = try Store.open(
      at: Workload.path, options: StoreOptions(access: .read), fileSystem: disk)
    let before = disk.operationCount
    let seen = try contents(reader, acknowledged: acknowledged, attempted: attempted)
    guard disk.operationCount == before else {
      throw StoreError(.damaged, detail: "reading changed the store")
    }
    // Then a writer: it goes on where the reader saw the end.
    let writer = try Store.open(
      at: Workload.path, options: Workload.options(), fileSystem: disk, registers: false)
    let result = try writer.commit(try Workload.batch(from: seen + 1, count: 2))
    guard result.occurrencesNew == 2 else {
      throw StoreError(.damaged, detail: "a commit after recovery added \(result.occurrencesNew)")
    }
    _ = try contents(writer, acknowledged: seen + 2, attempted: [])
    // And power fails again right after the acknowledgement.
    var generator = SplitMix64(seed: 1)
    let lost = CrashStates.all(disk.disk, random: 0, generator: &generator)[1]
    let again = SimulatedFileSystem(disk: lost, boot: 3)
    let survivor = try Store.open(
      at: Workload.path, options: StoreOptions(access: .read), fileSystem: again)
    _ = try contents(survivor, acknowledged: seen + 2, attempted: [])
    let report = try survivor.snapshot().verify()
    guard report.isSound else {
      throw StoreError(.damaged, detail: "verify: \(report.problems[0].kind)")
    }
  }

  /// Reads everything; returns how many occurrences there are.
  static func contents(_ store: Store, acknowledged: Int, attempted: [Int]) throws -> Int {
    let snapshot = try store.snapshot()
    let count = Int(snapshot.nextSequence) - 1
    guard count == acknowledged || attempted.contains(count) else {
      throw StoreError(
        .damaged,
        detail: "\(count) occurrences; \(acknowledged) acknowledged, \(attempted) attempted")
    }
    var walked = 0
    var cursor = try snapshot.occurrences(order: .oldestFirst)
    while let sequence = try cursor.nextSequence() {
      walked += 1
      let expected = Workload.content(Int(sequence))
      let occurrence = try snapshot.occurrence(sequence)
      let message = try snapshot.message(at: occurrence.message)
      guard message.content == expected, try snapshot.message(message.hash)?.content == expected
      else {
        throw StoreError(.damaged, detail: "occurrence \(sequence) has another content")
      }
    }
    guard walked == count else {
      throw StoreError(.damaged, detail: "a walk finds \(walked) of \(count) occurrences")
    }
    return count
  }
}
