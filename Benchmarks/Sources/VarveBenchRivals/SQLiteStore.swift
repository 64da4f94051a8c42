// SQLite through its C API: contents by hash, as the simplest design would keep them.

import CSQLite

// SAFETY: used by one thread; the handles are closed once, by `deinit`.
/// A table of contents keyed by a 32-byte hash.
@safe public final class SQLiteStore {
  private var database: OpaquePointer?
  private var insert: OpaquePointer?
  private var select: OpaquePointer?

  /// Creates the table in a new file.
  public init(path: String) throws {
    try check(unsafe sqlite3_open(path, &database))
    try execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
    try execute("CREATE TABLE m(hash BLOB PRIMARY KEY, content BLOB) WITHOUT ROWID;")
    try prepare("INSERT OR IGNORE INTO m VALUES(?,?)", &insert)
    try prepare("SELECT content FROM m WHERE hash=?", &select)
  }

  deinit {
    unsafe sqlite3_finalize(insert)
    unsafe sqlite3_finalize(select)
    unsafe sqlite3_close(database)
  }

  private struct Failure: Error { let code: Int32 }

  private func check(_ code: Int32) throws {
    guard code == SQLITE_OK else { throw Failure(code: code) }
  }

  /// Runs statements without results.
  public func execute(_ sql: String) throws {
    try check(unsafe sqlite3_exec(database, sql, nil, nil, nil))
  }

  private func prepare(_ sql: String, _ statement: inout OpaquePointer?) throws {
    try check(unsafe sqlite3_prepare_v2(database, sql, -1, &statement, nil))
  }

  /// Inserts one content.
  public func insert(hash: [UInt8], content: [UInt8]) throws {
    // SAFETY: the arrays live until the statement is reset, below.
    try unsafe hash.withUnsafeBytes { h in
      try unsafe content.withUnsafeBytes { c in
        unsafe sqlite3_bind_blob(insert, 1, h.baseAddress, Int32(h.count), nil)
        unsafe sqlite3_bind_blob(insert, 2, c.baseAddress, Int32(c.count), nil)
        guard unsafe sqlite3_step(insert) == SQLITE_DONE else { throw Failure(code: 1) }
      }
    }
    unsafe sqlite3_reset(insert)
  }

  /// Reads the content of a hash; its bytes are copied out, as an application would.
  public func content(hash: [UInt8]) -> [UInt8]? {
    unsafe hash.withUnsafeBytes { h in
      unsafe sqlite3_bind_blob(select, 1, h.baseAddress, Int32(h.count), nil)
      defer { unsafe sqlite3_reset(select) }
      guard unsafe sqlite3_step(select) == SQLITE_ROW else { return nil }
      let count = unsafe Int(sqlite3_column_bytes(select, 0))
      guard let bytes = unsafe sqlite3_column_blob(select, 0) else { return [] }
      return unsafe Array(UnsafeRawBufferPointer(start: bytes, count: count))
    }
  }
}
