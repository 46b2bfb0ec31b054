"""The limits, at each and one past it; and texts made to break parsers, which get an answer soon."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from adcore.errors import AdcoreError
from adcore.graph import DType, Type
from adcore.language import lower, parse
from adcore.limits import Limits
from tests.adcore.language.evaluating import lowered, result

SMALL = Limits(source_bytes=40, nesting_depth=5, graph_nodes=6, array_elements=12)
LONG, FEW = replace(SMALL, source_bytes=999), replace(SMALL, graph_nodes=5)


def code_of(text: str, limits: Limits) -> str | None:
    """The code of the error a program gives, None where it gives none."""
    try:
        names = [entry.name for entry in parse(text, limits).inputs]
        lowered(text, dict.fromkeys(names, 1.0), limits=limits)
    except AdcoreError as error:
        has_place = error.span is not None or error.code == "source_too_long"
        return error.code if has_place else f"{error.code} without a place"
    return None


def chain(length: int) -> str:
    """Functions that call one another, one inside the other."""
    inner = [f"def f{i}(x): return f{i - 1}(x)" for i in range(1, length)]
    return "\n".join(["def f0(x): return x", *inner, f"f{length - 1}(x)"])


NEGATE = "def f(x): return -x\n"
LIMITED: list[tuple[str, str, str, str, Limits]] = [
    ("source bytes", "x" * 40, "x" * 41, "source_too_long", SMALL),
    ("source bytes, not characters", "é" * 20, "é" * 20 + "x", "source_too_long", SMALL),
    ("brackets", "(((((x)))))", "((((((x))))))", "nesting_too_deep", SMALL),
    ("brackets of all kinds", "([([(x)])])", "[([([(x)])])]", "nesting_too_deep", SMALL),
    ("signs", "-----x", "------x", "nesting_too_deep", SMALL),
    ("powers", "x^x^x^x^x^x", "x^x^x^x^x^x^x", "nesting_too_deep", SMALL),
    ("calls", "sin(sin(sin(sin(sin(x)))))", "sin(sin(sin(sin(sin(sin(x))))))", "nesting_too_deep", SMALL),
    ("attributes", "x.T.T.T.T.T", "x.T.T.T.T.T.T", "nesting_too_deep", SMALL),
    ("conditions", "x if x else " * 5 + "x", "x if x else " * 6 + "x", "nesting_too_deep", LONG),
    (
        "blocks",
        "".join(" " * i + "if x:\n" for i in range(4)) + "    y = -1\n1",
        "".join(" " * i + "if x:\n" for i in range(5)) + "     y = -1\n1",
        "nesting_too_deep",
        LONG,
    ),
    ("calls of own functions", chain(5), chain(6), "nesting_too_deep", LONG),
    ("nodes", "x+x+x+x+x+x+x", "x+x+x+x+x+x+x+x", "graph_too_large", SMALL),
    ("nodes, constants included", "sin(x+1)+sin(x)", "sin(x+1)+sin(x+1)", "graph_too_large", SMALL),
    ("nodes of branches", "sin(x)if x else-x", "sin(-x)if x else-x", "graph_too_large", FEW),
    ("nodes of functions", NEGATE + "f(x)+f(x)+f(x)", NEGATE + "f(x)+f(x)+f(-x)", "graph_too_large", FEW),
    ("elements", "zeros(12)", "zeros(13)", "array_too_large", SMALL),
    ("elements of a product", "zeros((3,1))+zeros(4)", "zeros((3,1))+zeros(5)", "array_too_large", SMALL),
    ("elements of a list", "[[1]*3]*2 if 0 else 1", "[1,1,1,1,1,1,1,1,1,1,1,1,1]", "array_too_large", SMALL),
    ("elements of a range", "arange(12)", "arange(1e18)", "array_too_large", SMALL),
    ("axes", "zeros([1]*1)if 0 else x", "x[" + "None," * 33 + "]", "array_too_large", LONG),
]  # fmt: skip


@pytest.mark.parametrize(
    ("at", "past", "code", "limits"), [row[1:] for row in LIMITED], ids=[row[0] for row in LIMITED]
)
def test_what_is_at_a_limit_is_taken_and_what_is_past_it_is_not(at: str, past: str, code: str, limits: Limits) -> None:
    assert code_of(at, limits) is None
    assert code_of(past, limits) == code


def test_an_input_has_the_limit_of_arrays_too() -> None:
    syntax = parse("sum(x)", SMALL)
    lower(syntax, {"x": Type(DType.FLOAT, (3, 4))}, None, SMALL)
    with pytest.raises(AdcoreError) as caught:
        lower(syntax, {"x": np.zeros(13)}, None, SMALL)
    assert caught.value.code == "array_too_large"


def test_nothing_is_evaluated_before_its_size_is_known() -> None:
    assert code_of("n = 10**5\nx = ones((n, n)) @ ones((n, n))", Limits()) == "array_too_large"


# The text, and the codes it may get; which one can depend on how much Python's own parser takes.
DEEP = "nesting_too_deep"
HOSTILE = {
    "brackets": ("(" * 65_000, DEEP),
    "square brackets": ("[" * 65_000, DEEP),
    "calls": ("f(" * 32_000, DEEP),
    "signs": ("-" * 65_000, DEEP),
    "tildes": ("~" * 65_000, DEEP),
    "not": ("not " * 16_000 + "x", DEEP),
    "powers": ("**".join(["x"] * 20_000), DEEP),
    "carets": ("^".join(["x"] * 30_000), DEEP),
    "conditional expressions": ("x if x else " * 5_000 + "x", DEEP),
    "elif": ("if x:\n y=1\n" + "elif x:\n y=2\n" * 4_000, DEEP),
    "attributes": ("x" + ".T" * 30_000, DEEP),
    "indices": ("x" + "[0]" * 20_000, DEEP),
    "calls of calls": ("x" + "()" * 30_000, DEEP),
    "lambdas": ("lambda:" * 9_000 + "x", "not_yet_supported " + DEEP),
    "a sum of 10,000": ("+".join(["x"] * 10_000), "ok " + DEEP),
    "comparisons": ("<".join(["x"] * 4_000), "ok"),
    "and": (" and ".join(["x"] * 10_000), "ok"),
    "targets": ("x=" * 30_000 + "1", "ok"),
    "quotes": ('"' * 65_000, "no_result syntax_error"),
    "triple quotes": ("'''" * 21_000, "no_result syntax_error"),
    "open quotes": ("'''\"\"\"" * 9_000 + "'", "no_result syntax_error"),
    "backslashes": ("\\" * 65_000, "syntax_error"),
    "digits": ("1" * 65_000, "syntax_error"),
    "digits and letters": ("1e" * 30_000, "syntax_error"),
    "digits before words": ("1_" * 30_000 + "if", "syntax_error"),
    "dots": ("." * 65_000, "syntax_error"),
    "blanks": (" " * 65_000 + "x", "ok"),
    "line ends": ("\n\r" * 32_000, "no_result"),
    "carets alone": ("^" * 65_000, "syntax_error"),
    "wide carets": ("é^" * 21_000 + "é", DEEP),
    "indentation": ("".join(" " * i + "if x:\n" for i in range(300)) + " " * 300 + "y=1", DEEP),
    "doubling functions": (
        "def f0(x): return x\n"
        + "".join(f"def f{i}(x): return f{i - 1}(x)+f{i - 1}(x)\n" for i in range(1, 40))
        + "f39(1)",
        "graph_too_large",
    ),
    "doubling lists": ("a=[1,1]\n" + "a=[a,a]\n" * 60 + "sum(a)", "array_too_large"),
    "doubling tuples": ("a=1,1\n" + "a=a,a\n" * 60 + "a", "array_too_large"),
    "lists in lists": ("a=[1]\n" + "a=[a]\n" * 3000 + "sum(a)", DEEP),
    "a tower": ("9**9**9**9**9*x", "ok"),
    "unknown functions": ("sni(x)+" * 8_000 + "x", "unknown_function nesting_too_deep"),
}


def answered(text: str) -> str:
    return code_of(text, Limits(graph_nodes=10_000)) or "ok"


@pytest.mark.untraced
@pytest.mark.parametrize(("text", "codes"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_text_is_answered_soon(text: str, codes: str) -> None:
    start = time.thread_time()
    assert answered(text) in codes.split()
    assert time.thread_time() - start < 10


def deeper(frames: int, then: Callable[[], object]) -> object:
    """``then()``, called from further down the stack."""
    return deeper(frames - 1, then) if frames else then()


AT_THE_LIMIT = {
    "brackets": "(" * 100 + "x" + ")" * 100,
    "signs": "-" * 100 + "x",
    "powers": "x" + "**x" * 100,
    "conditional expressions": "x if x else " * 100 + "x",
    "calls": "sin(" * 100 + "x" + ")" * 100,
    "own functions": chain(100),
    "guards": "def f(x):\n" + "".join(f"  if x > {i}: return {i}\n" for i in range(98)) + "  return 0\nf(x)",
}


@pytest.mark.parametrize("text", AT_THE_LIMIT.values(), ids=AT_THE_LIMIT.keys())
def test_the_deepest_program_allowed_fits_into_a_worker_s_stack(text: str) -> None:
    found: list[str] = []
    thread = threading.Thread(target=lambda: deeper(150, lambda: found.append(answered(text))))
    thread.start()
    thread.join()
    assert found == ["ok"]


@pytest.mark.untraced
@pytest.mark.parametrize("name", ["signs", "powers", "elif", "attributes", "a sum of 10,000", "brackets"])
def test_a_hostile_text_is_answered_from_a_worker_with_a_deep_stack_too(name: str) -> None:
    text, codes = HOSTILE[name]
    found: list[str] = []
    thread = threading.Thread(target=lambda: deeper(150, lambda: found.append(answered(text))))
    thread.start()
    thread.join()
    assert found[0] in codes.split()


def test_a_long_sum_is_no_deep_one() -> None:
    assert result("+".join(["x"] * 1_500) + "-x" * 500, x=1.0) == 1_000.0
