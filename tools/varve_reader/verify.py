"""Comparing everything that is derived with what the log says."""

import hashlib
import os
import re
import struct
from array import array

import block
import column
import facts
import filters
import footer
import fulltext
import header
import index as indexes
import manifest as manifests
import metadata
import records
from errors import FormatError
from log import Log, commit_digest
from originals import Originals, name_of
from segment import decode_footer
from store import Store, StoreError, read_file

_HASH_VALUE = struct.Struct("<I")
_REPEAT = struct.Struct(">QI")
_PROJECT = struct.Struct(">IQI")
_FACT_VALUE = struct.Struct("<IQII")
_ALL_ONES = 0xFFFFFFFFFFFFFFFF
_KEPT = 16
_WORD = re.compile(rb"[A-Za-z0-9\x80-\xff]+")
_LOWER = re.compile(rb"[a-z]{1,249}\Z")
_STOP_WORDS = frozenset((b"the", b"a", b"an"))
# What surely parts words (chapter 06 leaves the list to another document): blanks, and punctuation of ASCII.
_BLANKS = frozenset(b" \n")
_SEPARATORS = _BLANKS | frozenset(b"!\"#%&'()*,-./:;?@[\\]_{}")


class CommitPlace:
    """A commit with facts or records, as the indexes see it."""

    __slots__ = ("first", "count", "segment", "end", "facts", "blocks")


class Verifier:
    """Collects the problems of one store."""

    def __init__(self, path):
        self.path = path
        self.problems = []
        self.store = None
        self.log = None
        self.times = []
        self.texts = []
        self.interned = {}
        self.flags = array("Q")
        self.turns = array("Q")
        self.runs = array("Q")
        self.commits = []
        self.order = {}
        self.originals = Originals()
        self.gone, self.named = [], []  # sequences of forgotten records; runs that tombstones name
        self.contents = {}
        self.words = ({}, {})  # word -> sequences that have it; between blanks, and between any separators

    def report(self, file, offset, what):
        """Notes a problem."""
        self.problems.append((file, offset, what))

    def run(self):
        """All problems, as (file, offset, what)."""
        try:
            self.store = Store(self.path)
            self.order = {file.entry.id: number for number, file in enumerate(self.store.segments)}
            self._manifests()
            self.log = Log(self.store)
            self.log.walk(self._visit)
            self._identities()
            self._forgotten()
            self._originals()
            self._segments()
            self._state()
            self._indexes()
            self._full_texts()
        except StoreError as error:
            self.report(error.file, error.error.offset, "%s %s" % (error.error.code, error.error.detail))
        return self.problems

    # Manifests.

    def _manifests(self):
        """The chain of manifests, from CURRENT back as far as files are kept (MAN-8 to MAN-10)."""
        store = self.store
        newer = store.manifest
        generation = newer.generation
        oldest = max(1, generation - _KEPT + 1)
        while generation > 1:
            generation -= 1
            name = store.manifest_name(generation)
            try:
                data = read_file(os.path.join(self.path, name))
            except FileNotFoundError:
                if generation >= oldest:
                    self.report(name, 0, "one of the newest %d manifests is missing" % _KEPT)
                return
            if hashlib.sha256(data).digest() != newer.previous:
                self.report(name, 0, "digest is not the `previous` of the next generation")
            try:
                found = manifests.decode(data)
            except FormatError as error:
                self.report(name, error.offset, error.code)
                return
            if found.generation != generation or found.storeID != newer.storeID:
                self.report(name, 8, "generation or store of the header")
            for field in ("commitNumber", "nextSequence", "nextSegmentID", "nextIndexID"):
                if getattr(found, field) > getattr(newer, field):
                    self.report(name, 0, field + " goes back in the next generation")
            newer = found
        if any(newer.previous):
            self.report(store.manifest_name(1), 40, "`previous` of the first generation is not zero")

    # The log.

    def _visit(self, file, span, found_records, found_facts):
        frame = span.frame
        if frame.recordCount + frame.factCount == 0:
            self.report(file.name, span.start, "commit %d is empty (SEG-27)" % frame.number)
        if commit_digest(span, found_records, found_facts, self.log) != frame.recordsDigest:
            self.report(file.name, span.end - 120 + 56, "recordsDigest of commit %d" % frame.number)
        lost = any(item.forgotten is not None for _, found in found_records + found_facts for item in found)
        content = 0
        full_texts = self.store.manifest.fullTexts
        covered = full_texts[-1].firstSequence + full_texts[-1].recordCount if full_texts else 0
        for offset, found in found_records:
            for record in found:
                presence = record.presence
                if record.forgotten is not None:
                    self.gone.append(record.sequence)
                if record.forgotten is None and lost and record.salt is None:
                    self.report(file.name, offset, "record %d: no salt of its own (SEG-42)" % record.sequence)
                self.times.append(record.time)
                self.texts.append(self.interned.setdefault(record.texts[:12], record.texts[:12]))
                self.flags.append(record.flags)
                self.turns.append(record.turn_duration)
                self.runs.append(record.run)
                if record.repeated is None and record.forgotten is None:
                    if not presence & records.BIT_PROMOTED:  # FGT-14
                        content += self.log.sizes[record.sequence - 1]
                    if record.sequence < covered:
                        self._words(record)
                if record.metadata is not None:
                    try:
                        metadata.decode(record.metadata)
                    except FormatError as error:
                        self.report(file.name, offset, "record %d: metadata: %s" % (record.sequence, error))
                for bit, value in ((15, record.line), (16, record.offset), (17, record.length), (18, record.part),
                                   (19, record.incarnation), (20, record.run)):
                    if value == 0 and presence >> bit & 1:
                        self.report(file.name, offset, "record %d: bit %d for a zero" % (record.sequence, bit))
        if content > 64 << 20:
            self.report(file.name, span.start, "commit %d has %d bytes of content" % (frame.number, content))
        place = CommitPlace()
        place.first, place.count = frame.firstSequence, frame.recordCount
        place.segment, place.end = file.entry.id, span.end
        place.blocks = [(head.firstSequence, file.entry.id, head.itemCount, offset)
                        for offset, head in span.blocks if head.kind == block.RECORDS]
        place.facts = []
        for offset, found in found_facts:
            for number, fact in enumerate(found):
                if fact.forgotten is not None:
                    continue
                if lost and fact.salt is None:
                    self.report(file.name, offset, "fact %d: no salt of its own (SEG-42)" % number)
                self.originals.add(fact)
                what = facts.check_value(fact)
                if what:
                    self.report(file.name, offset, "fact %d: %s" % (number, what))
                elif fact.kind == facts.TOMBSTONE and len(fact.key) == 12:
                    self.named += facts.sequences_of(metadata.decode(fact.value))
                key = bytes((fact.kind,)) + hashlib.sha256(fact.key).digest()[:16]
                place.facts.append((key, _FACT_VALUE.pack(file.entry.id, offset, number, 0)))
        self.commits.append(place)

    def _forgotten(self):
        """Nothing goes without a tombstone that names it (FGT-11)."""
        named = set()
        for first, count in self.named:
            named.update(range(first, min(first + count, len(self.log.hashes) + 1)))
        for sequence in self.gone:
            if sequence not in named:
                self.report("segments", 0, "record %d is gone, and no tombstone names it" % sequence)
                return

    def _identities(self):
        """No identity occurs twice (SEG-12)."""
        if len(set(filter(None, self.log.identities))) != len(self.log.identities) - self.log.forgotten:
            seen = {}
            for sequence, identity in enumerate(self.log.identities, 1):
                if identity is None:
                    continue
                if identity in seen:
                    self.report("segments", 0, "records %d and %d have one identity" % (seen[identity], sequence))
                seen[identity] = sequence

    def _originals(self):
        """Every file map can be read whole (ORG-4, ORG-5); chunks were checked against their keys on the way."""
        for key in sorted(self.originals.maps):
            try:
                entries = self.originals.entries(key)
                what = self.originals.check_blanked(key, entries, self.log.chunks.value)
                if what:
                    self.report("segments", 0, "original %s: %s" % (name_of(key), what))
            except (FormatError, KeyError, TypeError, ValueError) as error:
                self.report("segments", 0, "original %s: %s" % (name_of(key), error))

    def _segments(self):
        """Digests, footers and trailers of sealed segments; counts of the manifest."""
        for file in self.store.segments:
            entry = file.entry
            if entry.state != manifests.SEALED:
                if entry.state == manifests.CUT and file.log_end != entry.byteCount:
                    self.report(file.name, file.log_end, "log does not end where the segment is cut")
                continue
            if hashlib.sha256(file.data).digest() != entry.digest:
                self.report(file.name, 0, "digest is not that of the manifest")
            try:
                self._footer(file)
            except FormatError as error:
                self.report(file.name, error.offset, "%s %s" % (error.code, error.detail))
        counts = {}
        for place in self.commits:
            if self._indexed(place):
                counts[place.segment] = counts.get(place.segment, 0) + place.count
        for file in self.store.segments:
            if counts.get(file.entry.id, 0) != file.entry.recordCount:
                self.report(self.store.manifest_name(self.store.manifest.generation), 0,
                            "recordCount of segment %d is not %d" % (file.entry.id, counts.get(file.entry.id, 0)))

    def _footer(self, file):
        if file.footer is None:
            raise FormatError("inconsistent", file.log_end, "sealed segment without a footer")
        entries, after = decode_footer(file.data, file.footer, len(file.data))
        if len(file.data) - after != footer.TRAILER:
            raise FormatError("trailingBytes", after, "behind the footer")
        if footer.decode_trailer(file.data) != file.footer:
            raise FormatError("inconsistent", after, "footerOffset")
        position = header.SIZE
        for entry in entries:
            head = block.decode_header(file.data, position, file.footer)
            expected = footer.FooterEntry(position, head.firstSequence, head.itemCount, head.kind,
                                          head.storedByteCount, head.rawByteCount)
            if entry != expected:
                raise FormatError("inconsistent", file.footer, "footer entry of the block at %d" % position)
            position += block.SIZE + head.storedByteCount
        if position != file.footer:
            raise FormatError("inconsistent", file.footer, "footer does not list all blocks")

    def _indexed(self, place):
        """Whether a commit stands before the point in which the indexes end."""
        found = self.store.manifest
        order = self.order
        mine, end = order[place.segment], order.get(found.indexedSegment, -1)
        return mine < end or (mine == end and place.end <= found.indexedOffset)

    def _state(self):
        """What the manifest says of the commit in which the indexes end."""
        found = self.store.manifest
        name = self.store.manifest_name(found.generation)
        indexed = [place for place in self.commits if self._indexed(place)]
        if len(indexed) != found.commitNumber:
            self.report(name, 96, "commitNumber is %d, the log says %d" % (found.commitNumber, len(indexed)))
        sequence = sum(place.count for place in indexed) + 1
        if sequence != found.nextSequence:
            self.report(name, 104, "nextSequence is %d, the log says %d" % (found.nextSequence, sequence))
        if (self.log.state.number, self.log.state.sequence, self.log.state.history) != (
                self.store.last.number, self.store.last.sequence, self.store.last.history):
            self.report(name, 112, "historyDigest does not lead to the end of the log")
        self.indexed = indexed

    # Indexes.

    def _indexes(self):
        self.next_commit = 0
        for number, (name, entry, data) in enumerate(self.store.indexes):
            try:
                self._index(name, entry, data, number == len(self.store.indexes) - 1)
            except FormatError as error:
                self.report(name, error.offset, "%s %s" % (error.code, error.detail))

    def _index(self, name, entry, data, is_last):
        found = indexes.Index(data)
        if found.header.storeID != self.store.current.storeID:
            raise FormatError("inconsistent", 16, "a file of another store")
        if found.header.number > entry.id:
            raise FormatError("inconsistent", 8, "id of the header is larger than that of the name (ENV-16)")
        if found.digest() != entry.digest:
            self.report(name, 0, "digest is not that of the manifest")
        self._try(name, found.check_layout)
        first, count = entry.firstSequence, entry.recordCount
        rows = range(first - 1, first - 1 + count)
        if rows.stop > len(self.log.hashes):
            raise FormatError("inconsistent", 0, "covers records that are not in the log")
        commits = self._covered(name, found, first, count, is_last)
        texts = self._try(name, found.dictionary)
        self._leftovers(name, found, rows, texts)
        self._trees(name, found, rows, texts)
        self._columns(name, found, rows, texts)
        self._filters(name, found, rows)
        self._blocks(name, found, commits)
        self._statistics(name, found, rows, commits)

    def _try(self, name, action, *arguments):
        """The answer of an action; its FormatError becomes a problem and the answer None."""
        try:
            return action(*arguments)
        except FormatError as error:
            self.report(name, error.offset, "%s %s" % (error.code, error.detail))
            return None

    def _section_offset(self, found, kind, sub=0):
        return found.sections[kind, sub].offset

    def _same(self, name, found, kind, sub, what, expected, actual):
        """Compares two sequences and reports the first difference."""
        if expected == actual:
            return
        for number, (one, other) in enumerate(zip(expected, actual)):
            if one != other:
                break
        else:
            number = min(len(expected), len(actual))
        self.report(name, self._section_offset(found, kind, sub), "%s: entry %d differs from the log (%d entries, %d "
                    "expected)" % (what, number, len(actual), len(expected)))

    def _covered(self, name, found, first, count, is_last):
        """The commits of an index; its facts tree is compared on the way.

        A commit of facts only, between the last record of one index and the first of the next, may belong to either:
        the spec does not say. The number of commits is taken with which the facts tree agrees.
        """
        start = end = self.next_commit
        while end < len(self.indexed) and self.indexed[end].first + self.indexed[end].count <= first + count and (
                self.indexed[end].count or self.indexed[end].first < first + count):
            end += 1
        stops = [end]
        while end < len(self.indexed) and self.indexed[end].count == 0:
            end += 1
            stops.append(end)
        covered = sum(place.count for place in self.indexed[start:stops[0]])
        if covered != count:
            self.report(name, 0, "covers %d records, its commits hold %d" % (count, covered))
        if is_last:
            stops = stops[-1:]
        tree = self._try(name, found.tree, indexes.FACTS)
        latest = {}
        position = start
        for stop in stops:
            for place in self.indexed[position:stop]:
                latest.update(place.facts)
            position = stop
            keys = sorted(latest)
            values = [latest[key] for key in keys]
            if tree is not None and (keys, values) == tree:
                break
        else:
            if tree is not None:
                self._same(name, found, indexes.TREE, indexes.FACTS, "facts tree",
                           list(zip(keys, values)), list(zip(*tree)))
        self.next_commit = position
        return self.indexed[start:position]

    def _leftovers(self, name, found, rows, texts):
        """Where records were forgotten, the dictionary holds only texts that other records have (FGT-5)."""
        if texts is None or len(self._remaining(rows)) == len(rows):
            return
        known = {text for group in self.interned for text in group}
        for text in texts:
            if text not in known:
                self.report(name, self._section_offset(found, indexes.DICTIONARY),
                            "dictionary holds %r, which no record has (FGT-5)" % text)

    def _trees(self, name, found, rows, texts):
        log = self.log
        first = rows.start
        hashes, repeats, identities, times = [], [], [], []
        pack = _HASH_VALUE.pack
        for row in self._remaining(rows):
            relative = row - first
            value = pack(relative)
            if log.messages[row] == row + 1:
                hashes.append(log.hashes[row] + value)
            else:
                repeats.append(_REPEAT.pack(log.messages[row], relative))
            identities.append(log.identities[row] + value)
            times.append(_REPEAT.pack(self._time_key(row), relative))
        expected = {indexes.HASH: hashes, indexes.REPEATS: repeats, indexes.IDENTITY: identities,
                    indexes.TIME: times}
        if texts is not None:
            ordinals = {text: number for number, text in enumerate(texts)}
            for sub, bit in ((indexes.PROJECT, 0), (indexes.SESSION, 1)):
                entries = expected[sub] = []
                for row in self._remaining(rows):
                    text = self.texts[row][bit]
                    if text is not None:
                        ordinal = ordinals.get(text)
                        if ordinal is not None:
                            entries.append(_PROJECT.pack(ordinal, self._time_key(row), row - first))
                        else:
                            self.report(name, self._section_offset(found, indexes.DICTIONARY),
                                        "dictionary lacks a text of record %d" % (row + 1))
                            return
        for sub, entries in expected.items():
            tree = self._try(name, found.tree, sub)
            if tree is not None:
                entries.sort()
                self._same(name, found, indexes.TREE, sub, indexes.TREE_NAMES[sub] + " tree", entries,
                           [key + value for key, value in zip(*tree)])

    def _remaining(self, rows):
        """The rows whose records were not forgotten."""
        return [row for row in rows if self.log.hashes[row] is not None]

    def _time_key(self, row):
        """BTR-5."""
        time = self.times[row]
        return _ALL_ONES if time is None else (time & _ALL_ONES) ^ 1 << 63

    def _columns(self, name, found, rows, texts):
        log = self.log
        span = slice(rows.start, rows.stop)
        expected = {
            column.TIME: [column.time_value(time) for time in self.times[span]],
            column.FLAGS: list(self.flags[span]),
            column.MESSAGE: [row + 1 - (log.messages[row] or row + 1) for row in rows],
            column.BYTE_COUNT: list(log.sizes[span]),
            column.RUN: list(self.runs[span]),
            column.TURN_DURATION: list(self.turns[span]),
        }
        if texts is not None:
            ordinals = {text: number for number, text in enumerate(texts, 1)}
            ordinals[None] = 0
            numbered = {}
            for group in set(self.texts[span]):
                numbered[group] = tuple(ordinals.get(text, -1) for text in group)
            for sub in column.TEXT_COLUMNS:
                expected[sub] = [numbered[group][sub] for group in self.texts[span]]
        for sub, values in expected.items():
            actual = self._try(name, found.column, sub)
            if actual is not None:
                self._same(name, found, indexes.COLUMN, sub, "column %d" % sub, values, actual)

    def _filters(self, name, found, rows):
        log = self.log
        held = self._try(name, found.filter, indexes.HASH)
        if held is not None:
            for row in rows:
                if log.messages[row] == row + 1 and not held.may_hold(filters.hash_key(log.hashes[row])):
                    self.report(name, self._section_offset(found, indexes.FILTER, indexes.HASH),
                                "filter denies the hash of record %d" % (row + 1))
                    break
        held = self._try(name, found.filter, indexes.IDENTITY)
        if held is not None:
            for row in self._remaining(rows):
                if not held.may_hold(filters.identity_key(log.identities[row])):
                    self.report(name, self._section_offset(found, indexes.FILTER, indexes.IDENTITY),
                                "filter denies the identity of record %d" % (row + 1))
                    break

    def _blocks(self, name, found, commits):
        actual = self._try(name, found.block_map)
        if actual is not None:
            expected = [place for covered in commits for place in covered.blocks]
            self._same(name, found, indexes.BLOCK_MAP, 0, "block map", expected, [tuple(block) for block in actual])

    def _statistics(self, name, found, rows, commits):
        actual = self._try(name, found.statistics)
        if actual is None:
            return
        log = self.log
        span = slice(rows.start, rows.stop)
        remaining = self._remaining(rows)
        firsts = [row for row in rows if log.messages[row] == row + 1]
        expected = {
            "messages": len(firsts), "occurrences": len(remaining),
            "echoes": sum(self.flags[row] >> 1 & 1 for row in remaining),
            "errors": sum(flag & 1 for flag in self.flags[span]),
            "withoutTime": sum(self.times[row] is None for row in remaining),
            "contentByteCount": sum(log.sizes[row] for row in firsts),
            "occurrenceByteCount": sum(log.sizes[span]),
            "facts": sum(len(place.facts) for place in commits), indexes.FORGOTTEN: len(rows) - len(remaining)}
        actual.setdefault(indexes.FORGOTTEN, 0)
        for field in expected:
            if actual[field] != expected[field]:
                self.report(name, self._section_offset(found, indexes.STATISTICS), "statistics: %s is %d, the log says "
                            "%d" % (field, actual[field], expected[field]))

    # Full-text files.

    def _words(self, record):
        """Notes a content, and the words that its document must have: letters a to z between separators."""
        content = bytes(record.content if record.reference is None else self.log.chunks.content(record.reference))
        self.contents[record.sequence] = content
        seen = (set(), set())
        end = moves = 0
        for found in _WORD.finditer(content):
            # Whatever moves the position on is none of the bytes of _WORD, or is not ASCII; each by 8 at most (INV-41).
            moves += found.start() - end + (0 if found.group().isascii() else len(found.group()))
            end = found.end()
            if moves * 8 > 0xFFFF:
                break
            word = found.group()
            if not _LOWER.match(word) or word in _STOP_WORDS:
                continue
            around = content[max(0, found.start() - 1):found.start()] + content[end:end + 1]
            for kind, parts in enumerate((_BLANKS, _SEPARATORS)):
                if parts.issuperset(around) and word not in seen[kind]:
                    seen[kind].add(word)
                    self.words[kind].setdefault(word, array("Q")).append(record.sequence)

    def _full_texts(self):
        for name, entry, data in self.store.full_texts:
            try:
                self._full_text(name, entry, data)
            except FormatError as error:
                self.report(name, error.offset, "%s %s" % (error.code, error.detail))

    def _field_values(self, name, found, rows):
        """Forgotten records have no fields, and of theirs no value is left (SEG-50, FGT-5)."""
        forgotten = [row - rows.start for row in rows if self.log.hashes[row] is None]
        for number, (values, counts, places, flags) in enumerate(found.values if forgotten else ()):
            offset = self._section_offset(found, fulltext.FIELD_VALUES, number)
            for row in forgotten:
                if counts[row] or flags[row]:
                    self.report(name, offset, "values of the forgotten record %d" % (rows.start + row + 1))
            if len(set(places)) != len(values):
                self.report(name, offset, "a value that no record has (FGT-5)")

    def _full_text(self, name, entry, data):
        found = fulltext.FullText(data)
        if found.header.storeID != self.store.current.storeID:
            raise FormatError("inconsistent", 16, "a file of another store")
        if found.header.number != entry.firstSequence:
            raise FormatError("inconsistent", 8, "number of the header is not firstSequence (INV-7)")
        if found.digest() != entry.digest:
            self.report(name, 0, "digest is not that of the manifest")
        found.read()
        for field in ("settings", "firstSequence", "recordCount"):
            if getattr(found.summary, field) != getattr(entry, field):
                self.report(name, self._section_offset(found, fulltext.SUMMARY), field + " is not that of the manifest")
        first = entry.firstSequence
        rows = range(first - 1, first - 1 + entry.recordCount)
        if rows.stop > len(self.log.hashes):
            raise FormatError("inconsistent", 0, "covers records that are not in the log")
        expected = [row - rows.start for row in rows if self.log.messages[row] == row + 1]
        self._same(name, found, fulltext.DOCUMENTS, 0, "documents", expected, found.documents)
        if expected != found.documents:
            return
        self._field_values(name, found, rows)
        if found.groups is not None:
            for row in expected:
                three = found.lacks(row, self.contents[first + row])
                if three is not None:
                    self.report(name, self._section_offset(found, fulltext.GREP_FILTERS),
                                "the filter lacks %r of record %d (INV-55)" % (three, first + row))
        words = self.words[0 if found.code_words() is None else 1]
        missing = {word: {sequence for sequence in sequences if 0 <= sequence - first < len(rows)}
                   for word, sequences in words.items()}
        for text, documents, _ in found.lists():
            if text in missing:
                missing[text].difference_update(first + found.documents[document] for document in documents)
        for word, sequences in sorted(missing.items()):
            if sequences:
                self.report(name, self._section_offset(found, fulltext.TERMS), "the word %r of record %d (and %d "
                            "others) is not found with it" % (word.decode(), min(sequences), len(sequences) - 1))


def verify(path):
    """The problems of a store."""
    return Verifier(path).run()
