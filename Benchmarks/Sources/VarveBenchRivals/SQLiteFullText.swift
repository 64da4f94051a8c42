// SQLite FTS5 through its C API: the messages with their fields, five secondary indexes, bm25.

import CSQLite

// SAFETY: used by one thread; the handles are closed once, by `deinit`.
/// Messages with a full-text index.
@safe public final class SQLiteFullText {
  private var database: OpaquePointer?
  private var insert: OpaquePointer?
  private var select: OpaquePointer?

  private struct Failure: Error { let code: Int32 }

  /// Creates the tables in a new file.
  public init(path: String) throws {
    try check(unsafe sqlite3_open(path, &database))
    try execute(
      """
      PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
      CREATE TABLE m(id INTEGER PRIMARY KEY, hash BLOB UNIQUE, project TEXT, session TEXT,
        time INTEGER, level TEXT, component TEXT, content TEXT);
      CREATE INDEX m1 ON m(project, time); CREATE INDEX m2 ON m(session, time);
      CREATE INDEX m3 ON m(time); CREATE INDEX m4 ON m(level); CREATE INDEX m5 ON m(component);
      CREATE VIRTUAL TABLE f USING fts5(content, content='m', content_rowid='id',
        tokenize='unicode61');
      CREATE TRIGGER t AFTER INSERT ON m BEGIN
        INSERT INTO f(rowid, content) VALUES (new.id, new.content); END;
      """)
    try prepare("INSERT OR IGNORE INTO m VALUES(NULL,?,?,?,?,?,?,?)", &insert)
    try prepare(
      """
      SELECT m.hash, m.content FROM f JOIN m ON m.id = f.rowid WHERE f MATCH ?
      ORDER BY bm25(f) LIMIT 20
      """, &select)
  }

  deinit {
    unsafe sqlite3_finalize(insert)
    unsafe sqlite3_finalize(select)
    unsafe sqlite3_close(database)
  }

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

  private func bind(_ text: String?, _ place: Int32) {
    guard let text else {
      unsafe sqlite3_bind_null(insert, place)
      return
    }
    // SAFETY: SQLITE_TRANSIENT, -1 as a pointer, makes SQLite copy the text.
    unsafe sqlite3_bind_text(
      insert, place, text, -1, unsafeBitCast(-1, to: sqlite3_destructor_type.self))
  }

  /// Inserts one message.
  public func insert(
    hash: [UInt8], project: String?, session: String?, time: Int64?, level: String?,
    component: String?, content: [UInt8]
  ) throws {
    // SAFETY: the arrays live until the statement is reset, below.
    try unsafe hash.withUnsafeBytes { h in
      try unsafe content.withUnsafeBytes { c in
        unsafe sqlite3_bind_blob(insert, 1, h.baseAddress, Int32(h.count), nil)
        bind(project, 2)
        bind(session, 3)
        unsafe sqlite3_bind_int64(insert, 4, time ?? 0)
        bind(level, 5)
        bind(component, 6)
        let text = unsafe c.baseAddress?.assumingMemoryBound(to: CChar.self)
        unsafe sqlite3_bind_text(insert, 7, text, Int32(c.count), nil)
        guard unsafe sqlite3_step(insert) == SQLITE_DONE else { throw Failure(code: 1) }
      }
    }
    unsafe sqlite3_reset(insert)
  }

  /// Hashes of the first 20 matches; their contents are read, too.
  public func search(_ query: String) -> [[UInt8]] {
    // SAFETY: as above.
    unsafe sqlite3_bind_text(
      select, 1, query, -1, unsafeBitCast(-1, to: sqlite3_destructor_type.self))
    defer { unsafe sqlite3_reset(select) }
    var hashes: [[UInt8]] = []
    while unsafe sqlite3_step(select) == SQLITE_ROW {
      guard let bytes = unsafe sqlite3_column_blob(select, 0) else { continue }
      let count = unsafe Int(sqlite3_column_bytes(select, 0))
      hashes.append(unsafe Array(UnsafeRawBufferPointer(start: bytes, count: count)))
      _ = unsafe sqlite3_column_text(select, 1)
    }
    return hashes
  }
}
