"""Calls of every op with arguments nobody has in mind, on odd numbers: each is answered or refused, none fails."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adcore.graph import OPS, Kind, Op
from app.settings import ServiceLimits, Settings
from tests.app.conftest import serving

PUBLIC = [op for op in OPS.values() if op.signature.public]
WORDS = (
    "0 1 -1 2 3 0.5 1e308 -1e308 5e-324 inf -inf nan 10**9 10**18 2**31 2**63 -2**63 10**30 1e400 -0.0 True None "
    "[1,2] [[1,2],[3,4]] [] () (1,2) (10**9,10**9) (-1,) (2,-1) 'a' 'ij,jk' 'fro' [True,False] 1j 1:2"
).split()
INPUTS: dict[str, Any] = {"x": [], "n": [], "i": [], "v": [3], "z": [3], "A": [2, 2], "B": [2, 3], "E": [0]}
PARTS = ["v[i]", "A[i]", "v[n]", "A[0]", "v[z]", "B[:, i]", "v[::2]", "A.T", "v[None]", "(v > 1)", "v[5:]", "x[i]"]
NUMBERS = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    2.0,
    3.0,
    2.5,
    -7.0,
    1e18,
    2.0**63,
    1e308,
    -1e308,
    5e-324,
    "NaN",
    "Infinity",
    "-Infinity",
]

operands = st.sampled_from([*INPUTS, *INPUTS, *PARTS, *WORDS])
words = st.sampled_from(WORDS)


@st.composite
def calls(draw: st.DrawFn, depth: int = 1) -> str:
    """One call of an op, its arguments perhaps too few, too many or of a wrong kind."""
    op: Op = draw(st.sampled_from(PUBLIC))
    inner = operands | calls(depth - 1) if depth else operands
    given = [draw(inner) for name in op.signature.operands if not name.startswith("*")]
    if len(given) < len(op.signature.operands):
        given.append(f"[{', '.join(draw(st.lists(inner, max_size=3)))}]")
    if op.signature.arguments:
        given = [draw(inner if name in op.signature.operands else words) for name in op.signature.arguments]
    for p in op.signature.parameters:
        if p.kind is not Kind.HIDDEN and p.name not in op.signature.arguments and (p.required or draw(st.booleans())):
            given.append(f"{p.name}={draw(words)}")
    if draw(st.integers(0, 9)) == 0:
        given = given[:-1] if draw(st.booleans()) else [*given, draw(words)]
    return f"{draw(st.sampled_from([op.name, *op.signature.aliases]))}({', '.join(given)})"


programs = (
    st.builds("sum({})".format, calls())
    | calls()
    | st.builds("{} if x > 0 else {}".format, calls(0), calls(0))
    | st.builds("y = {}\ny * x".format, calls())
)


@st.composite
def inputs(draw: st.DrawFn) -> dict[str, Any]:
    def values(shape: list[int]) -> Any:
        return [values(shape[1:]) for _ in range(shape[0])] if shape else draw(st.sampled_from(NUMBERS))

    return {name: values(shape) for name, shape in INPUTS.items()}


@pytest.fixture(scope="module")
def small() -> Any:
    """A client of a service that gives up soon."""
    limits = ServiceLimits(array_elements=10**5, live_elements=10**6, evaluation_seconds=5)
    with serving(Settings(max=limits)) as client:
        yield client


@given(program=programs, values=inputs(), mode=st.sampled_from(["auto", "forward", "reverse"]))
@example(program="sum(take(v, 10**9))", values={"v": [1.0, 2.0, 3.0]}, mode="reverse")
@example(program="sum(arange(0, 1e308, n)) + x", values={"n": 3.0, "x": 1.0}, mode="reverse")
@example(program="take(x, n)", values={"n": 1.0, "x": 1.0}, mode="forward")
def test_every_call_is_answered_or_refused(small: httpx.Client, program: str, values: Any, mode: str) -> None:
    request = {"program": program, "inputs": values}
    refused = small.post("/evaluate", json=request).json()
    if refused.get("code") == "unknown_input":
        # An entry function takes its parameters only.
        named = refused["detail"].split("the inputs are: ")[1].split(", ")
        request["inputs"] = {name: value for name, value in values.items() if name in named}
    for path, more in (("/evaluate", {}), ("/grad", {"mode": mode}), ("/grad", {"mode": mode, "trace": True})):
        answer = small.post(path, json=request | more)
        assert answer.status_code in (200, 422), (answer.text[:500], request)
        assert answer.json().get("code") != "internal_error"
