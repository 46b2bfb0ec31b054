"""Reading a body takes time in proportion to its length, whatever stands in it: so nothing small can take long."""

from __future__ import annotations

import gc
from collections.abc import Callable
from time import process_time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adcore.errors import AdcoreError
from app.errors import problem
from app.wire.requests import parse_json

SHORT, DOUBLINGS = 2**14, 4


def seconds(work: Callable[[], object]) -> float:
    """The least processor time of a few runs, which noise makes longer and never shorter."""
    gc.disable()
    try:
        times = []
        for _ in range(3):
            started = process_time()
            work()
            times.append(process_time() - started)
        return min(times)
    finally:
        gc.enable()


def assert_linear(work: Callable[[int], Callable[[], object]]) -> None:
    """Over some doublings of the length the time grows by little more; where the last is a matter of milliseconds, no
    growth can be told. Quadratic work takes 256 times as long."""
    for _ in range(3):
        last = seconds(work(SHORT << DOUBLINGS))
        if last < 0.005 or last <= 4 * 2**DOUBLINGS * seconds(work(SHORT)):
            return
    raise AssertionError(f"{last} s")


def read(body: bytes) -> None:
    """Parse a body, and write down what is wrong with it."""
    try:
        parse_json(body)
    except AdcoreError as error:
        problem(error)


FEW, MANY = b'{"program": "x", "inputs": {"x": ', b'{"program": "x", "inputs": {"x": [' + b"[]," * 20_001
DEEP = b"[" * 20_001

Part = st.lists(
    st.sampled_from([*(bytes([c]) for c in b'[]{},:"\\1-.e \nxu'), b'\\"', b"\\u0061", b"\xc3", b"[1]", b'"a":']),
    min_size=1,
    max_size=5,
).map(b"".join)


@pytest.mark.untraced
@given(st.sampled_from([b"", FEW, MANY, DEEP]), Part, Part, Part)
@settings(max_examples=15)
@example(DEEP, b'{"', b'\\"', b"")  # an unterminated string of escaped quotes, parsed in slices
@example(MANY, b'"', b'\\"', b"")
@example(MANY, b'"', b"\\", b"")
@example(MANY, b"", b'"",', b'""]}}')
@example(MANY, b"", b"[]," * 100, b"1]}}")
@example(MANY, b"[", b"1,", b"2]]}}")
@example(MANY, b'{"k": [', b"1,", b"2]}]}}")
@example(FEW, b"", b"[" * 190 + b"]" * 190 + b",", b"")
@example(FEW, b"1", b"1", b"}}")  # numbers of many digits
@example(FEW, b"0.", b"1", b"}}")
@example(FEW, b"1e", b"9", b"}}")
@example(FEW, b"1e-", b"9", b"}}")
@example(FEW, b"[", b"1" * 4_299 + b",", b"1]}}")
@example(FEW, b'"', b"\\u0061", b'"}}')
@example(FEW, b'"', b"\\ud83d\\ude00", b'"}}')
@example(b"", b"", b"\n", b"x")
@example(b"\xef\xbb\xbf", b"", b"\n", b"x")
@example(b"{", b'"a":1,', b"\n", b'"a":2}')
@example(b"", b'{"a":', b'{"a":', b"")
def test_reading_a_body_is_linear(start: bytes, before: bytes, unit: bytes, end: bytes) -> None:
    def work(length: int) -> Callable[[], object]:
        body = start + before + unit * (length // len(unit)) + end
        return lambda: read(body)

    assert_linear(work)


@pytest.mark.untraced
def test_reading_long_keys_is_linear() -> None:
    """Keys as long as the body, twice: also where the second is spelt otherwise and the text is full of near misses."""

    def escaped(length: int) -> Callable[[], object]:
        run = b"a" * (length // 4)
        body = b'{"x":"' + 2 * run + b'","b' + run + b'":1,"\\u0062' + run + b'":2}'
        return lambda: read(body)

    def different(length: int) -> Callable[[], object]:
        body = b"{" + b",".join(b'"%d":1' % i for i in range(length // 10)) + b',"1":2}'
        return lambda: read(body)

    assert_linear(escaped)
    assert_linear(different)
