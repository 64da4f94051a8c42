"""find_bytes.py TEXT PLACE...: whether a text stands in any file below some places, or in any block of a segment, as it is or
as JSON has it. Prints where; exits 0 if it was found, 1 if not, 2 if that cannot be said."""

import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "varve_reader"))
import block
import header


def pieces(data):
    """The bytes of a file, and what its blocks hold."""
    yield "", data
    at = header.SIZE
    while at + block.SIZE <= len(data) and data[at:at + 4] == b"VBLK":
        head, payload = block.decode(data, at, len(data))
        yield " at %d" % at, bytes(payload)
        at += block.SIZE + head.storedByteCount


def main(text, places):
    forms = {text.encode(), json.dumps(text)[1:-1].encode()}
    found = False
    for place in places:
        if not os.listdir(place):
            raise ValueError("nothing in %s" % place)
        for folder, _, names in os.walk(place):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    for where, data in pieces(file.read()):
                        if any(form in data for form in forms):
                            print(path + where)
                            found = True
    return 0 if found else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1], sys.argv[2:]))
    except Exception as error:
        print("find_bytes: %r" % error, file=sys.stderr)
        sys.exit(2)
