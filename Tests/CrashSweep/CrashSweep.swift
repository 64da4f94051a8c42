// Crashes a simulated disk after every operation with every damage, opens what is left, and compares it
// with what was acknowledged. Built for release, because it opens tens of thousands of stores.
//
// varve-crash-sweep [--seed N] [--random N] [--stride N]

import Varve
import VarveFormat
import VarveStorage
import VarveTestSupport

@main
enum CrashSweep {
  static func main() {
    var seed: UInt64 = 1
    var random = 2
    var stride = 1
    var words = Array(CommandLine.arguments.dropFirst())
    while words.count >= 2 {
      let value = Int(words[1]) ?? 0
      switch words[0] {
      case "--seed": seed = UInt64(value)
      case "--random": random = value
      case "--stride": stride = max(1, value)
      default: break
      }
      words.removeFirst(2)
    }
    let sound = Sweep(seed: seed, random: random, stride: stride, fault: nil).run()
    print(
      "crash sweep: seed \(seed), \(sound.operations) operations, \(sound.seals) seals, "
        + "\(sound.merges) merges, \(sound.states) distinct states, \(sound.findings.count) findings"
    )
    for finding in sound.findings.prefix(10) { print("  \(finding)") }
    var isGood = sound.findings.isEmpty && sound.seals >= 3 && sound.merges >= 2
    for fault in SimulatedFileSystem.Fault.allCases {
      let result = Sweep(
        seed: seed, random: 1, stride: 1, fault: fault, operationLimit: 120
      ).run()
      let first = result.findings.first ?? "NOT FOUND"
      print(
        "planted \(fault): \(result.findings.count) findings in \(result.states) states (\(first))")
      if result.findings.isEmpty { isGood = false }
    }
    let errors = ErrorSweep(seed: seed, stride: stride).run()
    print("error sweep: \(errors.points) failing operations, \(errors.findings.count) findings")
    for finding in errors.findings.prefix(10) { print("  \(finding)") }
    if !errors.findings.isEmpty || !isGood {
      print("CRASH SWEEP FAILED")
      exitWithFailure()
    }
  }

  private static func exitWithFailure() -> Never { fatalExit() }
}
