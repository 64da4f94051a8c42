// Plain threads for workloads that need several committers.

import Dispatch

enum Threads {
  /// Runs a closure on `count` threads of its own and waits for all.
  static func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let group = DispatchGroup()
    for i in 0..<count {
      let queue = DispatchQueue(label: "bench.\(i)")
      queue.async(group: group) { body(i) }
    }
    group.wait()
  }
}
