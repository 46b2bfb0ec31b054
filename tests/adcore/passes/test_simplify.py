"""Simplification: the identities it uses keep every bit, and those it must not use are left alone."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adcore.graph import OPS, SCALAR, DType, Graph, Type
from adcore.graph.traversal import check, rewrite
from adcore.passes.simplify import simplified
from tests.adcore.graphs import SPECIAL, Build, bits, build, run

VECTOR = Type(DType.FLOAT, (3,))
ROW = Type(DType.FLOAT, (1, 3))
COLUMN = Type(DType.FLOAT, (3, 1))
BOOLS = Type(DType.BOOL, ())
MULTIPLY, DIVIDE, NEGATIVE = OPS["multiply"], OPS["divide"], OPS["negative"]


def simplify(graph: Graph) -> Graph:
    """The graph with each node replaced by a simpler one, where an identity applies."""
    return check(rewrite(graph, simplified))


def steps(graph: Graph) -> list[str]:
    return [n.op.name for n in graph.nodes if n.op.name != "constant"]


# What each identity makes of a program: the ops that are left.
KEPT_BITS: dict[str, tuple[Build, list[str]]] = {
    "1 * x": (lambda x: 1.0 * x, []),
    "x * 1": (lambda x: x * 1.0, []),
    "x / 1": (lambda x: x / 1.0, []),
    "x ** 1": (lambda x: x**1.0, []),
    "x - 0": (lambda x: x - 0.0, []),
    "x + -0": (lambda x: x + -0.0, []),
    "-0 + x": (lambda x: -0.0 + x, []),
    "x * -1": (lambda x: x * -1.0, ["negative"]),
    "-1 * x": (lambda x: -1.0 * x, ["negative"]),
    "--x": (lambda x: NEGATIVE(-x), []),
    "---x": (lambda x: NEGATIVE(NEGATIVE(-x)), ["negative"]),
    "-(x * -1)": (lambda x: -(x * -1.0), []),
    "+x": (OPS["positive"], []),
    "1 * x, strong": (lambda x: MULTIPLY(x, 1.0, strong=1), []),
    "x * -1, strong": (lambda x: MULTIPLY(x, -1.0, strong=1), ["negative"]),
    "-1 * x, strong": (lambda x: MULTIPLY(-1.0, x, strong=3), ["negative"]),
    "x / 1, strong": (lambda x: DIVIDE(x, 1.0, strong=True), []),
    "1 * (x - 0) / 1": (lambda x: 1.0 * (x - 0.0) / 1.0, []),
}

# Identities of the real numbers that floating-point numbers do not have.
LEFT_ALONE: dict[str, Build] = {
    "x + 0, which makes 0 of -0": lambda x: x + 0.0,
    "0 + x": lambda x: 0.0 + x,
    "x - -0": lambda x: x - -0.0,
    "0 - x, which makes 0 of 0": lambda x: 0.0 - x,
    "0 * x, NaN for an infinity": lambda x: 0.0 * x,
    "x * 0, -0 for a negative": lambda x: x * 0.0,
    "0 / x": lambda x: 0.0 / x,
    "x - x, NaN for an infinity": lambda x: x - x,
    "x / x": lambda x: x / x,
    "1 / x": lambda x: 1.0 / x,
    "x ** 0": lambda x: x**0.0,
    "1 ** x": lambda x: OPS["power"](1.0, x),
    "x ** -1": lambda x: x**-1.0,
    "x + x": lambda x: x + x,
    "1 - x": lambda x: 1.0 - x,
    "x / -1": lambda x: x / -1.0,
    "sqrt(x * x)": lambda x: OPS["sqrt"](x * x),
    "1 / (1 / x)": lambda x: OPS["reciprocal"](OPS["reciprocal"](x)),
    "exp(log(x))": lambda x: OPS["exp"](OPS["log"](x)),
    "abs(abs(x))": lambda x: OPS["abs"](OPS["abs"](x)),
    "NaN * x": lambda x: math.nan * x,
}

floats = st.floats() | st.sampled_from(SPECIAL)


@pytest.mark.parametrize(("function", "left"), KEPT_BITS.values(), ids=KEPT_BITS)
@given(x=floats)
def test_an_identity_keeps_every_bit(function: Build, left: list[str], x: float) -> None:
    graph = build(function, SCALAR)
    simpler = simplify(graph)
    assert steps(simpler) == left
    assert bits(run(simpler, x)) == bits(run(graph, x))


@pytest.mark.parametrize("function", LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_an_identity_of_real_numbers_only_is_not_applied(function: Build) -> None:
    graph = build(function, SCALAR)
    assert steps(simplify(graph)) == steps(graph)
    for x in SPECIAL:
        assert bits(run(simplify(graph), x)) == bits(run(graph, x))


@pytest.mark.parametrize(
    ("function", "types", "left"),
    [
        # The neutral number may not take the place of a value of another shape.
        (lambda x: x * np.ones(3), (SCALAR,), ["multiply"]),
        (lambda x: x * 1.0, (VECTOR,), []),
        (lambda x: NEGATIVE(-x), (VECTOR,), []),
        (lambda x: x * -1.0, (VECTOR,), ["negative"]),
        (lambda x: np.float64(-1.0) * x, (VECTOR,), ["negative"]),
        (lambda x: x * np.full(3, -1.0), (SCALAR,), ["multiply"]),
        (lambda p: OPS["logical_not"](OPS["logical_not"](p)), (BOOLS,), []),
        # The operand of ``not`` is the condition that the number was made, not the number.
        (lambda x: OPS["logical_not"](OPS["logical_not"](x)), (SCALAR,), ["as_bool"]),
        (lambda x: OPS["flip"](OPS["flip"](x)), (VECTOR,), []),
        (lambda x: OPS["flip"](OPS["flip"](x, axis=0), axis=1), (ROW,), ["flip", "flip"]),
        (OPS["transpose"], (VECTOR,), []),
        (OPS["transpose"], (ROW,), ["transpose"]),
        (lambda x: OPS["reshape"](x, shape=(3,)), (VECTOR,), []),
        (lambda x: OPS["reshape"](x, shape=(3,)), (ROW,), ["reshape"]),
        (lambda x: OPS["broadcast_to"](x, shape=(3,)), (VECTOR,), []),
        (lambda x: OPS["broadcast_to"](x, shape=(3,)), (SCALAR,), ["broadcast_to"]),
        (
            lambda x: OPS["transpose"](OPS["transpose"](x, axes=(1, 2, 0)), axes=(1, 2, 0)),
            (Type(DType.FLOAT, (2, 3, 4)),),
            ["transpose", "transpose"],  # a permutation of order three is not its own inverse
        ),
        (lambda a, b: a * b, (ROW, COLUMN), ["multiply"]),
    ],
)
def test_shapes_and_kinds_stay(function: Build, types: tuple[Type, ...], left: list[str]) -> None:
    graph = build(function, *types)
    simpler = simplify(graph)
    assert steps(simpler) == left
    given_values = [np.arange(1.0, 1.0 + t.size).reshape(t.shape) for t in types]
    assert bits(run(simpler, *given_values)) == bits(run(graph, *given_values))


def test_every_neutral_operand_of_the_op_table_keeps_every_bit() -> None:
    checked = 0
    values = np.array(SPECIAL)
    for op in OPS.values():
        for place, neutral in enumerate(op.facts.neutral):
            if neutral is not None:
                operands = (np.float64(neutral), values) if place == 0 else (values, np.float64(neutral))
                with np.errstate(all="ignore"):
                    assert op.rules.value is not None
                    assert bits([op.rules.value(*operands)]) == bits([values]), (op, place)
                checked += 1
    assert checked >= 6


def test_every_involution_of_the_op_table_is_one() -> None:
    checked = 0
    for op in OPS.values():
        if op.facts.involution:
            dtype = op.signature.dtypes[0] or DType.FLOAT
            for params in [s.params for s in op.sampling.samples] or [{}]:
                shape = next((s.shapes[0] for s in op.sampling.samples if s.params == params), (3,))
                graph = build(lambda x, op=op, params=params: op(op(x, **params), **params), Type(dtype, shape))
                x = np.arange(math.prod(shape)).reshape(shape)
                assert bits(run(graph, x)) == bits([np.asarray(x, dtype.value)]), (op, params)
                checked += 1
    assert checked >= 3
