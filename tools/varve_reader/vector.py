"""Vector files: annotated hex dumps of one structure, decoded to canonical JSON."""

import re

import block
import column
import commit
import facts
import filters
import footer
import fulltext
import header
import index
import backup
import manifest
import metadata
import page
import records
import segment
import terms
from errors import FormatError

_LINE = re.compile(r"(\d+)-(\d+)  ?((?:[0-9a-fA-F]{2})(?: [0-9a-fA-F]{2})*)(?:  .*|\s*)\Z")


class VectorError(Exception):
    """A vector file that is not in the form of vector files."""


def parse(lines):
    """(settings of the comments, bytes) of a vector file."""
    settings, data = {}, bytearray()
    for number, line in enumerate(lines, 1):
        line = line.rstrip("\r\n")
        if line.startswith("#"):
            name, colon, value = line[1:].strip().partition(":")
            if colon and name not in settings:
                settings[name] = value.strip()
            continue
        if not line.strip():
            continue
        found = _LINE.match(line)
        if not found:
            raise VectorError("line %d is not offsets and hex bytes" % number)
        raw = bytes.fromhex(found.group(3))
        start, end = int(found.group(1)), int(found.group(2))
        if start != len(data) or end - start != len(raw):
            raise VectorError("line %d: offsets do not fit the bytes" % number)
        data += raw
    return settings, bytes(data)


def _header(data, _):
    if len(data) > header.SIZE:
        raise FormatError("trailingBytes", header.SIZE)
    found = header.decode(data)
    return {"kind": found.kind, "number": found.number, "storeID": found.storeID.hex(), "version": found.version}


def _block(data, _):
    head, payload = block.decode(data)
    end = block.SIZE + head.storedByteCount
    if len(data) > end:
        raise FormatError("trailingBytes", end)
    return {"kind": head.kind, "compression": head.compression, "storedByteCount": head.storedByteCount,
            "rawByteCount": head.rawByteCount, "firstSequence": head.firstSequence, "itemCount": head.itemCount,
            "payloadHex": payload.hex()}


def _records(data, settings):
    found = records.decode(data, int(settings["firstSequence"]), int(settings["itemCount"]), True)
    return {"records": [records.to_json(record) for record in found]}


def _facts(data, settings):
    return {"facts": [facts.to_json(fact) for fact in facts.decode(data, int(settings["itemCount"]))]}


def _footer(data, settings):
    count = int(settings["itemCount"]) if "itemCount" in settings else None
    return {"entries": [entry._asdict() for entry in footer.decode(data, count)]}


def _filter(data, _):
    found = filters.decode(data)
    return {"blockCount": found.block_count, "words": list(found.words)}


def _terms(data, settings):
    found = terms.decode_terms(data, int(settings["postingsByteCount"]))
    return {"terms": [{"term": term.text.hex(), "documents": term.documentCount, "listOffset": term.start,
                       "listByteCount": term.listSize, "positionsByteCount": term.positionsSize} for term in found]}


def _trigrams(data, _):
    ordinals, found = terms.decode_trigrams(data, 1 << 32)
    return {"ordinals": ordinals, "trigrams": [{"trigram": trigram, "terms": numbers}
                                               for trigram, numbers in sorted(found.items())]}


def _postings(data, settings):
    size = int(settings["listByteCount"])
    term = terms.Term(b"", int(settings["itemCount"]), 0, size, len(data) - size)
    documents, keys = terms.decode_list(data, term)
    return {"documents": documents, "keys": keys}


def _grep(data, settings):
    size = int(settings["filterByteCount"])
    groups = fulltext.decode_groups(data[size:], int(settings["rowCount"]), size)
    ends = [0] + [end for _, end in groups]
    return {"groups": [
        {"endRow": row, "endOffset": end,
         "bits": [at * 8 + bit for at, byte in enumerate(data[start:end]) for bit in range(8) if byte >> bit & 1]}
        for start, (row, end) in zip(ends, groups)]}


DECODERS = {
    "header": _header, "block": _block, "records": _records, "facts": _facts, "footer": _footer, "filter": _filter,
    "commit": lambda data, _: commit.to_json(commit.decode(data)),
    "segment": lambda data, _: segment.to_json(data),
    "backup": lambda data, _: backup.to_json(backup.decode(data)),
    "manifest": lambda data, _: manifest.to_json(manifest.decode(data)),
    "current": lambda data, _: manifest.to_json(manifest.decode_current(data)),
    "tail": lambda data, _: manifest.to_json(manifest.decode_tail(data)),
    "page": lambda data, _: page.to_json(page.decode(data)),
    "column": lambda data, _: {"values": column.decode(data)},
    "metadata": lambda data, _: {"value": metadata.decode(data)},
    "index": lambda data, _: index.to_json(data),
    "terms": _terms, "trigrams": _trigrams, "postings": _postings, "grep": _grep,
    "fulltext": lambda data, _: fulltext.to_json(data),
}


def decode(path):
    """The decoded structure of a vector file, or its error, as a value for JSON."""
    with open(path, encoding="utf-8") as file:
        settings, data = parse(file)
    name = settings.get("structure")
    if name not in DECODERS:
        raise VectorError("structure %r is not known" % name)
    for needed in {"records": ("firstSequence", "itemCount"), "facts": ("itemCount",)}.get(name, ()):
        if not settings.get(needed, "").isdigit():
            raise VectorError("no # %s" % needed)
    try:
        return DECODERS[name](data, settings)
    except FormatError as error:
        return {"error": error.code, "offset": error.offset}
