// The gate where threads sleep: one passes when one may, all pass when it opens, none is lost
// between looking and sleeping.

import Foundation
import Synchronization
import Testing
import VarveStorage

@Suite("Gate", .timeLimit(.minutes(1))) struct GateTests {
  @Test func letsOnePassThenEverybody() {
    for _ in 0..<50 {
      let gate = Gate()
      let passages = Mutex<[Gate.Passage]>([])
      let group = DispatchGroup()
      let onePassed = DispatchSemaphore(value: 0)
      for _ in 0..<12 {
        group.enter()
        Thread.detachNewThread {
          let passage = gate.wait()
          passages.withLock { $0.append(passage) }
          if passage == .alone { onePassed.signal() }
          group.leave()
        }
      }
      gate.letOnePass()
      onePassed.wait()
      #expect(passages.withLock { $0 } == [.alone])
      gate.open()
      group.wait()
      #expect(passages.withLock { $0.filter { $0 == .open }.count } == 11)
      // An open gate stays open, also for who was to pass alone.
      gate.letOnePass()
      #expect(gate.wait() == .open)
    }
  }

  @Test func waitsNoLongerThanItsLimit() {
    let gate = Gate()
    #expect(gate.wait(nanoseconds: 1000) == .timeOver)
    gate.letOnePass()
    #expect(gate.wait(nanoseconds: 1000) == .alone)
    #expect(gate.wait(nanoseconds: 1000) == .timeOver)
  }
}
