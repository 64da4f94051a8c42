"""Walking the whole log of a store: every record with its content hash, message and identity.

Contents by reference (SEG-13) are looked up among the source chunks of the whole log.
"""

import hashlib
from array import array

import block
import commit
import facts
import header
import records
import siphash
from errors import FormatError
from segment import Scan, State, decode_span
from store import StoreError

_ESCAPES = {0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 8, 0x66: 12, 0x6E: 10, 0x72: 13, 0x74: 9}


def unescape(raw):
    """The bytes that the inside of a JSON string stands for (CON-1)."""
    if b"\\" not in raw:
        return raw
    out = bytearray()
    position = 0
    while True:
        found = raw.find(b"\\", position)
        if found < 0:
            out += raw[position:]
            return bytes(out)
        out += raw[position:found]
        if found + 1 >= len(raw):
            raise FormatError("inconsistent", 0, "escape at the end of a reference")
        letter = raw[found + 1]
        if letter != 0x75:
            if letter not in _ESCAPES:
                raise FormatError("inconsistent", 0, "unknown escape in a reference")
            out.append(_ESCAPES[letter])
            position = found + 2
            continue
        unit = _unit(raw, found)
        position = found + 6
        if 0xD800 <= unit < 0xDC00 and raw[position:position + 2] == b"\\u":
            low = _unit(raw, position)
            if 0xDC00 <= low < 0xE000:
                unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)
                position += 6
        out += chr(unit).encode("utf-8", "surrogatepass")


def _unit(raw, position):
    digits = raw[position + 2:position + 6]
    if len(digits) != 4 or not all(digit in b"0123456789abcdefABCDEF" for digit in digits):
        raise FormatError("inconsistent", 0, "unknown escape in a reference")
    return int(digits, 16)


class Chunks:
    """The source chunks of the log, found once they are asked for."""

    def __init__(self, store):
        self.store = store
        self.places = None
        self.cached = {}

    def _find(self):
        self.places = {}
        for file in self.store.segments:
            for span in Scan(file.data, header.SIZE, file.end, State(None, None, None), check=False):
                for offset, head in span.blocks:
                    if head.kind != block.FACTS:
                        continue
                    for number, fact in enumerate(self._facts(file, offset)):
                        if fact.kind == facts.SOURCE_CHUNK and hashlib.sha256(fact.value).digest() == fact.key:
                            self.places[fact.key] = (file, offset, number)

    def _facts(self, file, offset):
        head, payload = block.decode(file.data, offset, file.end)
        return facts.decode(payload, head.itemCount)

    def content(self, reference):
        """The content that a reference names."""
        chunk, offset, length, encoding = reference
        value = self.value(chunk)
        if offset > len(value) or length > len(value) - offset:
            raise FormatError("outOfBounds", 0, "reference outside its chunk")
        raw = value[offset:offset + length]
        return unescape(raw) if encoding else raw

    def value(self, chunk):
        """The bytes of a chunk."""
        if self.places is None:
            self._find()
        value = self.cached.get(chunk)
        if value is None:
            if chunk not in self.places:
                raise FormatError("inconsistent", 0, "reference to a chunk that is not there")
            file, place, number = self.places[chunk]
            value = self._facts(file, place)[number].value
            if len(self.cached) >= 16:
                self.cached.pop(next(iter(self.cached)))
            self.cached[chunk] = value
        return value


class Log:
    """What a walk found: arrays by sequence (from 1, so at `sequence - 1`).

    A forgotten record has a place in them, with None for hash and identity and 0 for message and size.
    """

    def __init__(self, store):
        self.store = store
        self.chunks = Chunks(store)
        self.hashes = []
        self.identities = []
        self.first = {}            # content hash -> sequence of its first record
        self.messages = array("Q")  # sequence of the message of each occurrence
        self.sizes = array("Q")
        self.forgotten = 0
        self.echoes = self.errors = self.without_time = 0
        self.state = None

    def content_of(self, record):
        """(content hash, byte count) of a record; errors have no useful offset."""
        if record.repeated is not None:
            place = record.repeated - 1
            if place >= len(self.hashes):
                raise FormatError("inconsistent", 0, "repeats a record that is not there")
            if self.hashes[place] is None:
                raise FormatError("inconsistent", 0, "repeats a forgotten record (SEG-50)")
            if self.messages[place] != record.repeated:
                raise FormatError("inconsistent", 0, "repeats a record that is itself repeated")
            return self.hashes[place], self.sizes[place]
        content = record.content if record.reference is None else self.chunks.content(record.reference)
        return hashlib.sha256(content).digest(), len(content)

    def walk(self, visit=None, report=None):
        """Reads every commit of every segment in order.

        `visit(file, span, records, facts)` is called behind each commit with what `decode_span` gives. `report(file,
        offset, what)` takes problems that do not stop the walk; without it they are raised.
        """
        state = State()
        for file in self.store.segments:
            scan = Scan(file.data, header.SIZE, file.end, state)
            for span in scan:
                self._commit(file, span, visit, report)
            if scan.stopped is not None:
                raise StoreError(file.name, scan.stopped)
            file.footer = scan.footer
            file.log_end = scan.position
        self.state = state

    def _commit(self, file, span, visit, report):
        try:
            found_records, found_facts = decode_span(file.data, span)
        except FormatError as error:
            raise StoreError(file.name, error) from None
        for offset, found in found_records:
            for record in found:
                try:
                    self._record(record)
                except FormatError as error:
                    raise StoreError(file.name, FormatError(
                        error.code, offset, "record %d: %s" % (record.sequence, error.detail))) from None
        if visit is not None:
            visit(file, span, found_records, found_facts)

    def _record(self, record):
        if record.forgotten is not None:
            self._add(0, None, 0, None)
            self.forgotten += 1
            return
        if record.promoted and not self.forgotten:
            raise FormatError("inconsistent", 0, "promoted, and nothing before it was forgotten (SEG-52)")
        content_hash, size = self.content_of(record)
        sequence = record.sequence
        first = self.first.setdefault(content_hash, sequence)
        if (first != sequence) != (record.repeated is not None):
            raise FormatError("inconsistent", 0, "content was seen before but is not marked as repeated")
        self._add(first, content_hash, size, records.identity(record, content_hash))
        self.errors += record.error
        self.echoes += record.echo
        self.without_time += record.time is None

    def _add(self, message, content_hash, size, identity):
        """The place of the next sequence in the arrays."""
        self.messages.append(message)
        self.hashes.append(content_hash)
        self.sizes.append(size)
        self.identities.append(identity)

    def digest(self):
        """SHA-256 over all distinct hashes, ascending, then all identities, ascending."""
        total = hashlib.sha256()
        total.update(b"".join(sorted(self.first)))
        total.update(b"".join(sorted(filter(None, self.identities))))
        return total.hexdigest()

    def stats(self):
        """The counts of the store."""
        return {
            "messages": len(self.first), "occurrences": len(self.hashes) - self.forgotten, "echoes": self.echoes,
            "errors": self.errors, "withoutTime": self.without_time, "commits": self.state.number - 1,
            "historyDigest": self.state.history.hex(), "generation": self.store.manifest.generation,
            "digest": self.digest(), "segments": len(self.store.segments), "indexes": len(self.store.indexes)}


def commit_digest(span, found_records, found_facts, log):
    """The recordsDigest that a commit's frame must hold (SEG-42 to SEG-44)."""
    frame = span.frame
    salts = iter(siphash.salts(frame.seed, frame.recordCount + frame.factCount))
    total = hashlib.sha256()
    for _, found in found_records:
        for record in found:
            total.update(records.digest(record, log.hashes[record.sequence - 1], next(salts)))
    for _, found in found_facts:
        for fact in found:
            total.update(facts.digest(fact, next(salts)))
    return total.digest()
