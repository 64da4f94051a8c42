// SQLite through its C API: reports by SQL over one table of occurrences.

import CSQLite

// SAFETY: used by one thread; the handles are closed once, by `deinit`.
/// A table of occurrences in memory.
@safe public final class SQLiteReports {
  private var database: OpaquePointer?
  private var insert: OpaquePointer?

  private struct Failure: Error { let code: Int32 }

  /// Creates the table and begins a transaction.
  public init() throws {
    try check(unsafe sqlite3_open(":memory:", &database))
    try execute(
      "CREATE TABLE o(hash TEXT, project TEXT, session TEXT, component TEXT, ts INTEGER, "
        + "day INTEGER, error INTEGER); BEGIN")
    try check(
      unsafe sqlite3_prepare_v2(
        database, "INSERT INTO o VALUES(?,?,?,?,?,?,?)", -1, &insert, nil))
  }

  deinit {
    unsafe sqlite3_finalize(insert)
    unsafe sqlite3_close(database)
  }

  private func check(_ code: Int32) throws {
    guard code == SQLITE_OK else { throw Failure(code: code) }
  }

  /// Runs statements without results.
  public func execute(_ sql: String) throws {
    try check(unsafe sqlite3_exec(database, sql, nil, nil, nil))
  }

  /// Adds an occurrence: hash, project, session, component, then time, day and error.
  public func add(texts: [String?], numbers: [Int64?]) throws {
    for (i, text) in texts.enumerated() {
      // SAFETY: the last argument, SQLITE_TRANSIENT, has SQLite copy the text.
      let transient = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
      try check(
        text.map { unsafe sqlite3_bind_text(insert, Int32(i + 1), $0, -1, transient) }
          ?? (unsafe sqlite3_bind_null(insert, Int32(i + 1))))
    }
    for (i, number) in numbers.enumerated() {
      let place = Int32(texts.count + i + 1)
      try check(
        number.map { unsafe sqlite3_bind_int64(insert, place, $0) }
          ?? (unsafe sqlite3_bind_null(insert, place)))
    }
    guard unsafe sqlite3_step(insert) == SQLITE_DONE else { throw Failure(code: 1) }
    unsafe sqlite3_reset(insert)
  }

  /// The rows that a question has for answer, every cell as text; what is null is empty.
  public func rows(_ sql: String) throws -> [[String]] {
    var statement: OpaquePointer?
    try check(unsafe sqlite3_prepare_v2(database, sql, -1, &statement, nil))
    defer { unsafe sqlite3_finalize(statement) }
    var rows: [[String]] = []
    while unsafe sqlite3_step(statement) == SQLITE_ROW {
      rows.append(
        (0..<(unsafe sqlite3_column_count(statement))).map { column in
          guard let text = unsafe sqlite3_column_text(statement, column) else { return "" }
          return unsafe String(cString: text)
        })
    }
    return rows
  }
}
