"""JSON values to arrays and back: what is taken, what is refused and where, and that nothing is lost on the way."""

from __future__ import annotations

import base64
import math
import struct
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from adcore.errors import AdcoreError
from app.wire.array_text import write_array
from app.wire.arrays import SLICE, read_array, read_shape
from app.wire.requests import parse_json

LIMIT = 1000


def encoded(shape: Any, dtype: Any, buffer: Any, **more: Any) -> dict[str, Any]:
    return {"shape": shape, "dtype": dtype, "data": {"buffer": buffer, "encoding": "base64"}, **more}


def packed(form: str, *numbers: float) -> str:
    return base64.b64encode(struct.pack(form, *numbers)).decode()


TAKEN = [
    ("an integer is a float", 2, np.float64(2.0)),
    ("a float", 2.5, np.float64(2.5)),
    ("a truth value stays one", True, np.bool_(True)),
    ("NaN is spelt", "NaN", np.float64(math.nan)),
    ("so is infinity", "-Infinity", np.float64(-math.inf)),
    ("an integer past 64 bits is near a float", 10**30, np.float64(1e30)),
    ("a list of integers", [1, 2], np.array([1.0, 2.0])),
    ("a matrix", [[1, 2.5], [3, 4]], np.array([[1, 2.5], [3, 4]])),
    ("truth values", [True, False], np.array([True, False])),
    ("NaN among numbers", [1, "NaN", "Infinity"], np.array([1, math.nan, math.inf])),
    ("only spelt numbers", ["NaN", "NaN"], np.array([math.nan, math.nan])),
    ("nested, with a spelt number", [[1, 2], [3, "-Infinity"]], np.array([[1, 2], [3, -math.inf]])),
    ("no elements", [], np.zeros(0)),
    ("no elements in two rows", [[], []], np.zeros((2, 0))),
    ("big integers in a list", [10**30, 1], np.array([1e30, 1.0])),
    ("float64 as bytes", encoded([2], "float64", packed("<2d", 1.5, math.nan)), np.array([1.5, math.nan])),
    ("float32 becomes float64", encoded([1, 1], "float32", packed("<f", 0.1)), np.array([[float(np.float32(0.1))]])),
    ("int32 becomes int64", encoded([2], "int32", packed("<2i", -1, 7)), np.array([-1, 7])),
    ("int64 keeps its digits", encoded([], "int64", packed("<q", 2**62 + 1)), np.int64(2**62 + 1)),
    ("truth values as bytes", encoded([3], "bool", packed("3?", 1, 0, 1)), np.array([True, False, True])),
    ("no bytes", encoded([0, 3], "float64", ""), np.zeros((0, 3))),
]


@pytest.mark.parametrize(("why", "value", "expected"), TAKEN, ids=[row[0] for row in TAKEN])
def test_what_is_taken(why: str, value: Any, expected: Any) -> None:
    array = read_array(value, "inputs.x", LIMIT)
    assert array.dtype == expected.dtype
    assert array.flags.c_contiguous
    np.testing.assert_array_equal(array, expected, strict=True)


REFUSED = [
    ("null is no number", None, "bad_input_value", "inputs.x is null"),
    ("text is no number", "abc", "bad_input_value", "inputs.x is a string"),
    ("nor is a number in quotes", "1.5", "bad_input_value", "inputs.x is a string"),
    ("NumPy would take this spelling", "nan", "bad_input_value", "inputs.x is a string"),
    ("a quoted number in a list", [1, "2"], "bad_input_value", "inputs.x[1] is a string"),
    ("null in a list would become NaN", [1, None], "bad_input_value", "inputs.x[1] is null"),
    ("a truth value would become 1", [1.5, True], "bad_input_value", "inputs.x[1] is a truth value"),
    ("a number among truth values", [True, 1], "bad_input_value", "inputs.x[1] is a number"),
    ("a spelt number among truth values", [True, "NaN"], "bad_input_value", "inputs.x[1] is a string"),
    ("rows of two lengths", [[1, 2], [3]], "bad_input_value", "inputs.x[1] has 1 elements"),
    ("a number among rows", [[1], 2], "bad_input_value", "inputs.x[1] is a number"),
    ("a row among numbers", [1, [2]], "bad_input_value", "inputs.x[1] is a list"),
    ("deep inside", [[[1, 2], [3, 4]], [[5, 6], [7, None]]], "bad_input_value", "inputs.x[1][1][1] is null"),
    ("an object in a list", [{}], "bad_input_value", "inputs.x[0] is an object"),
    ("deeper than NumPy goes", parse_json(b"[" * 65 + b"1" + b"]" * 65), "bad_input_value", "deeper than 64"),
    ("a float past float64", parse_json(b"1e999"), "number_out_of_range", "inputs.x is too large"),
    ("an integer past float64", 10**400, "number_out_of_range", "inputs.x is too large"),
    ("a float past float64 in a list", parse_json(b"[[0, 1], [-1e999, 0]]"), "number_out_of_range", "inputs.x[1][0]"),
    ("the same beside a spelt one", parse_json(b'["Infinity", 1e999]'), "number_out_of_range", "inputs.x[1]"),
    ("an integer past float64 in a list", [1, 10**400], "number_out_of_range", "inputs.x[1]"),
    ("an object that is no array", {"a": 1}, "bad_input_value", "without shape"),
    ("an array object with a key too many", encoded([0], "float64", "", more=1), "bad_input_value", "unknown key"),
    ("no such dtype", encoded([1], "float16", "AAA="), "bad_input_value", "inputs.x.dtype"),
    ("a dtype that is no string", encoded([1], ["float64"], ""), "bad_input_value", "inputs.x.dtype"),
    ("a shape that is no list", encoded(3, "float64", ""), "bad_input_value", "inputs.x.shape"),
    ("a negative shape", encoded([-1], "float64", ""), "bad_input_value", "inputs.x.shape"),
    ("a broken shape", encoded([1.5], "float64", ""), "bad_input_value", "inputs.x.shape"),
    ("a truth value as a size", encoded([True], "float64", packed("<d", 1)), "bad_input_value", "inputs.x.shape"),
    ("more axes than NumPy has", encoded([1] * 65, "float64", packed("<d", 1)), "bad_input_value", "64 axes"),
    ("one element too many", encoded([LIMIT + 1], "float64", ""), "array_too_large", "inputs.x.shape"),
    ("a size too large beside a zero", encoded([0, 10**30], "float64", ""), "array_too_large", "inputs.x.shape"),
    ("fewer bytes than the shape says", encoded([2], "float64", packed("<d", 1)), "bad_input_value", "16 bytes"),
    ("not base64", encoded([1], "float64", "!" * 12), "bad_input_value", "not base64"),
    ("characters that are not ASCII", encoded([1], "float64", "é" * 12), "bad_input_value", "not base64"),
    ("padding that hides a byte", encoded([1], "float64", "AAAAAAAAAAA" + "A"), "bad_input_value", "9 bytes"),
    ("a buffer that is no string", encoded([1], "float64", 7), "bad_input_value", "buffer is not a string"),
    ("truth values other than 0 and 1", encoded([1], "bool", "Ag=="), "bad_input_value", "no truth values"),
    ("data that is no object", {"shape": [], "dtype": "bool", "data": ""}, "bad_input_value", "data is not an object"),
    (
        "another encoding",
        {"shape": [0], "dtype": "bool", "data": {"buffer": "", "encoding": "hex"}},
        "bad_input_value",
        "is not base64",
    ),
]


@pytest.mark.parametrize(("why", "value", "code", "told"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_is_refused(why: str, value: Any, code: str, told: str) -> None:
    with pytest.raises(AdcoreError) as caught:
        read_array(value, "inputs.x", LIMIT)
    assert (caught.value.code, told in caught.value.message) == (code, True), caught.value.message


def test_a_shape_may_have_as_many_elements_as_an_array() -> None:
    assert read_shape([LIMIT], "shapes.x", LIMIT) == (LIMIT,)
    assert read_array(encoded([LIMIT], "bool", packed(f"{LIMIT}x")), "inputs.x", LIMIT).shape == (LIMIT,)


@given(
    hnp.arrays(
        st.sampled_from([np.float64, np.int64, np.bool_]),
        hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3),
    ),
    st.sampled_from(["list", "base64"]),
)
def test_what_is_written_is_read_back(array: Any, encoding: Any) -> None:
    text = orjson.dumps(write_array(array, encoding), option=orjson.OPT_SERIALIZE_NUMPY)
    assert b"null" not in text
    back = read_array(parse_json(text), "x", LIMIT)
    if encoding == "list" or array.ndim == 0:
        # Lists know floats and truth values only, and of no element they know not even that, nor the axes behind it.
        expected = array if array.dtype == np.bool_ and array.size else array.astype(np.float64)
        if array.size:
            np.testing.assert_array_equal(back, expected, strict=True)
        else:
            assert back.size == 0
    else:
        np.testing.assert_array_equal(back, array, strict=True)


def test_only_what_is_not_finite_is_spelt() -> None:
    text = orjson.dumps(write_array(np.array([1.5, math.nan, -math.inf, 0.1])), option=orjson.OPT_SERIALIZE_NUMPY)
    assert text == b'[1.5,"NaN","-Infinity",0.1]'
    assert write_array(np.array(math.inf)) == "Infinity"
    assert write_array(np.array(True)) is True


def test_a_transposed_array_is_written_row_by_row() -> None:
    array = np.arange(6.0).reshape(2, 3).T
    for encoding in ("list", "base64"):
        text = orjson.dumps(write_array(array, encoding), option=orjson.OPT_SERIALIZE_NUMPY)
        np.testing.assert_array_equal(read_array(parse_json(text), "x", LIMIT), array)


# --- large lists, which are converted in slices

LARGE = [
    (2 * SLICE + 1,),
    (SLICE + 1, 2),
    (2, SLICE + 1),
    (2, 1, SLICE + 1),
    (SLICE + 1, 0),
    (3, SLICE, 1),
]


@pytest.mark.parametrize("shape", LARGE)
@pytest.mark.parametrize("dtype", [float, bool])
def test_a_large_list_is_the_array_it_was(shape: tuple[int, ...], dtype: type) -> None:
    array: Any = (np.arange(math.prod(shape)) % 7).reshape(shape).astype(dtype if math.prod(shape) else float)
    made = read_array(array.tolist(), "x", 10**6)
    np.testing.assert_array_equal(made, array)
    assert made.dtype == array.dtype


@pytest.mark.untraced
@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (lambda x: x.__setitem__(-1, "Infinity"), None),
        (lambda x: x.__setitem__(-1, None), r"x\[131072\] is null"),
        (lambda x: x.__setitem__(-1, [1]), r"x\[131072\] is a list"),
        (lambda x: x.__setitem__(-1, True), r"x\[131072\] is a truth value"),
        (lambda x: x.__setitem__(-1, 10**400), r"x\[131072\] is too large"),
        (lambda x: x.append(1), "more than 131073 elements"),
    ],
)
def test_a_fault_far_in_a_large_list_is_found(fault: Any, told: str | None) -> None:
    value = [0.5] * (2 * SLICE + 1)
    fault(value)
    if told is None:
        assert math.isinf(read_array(value, "x", 2 * SLICE + 1)[-1])
    else:
        with pytest.raises(AdcoreError, match=told):
            read_array(value, "x", 2 * SLICE + 1)


def test_a_shape_that_only_the_first_rows_have_takes_no_memory() -> None:
    ragged: list[Any] = [[[0] * 3000] + [[]] * 2999] + [[]] * 2999
    with pytest.raises(AdcoreError, match="the rows of an array"):
        read_array(ragged, "x", 10**7)
