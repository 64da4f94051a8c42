#!/usr/bin/env python3
"""Runs the independent reader over all vectors: check_vectors.py DIR

Every DIR/*.hex must decode to its .json; every DIR/corrupt/*.hex must give the error in its header; flipping any byte
of a vector must change the value or give an error (but for the range that its header calls void).
"""

import glob
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

sys.dont_write_bytecode = True

from errors import FormatError
from jsontext import dumps
import vector

FLIPS = (0x01, 0x80, 0xFF)
MAX_SHOWN = 20


def load(path):
    with open(path, encoding="utf-8") as file:
        return vector.parse(file)


def name_of(path):
    return os.path.basename(path)[:-4]


def check_value(path):
    """The problems of a vector that must decode."""
    with open(path[:-4] + ".json", encoding="utf-8") as file:
        expected = file.read()
    found = dumps(vector.decode(path)) + "\n"
    return [] if found == expected else ["%s: decodes to another value than its .json" % name_of(path)]


def check_error(path):
    """The problems of a vector that must not decode."""
    settings, _ = load(path)
    found = vector.decode(path)
    if not isinstance(found, dict) or "error" not in found:
        return ["corrupt/%s: accepted" % name_of(path)]
    problems = []
    if found["error"] != settings.get("error"):
        problems.append("corrupt/%s: %s, expected %s" % (name_of(path), found["error"], settings.get("error")))
    elif "offset" in settings and found["offset"] != int(settings["offset"]):
        problems.append("corrupt/%s: at %d, expected %s" % (name_of(path), found["offset"], settings["offset"]))
    return problems


def check_flips(path):
    """(problems, number of flips) of a vector each byte of which is changed in turn."""
    settings, data = load(path)
    decode = vector.DECODERS[settings["structure"]]
    whole = dumps(decode(data, settings))
    first, _, last = settings.get("void", "0-0").partition("-")
    void = range(int(first), int(last))
    problems = []
    for place in range(len(data)):
        for flip in FLIPS:
            changed = bytearray(data)
            changed[place] ^= flip
            try:
                same = dumps(decode(bytes(changed), settings)) == whole
            except FormatError:
                same = False
            if same and place not in void:
                problems.append("%s: byte %d xor %d does not matter" % (name_of(path), place, flip))
    return problems, len(data) * len(FLIPS)


def main(arguments):
    if len(arguments) != 1:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    good = sorted(glob.glob(os.path.join(arguments[0], "*.hex")))
    bad = sorted(glob.glob(os.path.join(arguments[0], "corrupt", "*.hex")))
    problems = [] if good and bad else ["no vectors in %s" % arguments[0]]
    flips = 0
    for path in good + bad:
        try:
            if path in bad:
                problems += check_error(path)
                continue
            problems += check_value(path)
            found, count = check_flips(path)
            problems += found
            flips += count
        except (OSError, ValueError, vector.VectorError, FormatError) as error:
            problems.append("%s: %s" % (name_of(path), error))
    for problem in problems[:MAX_SHOWN]:
        print(problem, file=sys.stderr)
    print("vectors: %d decoded, %d rejected, %d bytes flipped, %d problems" % (
        len(good), len(bad), flips, len(problems)))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
