"""Opening a store read-only: CURRENT, manifest, files, and the committed tail by chapter 08."""

import hashlib
import mmap
import os
import stat
import uuid

import header
import manifest as manifests
from errors import FormatError
from segment import Scan, State, find_later_frame

BOOT_ID = "/proc/sys/kernel/random/boot_id"
_ATTEMPTS = 20


class StoreError(Exception):
    """A FormatError with the file in which it was found."""

    def __init__(self, file, error):
        super().__init__(file, error)
        self.file = file
        self.error = error

    def __str__(self):
        return "%s: %s" % (self.file, self.error)


class _Changed(Exception):
    """The generation changed while its files were opened (DIR-10)."""


class LogFile:
    """A mapped segment and how far its log counts."""

    def __init__(self, name, entry, data):
        self.name = name
        self.entry = entry
        self.data = data
        self.end = len(data)


def running_boot():
    """The 16 bytes that name the running boot, or None where the system does not say."""
    try:
        with open(BOOT_ID) as file:
            return uuid.UUID(file.read().strip()).bytes
    except (OSError, ValueError):
        return None


def read_file(path):
    """The bytes of a small file."""
    with open(path, "rb") as file:
        return file.read()


def map_file(path):
    """A read-only map of a file (empty bytes for an empty one)."""
    with open(path, "rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            return b""
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


class Store:
    """One generation of a store, with its committed tail."""

    def __init__(self, path):
        self.path = path
        self.current_name = os.path.join(path, "CURRENT")
        try:
            if not stat.S_ISREG(os.stat(self.current_name).st_mode):
                raise OSError
        except OSError:
            raise StoreError("CURRENT", FormatError("notAStore", 0)) from None
        for attempt in range(_ATTEMPTS):
            try:
                self._open()
                return
            except _Changed:
                continue
        raise StoreError("CURRENT", FormatError("missing", 0, "the store changes faster than it is read"))

    # Names of files.

    def manifest_name(self, generation):
        return "manifests/%06d.vman" % generation

    def segment_name(self, number):
        return "segments/%08d.vseg" % number

    def index_name(self, number):
        return "indexes/%08d.vbt" % number

    def full_text_name(self, number):
        return "indexes/%08d.vft" % number

    # Opening.

    def _open(self):
        current_bytes = read_file(self.current_name)
        self.current = self._decode("CURRENT", manifests.decode_current, current_bytes)
        name = self.manifest_name(self.current.generation)
        data = self._load(name, read_file, current_bytes)
        if hashlib.sha256(data).digest() != self.current.manifestDigest:
            raise StoreError(name, FormatError("checksumMismatch", 0, "digest is not that of CURRENT"))
        self.manifest = self._decode(name, manifests.decode, data)
        if self.manifest.generation != self.current.generation:
            raise StoreError(name, FormatError("inconsistent", 8, "generation"))
        self._own(name, self.manifest.storeID)
        self.segments = []
        for entry in self.manifest.segments:
            name = self.segment_name(entry.id)
            file = LogFile(name, entry, self._load(name, map_file, current_bytes))
            self._check_segment(file)
            self.segments.append(file)
        self.indexes = self._derived(self.manifest.indexes, self.index_name, current_bytes)
        self.full_texts = self._derived(self.manifest.fullTexts, self.full_text_name, current_bytes)
        self.tail_file = self._read_tail_file()
        if read_file(self.current_name) != current_bytes:
            raise _Changed
        # The map of the active segment may be older than TAIL.
        if self.segments and self.tail_file is not None and self.tail_file.offset > self.segments[-1].end:
            last = self.segments[-1]
            last.data = self._load(last.name, map_file, current_bytes)
            last.end = len(last.data)
        self._recover()

    def _derived(self, entries, name_of, current_bytes):
        """(name, entry, bytes) of the indexes or full-text files."""
        files = []
        for entry in entries:
            name = name_of(entry.id)
            data = self._load(name, map_file, current_bytes)
            if len(data) != entry.byteCount:
                raise StoreError(name, FormatError("truncated", len(data), "byteCount of the manifest"))
            files.append((name, entry, data))
        return files

    def _decode(self, name, decoder, data):
        try:
            return decoder(data)
        except FormatError as error:
            raise StoreError(name, error) from None

    def _own(self, name, store_id):
        if store_id != self.current.storeID:
            raise StoreError(name, FormatError("inconsistent", 16, "a file of another store"))

    def _load(self, name, loader, current_bytes):
        try:
            return loader(os.path.join(self.path, name))
        except FileNotFoundError:
            if read_file(self.current_name) != current_bytes:
                raise _Changed from None
            raise StoreError(name, FormatError("missing", 0)) from None

    def _check_segment(self, file):
        head = self._decode(file.name, lambda data: header.decode(data, header.SEGMENT), file.data[:header.SIZE])
        self._own(file.name, head.storeID)
        entry = file.entry
        if head.number != entry.id:
            raise StoreError(file.name, FormatError("inconsistent", 8, "segment id"))
        if entry.state == manifests.SEALED and len(file.data) != entry.byteCount:
            raise StoreError(file.name, FormatError("truncated", len(file.data), "byteCount of the manifest"))
        if len(file.data) < entry.byteCount:
            raise StoreError(file.name, FormatError("truncated", len(file.data), "byteCount of the manifest"))
        if entry.state == manifests.CUT:
            file.end = entry.byteCount

    def _read_tail_file(self):
        """TAIL if it is usable (REC-2), else None."""
        try:
            tail = manifests.decode_tail(read_file(os.path.join(self.path, "TAIL")))
        except (OSError, FormatError):
            return None
        if not self.segments or tail.storeID != self.current.storeID:
            return None
        active = self.segments[-1].entry
        start = self.manifest.indexedOffset if active.id == self.manifest.indexedSegment else header.SIZE
        if tail.segment != active.id or tail.offset < start:
            return None
        return tail

    def _recover(self):
        """Finds the end of the committed tail (REC-3, REC-4, REC-6, REC-7); sets `end` of the active segment."""
        found = self.manifest
        state = State(found.commitNumber + 1, found.nextSequence, found.historyDigest)
        self.tail_start = dict(state=(state.number, state.sequence, state.history))
        self.trusted = self.tail_file is not None and self.tail_file.bootID == running_boot()
        self.torn_bytes = 0
        behind = False
        for file in self.segments:
            if file.entry.id == found.indexedSegment:
                behind = True
                start = found.indexedOffset
            elif behind:
                start = header.SIZE
            else:
                continue
            if file.entry.state == manifests.ACTIVE:
                self._recover_active(file, start, state)
            else:
                end = file.end
                if start > end:
                    raise StoreError(file.name, FormatError("outOfBounds", end, "indexedOffset"))
                scan = Scan(file.data, start, end, state)
                for _ in scan:
                    pass
                if scan.stopped is not None:
                    raise StoreError(file.name, scan.stopped)
        self.last = state

    def _recover_active(self, file, start, state):
        end = len(file.data)
        if start > end:
            raise StoreError(file.name, FormatError("truncated", end, "indexedOffset"))
        if self.trusted:
            end = self.tail_file.offset
            if end > len(file.data):
                raise StoreError(file.name, FormatError("truncated", len(file.data), "durable end behind the file"))
        scan = Scan(file.data, start, end, state)
        for _ in scan:
            pass
        file.end = scan.position
        if self.trusted:
            if scan.position != end:
                raise StoreError(file.name, scan.stopped or FormatError(
                    "inconsistent", scan.position, "durable end not reached"))
            if self.tail_file.commitNumber != state.number - 1:
                raise StoreError("TAIL", FormatError("inconsistent", 72, "commitNumber"))
        elif scan.stopped is not None:
            later = find_later_frame(file.data, scan.position, end, state.number)
            if later is not None:
                raise StoreError(file.name, FormatError(
                    "inconsistent", scan.position, "damaged middle: a later commit frame stands at %d" % later))
        self.torn_bytes = len(file.data) - file.end
