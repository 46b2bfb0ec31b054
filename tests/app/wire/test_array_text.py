"""Arrays in pieces: the same text as in one, and no longer than predicted."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
import pytest

from app.wire import array_text
from app.wire.array_text import LargeArray, text_bytes, write_array
from app.wire.arrays import Array, Encoding
from app.wire.responses import json_pieces, to_json

LONGEST = -2.2250738585072014e-308
ARRAYS = {
    "a vector": np.arange(20.0),
    "as many as a piece": np.arange(7.0),
    "one more": np.arange(8.0),
    "rows that are longer than a piece": np.arange(60.0).reshape(2, 3, 10),
    "short rows": np.full((30, 1, 1), LONGEST),
    "numbers that are not finite": np.array([1.0, np.nan, np.inf, -np.inf] * 5),
    "the longest numbers": np.full(50, LONGEST),
    "truth values": np.arange(20) % 2 == 0,
    "whole numbers": np.full(20, np.iinfo(np.int64).min),
    "parts of another": np.arange(60.0).reshape(3, 20)[:, ::2].T,
    "empty rows": np.zeros((20, 0)),
    "nothing": np.zeros(0),
    "one number": np.array(LONGEST),
}


@pytest.mark.parametrize("encoding", ["list", "base64"])
def test_pieces_are_the_whole_and_no_longer_than_predicted(encoding: Encoding, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = {name: to_json({"a": write_array(array, encoding), "b": 1}) for name, array in ARRAYS.items()}
    monkeypatch.setattr(array_text, "LARGE", 7)
    for name, array in ARRAYS.items():
        value = write_array(array, encoding)
        assert isinstance(value, LargeArray) == (array.size > 7), name
        assert b"".join(json_pieces({"a": value, "b": 1})) == whole[name], name
        assert to_json({"a": value, "b": 1}) == whole[name], name
        assert len(to_json(value)) <= text_bytes(array.shape, encoding), name


def test_pieces_of_other_values() -> None:
    rows: list[Any] = [{"name": f"v{i}", "value": np.arange(3.0), "calls": []} for i in range(10_000)]
    answer = {"empty": {}, "none": [], "trace": {"rows": rows, "large": [LargeArray(np.arange(30_000.0), "list")]}}
    pieces = list(json_pieces(answer))
    assert b"".join(pieces) == to_json(answer)
    assert 5 < len(pieces) < 100
    with pytest.raises(TypeError):
        to_json({"x": object()})


def test_a_large_array_takes_pieces_of_its_size() -> None:
    array: Array = np.linspace(0, 1, 100_000)
    pieces = list(json_pieces({"x": write_array(array)}))
    assert max(map(len, pieces)) < 500_000
    assert orjson.loads(b"".join(pieces))["x"] == array.tolist()
