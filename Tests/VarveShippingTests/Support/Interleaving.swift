// Two tasks on one target whose requests alternate as a test says: so many of the first, so many of
// the second, the rest of the first, the rest of the second.

import Dispatch
import Synchronization

enum Interleaving {
  /// Whose turn it is, and how many requests are left of it.
  private struct Turn {
    var isFirst = true
    /// Requests until the other one goes on; nil for all.
    var left: Int?
    var done: Set<Bool> = []
  }

  /// Runs two closures on threads of their own.
  ///
  /// - Parameters:
  ///   - first: requests of the first closure before the second one begins.
  ///   - second: requests of the second closure before the first one goes on.
  static func run(
    _ target: MemoryTarget, first: Int, second: Int, _ a: @escaping @Sendable () throws -> Void,
    _ b: @escaping @Sendable () throws -> Void
  ) throws {
    let turn = Mutex(Turn(left: first))
    let shared = Shared(turn: turn, second: second)
    target.onRequest.withLock { hook in
      hook = { _ in shared.wait(isFirst: Current.isFirst) }
    }
    let failures = Mutex<[any Error]>([])
    let group = DispatchGroup()
    for (isFirst, body) in [(true, a), (false, b)] {
      DispatchQueue.global().async(group: group) {
        Current.$isFirst.withValue(isFirst) {
          do { try body() } catch { failures.withLock { $0.append(error) } }
        }
        shared.end(isFirst: isFirst)
      }
    }
    group.wait()
    target.onRequest.withLock { $0 = nil }
    if let error = failures.withLock({ $0.first }) { throw error }
  }

  private enum Current {
    @TaskLocal static var isFirst = true
  }

  private final class Shared: Sendable {
    private let turn: Mutex<Turn>
    private let second: Int

    init(turn: consuming sending Mutex<Turn>, second: Int) {
      self.turn = turn
      self.second = second
    }

    /// Waits for the turn and takes one request of it.
    func wait(isFirst: Bool) {
      while true {
        let isMine = turn.withLock { turn in
          guard turn.isFirst == isFirst else { return false }
          guard let left = turn.left else { return true }
          guard left > 0 else {
            pass(&turn)
            return false
          }
          turn.left = left - 1
          return true
        }
        if isMine { return }
        _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .microseconds(20))
      }
    }

    func end(isFirst: Bool) {
      turn.withLock { turn in
        turn.done.insert(isFirst)
        if turn.isFirst == isFirst { turn.isFirst = !isFirst }
        turn.left = nil
      }
    }

    /// Gives the turn to the other one: the second for its requests, then each for all.
    private func pass(_ turn: inout Turn) {
      turn.isFirst.toggle()
      turn.left = turn.isFirst ? nil : second
      if turn.done.contains(turn.isFirst) {
        turn.isFirst.toggle()
        turn.left = nil
      }
    }
  }
}
