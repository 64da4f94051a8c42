"""The log inside one segment: blocks, commits, where a scan stops (chapter 03, SEG-1 to SEG-4, SEG-25, 26, 36)."""

from collections import namedtuple

import block
import commit
import facts
import footer
import header
import records
from errors import FormatError

# A commit found by a scan: its frame, where it starts and ends in the file, and its blocks as (offset, header).
Span = namedtuple("Span", "frame start end blocks")


class State:
    """What the next commit must continue: its number, its first sequence, the history before it.

    A None is not known and is taken from the next commit (a segment that is read by itself).
    """

    __slots__ = ("number", "sequence", "history")

    def __init__(self, number=1, sequence=1, history=commit.NO_HISTORY):
        self.number = number
        self.sequence = sequence
        self.history = history


class Scan:
    """Iterates over the whole commits of `data` from `start` to `end`.

    Afterwards `position` is the end of the last whole commit; `footer` is the offset of the footer that ended the
    scan, if any; `stopped` is the FormatError (with an offset in the file) that ended it, or None.
    """

    def __init__(self, data, start, end, state, check=True):
        self.data = data
        self.position = start
        self.end = end
        self.state = state
        self.check = check
        self.footer = None
        self.stopped = None

    def __iter__(self):
        while self.position < self.end:
            try:
                span = self._next()
            except FormatError as error:
                self.stopped = error
                return
            if span is None:
                return
            self.position = span.end
            yield span

    def _next(self):
        """The next commit, or None at a footer."""
        data, state = self.data, self.state
        start = position = self.position
        blocks = []
        sequence = state.sequence
        first = None
        record_count = fact_count = 0
        while True:
            if position >= self.end:
                raise FormatError("truncated", position, "commit without a frame")
            try:
                head = block.decode_header(data, position, self.end)
                if head.storedByteCount > self.end - position - block.SIZE:
                    raise FormatError("truncated", block.SIZE, "payload")
                if head.kind == block.FOOTER:
                    if blocks:
                        raise FormatError("inconsistent", 4, "footer inside a commit")
                    self.footer = position
                    return None
                if self.check:
                    block.check_payload(data, position, head, self.end)
                if head.kind == block.RECORDS:
                    if fact_count or (blocks and blocks[-1][1].kind == block.FACTS):
                        raise FormatError("outOfOrder", 4, "records behind facts")
                    if sequence is not None and head.firstSequence != sequence:
                        raise FormatError("outOfOrder", 16, "expected %d" % sequence)
                    if first is None:
                        first = head.firstSequence
                    sequence = head.firstSequence + head.itemCount
                    record_count += head.itemCount
                elif head.kind == block.FACTS:
                    fact_count += head.itemCount
            except FormatError as error:
                raise error.shifted(position) from None
            if head.kind == block.COMMIT:
                break
            blocks.append((position, head))
            position += block.SIZE + head.storedByteCount
        base = position + block.SIZE
        try:
            frame = commit.decode(bytes(data[base:base + head.storedByteCount]))
        except FormatError as error:
            raise error.shifted(base) from None
        if state.number is not None and frame.number != state.number:
            raise FormatError("outOfOrder", base, "commit %d, expected %d" % (frame.number, state.number))
        expected = first if first is not None else sequence
        if expected is not None and frame.firstSequence != expected:
            raise FormatError("inconsistent", base + 8, "firstSequence")
        if head.firstSequence != frame.firstSequence:
            raise FormatError("inconsistent", position + 16, "firstSequence of frame and block header")
        if head.itemCount >= frame.number:
            raise FormatError("inconsistent", position + 24, "itemCount of a commit frame (SEG-38)")
        if frame.recordCount != record_count:
            raise FormatError("inconsistent", base + 16, "recordCount")
        if frame.factCount != fact_count:
            raise FormatError("inconsistent", base + 20, "factCount")
        if frame.blockByteCount != position - start:
            raise FormatError("inconsistent", base + 24, "blockByteCount")
        if state.history is not None and frame.historyDigest != commit.history(state.history, frame):
            raise FormatError("inconsistent", base + 88, "historyDigest")
        state.number = frame.number + 1
        state.sequence = frame.firstSequence + record_count
        state.history = frame.historyDigest
        return Span(frame, start, base + head.storedByteCount, blocks)


def decode_span(data, span, check=False, check_metadata=False):
    """([(offset, records)], [(offset, facts)]) of a commit; errors have offsets in the file.

    An error inside a payload is placed at the block's first payload byte plus its offset in the payload.
    """
    found_records, found_facts = [], []
    for offset, head in span.blocks:
        try:
            stored = data[offset + block.SIZE:offset + block.SIZE + head.storedByteCount]
            if check:
                stored = block.check_payload(data, offset, head)
            payload = block.expand(stored, head)
        except FormatError as error:
            raise error.shifted(offset) from None
        try:
            if head.kind == block.RECORDS:
                found_records.append(
                    (offset, records.decode(payload, head.firstSequence, head.itemCount, check_metadata)))
            else:
                found_facts.append((offset, facts.decode(payload, head.itemCount)))
        except FormatError as error:
            raise error.shifted(offset + block.SIZE) from None
    if any(span.frame.seed) and any(
            item.forgotten is not None for _, found in found_records + found_facts for item in found):
        raise FormatError("inconsistent", span.end - commit.SIZE + commit.SEED,
                          "seed of a commit that lost an item (SEG-42)")
    return found_records, found_facts


def find_later_frame(data, start, end, number):
    """The offset of a valid commit frame behind `start` that shares no sync with commit `number`, or None (REC-6)."""
    position = start
    while True:
        position = data.find(block.MAGIC, position, end)
        if position < 0:
            return None
        try:
            head, payload = block.decode(data, position, end)
            if head.kind == block.COMMIT and commit.decode(payload).number - head.itemCount > number:
                return position
        except FormatError:
            pass
        position += 1


def decode_footer(data, offset, end):
    """(entries, end of the footer block) of the footer block at an offset; errors have offsets in the file."""
    try:
        head, payload = block.decode(data, offset, end)
    except FormatError as error:
        raise error.shifted(offset) from None
    if head.kind != block.FOOTER:
        raise FormatError("inconsistent", offset + 4, "not a footer")
    try:
        return footer.decode(payload, head.itemCount), offset + block.SIZE + head.storedByteCount
    except FormatError as error:
        raise error.shifted(offset + block.SIZE) from None


def to_json(data):
    """A whole segment file that is read by itself: commits up to where the scan stops."""
    head = header.decode(data, header.SEGMENT)
    scan = Scan(data, header.SIZE, len(data), State(None, None, None))
    out = {"header": {"kind": head.kind, "number": head.number, "storeID": head.storeID.hex(),
                      "version": head.version}, "commits": [], "footer": None, "stopped": None}
    try:
        for span in scan:
            found_records, found_facts = decode_span(data, span, check_metadata=True)
            out["commits"].append({
                "number": span.frame.number, "firstSequence": span.frame.firstSequence,
                "records": [records.to_json(record) for _, found in found_records for record in found],
                "facts": [facts.to_json(fact) for _, found in found_facts for fact in found]})
        if scan.footer is not None:
            entries, after = decode_footer(data, scan.footer, len(data))
            if len(data) - after < footer.TRAILER:
                raise FormatError("truncated", after, "trailer")
            if len(data) - after > footer.TRAILER:
                raise FormatError("trailingBytes", after + footer.TRAILER)
            if footer.decode_trailer(data) != scan.footer:
                raise FormatError("inconsistent", after, "footerOffset")
            out["footer"] = [entry._asdict() for entry in entries]
        if scan.stopped is not None:
            out["stopped"] = scan.stopped.code
    except FormatError as error:
        out["stopped"] = error.code
    return out
