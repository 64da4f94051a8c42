// Every operation fails once: the commit says so, nothing acknowledged is lost, and a store opened again
// goes on. After SQLite's I/O error tests.

import Synchronization
import Varve
import VarveFormat
import VarveStorage
import VarveTestSupport

struct ErrorSweep {
  let seed: UInt64
  let stride: Int

  struct Result {
    var points = 0
    var findings: [String] = []
  }

  func run() -> Result {
    let whole = SimulatedFileSystem()
    try? Workload.run(whole, Ledger(), seed: seed)
    var result = Result()
    for operation in Swift.stride(from: 1, through: whole.operationCount, by: stride * 2) {
      result.points += 1
      if let problem = problem(failing: operation) {
        result.findings.append("operation \(operation): \(problem)")
      }
    }
    return result
  }

  private func problem(failing operation: Int) -> String? {
    let disk = SimulatedFileSystem()
    let ledger = Ledger()
    disk.fail(at: operation)
    // A failure of maintenance is not the commit's failure, so the workload may also go on to its end.
    try? Workload.run(disk, ledger, seed: seed)
    disk.fail(at: nil)
    let promised = ledger.state.withLock { $0 }
    guard disk.exists(Workload.path + "/CURRENT") else {
      return ledger.state.withLock { $0.isCreated } ? "the store is gone" : nil
    }
    do {
      let store = try Store.open(
        at: Workload.path, options: Workload.options(), fileSystem: disk, registers: false)
      let count = try Survivor.contents(store, promised)
      try store.commit(try Workload.batch(from: count + 1, count: 1))
      var later = promised
      (later.acknowledged, later.attempted) = (count + 1, [])
      _ = try Survivor.contents(store, later)
      return nil
    } catch {
      return "\(error)"
    }
  }
}
