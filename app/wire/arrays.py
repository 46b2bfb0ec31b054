"""Arrays on their way in: a JSON value to an array.

A list of numbers is handed to NumPy whole; element by element it is walked only to say what is wrong with it, or for
the strings that stand for NaN and the infinities.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, Literal, NoReturn

import numpy as np
from numpy.typing import NDArray

from adcore.errors import ArrayTooLarge, BadInputValue, NumberOutOfRange

Array = NDArray[Any]
Encoding = Literal["list", "base64"]

NON_FINITE: Mapping[str, float] = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
"""The strings that stand for numbers that JSON does not have."""

WIRE: Mapping[str, tuple[np.dtype[Any], type[np.generic[Any]]]] = {
    "float64": (np.dtype("<f8"), np.float64),
    "float32": (np.dtype("<f4"), np.float64),
    "int64": (np.dtype("<i8"), np.int64),
    "int32": (np.dtype("<i4"), np.int64),
    "bool": (np.dtype("|b1"), np.bool_),
}
"""The types of arrays as bytes, little-endian on every machine, and what each becomes inside."""
_NUMBERS = {float, int}
_MAX_AXES = 64  # NumPy's own bound.


def read_array(value: Any, where: str, max_elements: int) -> Array:
    """The array of a JSON value: float64, or bool or int64 where that is what was written; C-contiguous.

    ``where`` names the value in errors: ``BadInputValue``, ``NumberOutOfRange``, ``ArrayTooLarge``.
    """
    kind = type(value)
    if kind is float or kind is int:
        return np.asarray(_number(value, where))
    if kind is list:
        return _read_list(value, where, max_elements)
    if kind is dict:
        return _read_encoded(value, where, max_elements)
    if kind is bool:
        return np.asarray(value)
    if value in NON_FINITE:
        return np.asarray(NON_FINITE[value])
    _refuse(value, where)


def read_inputs(values: Mapping[str, Any], max_elements: int) -> dict[str, Array]:
    """The arrays of a request's ``inputs``."""
    return {name: read_array(value, f"inputs.{name}", max_elements) for name, value in values.items()}


def _number(value: float | int, where: str) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if math.isinf(number):
        raise NumberOutOfRange(
            f"{where} is too large for float64, whose largest number is about 1.8e308",
            help='infinity is written "Infinity"',
        )
    return number


def _refuse(value: Any, where: str) -> NoReturn:
    what = {type(None): "null", bool: "a truth value", dict: "an object", list: "a list", str: "a string"}
    accepted = " (the strings accepted are NaN, Infinity and -Infinity)" if isinstance(value, str) else ""
    raise BadInputValue(f"{where} is {what.get(type(value), 'something else')}, not a number{accepted}")


# --- lists


SLICE = 65_536
"""Numbers that are converted in one call: other threads of the process, the one that answers probes among them, run
only between two."""


def _read_list(value: list[Any], where: str, max_elements: int) -> Array:
    shape = _shape(value, where)
    array = _convert(value, shape) if math.prod(shape) <= max_elements else None
    if array is None:
        leaf = _leaf_kind(value, shape)
        walked = _walk(value, where, shape, leaf)
        if math.prod(shape) > max_elements:
            raise ArrayTooLarge(f"{where} has more than {max_elements} elements, the most an array may have here")
        array = np.array(walked, dtype=np.bool_ if leaf is bool else np.float64)
    return array


def _convert(value: list[Any], shape: tuple[int, ...]) -> Array | None:
    """The array of a list, slice by slice; None where it is not of this shape, or not of finite numbers or bools."""
    row = math.prod([n or 1 for n in shape[1:]])
    if len(value) * row <= SLICE:
        return _convert_slice(value, shape)
    step = max(1, SLICE // row)
    array: Array | None = None
    for start in range(0, len(value), step):
        part = (
            _convert_slice(value[start : start + step], (min(step, len(value) - start), *shape[1:]))
            if row <= SLICE
            else _convert(value[start], shape[1:])
            if isinstance(value[start], list) and len(value[start]) == shape[1]
            else None
        )
        if part is None or (array is not None and part.dtype != array.dtype):
            return None
        if array is None:
            array = np.empty(shape, part.dtype)
        array[start : start + step] = part
    return array


def _convert_slice(value: list[Any], shape: tuple[int, ...]) -> Array | None:
    try:
        array = np.array(value, dtype=np.float64)
    except (ValueError, TypeError, OverflowError):
        return None
    if array.shape != shape:
        return None
    leaves: Iterable[Any] = value
    for _ in range(array.ndim - 1):
        leaves = chain.from_iterable(leaves)
    kinds = set(map(type, leaves)) if array.size else set()
    if kinds <= _NUMBERS and np.isfinite(array).all():
        return array
    return array.astype(np.bool_) if kinds == {bool} else None


def _shape(value: Any, where: str) -> tuple[int, ...]:
    """The shape that the first element of each list tells."""
    shape: list[int] = []
    while isinstance(value, list):
        shape.append(len(value))
        if len(shape) > _MAX_AXES:
            raise BadInputValue(f"{where} is nested deeper than {_MAX_AXES} lists")
        if not value:
            break
        value = value[0]
    return tuple(shape)


def _leaf_kind(value: Any, shape: tuple[int, ...]) -> type:
    for _ in shape:
        value = value[0] if value else None
    return bool if isinstance(value, bool) else float


def _walk(value: Any, where: str, shape: tuple[int, ...], leaf: type) -> Any:
    """``value`` with every leaf a float or every leaf a bool, or the error that says where it is not regular."""
    if not shape:
        if isinstance(value, list):
            raise BadInputValue(f"{where} is a list, where the elements before it are numbers")
        if leaf is bool and type(value) is bool:
            return value
        if leaf is float and type(value) in _NUMBERS:
            return _number(value, where)
        if leaf is float and isinstance(value, str) and value in NON_FINITE:
            return NON_FINITE[value]
        if leaf is bool and type(value) in _NUMBERS:
            raise BadInputValue(f"{where} is a number, where the elements before it are truth values")
        _refuse(value, where)
    if not isinstance(value, list):
        if type(value) in (float, int, bool):
            raise BadInputValue(f"{where} is a number, where the elements before it are lists")
        _refuse(value, where)
    if len(value) != shape[0]:
        raise BadInputValue(
            f"{where} has {len(value)} elements, where the lists before it have {shape[0]}: "
            "the rows of an array have the same length"
        )
    return [_walk(each, f"{where}[{index}]", shape[1:], leaf) for index, each in enumerate(value)]


# --- base64


def _read_encoded(value: dict[str, Any], where: str, max_elements: int) -> Array:
    _keys(value, where, ("shape", "dtype", "data"))
    shape, dtype, data = value["shape"], value["dtype"], value["data"]
    shape = read_shape(shape, f"{where}.shape", max_elements)
    if not isinstance(dtype, str) or dtype not in WIRE:
        raise BadInputValue(f"{where}.dtype is not one of {', '.join(WIRE)}")
    if not isinstance(data, dict):
        raise BadInputValue(f"{where}.data is not an object")
    _keys(data, f"{where}.data", ("buffer", "encoding"))
    if data["encoding"] != "base64":
        raise BadInputValue(f"{where}.data.encoding is not base64")
    buffer = data["buffer"]
    if not isinstance(buffer, str):
        raise BadInputValue(f"{where}.data.buffer is not a string")
    wire, inside = WIRE[dtype]
    expected = math.prod(shape) * wire.itemsize
    # The length is compared before anything is decoded, so that no more is decoded than the shape says.
    characters = (expected + 2) // 3 * 4
    if len(buffer) != characters:
        raise BadInputValue(
            f"{where}.data.buffer is {len(buffer)} characters long, where {expected} bytes "
            f"(shape {list(shape)}, {dtype}) are {characters} characters of base64"
        )
    try:
        raw = base64.b64decode(buffer, validate=True)
    except (binascii.Error, ValueError):
        raise BadInputValue(f"{where}.data.buffer is not base64") from None
    if len(raw) != expected:
        raise BadInputValue(f"{where}.data.buffer holds {len(raw)} bytes, where the shape and dtype make {expected}")
    array = np.frombuffer(raw, dtype=wire).reshape(shape)
    if dtype == "bool" and (array.view(np.uint8) > 1).any():
        raise BadInputValue(f"{where}.data.buffer holds bytes other than 0 and 1, which are no truth values")
    read: Array = array.astype(inside)
    return read


def _keys(value: dict[str, Any], where: str, expected: tuple[str, ...]) -> None:
    missing = [key for key in expected if key not in value]
    if missing:
        raise BadInputValue(
            f"{where} is an object without {missing[0]}", help="an array object has shape, dtype and data"
        )
    unknown = [key for key in value if key not in expected]
    if unknown:
        raise BadInputValue(f"{where} has the unknown key {unknown[0][:60]!r}")


def read_shape(value: Any, where: str, max_elements: int) -> tuple[int, ...]:
    """A shape: a list of whole numbers, none of them negative, whose product is at most ``max_elements``."""
    if not isinstance(value, list) or not all(type(size) is int and size >= 0 for size in value):
        raise BadInputValue(f"{where} is not a list of whole numbers from 0 on")
    if len(value) > _MAX_AXES:
        raise BadInputValue(f"{where} has more than {_MAX_AXES} axes")
    if math.prod(size for size in value if size) > max_elements:
        raise ArrayTooLarge(f"{where} makes more than {max_elements} elements, the most an array may have here")
    return tuple(value)
