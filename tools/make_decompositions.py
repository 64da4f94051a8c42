#!/usr/bin/env python3
"""Writes Sources/CVarve/decompositions.c: the compatibility decompositions (NFKD) of Unicode.

The data is that of the Python that runs this; Hangul syllables are computed, not listed.
"""
import sys
import unicodedata

SHORT_MAX = 0x110000


def main() -> None:
    entries = []
    for code in range(SHORT_MAX):
        if 0xD800 <= code < 0xE000 or 0xAC00 <= code < 0xD7A4:
            continue
        text = chr(code)
        normal = unicodedata.normalize("NFKD", text)
        if normal != text:
            entries.append((code, [ord(c) for c in normal]))
    pool: list[int] = []
    places: dict[tuple[int, ...], int] = {}
    out = [
        "// Compatibility decompositions (NFKD), written by tools/make_decompositions.py from",
        f"// Unicode {unicodedata.unidata_version}. Sorted by code point.",
        '#include "CVarve.h"',
        "",
    ]
    rows = []
    for code, normal in entries:
        key = tuple(normal)
        if key not in places:
            places[key] = len(pool)
            pool += normal
        rows.append((code, places[key], len(normal)))
    out.append("static const uint32_t pool[] = {")
    out += wrap([hex(value) for value in pool])
    out.append("};")
    out.append("")
    out.append("// Code point, then place in the pool and count in one number.")
    out.append("static const uint32_t rows[][2] = {")
    out += wrap([f"{{{hex(c)},{hex(p << 8 | n)}}}" for c, p, n in rows])
    out.append("};")
    out.append("""
// Place in the pool and count of a decomposition, 0 if a code point has none.
uint32_t cvarve_decomposition(uint32_t code) {
  uint32_t low = 0;
  uint32_t high = sizeof(rows) / sizeof(rows[0]);
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    if (rows[middle][0] < code) low = middle + 1; else high = middle;
  }
  if (low == sizeof(rows) / sizeof(rows[0]) || rows[low][0] != code) return 0;
  return rows[low][1];
}

uint32_t cvarve_decomposition_scalar(uint32_t place) {
  return place < sizeof(pool) / sizeof(pool[0]) ? pool[place] : 0;
}""")
    sys.stdout.write("\n".join(out) + "\n")


def wrap(items: list[str]) -> list[str]:
    lines, line = [], " "
    for item in items:
        if len(line) + len(item) + 2 > 100:
            lines.append(line)
            line = " "
        line += " " + item + ","
    lines.append(line)
    return lines


if __name__ == "__main__":
    main()
