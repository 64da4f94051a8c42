// Where threads sleep until another one lets them on: all with one system call, which a condition
// variable cannot, since each that wakes takes its mutex.

import CVarve
import Synchronization

/// A gate that lets one thread through now and then, and in the end everybody.
// SAFETY: the word is allocated in `init`, changed only atomically, and gone with the object, which
// whoever sleeps on it holds.
@safe package final class Gate: @unchecked Sendable {
  /// Why a thread was let through.
  package enum Passage: Sendable {
    /// The gate is open for everybody.
    case open
    /// It is the one that was to pass alone.
    case alone
    /// It has waited long enough.
    case timeOver
  }

  private enum State {
    static let closed: UInt32 = 0
    static let letsOnePass: UInt32 = 1
    static let open: UInt32 = 2
  }

  private let word = UnsafeMutablePointer<Atomic<UInt32>>.allocate(capacity: 1)

  package init() { unsafe word.initialize(to: Atomic(State.closed)) }

  deinit {
    unsafe word.deinitialize(count: 1)
    unsafe word.deallocate()
  }

  /// Lets everybody on, now and later.
  package func open() {
    unsafe word.pointee.store(State.open, ordering: .releasing)
    unsafe cvarve_wake_all(UnsafeMutableRawPointer(word).assumingMemoryBound(to: UInt32.self))
  }

  /// Lets one thread on, whoever waits or comes first.
  package func letOnePass() {
    let (isClosed, _) = unsafe word.pointee.compareExchange(
      expected: State.closed, desired: State.letsOnePass, ordering: .acquiringAndReleasing)
    guard isClosed else { return }
    unsafe cvarve_wake_one(UnsafeMutableRawPointer(word).assumingMemoryBound(to: UInt32.self))
  }

  /// Sleeps until the gate lets this thread on.
  ///
  /// - Parameter nanoseconds: longest wait, give or take what the system's timers do; below 0 for
  ///   no limit.
  package func wait(nanoseconds: Int64 = -1) -> Passage {
    while true {
      let (isAlone, state) = unsafe word.pointee.compareExchange(
        expected: State.letsOnePass, desired: State.closed, ordering: .acquiringAndReleasing)
      if isAlone { return .alone }
      if state == State.open { return .open }
      let isOver = unsafe cvarve_sleep_while(
        UnsafeMutableRawPointer(word).assumingMemoryBound(to: UInt32.self), State.closed,
        nanoseconds)
      if isOver == 1 { return .timeOver }
    }
  }
}
