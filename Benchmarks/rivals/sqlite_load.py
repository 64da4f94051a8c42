#!/usr/bin/env python3
"""Loads a corpus into SQLite with full text, durable when it returns: the rival of `run ingest` and `run text`.

Usage: sqlite_load.py CORPUS.jsonl DATABASE

One transaction, insert or ignore by the hash of the content, FTS5 with unicode61 over the content, five more indexes.
Prints one JSON object: seconds, rows, bytes on disk.
"""
import hashlib
import json
import os
import sqlite3
import sys
import time

try:
    from orjson import loads
except ImportError:
    from json import loads


def main():
    corpus, path = sys.argv[1:]
    for end in ("", "-wal", "-shm", "-journal"):
        if os.path.exists(path + end):
            os.unlink(path + end)
    start = time.monotonic()
    base = sqlite3.connect(path, isolation_level=None)
    base.execute("PRAGMA journal_mode = WAL")
    base.execute("PRAGMA synchronous = FULL")
    base.execute("CREATE TABLE m(id INTEGER PRIMARY KEY, hash BLOB UNIQUE, content TEXT, project TEXT, session TEXT,"
                 " ts TEXT, level TEXT, component TEXT, kind TEXT, role TEXT)")
    for column in ("project", "session", "ts", "level", "component"):
        base.execute(f"CREATE INDEX {column}s ON m({column})")
    base.execute("CREATE VIRTUAL TABLE f USING fts5(content, content='m', content_rowid='id', tokenize='unicode61')")
    base.execute("BEGIN")
    rows = 0
    with open(corpus, "rb") as lines:
        for line in lines:
            row = loads(line)
            content = row["content"]
            done = base.execute(
                "INSERT OR IGNORE INTO m(hash, content, project, session, ts, level, component, kind, role)"
                " VALUES(?,?,?,?,?,?,?,?,?)", (
                    hashlib.sha256(content.encode()).digest(), content, row.get("project"),
                    row.get("session", row.get("session_id")), str(row.get("timestamp")), row.get("level"),
                    row.get("component"), row.get("kind"), row.get("role")))
            if done.rowcount:
                rows += 1
                base.execute("INSERT INTO f(rowid, content) VALUES(?,?)", (done.lastrowid, content))
    base.execute("COMMIT")
    base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    base.close()
    seconds = time.monotonic() - start
    print(json.dumps({"seconds": round(seconds, 2), "rows": rows, "diskBytes": os.path.getsize(path)}))


main()
