// How far something is, for whoever sits in front of it.

import Synchronization
import VarveSources

/// One line on the terminal.
final class ProgressBar: Sendable {
  private let shown = Mutex<Int64>(0)

  private func show(_ done: UInt64, _ total: UInt64) {
    let now = Process.now()
    let isDue = shown.withLock { last in
      guard now - last >= 100 else { return false }
      last = now
      return true
    }
    guard isDue else { return }
    let share = total > 0 ? min(1, Double(done) / Double(total)) : 0
    let filled = Int(share * 30)
    let bar =
      String(repeating: "=", count: filled) + String(repeating: " ", count: 30 - filled)
    let text = "\r[\(bar)] \(Int(share * 100)) %  \(done >> 20) of \(total >> 20) MiB "
    Process.write(Array(text.utf8), to: 2)
  }

  static func clear() { Process.write(Array("\r\u{1B}[K".utf8), to: 2) }

  /// Runs something with a bar on standard error, if that is a terminal.
  ///
  /// - Parameter body: gets a closure to call with what is done and what there is.
  static func during<T>(
    isWanted: Bool, _ body: (@escaping @Sendable (UInt64, UInt64) -> Void) throws -> T
  ) rethrows -> T {
    guard isWanted, Process.isErrorTerminal else { return try body { _, _ in } }
    let bar = ProgressBar()
    defer { clear() }
    return try body { bar.show($0, $1) }
  }
}
