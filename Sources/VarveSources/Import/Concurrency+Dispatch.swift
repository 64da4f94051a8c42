// Independent work on the threads of Dispatch, for programs that have them anyway.

import Dispatch
public import Varve

extension Concurrency {
  /// As many threads as Dispatch finds useful.
  public static let dispatch = Concurrency { count, body in
    DispatchQueue.concurrentPerform(iterations: count) { body($0) }
  }
}
