"""A text parsed in slices is what it is when parsed whole, wherever it is cut, and what is no JSON stays none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.errors import InvalidJson
from app.wire.json_slices import NotJson, parse_in_slices
from app.wire.requests import _fault, _parse, parse_json

values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=30,
)
texts = st.builds(
    lambda value, indent, ascii: json.dumps(value, indent=indent, ensure_ascii=ascii).encode(),
    values,
    st.sampled_from([None, 1]),
    st.booleans(),
)


def whole(text: bytes) -> Any:
    try:
        return _parse(text)
    except ValueError:
        return NotJson


def sliced(text: bytes, size: int) -> Any:
    try:
        return parse_in_slices(text, _parse, size)
    except NotJson:
        return NotJson


@given(texts, st.integers(1, 40))
@example(b'{"a":[1,2,[3,4]],"b":"[,]{","c":{"d":[[],[]]}}', 1)
@example(b' [ [1 , 2] , "\\\\" , "\\"," , {} ] ', 2)
def test_the_same_value_wherever_it_is_cut(text: bytes, size: int) -> None:
    assert sliced(text, size) == whole(text) != NotJson


@given(texts, st.integers(1, 40), st.data())
def test_what_is_no_json_stays_none(text: bytes, size: int, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 3))
    put = data.draw(st.sampled_from([b"", b",", b"[", b"]", b"{", b"}", b'"', b":", b"1", b" ", b",,", b"\\", b"[,]"]))
    changed = text[:place] + put + text[place + cut :]
    made = sliced(changed, size)
    # The slices never make more of a text than the whole is.
    assert made == whole(changed) or made is NotJson


@pytest.mark.parametrize(
    "text",
    [
        b"[1,,2]",
        b"[1,2,]",
        b"[,1]",
        b"[1 2]",
        b'{"a":1,"a":2}',
        b'{"a":1,}',
        b"[1}",
        b"[1]]",
        b"[[1]",
        b'{"a" 1}',
        b"[1:2]",
    ],
)
@pytest.mark.parametrize("size", [1, 2, 5])
def test_common_mistakes(text: bytes, size: int) -> None:
    assert sliced(text, size) is NotJson


def test_brackets_that_do_not_match_in_a_large_body() -> None:
    good = b"[" + b"[1],\n" * 30_000 + b"[2]]"
    for bad, told in [
        (good[:-1], "not closed"),
        (good + b"]", "not open"),
        (good[:-1] + b"}", "other kind"),
        (good.replace(b"[2]", b"[2"), "not closed"),
        (good.replace(b"[2]", b"[" * 300 + b"]" * 300), "nested too deep"),
        (b'{"a": 1, "b": ' + good + b', "a": 2}', "duplicate key"),
    ]:
        with pytest.raises(InvalidJson, match=told) as caught:
            parse_json(bad)
        assert caught.value.span is not None
        assert caught.value.span.line == 30_001


@pytest.mark.parametrize("newline", [b"", b"\n"])
@pytest.mark.parametrize(("old", "new"), [(b"[2]", b"[x]"), (b"[2]", b"2 2"), (b"[2]", b"-"), (b"[2]", b"")])
def test_a_large_body_says_where_it_is_wrong(newline: bytes, old: bytes, new: bytes) -> None:
    good = b'{"program": "x", "inputs": {"x": [' + (b"[1]," + newline) * 30_000 + b"[2]]}}"
    assert parse_json(good) == {"program": "x", "inputs": {"x": [[1]] * 30_000 + [[2]]}}
    bad = good.replace(old, new)
    with pytest.raises(InvalidJson) as caught:
        parse_json(bad)
    with pytest.raises(ValueError, match="line") as told:
        _parse(bad)
    expected = _fault(bad, str(told.value))
    assert (caught.value.message, caught.value.span) == (expected.message, expected.span)
