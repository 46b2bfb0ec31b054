"""Shape rules: what they refuse, what they say of it, and indices, whose bounds may show at run time only."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from adcore.derivatives import reverse
from adcore.errors import AdcoreError, IndexOutOfBounds
from adcore.graph import OPS, DType, Node, Type, constant
from adcore.ops.arrays.indexing import subscript_text
from adcore.ops.base import sample
from tests.adcore.graphs import build, run
from tests.adcore.ops.cases import Case
from tests.tables import for_each

pytestmark = pytest.mark.untraced

# op, operands' shapes, parameters, the error's code, and words its message must have
REFUSED: list[tuple[str, tuple[tuple[int, ...], ...], dict[str, Any], str, tuple[str, ...]]] = [
    ("reshape", ((2, 3),), {"shape": (4, 2)}, "shape_mismatch", ("(2,3)", "6 elements", "(4,2)")),
    ("reshape", ((2, 3),), {"shape": (4, -1)}, "shape_mismatch", ("(4,-1)",)),
    ("reshape", ((2, 3),), {"shape": (-1, -1)}, "shape_mismatch", ("one of them",)),
    ("reshape", ((0,),), {"shape": (0, -1)}, "shape_mismatch", ("(0,-1)",)),
    ("reshape", ((0,),), {"shape": (0, 10**30)}, "array_too_large", ("any array can",)),
    ("expand_dims", ((2,),), {"axis": 2}, "shape_mismatch", ("axis 2",)),
    ("squeeze", ((2, 1),), {"axis": 0}, "shape_mismatch", ("axis 0", "(2,1)", "length 2")),
    ("broadcast_to", ((2,),), {"shape": (3,)}, "shape_mismatch", ("(2,)", "(3,)")),
    ("broadcast_to", ((3, 2),), {"shape": (2,)}, "shape_mismatch", ("(3,2)", "(2,)")),
    ("transpose", ((2, 3),), {"axes": (0,)}, "shape_mismatch", ("2 axes",)),
    ("transpose", ((2, 3),), {"axes": (0, 0)}, "shape_mismatch", ("twice",)),
    ("swapaxes", ((2, 3),), {"axis1": 0, "axis2": 2}, "shape_mismatch", ("axis 2",)),
    ("moveaxis", ((2, 3),), {"source": (0, 1), "destination": 0}, "shape_mismatch", ("as many",)),
    ("flip", ((2,),), {"axis": 1}, "shape_mismatch", ("axis 1",)),
    ("roll", ((2, 3),), {"shift": (1, 2, 3), "axis": (0, 1)}, "shape_mismatch", ("shift",)),
    ("concatenate", ((2, 3), (2, 4)), {"axis": 0}, "shape_mismatch", ("(2,3)", "(2,4)")),
    ("concatenate", ((2,), (2, 4)), {"axis": 0}, "shape_mismatch", ("(2,)", "(2,4)")),
    ("concatenate", ((), ()), {}, "shape_mismatch", ("a number",)),
    ("concatenate", (), {}, "shape_mismatch", ("at least one",)),
    ("stack", ((2,), (3,)), {}, "shape_mismatch", ("(2,)", "(3,)")),
    ("stack", ((2,), (2,)), {"axis": 2}, "shape_mismatch", ("axis 2",)),
    ("hstack", ((2, 3), (3, 3)), {}, "shape_mismatch", ("(2,3)", "(3,3)")),
    ("vstack", ((2,), (3,)), {}, "shape_mismatch", ("(2,)", "(3,)")),
    ("repeat", ((2, 3),), {"repeats": (1, 2), "axis": 1}, "shape_mismatch", ("2 repeats", "length 3")),
    ("repeat", ((2,),), {"repeats": (-1,)}, "shape_mismatch", ("from 0 up",)),
    ("tile", ((2,),), {"reps": (-1,)}, "shape_mismatch", ("from 0 up",)),
    ("zeros", (), {"shape": (-1,)}, "shape_mismatch", ("(-1,)",)),
    ("zeros", (), {"shape": (0, 10**30)}, "array_too_large", ("any array can",)),
    ("full", ((2,),), {"shape": (3,)}, "shape_mismatch", ("(2,)", "(3,)")),
    ("eye", (), {"N": -1}, "shape_mismatch", ("(-1,-1)",)),
    ("arange", (), {"start": 0, "stop": 1, "step": 0}, "bad_arguments", ("steps of 0",)),
    ("arange", (), {"start": math.inf}, "bad_arguments", ("inf",)),
    ("linspace", ((), ()), {"num": -1}, "shape_mismatch", ("-1",)),
    ("diag", ((2, 2, 2),), {}, "shape_mismatch", ("(2,2,2)",)),
    ("trace", ((2,),), {}, "shape_mismatch", ("(2,)",)),
    ("triu", ((2,),), {}, "shape_mismatch", ("(2,)",)),
    ("sum", ((2, 3),), {"axis": 2}, "shape_mismatch", ("axis 2", "0 to 1")),
    ("sum", ((2, 3),), {"axis": (0, -2)}, "shape_mismatch", ("twice",)),
    ("sum", ((),), {"axis": 0}, "shape_mismatch", ("no axes",)),
    ("max", ((0,),), {}, "shape_mismatch", ("no element",)),
    ("max", ((0, 3),), {"axis": 0}, "shape_mismatch", ("no element", "(0,3)")),
    ("argmax", ((0,),), {}, "shape_mismatch", ("no element",)),
    ("median", ((0,),), {}, "shape_mismatch", ("no element",)),
    ("norm", ((2, 2),), {"ord": 3}, "bad_arguments", ("Frobenius", "ord=3")),
    ("norm", ((0, 2),), {"ord": 2}, "shape_mismatch", ("no element",)),
    ("norm", ((2,),), {"ord": "fro"}, "bad_arguments", ("'fro'",)),
    ("norm", ((2,),), {"ord": "nuclear"}, "bad_arguments", ("'nuclear'",)),
    ("norm", ((2, 2, 2),), {"ord": 2}, "shape_mismatch", ("3 axes",)),
    ("norm", ((2, 2, 2),), {"axis": (0, 1, 2)}, "shape_mismatch", ("3 axes",)),
    ("cumsum", ((2,),), {"axis": 1}, "shape_mismatch", ("axis 1",)),
    ("diff", ((),), {}, "shape_mismatch", ("a number",)),
    ("diff", ((2,),), {"n": -1}, "bad_arguments", ("-1",)),
    ("sort", ((),), {}, "shape_mismatch", ("no axes",)),
    ("matmul", ((2, 3), (2, 3)), {}, "shape_mismatch", ("(2,3) and (2,3)", "length 3", "length 2")),
    ("matmul", ((3,), ()), {}, "shape_mismatch", ("(3,)", "a number")),
    ("matmul", ((2, 2, 2), (3, 2, 2)), {}, "shape_mismatch", ("stacks", "(2,)", "(3,)")),
    ("dot", ((2, 3), (2,)), {}, "shape_mismatch", ("(2,3)", "(2,)")),
    ("inner", ((2,), (3,)), {}, "shape_mismatch", ("(2,)", "(3,)")),
    ("vdot", ((2,), (3,)), {}, "shape_mismatch", ("2 elements", "3")),
    ("take", ((2, 0), (1,)), {}, "index_out_of_bounds", ("no element",)),
    ("take_along_axis", ((2, 3), (2,)), {"axis": 0}, "shape_mismatch", ("(2,3)", "(2,)")),
    ("solve", ((2, 3), (2,)), {}, "shape_mismatch", ("square", "(2,3)")),
    ("solve", ((2, 2), (3,)), {}, "shape_mismatch", ("(2,2) and (3,)", "2 rows")),
    ("solve", ((2, 2), ()), {}, "shape_mismatch", ("a number",)),
    ("solve", ((2, 2, 2), (2,)), {}, "shape_mismatch", ("stack", "(2,)")),
    ("solve", ((3, 2, 2), (4, 2, 1)), {}, "shape_mismatch", ("stacks", "(3,)", "(4,)")),
    ("solve_triangular", ((2, 2), (2,)), {"trans": 3}, "bad_arguments", ("trans", "3")),
    ("inv", ((2,),), {}, "shape_mismatch", ("takes a matrix", "(2,)")),
    ("inv", ((),), {}, "shape_mismatch", ("a number",)),
    ("det", ((2, 3),), {}, "shape_mismatch", ("square", "(2,3)")),
    ("qr", ((2, 3),), {"mode": "complete"}, "bad_arguments", ("reduced", "'complete'")),
    ("svd", ((2, 3),), {}, "bad_arguments", ("not square",)),
    ("lstsq", ((2, 2, 2), (2,)), {}, "shape_mismatch", ("(2,2,2)",)),
    ("lstsq", ((3, 2), (2,)), {}, "shape_mismatch", ("(3,2) and (2,)", "3 rows")),
    ("einsum", ((2, 3),), {"subscripts": "ij,jk"}, "bad_arguments", ("2 operands", "1 are given")),
    ("einsum", ((2, 3),), {"subscripts": "ijk"}, "shape_mismatch", ("operand 1", "2 axes", "'ijk'")),
    ("einsum", ((2, 3), (2, 3)), {"subscripts": "ij,jk"}, "shape_mismatch", ("(2,3) and (2,3)", "length")),
    ("einsum", ((2,),), {"subscripts": "i->ii"}, "bad_arguments", ("twice",)),
    ("einsum", ((2,),), {"subscripts": "i->j"}, "bad_arguments", ("no operand",)),
    ("einsum", ((2,),), {"subscripts": "1"}, "bad_arguments", ("letters",)),
    ("einsum", ((2, 2),), {"subscripts": "...i->i"}, "bad_arguments", ("...",)),
    ("tensordot", ((2, 3), (2, 3)), {"axes": 1}, "shape_mismatch", ("(2,3)", "lengths")),
    ("tensordot", ((2,), (2,)), {"axes": 2}, "bad_arguments", ("2 axes",)),
    ("tensordot", ((2,), (2,)), {"axes": (0, 0, 0)}, "bad_arguments", ("axes",)),
    ("tensordot", ((2,), (2,)), {"axes": ((0, 0), (0, 0))}, "shape_mismatch", ("twice",)),
    ("cross", ((2,), (2,)), {}, "shape_mismatch", ("3 elements", "(2,)")),
    ("cross", ((3,), (3, 2)), {"axis": 0}, "shape_mismatch", ("as many axes",)),
    ("convolve", ((2,), (0,)), {}, "shape_mismatch", ("(0,)",)),
    ("convolve", ((2, 2), (2,)), {}, "shape_mismatch", ("(2,2)",)),
    ("correlate", ((2,), (2,)), {"mode": "all"}, "bad_arguments", ("'all'",)),
    ("interp", ((), (3,), (2,)), {}, "shape_mismatch", ("(3,)", "(2,)")),
    ("searchsorted", ((2, 2), ()), {}, "shape_mismatch", ("(2,2)",)),
    ("searchsorted", ((2,), ()), {"side": "middle"}, "bad_arguments", ("'middle'",)),
    ("polyval", ((), ()), {}, "shape_mismatch", ("coefficients",)),
    ("vander", ((2,),), {"N": -1}, "shape_mismatch", ("(2,-1)",)),
    ("trapezoid", ((3,), (2,), ()), {}, "shape_mismatch", ("(2,)", "(3,)")),
    ("trapezoid", ((3,), (), (2,)), {}, "shape_mismatch", ("one number",)),
    ("cov", ((2, 2, 2),), {}, "shape_mismatch", ("(2,2,2)",)),
    ("polygamma", ((),), {"n": -1}, "bad_arguments", ("-1",)),
    ("index", ((3,),), {"key": (3,)}, "index_out_of_bounds", ("index 3", "axis 0", "size 3")),
    ("index", ((2, 3),), {"key": (("slice", None, None, None), -4)}, "index_out_of_bounds", ("-4", "axis 1")),
    ("index", ((3,),), {"key": (0, 0)}, "shape_mismatch", ("(3,)", "1 axis", "2 indices")),
    ("index", ((),), {"key": (0,)}, "shape_mismatch", ("no axes",)),
    ("index", ((3,),), {"key": ("...", "...")}, "bad_arguments", ("only one",)),
    ("index", ((3,),), {"key": (("slice", None, None, 0),)}, "bad_arguments", ("step",)),
]


@for_each(REFUSED)
def test_refused(
    name: str, shapes: tuple[tuple[int, ...], ...], params: dict[str, Any], code: str, words: tuple[str, ...]
) -> None:
    with pytest.raises(AdcoreError) as caught:
        Case(OPS[name], sample(*shapes, **params)).graph()
    assert caught.value.code == code
    assert [word for word in words if word not in caught.value.message] == []


# --- numbers no machine can hold: parameters a client may post


@pytest.mark.parametrize("huge", [10**30, -(10**30)])
def test_huge_parameters(huge: int) -> None:
    """They are legal where NumPy could clip them, and then have an effect, or none, like any number out of range."""
    x, square = np.array([1.5, 2.5]), np.ones((2, 2))
    lower = huge > 0
    np.testing.assert_array_equal(
        run(build(lambda x: OPS["round"](x, decimals=huge), (2,)), x)[0], x if lower else 0 * x
    )
    np.testing.assert_array_equal(run(build(lambda x: OPS["tril"](x, k=huge), (2, 2)), square)[0], square * lower)
    np.testing.assert_array_equal(run(build(lambda x: OPS["triu"](x, k=huge), (2, 2)), square)[0], square * (not lower))
    assert run(build(lambda x: OPS["diag"](x, k=huge), (2, 2)), square)[0].shape == (0,)
    assert run(build(lambda x: OPS["trace"](x, offset=huge), (2, 2)), square)[0] == 0
    assert run(build(lambda x: x * OPS["eye"](N=2, k=huge), ()), 1.0)[0].sum() == 0
    np.testing.assert_array_equal(run(build(lambda x: OPS["roll"](x, shift=(huge,)), (2,)), x)[0], x)
    key = (("slice", huge, None, huge),)
    assert run(build(lambda x: OPS["index"](x, key=key), (2,)), x)[0].size == 0
    if lower:
        assert run(build(lambda x: OPS["diff"](x, n=huge), (2,)), x)[0].size == 0


# --- indices


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ((0,), "x[0]"),
        ((-1,), "x[-1]"),
        ((("slice", 1, None, None), ("slice", None, None, None)), "x[1:, :]"),
        ((("slice", None, -1, 2),), "x[:-1:2]"),
        ((None, "...", 3), "x[None, ..., 3]"),
    ],
)
def test_index_text(key: Any, text: str) -> None:
    assert f"x[{subscript_text(key)}]" == text


@pytest.mark.parametrize(
    ("name", "shape", "indices", "params", "words"),
    [
        ("take", (3,), 3, {"axis": 0}, ("index 3", "axis 0", "size 3")),
        ("take", (3,), [0, -4], {"axis": 0}, ("index -4", "axis 0", "size 3")),
        ("take", (2, 3), [6], {}, ("index 6", "size 6")),
        ("take", (2, 3), [3], {"axis": -1}, ("index 3", "axis 1", "size 3")),
        ("take_along_axis", (2, 3), [[3]], {"axis": 1}, ("index 3", "axis 1", "size 3")),
    ],
)
def test_bounds_at_run_time(
    name: str, shape: Any, indices: Any, params: dict[str, Any], words: tuple[str, ...]
) -> None:
    given = np.array(indices)
    graph = build(lambda x, i: OPS[name](x, i, **params), Type(DType.FLOAT, shape), Type(DType.INT, given.shape))
    with pytest.raises(IndexOutOfBounds) as caught:
        run(graph, np.zeros(shape), given)
    assert [word for word in words if word not in caught.value.message] == []


def test_an_index_does_not_vary() -> None:
    """Choosing with an index differentiates what it chooses; computing with it has the derivative zero."""
    chosen = build(lambda x: OPS["take"](x, OPS["argmax"](x), axis=0), (3,))
    np.testing.assert_array_equal(run(reverse.gradient_graph(chosen, [0]), [1.0, 5.0, 2.0])[1], [0, 1, 0])
    computed = build(lambda x: OPS["argmax"](x) + 0.0, (3,))
    np.testing.assert_array_equal(run(reverse.gradient_graph(computed, [0]), [1.0, 5.0, 2.0])[1], [0, 0, 0])


def test_counts_have_the_derivative_zero() -> None:
    """The mean over a mask divides by how many there are, which is not differentiated."""

    def mean(x: Node) -> Node:
        mask = OPS["greater"](x, constant(0.0))
        return OPS["sum"](OPS["where"](mask, x, 0.0)) / OPS["count_nonzero"](mask)

    graph = reverse.gradient_graph(build(mean, (3,)), [0])
    value, slope = run(graph, [1.0, -5.0, 2.0])
    assert value == 1.5
    np.testing.assert_array_equal(slope, [0.5, 0, 0.5])
