"""CRC-32C (ENV-6) without a native library.

A checksum is the remainder of a polynomial over GF(2). Python's long integers shift and XOR quickly, so a long input
is folded in half again and again: x^d is replaced by x^d mod P, which is a handful of shifts. A byte table does the
last few bytes. The result is the same as that of the plain byte loop (`crc32c_plain`), about ten times as fast.
"""

POLYNOMIAL = 0x82F63B78
_STOP_BITS = 192


def _make_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ POLYNOMIAL if value & 1 else value >> 1
        table.append(value)
    return table


_TABLE = _make_table()


def _times_x8(value):
    """A residue times x^8 (reflected: bit 31 is x^0)."""
    return _TABLE[value & 0xFF] ^ (value >> 8)


def _multiply(left, right):
    """The product of two residues."""
    result = 0
    for bit in range(31, -1, -1):
        if (left >> bit) & 1:
            result ^= right
        right = (right >> 1) ^ POLYNOMIAL if right & 1 else right >> 1
    return result


def _make_folds():
    """For growing distances d (bits) the shifts that stand for x^d mod P; of a few candidates the sparsest."""
    folds = []
    power = 0x80000000 >> 8  # x^8
    for exponent in range(3, 34):
        # `power` is x^(2^exponent).
        if exponent >= 7:
            residue = power
            for _ in range(4):
                residue = _times_x8(residue)
            best = None
            distance = (1 << exponent) + 32
            for _ in range(min(128, 1 << (exponent - 5))):
                weight = bin(residue).count("1")
                if best is None or weight < best[0]:
                    best = (weight, distance, residue)
                residue = _times_x8(residue)
                distance += 8
            # Bit b of a residue is x^(31 - b), and moves a coefficient up by b.
            shifts = [bit for bit in range(32) if (best[2] >> bit) & 1]
            folds.append((best[1], shifts))
        power = _multiply(power, power)
    return folds


_FOLDS = _make_folds()
_SCHEDULES = {}


def _schedule(bits):
    """The folds for an input of so many bits: (bits to fold, shift after, shifts)."""
    steps = []
    start = bits
    while bits > _STOP_BITS:
        for distance, shifts in reversed(_FOLDS):
            if distance < bits:
                break
        else:
            break
        count = min(bits - distance, (distance - 31) & ~7)
        steps.append((count, (1 << count) - 1, distance - 31 - count, shifts))
        bits -= count
    result = (steps, bits // 8)
    if start < 1 << 20 and len(_SCHEDULES) < 8192:
        _SCHEDULES[start] = result
    return result


def crc32c_plain(data, crc=0):
    """The byte loop; `crc` continues an earlier result."""
    crc ^= 0xFFFFFFFF
    table = _TABLE
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def crc32c(data):
    """The checksum of bytes (or a view of bytes)."""
    size = len(data)
    if size < 64:
        return crc32c_plain(data)
    bits = size * 8
    steps, rest = _SCHEDULES.get(bits) or _schedule(bits)
    value = int.from_bytes(data, "little") ^ 0xFFFFFFFF
    for count, mask, extra, shifts in steps:
        low = value & mask
        value >>= count
        fold = 0
        for shift in shifts:
            fold ^= low << shift
        value ^= fold << extra if extra else fold
    crc = 0
    table = _TABLE
    for byte in value.to_bytes(rest, "little"):
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF
