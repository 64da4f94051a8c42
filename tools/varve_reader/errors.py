"""The one error that every decoder of this reader raises."""


class FormatError(Exception):
    """Bytes that the specification does not allow: a code of the chapters and the offset of the field."""

    def __init__(self, code, offset=0, detail=""):
        super().__init__(code, offset, detail)
        self.code = code
        self.offset = offset
        self.detail = detail

    def shifted(self, by):
        """The same error, its offset counted from a container that holds the structure at `by`."""
        return FormatError(self.code, self.offset + by, self.detail)

    def __str__(self):
        text = "%s at %d" % (self.code, self.offset)
        return text + " (" + self.detail + ")" if self.detail else text
