"""Control flow that is wrong: the error has the place, the iteration and the values, and the service goes on."""

from __future__ import annotations

from typing import Any, NamedTuple

import httpx
import pytest

from app.settings import ServiceLimits, Settings
from tests.app.conftest import serving


class Wrong(NamedTuple):
    """A program, its inputs, the error's code, the line and column where it begins, and what the message must say."""

    why: str
    program: str
    inputs: dict[str, Any]
    code: str
    place: tuple[int, int]
    says: tuple[str, ...]


TABLE = [
    Wrong(
        "a name that one branch binds",
        "if x > 0:\n  y = x\nz = y*2\nz",
        {"x": 1},
        "bound_in_one_branch",
        (3, 5),
        ("y is assigned in one branch only",),
    ),
    Wrong(
        "a name that a loop binds, which may have no pass",
        "for i in range(n):\n  y = x*i\ny",
        {"x": 1, "n": 0},
        "bound_in_one_branch",
        (3, 1),
        ("y is assigned in the loop only",),
    ),
    Wrong(
        "a shape that grows in a loop",
        "y = [x]\nfor i in range(n):\n  y = concatenate([y, [x]])\nsum(y)",
        {"x": 1, "n": 3},
        "loop_mismatch",
        (3, 3),
        ("y changes in the loop", "shape (1,)", "shape (2,)"),
    ),
    Wrong(
        "branches of different shapes",
        "y = x if x > 0 else [x, x]\nsum(y)",
        {"x": 1},
        "branch_mismatch",
        (1, 5),
        ("a number if the condition holds", "shape (2,) otherwise"),
    ),
    Wrong(
        "an index out of bounds in iteration 731",
        "s = 0\nfor i in range(1000):\n  s = s + x[i]\ns",
        {"x": [0.5] * 731},
        "index_out_of_bounds",
        (3, 11),
        ("index 731", "size 731", "iteration 731"),
    ),
    Wrong(
        "an index out of bounds in a loop inside a loop",
        "s = 0\nfor i in range(3):\n  for j in range(4):\n    s = s + x[i*j]\ns",
        {"x": [1, 2, 3, 4]},
        "index_out_of_bounds",
        (4, 13),
        ("index 4", "size 4", "iteration 2", "iteration 2"),
    ),
    Wrong(
        "an index that is not whole, in a while loop",
        "s = 0\ni = 0.0\nwhile i < 3:\n  s = s + x[i]\n  i = i + 0.75\ns",
        {"x": [1, 2, 3, 4]},
        "not_a_whole_number",
        (4, 13),
        ("0.75", "iteration 1"),
    ),
    Wrong(
        "an assertion in a loop",
        "s = x\nfor i in range(50):\n  s = s*2\n  assert s < 1000, 'too large'\ns",
        {"x": 1},
        "assertion_failed",
        (4, 10),
        ("too large", "s is 1024", "iteration 9"),
    ),
    Wrong(
        "an error in a function that a loop calls",
        "def f(k):\n  return v[k]\ns = 0\nfor i in range(5):\n  s = s + f(i)\ns*x",
        {"x": 1, "v": [1, 2, 3]},
        "index_out_of_bounds",
        (2, 10),
        ("index 3", "size 3", "iteration 3"),
    ),
    Wrong(
        "recursion without end",
        "def f(n):\n  return x if n == 0 else f(n - 1)\nf(0.5)",
        {"x": 1},
        "recursion_too_deep",
        (2, 27),
        ("1000", "f with n = -998.5"),
    ),
    Wrong(
        "recursion that has no way out",
        "def f(n): return f(n - 1)*x\nf(3)",
        {"x": 1},
        "recursion_too_deep",
        (2, 1),
        ("f calls itself on every path",),
    ),
    Wrong(
        "an equation without a solution, in a loop",
        "s = 0\nfor i in range(5):\n  s = s + root(lambda t: t**2 - x + i, 1.0)\ns",
        {"x": 2.5},
        "not_converged",
        (3, 11),
        ("a root is not found", "iteration 3"),
    ),
]


@pytest.mark.parametrize("wrong", TABLE, ids=[each.why for each in TABLE])
def test_wrong_control_flow_is_told(client: httpx.Client, wrong: Wrong) -> None:
    problem = client.post("/grad", json={"program": wrong.program, "inputs": wrong.inputs})
    told = problem.json()
    assert (problem.status_code, told["code"]) == (422, wrong.code)
    assert (told["span"]["line"], told["span"]["column"]) == wrong.place
    assert told["excerpt"].split("\n")[0] == wrong.program.split("\n")[wrong.place[0] - 1]
    for part in wrong.says:
        assert part in told["detail"]
    assert client.post("/grad", json={"program": "x*x", "inputs": {"x": 3}}).json()["gradients"] == {"x": 6}


def test_a_call_around_an_error_is_shown(client: httpx.Client) -> None:
    text = "def f(k):\n  return v[k]\ndef g(k):\n  return f(k)\ng(7)*x"
    told = client.post("/grad", json={"program": text, "inputs": {"x": 1, "v": [1, 2]}}).json()
    assert [(each["note"], each["span"]["line"]) for each in told["related"]] == [
        ("f is called here", 4),
        ("g is called here", 5),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "y = x\nwhile x > 0:\n  y = y + 1\ny",
        "y = x\nwhile True:\n  y = sin(y) + 2\ny",
        "y = x\nwhile y > 0:\n  for i in range(1000000):\n    y = y + 1\ny",
        "def f(n): return x if n < 1 else f(n - 1) + f(n - 2)\nf(200)",
    ],
    ids=["nothing changes", "while True", "loops in loops", "calls that nearly double"],
)
def test_what_never_ends_is_stopped_in_time_and_the_service_goes_on(text: str) -> None:
    with serving(Settings(max=ServiceLimits(evaluation_seconds=0.5, loop_steps=10**9))) as client:
        for mode in ("reverse", "forward"):
            endless = client.post("/grad", json={"program": text, "inputs": {"x": 1}, "mode": mode}).json()
            assert endless["code"] == "evaluation_too_long"
            assert client.get("/health/live").json() == {"status": "ok"}
            assert client.post("/grad", json={"program": "x*x", "inputs": {"x": 3}}).json()["value"] == 9
