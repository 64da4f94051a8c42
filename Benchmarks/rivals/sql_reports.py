#!/usr/bin/env python3
"""Asks SQLite, and DuckDB if it is installed, for the reports over the corpus: the rivals of `run reports`.

Usage: sql_reports.py CORPUS.jsonl   (`pip install duckdb` for the second one)

The table is loaded before; what is timed is the middle one of five runs of each question.
"""
import datetime
import hashlib
import json
import sqlite3
import sys
import time

COLUMNS = "hash, project, session, component, level, ts, day, error"
QUESTIONS = {
    "activity": "SELECT project, COUNT(DISTINCT session), COUNT(*), SUM(error), MIN(ts), MAX(ts),"
                " COUNT(DISTINCT day) FROM o GROUP BY project ORDER BY 3 DESC",
    "timeline": "SELECT day, project, COUNT(*), COUNT(DISTINCT session), SUM(error),"
                " group_concat(DISTINCT component) FROM o WHERE ts IS NOT NULL GROUP BY day, project",
    "components": "SELECT component, COUNT(*), COUNT(DISTINCT session), COUNT(DISTINCT day), SUM(error),"
                  " ROUND(100.0*SUM(error)/COUNT(*),2) FROM o WHERE component IS NOT NULL GROUP BY component",
    "errors": "SELECT component, project, COUNT(*), COUNT(DISTINCT session), COUNT(DISTINCT day) FROM o"
              " WHERE error = 1 GROUP BY component, project",
}


def rows(corpus):
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    with open(corpus, "rb") as lines:
        for line in lines:
            record = json.loads(line)
            stamp, moment, day = record.get("timestamp"), None, None
            if stamp is not None:
                found = epoch + datetime.timedelta(milliseconds=stamp)
                moment, day = stamp, found.date().isoformat()
            metadata = record.get("metadata") or {}
            level = record.get("level") or metadata.get("level")
            yield (hashlib.sha256(record["content"].encode("utf-8", "surrogatepass")).hexdigest(),
                   record.get("project"), record.get("session_id"),
                   record.get("component") or metadata.get("component"), level, moment, day,
                   1 if level == "ERROR" or record.get("error") else 0)


def measure(name, ask):
    figures = {}
    for question, sql in QUESTIONS.items():
        times = []
        for _ in range(5):
            start = time.time()
            count = len(ask(sql))
            times.append(time.time() - start)
        figures[question] = f"{1000 * sorted(times)[2]:.0f} ms, {count} rows"
    print(json.dumps({name: figures}))


def main():
    table = f"CREATE TABLE o({COLUMNS.replace('ts', 'ts BIGINT').replace('error', 'error INTEGER')})"
    data = list(rows(sys.argv[1]))
    base = sqlite3.connect(":memory:")
    base.execute(table)
    base.executemany("INSERT INTO o VALUES(?,?,?,?,?,?,?,?)", data)
    measure("sqlite", lambda sql: base.execute(sql).fetchall())
    try:
        import duckdb
    except ImportError:
        print("duckdb is not installed")
        return
    base = duckdb.connect()
    base.execute("CREATE TABLE o(hash TEXT, project TEXT, session TEXT, component TEXT, level TEXT, ts BIGINT,"
                 " day TEXT, error INTEGER)")
    import csv
    import tempfile
    with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="") as file:
        csv.writer(file).writerows(data)
        file.flush()
        base.execute(f"COPY o FROM '{file.name}' (HEADER false)")
    measure("duckdb", lambda sql: base.execute(sql).fetchall())


if __name__ == "__main__":
    main()
