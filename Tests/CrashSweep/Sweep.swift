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
      let promised = ledger.state.withLock { $0 }
      let now = disk.disk
      let states = progress.withLock {
        CrashStates.all(now, random: random, generator: &$0.generator)
      }
      for (number, state) in states.enumerated() {
        let fingerprint = CrashStates.fingerprint(state)
        guard progress.withLock({ $0.seen.insert(fingerprint).inserted }) else { continue }
        let problem = Survivor.problem(state, promised, fault: fault)
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
    _ state: SimulatedFileSystem.Disk, _ promised: Ledger.State,
    fault: SimulatedFileSystem.Fault?
  ) -> String? {
    let disk = SimulatedFileSystem(
      disk: state, boot: 2, fault: fault == .uncheckedFrame ? fault : nil)
    do {
      if !disk.exists(Workload.path + "/CURRENT") {
        return promised.isCreated ? "the store is gone" : nil
      }
      try check(disk, promised)
      return nil
    } catch {
      return "\(error)"
    }
  }

  private static func check(
    _ disk: SimulatedFileSystem, _ promised: Ledger.State
  ) throws {
    // A reader first: it must see the same and change nothing.
    let reader = try Store.open(
      at: Workload.path, options: StoreOptions(access: .read), fileSystem: disk)
    let before = disk.operationCount
    let seen = try contents(reader, promised)
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
    var later = promised
    (later.acknowledged, later.attempted) = (seen + 2, [])
    _ = try contents(writer, later)
    // And power fails again right after the acknowledgement.
    var generator = SplitMix64(seed: 1)
    let lost = CrashStates.all(disk.disk, random: 0, generator: &generator)[1]
    let again = SimulatedFileSystem(disk: lost, boot: 3)
    let survivor = try Store.open(
      at: Workload.path, options: StoreOptions(access: .read), fileSystem: again)
    _ = try contents(survivor, later)
    let report = try survivor.snapshot().verify()
    guard report.isSound else {
      throw StoreError(.damaged, detail: "verify: \(report.problems[0].kind)")
    }
  }

  /// Reads everything; returns how many occurrences there are.
  static func contents(_ store: Store, _ promised: Ledger.State) throws -> Int {
    let snapshot = try store.snapshot()
    let count = Int(snapshot.nextSequence) - 1
    guard count == promised.acknowledged || promised.attempted.contains(count) else {
      throw StoreError(
        .damaged,
        detail: "\(count) occurrences; \(promised.acknowledged) acknowledged, "
          + "\(promised.attempted) attempted")
    }
    var walked: Set<Int> = []
    var cursor = try snapshot.occurrences(order: .oldestFirst)
    while let sequence = try cursor.nextSequence() {
      walked.insert(Int(sequence))
      let expected = Workload.content(Int(sequence))
      let occurrence = try snapshot.occurrence(sequence)
      let message = try snapshot.message(at: occurrence.message)
      guard message.content == expected, try snapshot.message(message.hash)?.content == expected
      else {
        throw StoreError(.damaged, detail: "occurrence \(sequence) has another content")
      }
    }
    // What is being forgotten is there whole or gone whole.
    let all = Set(1...max(1, count)).subtracting(promised.forgotten)
    guard count == 0 || walked == all || walked == all.subtracting(promised.forgetting) else {
      throw StoreError(
        .damaged, detail: "a walk finds \(walked.count) of \(all.count) occurrences")
    }
    return count
  }
}
