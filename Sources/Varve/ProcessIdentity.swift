// Who writes: for the message that a waiting writer prints.

import VarveStorage

enum ProcessIdentity {
  /// Process number of this process.
  static var current: Int32 { PosixFileSystem.processID }
}
