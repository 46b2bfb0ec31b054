"""Random requests: a path and bytes that are nearly a body that it takes."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from random import Random
from typing import Any

from adcore.errors import AdcoreError
from adcore.language import parse
from adcore.limits import Limits
from tests.fuzzing.programs import random_program

NAMES_OF = {
    "/grad": ("wrt", "output", "mode", "mode", "batch", "trace", "trace", "encoding", "nobody"),
    "/evaluate": ("outputs", "batch", "encoding", "nobody"),
    "/graph": ("shapes", "of", "of", "format", "format", "wrt", "outputs"),
}
PATHS = ("/grad", "/grad", "/grad", "/evaluate", "/graph")
FIELDS: dict[str, tuple[Any, ...]] = {
    "wrt": (["x"], ["a"], ["x"], ["y", "x"], [], ["x", "x"], ["nobody"], [1]),
    "output": ("y", "nobody", "", None, 1),
    "outputs": (["y"], ["y", "y"], [], "y", [None]),
    "mode": ("auto", "forward", "forward", "reverse", "reverse", "backward", 0),
    "batch": (True, False, ["x"], [], "x", 1, None),
    "trace": (True, True, True, False, "yes"),
    "encoding": ("base64", "list", "json", None),
    "of": ("program", "gradient", "nothing", None),
    "format": ("json", "text", "dot", "mermaid", "program", "latex", None),
    "shapes": ({"x": [2]}, {"x": []}, {"x": [-1]}, {"x": [10**9, 10**9]}, None),
    "nobody": (1, None, []),
}
VALUES: tuple[Any, ...] = (
    *(0, 1, -1, 0.5, -0.0, 1e308, -1e308, 5e-324, 1e-200, 2**53, 2**63, 10**25, True, False, None, "", "x", "NaN"),
    *("Infinity", "-Infinity", "1", [], [[]], [[], []], {}, [1, "NaN"], [1, [2]], [None], [True, 1], [[1, 2], [3]]),
    *([1.5, -2.5, 3.0], [[1, 2], [3, 4]], [[[1]]], [0] * 50, list(range(20)), [[0.1] * 3] * 3, ["x"], {"x": 1}),
    {"shape": [2], "dtype": "float64", "data": {"buffer": "AAAAAAAA8D8AAAAAAAAAQA==", "encoding": "base64"}},
    {"shape": [3], "dtype": "float64", "data": {"buffer": "AAAAAAAA8D8AAAAAAAAAQA==", "encoding": "base64"}},
    {"shape": [-1], "dtype": "int7", "data": {"buffer": "!", "encoding": "hex"}},
)
BYTES = (
    *(b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\u", b"\\ud800", b"\x00", b"\xff", b"\xed\xa0\x80", b"'"),
    *(b"1e999", b"-", b"01", b"0x1", b"NaN", b"null", b"true", b"1" * 500, b"\xef\xbb\xbf", b'\\"' * 50, b"[" * 200),
)


@dataclass(frozen=True)
class Request:
    path: str
    body: bytes


def _value(random: Random) -> Any:
    """Mostly what fits in many places, so that the program is reached."""
    if random.random() < 0.05:
        return random.choice(VALUES)
    return random.choice((random.uniform(-3, 3), random.randrange(4), [0.5, -1.5, 2.0], [[1.0, 0.2], [0.3, 2.0]]))


def _inputs(random: Random, program: str, values: dict[str, Any]) -> dict[str, Any]:
    """A value for each input of the program: that of its seed where it has one."""
    try:
        names = [entry.name for entry in parse(program, Limits()).inputs]
    except AdcoreError:
        return copy.deepcopy(values)
    return {name: values[name] if name in values and random.random() < 0.95 else _value(random) for name in names}


def random_request(random: Random) -> Request:
    """A request whose program, inputs, fields or bytes have been changed; some of them are right."""
    program, values = random_program(random)
    path = random.choice(PATHS)
    body: Any = {"program": program, "inputs": _inputs(random, program, values)}
    if random.random() < 0.05:
        body["inputs"][random.choice("xyzab")] = _value(random)
    for _ in range(random.choice((0, 0, 0, 0, 0, 0, 0, 0, 1, 2))):
        name = random.choice(NAMES_OF[path])
        body[name] = random.choice(FIELDS[name])
    if random.random() < 0.02:
        body.pop(random.choice(list(body)))
    if random.random() < 0.01:
        body = random.choice(VALUES)
    text = json.dumps(body, ensure_ascii=random.random() < 0.5).encode(errors="surrogatepass")
    if random.random() < 0.05:
        text = mutated_bytes(random, text)
    return Request(path, text)


def mutated_bytes(random: Random, text: bytes) -> bytes:
    """The same with parts removed, doubled, exchanged or foreign."""
    for _ in range(random.choice((1, 1, 2, 5))):
        at, length = random.randrange(len(text) + 1), random.choice((0, 0, 1, 1, 3, 30))
        start = random.randrange(len(text) + 1)
        new = random.choice((random.choice(BYTES), random.randbytes(2), text[start : start + 40], b""))
        text = text[:at] + new + text[at + length :]
    return text
