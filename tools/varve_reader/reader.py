#!/usr/bin/env python3
"""An independent, read-only reader of Varve stores, written from format-spec/ alone.

    reader.py digest STORE          the digest of the store, computed from its segments
    reader.py stats STORE [--json]  counts
    reader.py dump STORE            one JSON line an occurrence, in order of sequence
    reader.py verify STORE          recomputes everything; prints `ok`, or problems and exits with 1
    reader.py originals STORE       SHA-256 and name of each archived file, computed from its chunks
    reader.py vector FILE.hex       the structure in a vector file as canonical JSON
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

sys.dont_write_bytecode = True

from errors import FormatError
from jsontext import dumps
from log import Log
import originals as archive
from records import fields_to_json
from store import Store, StoreError
import vector
import verify


def write(text):
    """A line on standard output, always UTF-8."""
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")


def digest(path):
    log = Log(Store(path))
    log.walk()
    write(log.digest())


def stats(path, as_json=False):
    log = Log(Store(path))
    log.walk()
    found = log.stats()
    if as_json:
        write(dumps(found))
    else:
        for name, value in found.items():
            write("%-14s %s" % (name, value))


def dump(path):
    log = Log(Store(path))

    def visit(file, span, found_records, found_facts):
        for _, found in found_records:
            for record in found:
                if record.forgotten is not None:
                    continue
                line = {"sequence": record.sequence, "hash": log.hashes[record.sequence - 1].hex()}
                try:
                    line.update(fields_to_json(record))
                except FormatError as error:
                    raise StoreError(file.name, error) from None
                line["contentBytes"] = log.sizes[record.sequence - 1]
                write(dumps(line))

    log.walk(visit)


def originals(path):
    log, found = Log(Store(path)), archive.Originals()

    def visit(file, span, found_records, found_facts):
        for _, several in found_facts:
            for fact in several:
                found.add(fact)

    log.walk(visit)
    for key in found.newest():
        if archive.fields(found.maps[key])["type"] != "file":
            continue
        host, home, name = (part.decode("utf-8", "surrogateescape") for part in archive.name_of(key))
        digest_ = archive.digest(found.entries(key), log.chunks.value)
        write("%s  %s:%s:%s" % (digest_, host, home, name))


def check(path):
    problems = verify.verify(path)
    for file, offset, what in problems:
        write("%s: offset %d: %s" % (file, offset, what))
    if not problems:
        write("ok")
    return 1 if problems else 0


def main(arguments):
    commands = {"digest": digest, "stats": stats, "dump": dump, "verify": check, "originals": originals}
    try:
        if len(arguments) == 2 and arguments[0] in commands:
            return commands[arguments[0]](arguments[1]) or 0
        if len(arguments) == 3 and arguments[0] == "stats" and "--json" in arguments[1:]:
            stats([name for name in arguments[1:] if name != "--json"][0], True)
            return 0
        if len(arguments) == 2 and arguments[0] == "vector":
            write(dumps(vector.decode(arguments[1])))
            return 0
    except StoreError as error:
        print("error: %s" % error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stdout = None
        return 1
    except (OSError, ValueError, vector.VectorError) as error:
        print("error: %s" % error, file=sys.stderr)
        return 2
    print(__doc__.strip(), file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
