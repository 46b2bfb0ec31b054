"""That the memory of reading a body is predicted: never too little, and not many times too much."""

from __future__ import annotations

import tracemalloc
from contextlib import suppress

import pytest

from adcore.errors import AdcoreError
from app.wire.arrays import read_inputs
from app.wire.json_cost import parsed_bytes
from app.wire.requests import parse_json

UNITS = {
    "small numbers, which Python has already": "1",
    "whole numbers": "1000",
    "numbers": "0.1234567890123456",
    "empty lists": "[]",
    "short lists": "[1000]",
    "deep lists": "[" * 60 + "]" * 60,
    "rows": "[" + ",".join(["1.25"] * 100) + "]",
    "empty objects": "{}",
    "objects of one key": '{"a":1000}',
    "objects of some keys": '{"a":1.5,"b":1.5,"c":1.5,"d":1.5,"e":1.5,"f":1.5}',
    "short strings": '"a"',
    "strings of numbers": '"NaN"',
    "strings of four bytes a character": '"' + "x" * 5_000 + '😀"',
}


@pytest.mark.untraced
@pytest.mark.parametrize("name", UNITS)
def test_what_a_body_takes(name: str) -> None:
    unit = UNITS[name]
    body = ('{"program":"x","inputs":{"x":[' + ",".join([unit] * (300_000 // len(unit))) + "]}}").encode()
    tracemalloc.start()
    try:
        # Some are no arrays; to find that out takes memory, too.
        with suppress(AdcoreError):
            read_inputs(parse_json(body)["inputs"], 10**7)
        _, measured = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    predicted = parsed_bytes(body)
    assert measured - len(body) <= predicted <= 12 * (measured + len(body))
    assert parsed_bytes(body[:1000]) + parsed_bytes(body[1000:]) == predicted
