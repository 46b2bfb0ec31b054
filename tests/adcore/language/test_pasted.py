"""Functions as they are found in scripts: each means what Python makes of it, and its gradient is that of differences.

``pasted/*.txt`` hold them, each below a line ``### name: inputs``, whose inputs are written as Python's literals.
Whatever is not a float, or a list of floats, is no variable of the derivative.
"""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

import adcore

SCRIPTS = Path(__file__).parent / "pasted"
STEP = 1e-6


def scripts() -> list[tuple[str, str, dict[str, Any]]]:
    """The scripts of all files: name, text and inputs."""
    found = []
    for path in sorted(SCRIPTS.glob("*.txt")):
        for part in ("\n" + path.read_text()).split("\n### ")[1:]:
            head, _, text = part.partition("\n")
            name, _, inputs = head.partition(": ")
            found.append((name, text, ast.literal_eval("{" + inputs + "}")))
    return found


def as_argument(value: Any) -> Any:
    return np.array(value, float) if isinstance(value, list) else value


def is_missing(statement: ast.stmt) -> bool:
    """Whether a statement imports a module that is not installed here: one for plots or tables, or a compiler."""
    match statement:
        case ast.Import([ast.alias(module), *_]) | ast.ImportFrom(str(module)):
            return importlib.util.find_spec(module.partition(".")[0]) is None
        case _:
            return False


def by_python(text: str, inputs: dict[str, Any]) -> float:
    """The value of the script's last function in Python."""
    tree = ast.parse(text)
    functions = [s.name for s in tree.body if isinstance(s, ast.FunctionDef)]
    missing = [s for s in tree.body if is_missing(s)]
    tree.body = [s for s in tree.body if s not in missing]
    # What is used of such a module is a decorator.
    decorators = {name.name: lambda f: f for s in missing if isinstance(s, ast.ImportFrom) for name in s.names}
    space: dict[str, Any] = {"__name__": "script", **decorators}
    exec(compile(tree, "script", "exec"), space)
    return float(space[functions[-1]](**{k: as_argument(x) for k, x in inputs.items()}))


def by_differences(text: str, inputs: dict[str, Any], name: str) -> Any:
    """The gradient by one input, by central differences of Python's values."""
    start = np.array(inputs[name], float)
    gradient = np.zeros_like(start)
    for i in np.ndindex(start.shape):
        sides = []
        for sign in (1.0, -1.0):
            moved = start.copy()
            moved[i] += sign * STEP
            sides.append(by_python(text, {**inputs, name: moved.tolist()}))
        gradient[i] = (sides[0] - sides[1]) / (2 * STEP)
    return gradient


def varies(value: Any) -> bool:
    return isinstance(value, (float, list))


@pytest.mark.untraced
@pytest.mark.parametrize(("name", "text", "inputs"), scripts(), ids=[name for name, _, _ in scripts()])
def test_a_pasted_function_means_what_python_means(name: str, text: str, inputs: dict[str, Any]) -> None:
    wrt = [k for k, x in inputs.items() if varies(x)]
    modes: tuple[Literal["forward", "reverse"], ...] = ("forward", "reverse")
    answers = {mode: adcore.compile(text, inputs, wrt=wrt, mode=mode)(inputs) for mode in modes}
    value = by_python(text, inputs)
    differences = {k: by_differences(text, inputs, k) for k in wrt}
    for mode, answer in answers.items():
        np.testing.assert_allclose(next(iter(answer.values.values())), value, rtol=1e-12)
        for k in wrt:
            near = 1e-6 * (np.max(np.abs(differences[k])) + 1.0)
            np.testing.assert_allclose(answer.gradients[k], differences[k], 1e-5, near, err_msg=f"{mode} mode, {k}")
