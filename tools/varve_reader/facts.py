"""Facts of a segment (SEG-17, SEG-18) and their digest (SEG-43)."""

import hashlib

from bytereader import read_counted, varint
from errors import FormatError
import metadata as trees

KINDS = {1: "ingestRun", 2: "runFile", 3: "watermark", 4: "project", 5: "session", 6: "settings", 7: "sourceChunk",
         8: "fileMap", 9: "tombstone", 10: "home", 11: "chunkList"}
SOURCE_CHUNK, FILE_MAP, CHUNK_LIST = 7, 8, 11
MAX_KEY = 64 << 10
MAX_VALUE = 64 << 20


class Fact:
    """One fact as it is stored."""

    __slots__ = ("kind", "key", "value")

    def __init__(self, kind, key, value):
        self.kind = kind
        self.key = key
        self.value = value


def decode(payload, item_count):
    """The facts of a block's payload."""
    position, end = 0, len(payload)
    result = []
    for _ in range(item_count):
        if position >= end:
            raise FormatError("truncated", position, "kind")
        kind = payload[position]
        if kind not in KINDS:
            raise FormatError("unknownTag", position, "kind")
        key, position = read_counted(payload, position + 1, end, MAX_KEY)
        value, position = read_counted(payload, position, end, MAX_VALUE)
        result.append(Fact(kind, key, value))
    if position != end:
        raise FormatError("trailingBytes", position)
    return result


def digest(fact, salt):
    """The digest of a fact."""
    head = salt + bytes((fact.kind,)) + varint(len(fact.key)) + fact.key
    if fact.kind != SOURCE_CHUNK:
        head += varint(len(fact.value)) + fact.value
    return hashlib.sha256(head).digest()


def check_value(fact):
    """What is wrong with a fact's value, or None: a chunk is named by its SHA-256, a list has whole entries, all others are objects."""
    if fact.kind == SOURCE_CHUNK:
        return None if hashlib.sha256(fact.value).digest() == fact.key else "chunk is not what its key says"
    if fact.kind == CHUNK_LIST:
        return None if len(fact.value) % 36 == 0 and len(fact.value) <= 64 * 36 else "list of no whole entries"
    try:
        trees.decode(fact.value)
    except FormatError as error:
        return "value: " + str(error)
    return None if fact.value[0] == trees.OBJECT else "value is not an object"


def to_json(fact):
    """Kind, key and value of a fact."""
    return {"kind": KINDS[fact.kind], "key": fact.key.hex(), "value": fact.value.hex()}
