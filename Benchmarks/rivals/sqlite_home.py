#!/usr/bin/env python3
"""Indexes the transcripts of a home as the known indexers do: json and SQLite FTS5, texts alone.

Usage: sqlite_home.py HOME DATABASE   (standard library only)

It keeps no originals, no debug log, no file version and no todo: what it takes is the time that
`varve ingest` has for the whole home.
"""
import json
import os
import sqlite3
import sys
import time


def texts(record: dict):
    """Role and text of what a transcript's line says: messages, tool calls, tool results."""
    message = record.get("message")
    if not isinstance(message, dict):
        if isinstance(record.get("summary"), str):
            yield "summary", record["summary"]
        return
    role = str(message.get("role", record.get("type")))
    content = message.get("content")
    if isinstance(content, str):
        yield role, content
        return
    for part in content if isinstance(content, list) else []:
        if not isinstance(part, dict):
            continue
        for key in ("text", "thinking"):
            if isinstance(part.get(key), str):
                yield role, part[key]
        if part.get("type") == "tool_use":
            yield "tool", json.dumps(part.get("input"))
        if part.get("type") == "tool_result":
            result = part.get("content")
            for piece in result if isinstance(result, list) else [result]:
                text = piece.get("text") if isinstance(piece, dict) else piece
                if isinstance(text, str):
                    yield "result", text


def main() -> int:
    home, path = sys.argv[1], sys.argv[2]
    if os.path.exists(path):
        os.remove(path)
    start = time.time()
    base = sqlite3.connect(path)
    base.execute("PRAGMA journal_mode=WAL")
    base.execute(
        "CREATE TABLE messages(id INTEGER PRIMARY KEY, session, project, time, role, text)")
    base.execute("CREATE INDEX by_session ON messages(session)")
    base.execute(
        "CREATE VIRTUAL TABLE found USING fts5(text, content='messages', content_rowid=id)")
    lines = rows = read = 0
    for folder, _, names in os.walk(os.path.join(home, "projects")):
        for name in names:
            if not name.endswith(".jsonl"):
                continue
            with open(os.path.join(folder, name), "rb") as transcript:
                for line in transcript:
                    lines += 1
                    read += len(line)
                    try:
                        record = json.loads(line)
                    except ValueError:
                        continue
                    if not isinstance(record, dict):
                        continue
                    for role, text in texts(record):
                        rows += 1
                        values = (rows, record.get("sessionId"), record.get("cwd"),
                                  record.get("timestamp"), role, text)
                        base.execute("INSERT INTO messages VALUES(?,?,?,?,?,?)", values)
                        base.execute("INSERT INTO found(rowid,text) VALUES(?,?)", (rows, text))
            base.commit()
    base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    base.close()
    print(json.dumps({
        "seconds": round(time.time() - start, 2), "lines": lines, "rows": rows,
        "readBytes": read, "diskBytes": os.path.getsize(path)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
