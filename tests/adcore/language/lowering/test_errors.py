"""Wrong programs whose syntax is right: the code, the smallest place (marked « »), the message and the help."""

from __future__ import annotations

import re

import numpy as np
import pytest

from adcore.errors import AdcoreError, Span
from adcore.language import parse
from tests.adcore.language.evaluating import LIMITS, lowered
from tests.adcore.language.marking import unmarked

INPUTS = {
    "x": np.array(2.0),
    "y": np.array(3.0),
    "v": np.array([1.0, 2.0, 3.0]),
    "w": np.array([1.0, 2.0]),
    "A": np.array([[1.0, 2.0], [3.0, 4.0]]),
    "n": np.array(2.0),
    "h": np.array(2.5),
    "b": np.array(True),
}

# The program, the error's code, its message (None where the op's own is given on), the help.
TABLE = [
    # syntax that parses, and is not supported where it stands
    ("maximum(*«x»)", "type_mismatch", "a number has no parts to go over", None),
    ("sum(reversed(«*v»))", "unsupported_syntax", "unpacking with * is not supported here", "name each value"),
    ("zip(*«v»)", "type_mismatch", "a number has no parts to go over", "write range(...) to count"),
    (
        "y = «print»(x)",
        "unsupported_syntax",
        "print does not exist in this language",
        "the result and every name can be asked for",
    ),
    ("«a, b, d, *c» = v[:2]", "shape_mismatch", "3 names and more for 2 values", None),
    (
        "x in «v»",
        "unsupported_syntax",
        "in looks into a list, a tuple, a set, a dictionary or a string, and this is an array of shape (3,)",
        "any(x == a) asks whether an array has an element",
    ),
    (
        "d = {'a': x}\ny = d[«0:1», 2]",
        "type_mismatch",
        "slices stand beside other indices in the subscripts of arrays only",
        None,
    ),
    (
        "«for i in range(0):\n    math[0] = x»",
        "type_mismatch",
        "math is a module, and a value is needed here",
        None,
    ),
    ("np.r_[«*v», 0]", "unsupported_syntax", "unpacking with * is not supported here", "name each value"),
    (
        "y = x if x > 0 else («100 << 2») % x + 1",
        "unsupported_syntax",
        "<< does not exist in this language",
        "to multiply by a power of 2, write x * 2**n",
    ),
    ("«x is y»", "unsupported_syntax", "is compares with None only", "write == to compare values"),
    # functions as values, and recursion
    (
        "«lambda t: t»",
        "type_mismatch",
        "the result is a lambda, not a number or an array",
        "a function that nothing calls computes nothing: call it",
    ),
    ("x + («lambda t: t»)", "type_mismatch", "a lambda cannot be computed with", None),
    (
        "def f(t): return f(t-1)\n«f»(x)",
        "recursion_too_deep",
        "f calls itself on every path",
        "let it return without calling itself for some arguments",
    ),
    (
        "def f(t): return g(t)\ndef g(t): return f(t)\n«f»(x) + 1",
        "recursion_too_deep",
        "f calls itself on every path",
        "let it return without calling itself for some arguments",
    ),
    # functions
    ("«x»(y)", "unknown_function", "there is no function x", "to multiply, write x * (...)"),
    ("x.«foo»", "unknown_function", "a number has no foo", None),
    ("x.«summ»()", "unknown_function", "a number has no summ", "did you mean sum?"),
    ("np.«sine»(x)", "unknown_function", "numpy has no sine", "did you mean sin?"),
    ("np.linalg.«nrom»(v)", "unknown_function", "numpy.linalg has no nrom", "did you mean norm?"),
    ("np.«pie»", "unknown_function", "numpy has no pie", "did you mean pi?"),
    ("«sni»(x)", "unknown_function", "there is no function sni", "did you mean sin?"),
    ("«Sin»(x)", "unknown_function", "there is no function Sin", "did you mean sin?"),
    ("«quux»(x)", "unknown_function", "there is no function quux", "to multiply, write quux * (...)"),
    ("def f(a, c=2): return a*c\n«f()»", "bad_arguments", "f needs a", "it is defined as f(a, c=...)"),
    (
        "def f(a, c=2): return a*c\nf(1,2,«3»)",
        "bad_arguments",
        "f takes 2 arguments, and this is number 3",
        "it is defined as f(a, c=...)",
    ),
    (
        "def f(a, c=2): return a*c\nf(x, d=«3»)",
        "bad_arguments",
        "f takes no argument d",
        "it is defined as f(a, c=...)",
    ),
    ("def f(a, c=2): return a*c\nf(x, a=«3»)", "bad_arguments", "f is given a twice", None),
    ("«sin()»", "bad_arguments", "sin needs x", "it is called as sin(x)"),
    ("sin(x, «y»)", "bad_arguments", "sin takes at most 1 argument, and this is number 2", "it is called as sin(x)"),
    ("sin(x, axis=«0»)", "bad_arguments", "sin takes no argument axis", "it is called as sin(x)"),
    (
        "sum(v, axs=«0»)",
        "bad_arguments",
        "sum takes no argument axs",
        "did you mean axis?: sum(x, axis=None, keepdims=False)",
    ),
    ("sum(v, axis=0, axis=«1»)", "bad_arguments", "sum is given axis twice", None),
    ("«arange(0, 10, 0)»", "bad_arguments", None, None),
    ("max(x, y, axis=«0»)", "bad_arguments", "max of several numbers takes no argument axis", None),
    ("«float()»", "bad_arguments", "float takes one argument", None),
    (
        "norm(v, ord=x, axis=None, foo=«1»)",
        "bad_arguments",
        "norm takes no argument foo",
        "it is called as norm(x, ord=None, axis=None, keepdims=False)",
    ),
    ('«einsumm»("ij,j", A, v)', "unknown_function", "there is no function einsumm", "did you mean einsum?"),
    ("x.T.T.T.«Q»", "unknown_function", "a number has no Q", None),
    ("«dot(A)»", "bad_arguments", "dot needs x2", "it is called as dot(x1, x2)"),
    (
        "«np.polyfit(v, v, 1, cov=True)»",
        "bad_arguments",
        "polyfit gives the coefficients alone here",
        "leave full and cov out",
    ),
    (
        "np.sum(v, dtype=«int»)",
        "bad_arguments",
        "sum computes with float64 numbers here, and no others",
        "convert the result: sum(...).astype(int)",
    ),
    (
        "np.zeros(3, dtype=«complex»)",
        "bad_arguments",
        "arrays have elements of type float (float64), int or bool here, and no others",
        "write the real and the imaginary part as two arrays",
    ),
    ("exp(v, out=«v»)", "bad_arguments", "exp takes no argument out", "it is called as exp(x)"),
    # names
    (
        "z = «z» + 1",
        "used_before_assignment",
        "z is used before it is assigned",
        "if z is an input, post a value for it",
    ),
    (
        "«z» += 1",
        "used_before_assignment",
        "z is used before it is assigned",
        "if z is an input, post a value for it",
    ),
    (
        "a = «c»\nc = 2",
        "used_before_assignment",
        "c is used before it is assigned",
        "if c is an input, post a value for it",
    ),
    (
        "y = «f»(x)\ndef f(t): return t",
        "used_before_assignment",
        "the function f is called before its definition",
        "move the definition up",
    ),
    (
        "def f(t):\n  return «u»\n  u = 1\nf(x)",
        "used_before_assignment",
        "u is used before it is assigned",
        "u is the function's own name, since the function assigns it; give the new value another name",
    ),
    (
        "def f(t):\n  q = «q» + t\n  return q\nf(x)",
        "used_before_assignment",
        "q is used before it is assigned",
        "q is the function's own name, since the function assigns it; give the new value another name",
    ),
    # kinds of values
    ("«2»(x + 1)", "type_mismatch", "2 is a number, not a function", "to multiply, write 2 * (...)"),
    (
        "(«x + y»)(x - y)",
        "type_mismatch",
        "this is a number, not a function",
        "to multiply, write * before the bracket",
    ),
    ("v.«sum»", "type_mismatch", "sum is a function, and a value is needed here", "call it: .sum()"),
    ("v.«shape»()", "type_mismatch", ".shape is not a function", "write .shape alone"),
    (
        "«sin» + x",
        "type_mismatch",
        "sin is a function, and a value is needed here",
        "call it, sin(...), or post an input sin",
    ),
    (
        "«sin»",
        "type_mismatch",
        "sin is a function, and a value is needed here",
        "call it, sin(...), or post an input sin",
    ),
    ("«np» + 1", "type_mismatch", "np is a module, and a value is needed here", None),
    ("«x[0]»", "type_mismatch", "a number has no parts", None),
    ("v[«True»]", "type_mismatch", "a condition is not an index", "use where() to choose by a condition"),
    (
        "v[«v > 1»]",
        "type_mismatch",
        "how many elements a condition chooses is not known when the program is compiled",
        "where(condition, x, 0) keeps the shape; sum(where(condition, x, 0)) adds those that are chosen",
    ),
    ("a, c = «x»", "type_mismatch", "a number cannot be unpacked into 2 names", None),
    (
        "x if «v > 1» else y",
        "type_mismatch",
        "a condition is one value, and this is an array of shape (3,)",
        "to choose element by element, write where(condition, a, b); any() and all() make one of many",
    ),
    (
        "«v > 1» and x",
        "type_mismatch",
        "a condition is one value, and this is an array of shape (3,)",
        "to choose element by element, write where(condition, a, b); any() and all() make one of many",
    ),
    (
        "not «v»",
        "type_mismatch",
        "a condition is one value, and this is an array of shape (3,)",
        "to choose element by element, write where(condition, a, b); any() and all() make one of many",
    ),
    ("«(1, 2)» + x", "type_mismatch", "a tuple cannot be computed with", "an array is written with [ ]"),
    ("«(1, 2)» * 2.5", "type_mismatch", "a tuple cannot be computed with", "an array is written with [ ]"),
    ("x + «None»", "type_mismatch", "None cannot be computed with", None),
    (
        "«x» & y",
        "type_mismatch",
        "& joins conditions, and this is a number",
        "a comparison beside & needs brackets: (x > 0) & (x < 1)",
    ),
    (
        "«b ^ (x > 1)»",
        "type_mismatch",
        "^ means power, and these are conditions",
        "to ask whether just one of two conditions holds, write logical_xor(a, b)",
    ),
    ("«~x»", "type_mismatch", "~ turns a condition around, and this is a number", "write -x or 1 - x"),
    (
        "max(«v», 0)",
        "type_mismatch",
        "max of several values compares numbers, and this is an array of shape (3,)",
        "write maximum(a, b) to go element by element, max(x, axis=0) along an axis",
    ),
    ("len(«x»)", "type_mismatch", "a number has no length", None),
    ('int(«"three"»)', "bad_arguments", "'three' is not a number", None),
    (
        "concatenate(«x»)",
        "type_mismatch",
        "concatenate takes a list of arrays, and this is a number",
        "write concatenate([a, b])",
    ),
    (
        "concatenate(«v», v)",
        "type_mismatch",
        "concatenate takes a list of arrays, and this is an array of shape (3,)",
        "write concatenate([a, b])",
    ),
    (
        "stack(«v», w)",
        "type_mismatch",
        "stack takes a list of arrays, and this is an array of shape (3,)",
        "write stack([a, b])",
    ),
    # shapes and indices
    ("sum(v, axis=«1»)", "shape_mismatch", None, None),
    ("sum(v, axis=«0.5»)", "not_a_whole_number", "axis of sum is a whole number, and this is 0.5", None),
    ("sum(v, axis=«x»)", "shape_mismatch", None, None),
    ("sum(v, axis=«h»)", "not_a_whole_number", "axis of sum is a whole number, and this is 2.5", None),
    ("«v + w»", "shape_mismatch", None, None),
    ("«v @ w»", "shape_mismatch", None, None),
    ("«A @ v»", "shape_mismatch", None, None),
    ("«v * [1, 2]»", "shape_mismatch", None, None),
    (
        "[1, «[2, 3]»]",
        "shape_mismatch",
        "the parts of an array have one shape, and here shape (2,) stands beside a number",
        None,
    ),
    (
        "[v, «w»]",
        "shape_mismatch",
        "the parts of an array have one shape, and here shape (2,) stands beside shape (3,)",
        None,
    ),
    (
        "[[1,2],«[3]»]",
        "shape_mismatch",
        "the parts of an array have one shape, and here shape (1,) stands beside shape (2,)",
        None,
    ),
    ("«reshape(v, (2, 2))»", "shape_mismatch", None, None),
    ("«v.reshape(2, 2)»", "shape_mismatch", None, None),
    ("v[«3»]", "index_out_of_bounds", "index 3 is out of bounds: this has 3 elements", "indices count from 0"),
    ("v[«-4»]", "index_out_of_bounds", "index -4 is out of bounds: this has 3 elements", None),
    ("«v[0, 1]»", "shape_mismatch", "an array of shape (3,) has 1 axis, and 2 indices are given", None),
    ("A[0, «2»]", "index_out_of_bounds", "index 2 is out of bounds: axis 1 has 2 elements", "indices count from 0"),
    ("A[«2»]", "index_out_of_bounds", "index 2 is out of bounds: axis 0 has 2 elements", "indices count from 0"),
    ("v[«0.5»]", "not_a_whole_number", "an index is a whole number, and this is 0.5", None),
    ("v[1:«h»]", "not_a_whole_number", "a bound of a slice is a whole number, and this is 2.5", None),
    ("«a, c» = v", "shape_mismatch", "2 names for 3 values (shape (3,))", None),
    ("«(a, c), d» = (1, 2), 3, 4", "shape_mismatch", "2 names for 3 values", None),
    ("zeros(«h»)", "not_a_whole_number", "shape of zeros is a whole number, and this is 2.5", None),
    ("«zeros(-1)»", "shape_mismatch", None, None),
    ("«where(v > 0, v, w)»", "shape_mismatch", None, None),
    ("«x @ y»", "shape_mismatch", None, "a number times an array is written with *"),
    # branches
    (
        "if x > 0:\n  q = 1\n«q» + 1",
        "bound_in_one_branch",
        "q is assigned in one branch only",
        "give q a value in the other branch too, or before the if",
    ),
    (
        "if x > 0:\n  «q» = v\nelse:\n  q = x\nq + 1",
        "branch_mismatch",
        "q is an array of shape (3,) if the condition holds, and a number otherwise",
        None,
    ),
    (
        "«v if x > 0 else x»",
        "branch_mismatch",
        "the value is an array of shape (3,) if the condition holds, and a number otherwise",
        None,
    ),
    (
        "«(1, 2) if x > 0 else x»",
        "branch_mismatch",
        "the value is a tuple if the condition holds, and a number otherwise",
        None,
    ),
    (
        "def f(t):\n  «if» t > 0: return 1\nf(x)",
        "branch_mismatch",
        "the value is a number if the condition holds, and None otherwise",
        None,
    ),
    (
        "«x if x > 0 else None»",
        "branch_mismatch",
        "the value is a number if the condition holds, and None otherwise",
        None,
    ),
    # results
    ("«None»", "no_result", "the program's result is None", "return a value on every path through the program"),
    ("«()»", "no_result", "the program's result is an empty tuple", None),
    # more of each
    ("(1, 2)[«2»]", "index_out_of_bounds", "index 2 is out of bounds: this has 2 elements", "indices count from 0"),
    ("(1, 2)[«::0»]", "bad_arguments", "the step of a slice must not be 0", None),
    ("«A[[0, 1], [1, 0, 1]]»", "shape_mismatch", "indices of shapes (2,) and (3,) do not broadcast", None),
    (
        "sum(v, keepdims=«v»)",
        "type_mismatch",
        "keepdims of sum is True or False, and this is an array of shape (3,)",
        None,
    ),
    ("arange(«v»)", "type_mismatch", "start of arange is a number, and this is an array of shape (3,)", None),
    ("v.T.«foo»", "unknown_function", "an array of shape (3,) has no foo", None),
    ("v.«sin»()", "unknown_function", "an array of shape (3,) has no sin", "write sin(...)"),
    (
        "«y» = sin",
        "type_mismatch",
        "y is a function, and a value is needed here",
        "call it, y(...)",
    ),
    (
        "def f(a): return a\n«f» + 1",
        "type_mismatch",
        "f is a function, and a value is needed here",
        "call it, f(...)",
    ),
    ("y = x\n«y»(2)", "type_mismatch", "y is a number, not a function", "to multiply, write y * (...)"),
    ("np.«linalg»(x)", "type_mismatch", "numpy.linalg is a module, not a function", None),
    ("«np.linalg» + 1", "type_mismatch", "numpy.linalg is a module, and a value is needed here", None),
    ("round(x, «2**40»)", "bad_arguments", "decimals of round is too large: 1099511627776", None),
    ("zeros(«10.0**30»)", "bad_arguments", "shape of zeros is too large: 1e+30", None),
    ("zeros(«nan»)", "not_a_whole_number", "shape of zeros is a whole number, and this is nan", None),
    ("norm(v, «None if x is None else (1, 2)»)", "type_mismatch", "ord of norm is a number, and this is a tuple", None),
]


def test_a_function_does_not_see_the_parameters_of_another() -> None:
    error = error_of("def g(a): return a * x\ndef f(x): return g(x)")
    assert (error.code, error.span) == ("used_before_assignment", Span(1, 22, 1, 23))
    assert error.help == "x is the program's parameter: hand it on as an argument"


def compiled(text: str) -> None:
    """Parse and lower a program, with those of the inputs that it has."""
    names = [entry.name for entry in parse(text, LIMITS).inputs]
    lowered(text, {name: INPUTS[name] for name in names if name in INPUTS})


def error_of(text: str) -> AdcoreError:
    """The error that a program gives."""
    with pytest.raises(AdcoreError) as caught:
        compiled(text)
    return caught.value


@pytest.mark.parametrize(("marked", "code", "message", "help"), TABLE, ids=[row[0] for row in TABLE])
def test_a_wrong_program_is_told_what_is_wrong_and_where(
    marked: str, code: str, message: str | None, help: str | None
) -> None:
    text, span = unmarked(marked)
    error = error_of(text)
    assert (error.code, error.span, error.help) == (code, span, help)
    assert message is None or error.message == message
    assert error.source == text


def test_the_table_has_programs_of_every_code_of_the_language() -> None:
    assert len(TABLE) >= 120
    assert len({row[1] for row in TABLE}) >= 12


@pytest.mark.parametrize(
    ("text", "related"),
    [
        pytest.param("v + w", [("v", "shape (3,)"), ("w", "shape (2,)")], id="both operands and their shapes"),
        pytest.param(
            "where(v > 0, v, w)", [("v > 0", "shape (3,)"), ("v", "shape (3,)"), ("w", "shape (2,)")], id="call"
        ),
        pytest.param(
            "if x > 0:\n  q = 1\nq", [("q", "assigned here only"), ("if", "decided here")], id="one branch only"
        ),
        pytest.param("v if x > 0 else x", [("v", "an array of shape (3,)"), ("x", "a number")], id="both branches"),
        pytest.param("[v, w]", [("v", "shape (3,)")], id="the part that the other ones must be like"),
        pytest.param("z = z + 1", [("z", "assigned here")], id="where it is assigned"),
        pytest.param("a, c = v", [("v", "3 values")], id="what is parted"),
    ],
)
def test_the_other_places_that_play_a_part_are_named(text: str, related: list[tuple[str, str]]) -> None:
    lines = text.split("\n")
    error = error_of(text)
    shown = [(lines[s.line - 1][s.column - 1 : s.end_column - 1], word) for s, word in error.related]
    assert shown == related


def test_both_shapes_are_in_the_message() -> None:
    assert re.search(r"\(3,\).*\(2,\)", error_of("v + w").message)


def test_the_excerpt_shows_the_line_as_it_was_typed() -> None:
    assert error_of("a = x ^ 2\nθ² = a ^ x + sni(a ^ 2)").excerpt == "θ² = a ^ x + sni(a ^ 2)\n ^"
    assert error_of("a = x ^ 2\nq = a ^ x + sni(a ^ 2)").excerpt == "q = a ^ x + sni(a ^ 2)\n            ^^^"
