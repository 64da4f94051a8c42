#!/usr/bin/env python3
"""Loads the corpus into tantivy and runs the queries that `run find` wrote: the rival of BARS.

Usage: tantivy_find.py CORPUS.jsonl QUERIES.tsv INDEX_DIR   (needs `pip install tantivy`)
"""
import hashlib
import json
import os
import re
import sys
import time

import tantivy


def load(corpus: str, folder: str) -> tuple[tantivy.Index, float]:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("hash", stored=True, tokenizer_name="raw")
    builder.add_text_field("content", stored=True)
    schema = builder.build()
    if os.path.exists(os.path.join(folder, "meta.json")):
        return tantivy.Index(schema, path=folder), 0.0
    os.makedirs(folder, exist_ok=True)
    start = time.time()
    index = tantivy.Index(schema, path=folder)
    writer = index.writer(1_000_000_000, 2)
    seen = set()
    with open(corpus, "rb") as lines:
        for line in lines:
            content = json.loads(line)["content"]
            digest = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
            if digest in seen:
                continue
            seen.add(digest)
            writer.add_document(tantivy.Document(hash=digest, content=content))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return index, time.time() - start


def query(index: tantivy.Index, kind: str, text: str) -> tantivy.Query:
    if "Typo" not in kind and "Prefix" not in kind:
        return index.parse_query(text, ["content"])
    parts = []
    words = text.split()
    for i, word in enumerate(words):
        if "Prefix" in kind and i == len(words) - 1:
            part = tantivy.Query.regex_query(index.schema, "content", re.escape(word) + ".*")
        elif "Typo" in kind and len(word) >= 5:
            distance = 1 if len(word) < 9 else 2
            part = tantivy.Query.fuzzy_term_query(index.schema, "content", word, distance, True)
        else:
            part = tantivy.Query.term_query(index.schema, "content", word)
        parts.append((tantivy.Occur.Should, part))
    return tantivy.Query.boolean_query(parts)


def main() -> None:
    corpus, queries, folder = sys.argv[1:4]
    index, seconds = load(corpus, folder)
    size = sum(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder))
    searcher = index.searcher()
    figures = {"loadSeconds": seconds, "bytes": size}
    times: dict[str, list[float]] = {}
    found: dict[str, int] = {}
    with open(queries, encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines]
    searcher.search(index.parse_query("warm", ["content"]), 20)
    for kind, digest, text in rows:
        start = time.perf_counter()
        result = searcher.search(query(index, kind, text), 20, count=True)
        hashes = []
        for _, address in result.hits:
            document = searcher.doc(address)
            document["content"][0]
            hashes.append(document["hash"][0])
        times.setdefault(kind, []).append((time.perf_counter() - start) * 1000)
        found[kind] = found.get(kind, 0) + (digest in hashes)
    for kind, values in times.items():
        values.sort()
        figures[kind + ".p50"] = round(values[len(values) // 2], 3)
        figures[kind + ".p95"] = round(values[int(len(values) * 0.95)], 3)
        figures[kind + ".found20"] = found[kind]
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
