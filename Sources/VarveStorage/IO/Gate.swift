// Where a thread sleeps until another one lets it on. The standard library has no condition
// variable.

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A gate that is opened once; whoever waits for it sleeps until then.
// SAFETY: the two primitives are made in `init`, used only through their own calls, and gone with
// the object; `isOpen` is touched only under the mutex.
@safe package final class Gate: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var isOpen = false

  package init() {
    unsafe mutex.initialize(to: pthread_mutex_t())
    unsafe condition.initialize(to: pthread_cond_t())
    let failed = unsafe pthread_mutex_init(mutex, nil) | pthread_cond_init(condition, nil)
    precondition(failed == 0, "no memory for a gate")
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }

  /// Lets everybody on, now and later.
  package func open() {
    unsafe pthread_mutex_lock(mutex)
    isOpen = true
    unsafe pthread_mutex_unlock(mutex)
    // Not under the mutex: who wakes would only sleep again until it is free.
    unsafe pthread_cond_broadcast(condition)
  }

  /// Gives the processor to another thread that can run.
  package static func letOthersRun() { sched_yield() }

  /// Sleeps until the gate is open.
  package func wait() {
    unsafe pthread_mutex_lock(mutex)
    while !isOpen { unsafe pthread_cond_wait(condition, mutex) }
    unsafe pthread_mutex_unlock(mutex)
  }
}
