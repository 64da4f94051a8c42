"""A bounded decoder of the LZ4 block format (ENV-8): it never makes more than the stated number of bytes."""

from errors import FormatError


def decompress(source, size):
    """The `size` bytes that an LZ4 block holds, or `decompressionFailed` (ENV-10)."""
    source = bytes(source)
    end = len(source)
    out = bytearray()
    position = 0
    made = 0
    try:
        while True:
            token = source[position]
            position += 1
            count = token >> 4
            if count:
                if count == 15:
                    more = 255
                    while more == 255:
                        more = source[position]
                        position += 1
                        count += more
                stop = position + count
                made += count
                if stop > end or made > size:
                    raise FormatError("decompressionFailed", 0, "literals out of bounds")
                out += source[position:stop]
                position = stop
            if position == end:
                break
            distance = source[position] | source[position + 1] << 8
            position += 2
            count = (token & 15) + 4
            if count == 19:
                more = 255
                while more == 255:
                    more = source[position]
                    position += 1
                    count += more
            start = made - distance
            if start < 0 or distance == 0 or made + count > size:
                raise FormatError("decompressionFailed", 0, "match out of bounds")
            if distance >= count:
                out += out[start:start + count]
            else:
                piece = out[start:]
                out += (piece * (count // distance + 1))[:count]
            made += count
    except IndexError:
        raise FormatError("decompressionFailed", 0, "block ends inside a sequence") from None
    if made != size:
        raise FormatError("decompressionFailed", 0, "block holds %d bytes, not %d" % (made, size))
    return bytes(out)
