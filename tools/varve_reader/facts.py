"""Facts of a segment (SEG-17, SEG-18), what is left of forgotten ones (SEG-51), and their digest (SEG-43)."""

import hashlib

from bytereader import read_counted, varint
from errors import FormatError
import metadata as trees

KINDS = {1: "ingestRun", 2: "runFile", 3: "watermark", 4: "project", 5: "session", 6: "settings", 7: "sourceChunk",
         8: "fileMap", 9: "tombstone", 10: "home", 11: "chunkList"}
SOURCE_CHUNK, FILE_MAP, TOMBSTONE, CHUNK_LIST = 7, 8, 9, 11
FORGOTTEN = 127
_SALTED = 0x80
MAX_KEY = 64 << 10
MAX_VALUE = 64 << 20
MAX_MASKS = 100_000
_KEY_OF_STORE = b"\0"
_HEX = frozenset("0123456789abcdef")


class Fact:
    """One fact as it is stored; of a forgotten one only `forgotten`, its digest, is left."""

    __slots__ = ("kind", "key", "value", "salt", "forgotten")

    def __init__(self, kind, key=None, value=None, salt=None, forgotten=None):
        self.kind = kind
        self.key = key
        self.value = value
        self.salt = salt
        self.forgotten = forgotten


def decode(payload, item_count):
    """The facts of a block's payload."""
    position, end = 0, len(payload)
    result = []
    for _ in range(item_count):
        if position >= end:
            raise FormatError("truncated", position, "kind")
        fact, position = _decode_fact(payload, position, end)
        result.append(fact)
    if position != end:
        raise FormatError("trailingBytes", position)
    return result


def _decode_fact(payload, position, end):
    """(fact, next position) of the fact whose kind stands at `position` (SEG-17, SEG-51, SEG-53)."""
    tag = payload[position]
    if tag == FORGOTTEN:
        forgotten, position = _read(payload, position + 1, end, 32, "digest")
        return Fact(FORGOTTEN, forgotten=forgotten), position
    kind, salt = tag & ~_SALTED, None
    if kind not in KINDS:
        raise FormatError("unknownTag", position, "kind")
    position += 1
    if tag & _SALTED:
        salt, position = _read(payload, position, end, 16, "salt")
    key, position = read_counted(payload, position, end, MAX_KEY)
    value, position = read_counted(payload, position, end, MAX_VALUE)
    return Fact(kind, key, value, salt), position


def _read(payload, position, end, count, name):
    """(bytes, next position) of a field of a fixed size."""
    if end - position < count:
        raise FormatError("truncated", position, name)
    return bytes(payload[position:position + count]), position + count


def digest(fact, salt):
    """The digest of a fact; `salt` is that of its number, unless it holds its own or its digest."""
    if fact.forgotten is not None:
        return fact.forgotten
    head = (fact.salt or salt) + bytes((fact.kind,)) + varint(len(fact.key)) + fact.key
    if fact.kind != SOURCE_CHUNK:
        head += varint(len(fact.value)) + fact.value
    return hashlib.sha256(head).digest()


def check_value(fact):
    """What is wrong with a fact's value, or None.

    A chunk is named by its SHA-256, a list has whole entries, all others are objects; nothing is left to check of a
    forgotten one.
    """
    if fact.forgotten is not None:
        return None
    if fact.kind == SOURCE_CHUNK:
        return None if hashlib.sha256(fact.value).digest() == fact.key else "chunk is not what its key says"
    if fact.kind == CHUNK_LIST:
        return None if len(fact.value) % 36 == 0 and len(fact.value) <= 64 * 36 else "list of no whole entries"
    try:
        value = trees.decode(fact.value)
    except FormatError as error:
        return "value: " + str(error)
    if fact.value[0] != trees.OBJECT:
        return "value is not an object"
    return _check_tombstone(fact.key, value) if fact.kind == TOMBSTONE else None


def _check_tombstone(key, value):
    """What is wrong with a tombstone, or None (FGT-10, FGT-11)."""
    if key == _KEY_OF_STORE:
        return None if _is_hex(value.get("key"), 32) else "the store's key is not 32 bytes as hex (FGT-10)"
    if len(key) != 12 or not any(key[:8]):
        return "key of a tombstone is no number from 1 and part (FGT-11)"
    if not all(_is_count(value.get(name)) for name in ("time", "occurrences", "messages")):
        return "time or counts of a tombstone (FGT-11)"
    if not isinstance(value.get("reason"), str):
        return "reason of a tombstone (FGT-11)"
    masks = value.get("masks")
    if not isinstance(masks, list) or len(masks) > MAX_MASKS or not all(_is_hex(mask, 16) for mask in masks):
        return "masks of a tombstone (FGT-11, FGT-12)"
    if sequences_of(value) is None:
        return "sequences of a tombstone (FGT-11)"
    return None


def sequences_of(value):
    """The runs (first, count) of what a tombstone names, ascending and apart; None if it has none that are right."""
    runs = value.get("sequences")
    if not isinstance(runs, list) or len(runs) > MAX_MASKS:
        return None
    next_free = 1
    for run in runs:
        if not isinstance(run, list) or len(run) != 2 or not all(_is_count(number) for number in run):
            return None
        if run[0] < next_free or run[1] == 0:
            return None
        next_free = run[0] + run[1]
    return runs


def _is_count(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_hex(value, count):
    """Whether a value of a tree is the text of that many bytes."""
    return isinstance(value, str) and len(value) == 2 * count and _HEX.issuperset(value)


def to_json(fact):
    """Kind, key and value of a fact, and its salt if it has one; only the digest of a forgotten one."""
    if fact.forgotten is not None:
        return {"forgotten": fact.forgotten.hex()}
    out = {"kind": KINDS[fact.kind], "key": fact.key.hex(), "value": fact.value.hex()}
    if fact.salt is not None:
        out["salt"] = fact.salt.hex()
    return out
