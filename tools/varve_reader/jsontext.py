"""Canonical JSON: sorted keys, no blanks, UTF-8 unescaped; numbers kept as text are written as they are."""

import json
import math
import re

from metadata import NumberText

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z")


def dumps(value, sort=True):
    """The JSON text of a value made of dicts, lists, texts, numbers."""
    if isinstance(value, NumberText):
        if _NUMBER.match(value):
            return str(value)
        return json.dumps(str(value), ensure_ascii=False)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and not math.isfinite(value):
        return "null"
    if isinstance(value, dict):
        keys = sorted(value) if sort else value
        return "{" + ",".join(
            json.dumps(key, ensure_ascii=False) + ":" + dumps(value[key], sort) for key in keys) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(dumps(item, sort) for item in value) + "]"
    return json.dumps(value)
