"""The op table as a table: names, signatures, texts, types, and values against NumPy and SciPy."""

from __future__ import annotations

import inspect
import itertools
import math
import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.integrate
import scipy.linalg
import scipy.special

from adcore.engines.interpreter import execute, plan
from adcore.errors import AdcoreError, IndexOutOfBounds
from adcore.graph import OPS, Kind, Op, type_of
from adcore.ops.base import sample
from tests.adcore.graphs import run
from tests.adcore.ops.cases import GENERATED, Case, all_cases, cases_of, emptied, is_written
from tests.tables import for_each


def mirrored(a: Any) -> Any:
    """The symmetric part of each matrix."""
    return (a + np.swapaxes(a, -1, -2)) / 2


# For what NumPy and SciPy have no function of that name, or one that is called in another way.
REFERENCES: dict[str, Callable[..., Any]] = {
    "stop_gradient": lambda x: x,
    "sliding_window_view": np.lib.stride_tricks.sliding_window_view,
    "cummax": lambda x, axis=None: np.maximum.accumulate(np.ravel(x) if axis is None else x, axis or 0),
    "cummin": lambda x, axis=None: np.minimum.accumulate(np.ravel(x) if axis is None else x, axis or 0),
    "cholesky": lambda a, **given: np.linalg.cholesky(mirrored(a), **given),
    "eigh": lambda a: np.linalg.eigh(mirrored(a)),
    "eigvalsh": lambda a: np.linalg.eigvalsh(mirrored(a)),
    "einsum": lambda operands, subscripts: np.einsum(subscripts, *operands),
    "trapezoid": lambda y, x, dx, axis=-1: np.trapezoid(y, x if x.ndim else None, 1.0 if x.ndim else x * dx, axis),
    "dist": math.dist,
    "block_diag": lambda arrs: scipy.linalg.block_diag(*arrs),
    "pad": lambda array, pad_width, mode="constant", constant_values=0.0, end_values=0.0: np.pad(
        array,
        pad_width,
        mode,
        **({"constant_values": constant_values} if mode == "constant" else {}),
        **({"end_values": end_values} if mode == "linear_ramp" else {}),
    ),
    "math.remainder": np.vectorize(math.remainder),
    "math.isclose": np.vectorize(math.isclose),
    "jax.nn.softmax": lambda x, axis=-1: scipy.special.softmax(x, axis),
    "jax.nn.log_softmax": lambda x, axis=-1: scipy.special.log_softmax(x, axis),
    "logdet": lambda a: np.log(np.linalg.det(a)),
    "arange": lambda start, stop=None, step=1: np.arange(*((start,) if stop is None else (start, stop, step))),
    "relu": lambda x: np.where(x > 0, x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.log1p(np.exp(x)),
}


def full_name(name: str) -> Any:
    """What a full name stands for: ``scipy.stats.norm.pdf``."""
    value: Any = sys.modules[name.partition(".")[0]]
    for part in name.split(".")[1:]:
        value = getattr(value, part)
    return value


def reference(op: Op) -> Callable[..., Any]:
    if op.name in REFERENCES:
        return REFERENCES[op.name]
    if "." in op.name:
        return full_name(op.name)  # type: ignore[no-any-return]
    for module in (np, np.linalg, scipy.linalg, scipy.special, scipy.integrate):
        if hasattr(module, op.name):
            return getattr(module, op.name)  # type: ignore[no-any-return]
    raise AssertionError(f"nothing to compare {op.name} with")


def apply_reference(case: Case, operands: list[Any]) -> Any:
    op, params = case.op, dict(case.sample.params)
    if op.signature.operands and op.signature.operands[-1].startswith("*"):
        return reference(op)(operands, **params)
    given = dict(zip(op.signature.operands, operands, strict=op.rules.compose is None))
    order = list(op.signature.arguments or op.signature.operands)
    given |= {name: params.pop(name) for name in order if name in params}
    # After an argument that is left out, the others are named.
    by_position = [given.pop(name) for name in itertools.takewhile(given.__contains__, order)]
    return reference(op)(*by_position, **given, **params)


@pytest.mark.untraced
@for_each(op for op in GENERATED if any(map(is_written, cases_of(op))))
def test_value_is_numpys(op: Op) -> None:
    for case in filter(is_written, cases_of(op)):
        operands = case.operands()
        values, expected = run(case.graph(), *operands), apply_reference(case, operands)
        if not isinstance(expected, tuple):
            expected = (expected,)
        for value, other in zip(values, expected, strict=True):
            np.testing.assert_allclose(value, other, rtol=1e-14, atol=1e-15, err_msg=str(case))


@for_each(GENERATED)
def test_type_is_the_values(op: Op) -> None:
    """Values are NumPy arrays, or NumPy scalars: never Python numbers, never arrays without axes."""
    for case in cases_of(op):
        graph = case.graph()
        for value, output in zip(run(graph, *case.operands()), graph.outputs, strict=True):
            assert isinstance(value, np.ndarray if output.shape else np.generic), str(case)
            assert type_of(value) == output.type, str(case)
            assert value.dtype == output.type.dtype.value, str(case)


SPECIAL = (0.0, -0.0, -1.0, 1.0, 1e308, -1e308, 5e-324, math.inf, -math.inf, math.nan)


@pytest.mark.untraced
@for_each(GENERATED)
def test_no_number_breaks_an_op(op: Op) -> None:
    """Any number gives a value of the right type, without a warning; only as_int wants whole ones."""
    for case in cases_of(op):
        graph, operands = case.graph(), case.operands()
        ready = plan(graph)
        for number in SPECIAL:
            inputs = [np.full(np.shape(x), number)[()] if i in case.varied else x for i, x in enumerate(operands)]
            for value, output in zip(execute(ready, inputs), graph.outputs, strict=True):
                assert type_of(value) == output.type, (str(case), number)


EMPTY = re.compile(r"[(,]0[,)]|\b(size|length|of) 0\b|\b0 elements|no element to take")
"""How a message says that an array has no elements."""


EMPTIED = {op: [(case, shapes) for case in cases_of(op) for shapes in emptied(case)] for op in GENERATED}


@for_each(op for op, cases in EMPTIED.items() if cases)
def test_empty_arrays(op: Op) -> None:
    """An op takes an array without elements, or its shape rule says that it does not."""
    refusals = []
    for case, shapes in EMPTIED[op]:
        try:
            graph = case.graph(shapes)
        except AdcoreError as error:
            refusals.append(error.message)
            continue
        operands = [np.zeros(x.shape, x.type.dtype.value)[()] for x in graph.inputs]
        try:
            values = run(graph, *operands)
        except IndexOutOfBounds:
            assert op.name.startswith("take")
            continue
        assert [type_of(value) for value in values] == [y.type for y in graph.outputs], (str(case), shapes)
    assert [message for message in refusals if not EMPTY.search(message)] == []


BINARY = [op for op in GENERATED if op.facts.elementwise and len(op.signature.operands) == 2]


@for_each(BINARY)
def test_shapes_that_do_not_broadcast(op: Op) -> None:
    """The message names both shapes."""
    with pytest.raises(AdcoreError) as caught:
        Case(op, sample((2,), (3,))).graph()
    assert caught.value.code == "shape_mismatch"
    assert "(2,)" in caught.value.message
    assert "(3,)" in caught.value.message


# --- the declarations


def test_names_are_unique() -> None:
    names = [name for op in OPS.values() for name in (op.name, *op.signature.aliases)]
    assert len(names) == len(set(names))


@for_each(GENERATED)
def test_declaration(op: Op) -> None:
    assert op.notation.doc.endswith(".")
    assert (op.rules.value is None) == (op.rules.compose is not None)
    visible = [p for p in op.signature.parameters if p.kind is not Kind.HIDDEN]
    assert all(p.name.isidentifier() for p in op.signature.parameters)
    assert set(op.signature.arguments) <= {name.lstrip("*") for name in op.signature.operands} | {
        p.name for p in visible
    }
    # The signature is one that Python can read.
    compile(f"def {op.usage.replace(op.name, 'f', 1)}: ...", "", "exec")
    assert (op.rules.jvp is None) == (op.rules.vjp is None)


def test_elementwise_ops_broadcast() -> None:
    for case in all_cases():
        if case.op.facts.elementwise:
            assert case.graph().outputs[0].shape == np.broadcast_shapes(*case.sample.shapes)


# What people read in the list of ops.
SIGNATURES = {
    "sum": "sum(x, axis=None, keepdims=False)",
    "clip": "clip(x, a_min=-inf, a_max=inf)",
    "full": "full(shape, fill_value)",
    "matmul": "matmul(x1, x2)",
    "concatenate": "concatenate(arrays, axis=0)",
    "polygamma": "polygamma(n, x)",
    "cumsum": "cumsum(x, axis=None)",
}


@pytest.mark.parametrize(("name", "signature"), SIGNATURES.items())
def test_signature(name: str, signature: str) -> None:
    assert OPS[name].usage == signature


WITH_TEXT = [op for op in GENERATED if op.notation.latex is not None or op.notation.text is not None]


@for_each(WITH_TEXT)
def test_texts(op: Op) -> None:
    """Text and LaTeX, where they are declared, name every operand; calls are read back in the tests of printing."""
    for case in cases_of(op):
        node = case.graph().outputs[0]
        params = dict((node.inputs[0] if op.facts.several else node).params)
        names = [f"v{i}" for i in range(len(case.sample.shapes))]
        if op.notation.latex is not None:
            latex = op.notation.latex.format(*names, **params)
            assert all(name in latex for name in names), str(case)
            assert latex.count("{") == latex.count("}"), str(case)
        if op.notation.text is not None:
            written = op.notation.text
            text = written(*names, **params) if callable(written) else written.format(*names, **params)
            assert all(name in text for name in names), str(case)


def test_signatures_are_numpys() -> None:
    """Where NumPy has parameters of these names, they stand in the same order."""
    for op in GENERATED:
        if not op.signature.public or not hasattr(np, op.name):
            continue
        try:
            known = list(inspect.signature(getattr(np, op.name)).parameters)
        except ValueError:
            continue
        ours = [p.name for p in op.signature.parameters if p.kind is not Kind.HIDDEN]
        assert [name for name in known if name in ours] == [name for name in ours if name in known], op.name
