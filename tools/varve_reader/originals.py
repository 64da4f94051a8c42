"""Originals of a store: file maps, chunk lists and chunks (ORG-1 to ORG-5), and what became blank in them (FGT-7)."""

import hashlib
import struct

import facts
from errors import FormatError
import metadata as trees

ENTRY = struct.Struct("<32sI")
MAX_ENTRIES = 64


class Originals:
    """Collects what the facts of a log say about archived files."""

    def __init__(self):
        self.maps, self.lists, self.chunks = {}, {}, {}

    def add(self, fact):
        """Takes one fact; the latest of a key holds, and forgotten ones are not there."""
        if fact.kind == facts.FILE_MAP:
            self.maps[fact.key] = fact.value
        elif fact.kind == facts.CHUNK_LIST:
            self.lists[fact.key] = fact.value
        elif fact.kind == facts.SOURCE_CHUNK:
            self.chunks[fact.key] = len(fact.value)

    def entries(self, key):
        """The chunks of a file map: [(digest, byte count within the file)]; raises FormatError."""
        found = fields(self.maps[key])
        if found.get("type") != "file":
            return []
        size, result = found["size"], []
        for number in range(found["lists"]):
            value = self.lists.get(key + number.to_bytes(4, "big"))
            if value is None:
                raise FormatError("inconsistent", 0, "chunk list %d is not there" % number)
            if len(value) % ENTRY.size or len(value) > MAX_ENTRIES * ENTRY.size:
                raise FormatError("outOfBounds", 0, "chunk list %d has %d bytes" % (number, len(value)))
            if number + 1 < found["lists"] and len(value) != MAX_ENTRIES * ENTRY.size:
                raise FormatError("inconsistent", 0, "chunk list %d is not full" % number)
            for digest, count in ENTRY.iter_unpack(value):
                if size == 0:
                    break  # ORG-5
                if self.chunks.get(digest) != count:
                    raise FormatError("inconsistent", 0, "chunk %s is not there" % digest.hex())
                result.append((digest, min(count, size)))
                size -= min(count, size)
        if size:
            raise FormatError("truncated", 0, "%d bytes have no chunk" % size)
        return result

    def check_blanked(self, key, entries, content):
        """What is wrong with the `blanked` of a file map, or None (FGT-7); `content(digest)` gives a chunk's bytes."""
        found = trees.decode(self.maps[key])
        if "blanked" not in found:
            return None
        if "sha256" in found:
            return "`blanked` beside `sha256`"
        ranges, start = found["blanked"], 0
        for part in ranges:
            offset, count = part
            if offset < start or count < 1 or offset + count > found["size"]:
                return "`blanked` is not in order, or behind the end"
            start = offset + count
        start = 0
        for chunk, count in entries:
            value, end = None, start + count
            for offset, length in ranges:
                if offset < end and offset + length > start:
                    value = value or content(chunk)
                    part = value[max(offset - start, 0):min(offset + length, end) - start]
                    if part.strip(b" \n"):
                        return "the bytes from %d on are not blank" % offset
            start = end
        return None

    def newest(self):
        """Keys of the newest incarnation of each file, in order."""
        latest = {}
        for key in sorted(self.maps):
            latest[key[:-4]] = key
        return sorted(latest.values())


def name_of(key):
    """host, home and path of a file map's key."""
    host, home, path = key[:-5].split(b"\0", 2)
    return host, home, path


def fields(value):
    """The members of a file map that are needed here."""
    found = trees.decode(value)
    return {name: found[name] for name in ("type", "size", "lists") if name in found}


def digest(entries, content):
    """SHA-256 of a file; `content(digest)` gives a chunk's bytes."""
    whole = hashlib.sha256()
    for chunk, count in entries:
        whole.update(content(chunk)[:count])
    return whole.hexdigest()
