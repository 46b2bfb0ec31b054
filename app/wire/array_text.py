"""Arrays on their way out: an array to a JSON value, or, where it is large, to its JSON text in pieces."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Sequence
from itertools import accumulate
from operator import mul
from typing import Any

import numpy as np
import orjson

from app.memory import ensure
from app.wire.arrays import WIRE, Array, Encoding

LARGE = 16_384
"""Numbers beyond which an array is written in pieces of as many: each takes about a millisecond."""
NUMBER = 25
"""Characters of the longest float64, -2.2250738585072014e-308, and a comma."""


class LargeArray:
    """An array that is still to be written, in pieces. No dataclass, for these orjson writes as it sees fit."""

    __slots__ = ("array", "encoding")

    def __init__(self, array: Array, encoding: Encoding) -> None:
        self.array, self.encoding = array, encoding

    def whole(self) -> Any:
        """Its JSON value, as ``write_array`` has it for small ones."""
        return _write_array(self.array, self.encoding)

    def pieces(self) -> Iterator[bytes]:
        """Its JSON text in pieces."""
        return _base64_pieces(self.array) if self.encoding == "base64" else _list_pieces(self.array)


def write_array(array: Array, encoding: Encoding = "list") -> Any:
    """The JSON value of an array, for ``orjson`` with ``OPT_SERIALIZE_NUMPY``; numbers are numbers in either encoding.

    Numbers that are not finite become the strings of ``NON_FINITE``. A large array becomes a ``LargeArray``.
    """
    if isinstance(array, float) and math.isfinite(array):  # the common case: one float64
        return array
    return _write_array(array, encoding) if array.size <= LARGE else LargeArray(array, encoding)


def _write_array(array: Array, encoding: Encoding) -> Any:
    if array.ndim == 0:
        number = array.item()
        return number if type(number) is not float or math.isfinite(number) else _string_of(number)
    if encoding == "base64":
        name = _wire_name(array)
        raw = np.ascontiguousarray(array, dtype=WIRE[name][0]).tobytes()
        buffer = base64.b64encode(raw).decode("ascii")
        return {"shape": array.shape, "dtype": name, "data": {"buffer": buffer, "encoding": "base64"}}
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return np.ascontiguousarray(array)
    objects = array.astype(object)
    objects[np.isnan(array)] = "NaN"
    objects[np.isposinf(array)] = "Infinity"
    objects[np.isneginf(array)] = "-Infinity"
    return objects.tolist()


def _wire_name(array: Array) -> str:
    return "bool" if array.dtype.kind == "b" else "int64" if array.dtype.kind in "iu" else "float64"


def _list_pieces(array: Array) -> Iterator[bytes]:
    row = math.prod(array.shape[1:])
    yield b"["
    if row > LARGE:
        for index, each in enumerate(array):
            if index:
                yield b","
            yield from _list_pieces(each)
    else:
        step = max(1, LARGE // max(1, row))
        for start in range(0, len(array), step):
            ensure(4 * NUMBER * LARGE)
            part = _write_array(array[start : start + step], "list")
            text = orjson.dumps(part, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1]
            yield b"," + text if start else text
    yield b"]"


def _base64_pieces(array: Array) -> Iterator[bytes]:
    name = _wire_name(array)
    shape = ",".join(map(str, array.shape))
    yield f'{{"shape":[{shape}],"dtype":"{name}","data":{{"buffer":"'.encode()
    flat = array.reshape(-1)
    for start in range(0, len(flat), LARGE // 3 * 3):  # Three bytes are four characters.
        part = np.ascontiguousarray(flat[start : start + LARGE // 3 * 3], dtype=WIRE[name][0])
        yield base64.b64encode(part.data)
    yield b'","encoding":"base64"}}'


def text_bytes(shape: Sequence[int], encoding: Encoding) -> int:
    """A bound on the length of the JSON text of an array of this shape."""
    size = math.prod(shape)
    if encoding == "base64":
        return 100 + 21 * len(shape) + 11 * size
    lists = sum(accumulate(shape[:-1], mul, initial=1))
    return NUMBER * size + 3 * lists  # Two brackets and a comma.


def _string_of(number: float) -> str:
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
