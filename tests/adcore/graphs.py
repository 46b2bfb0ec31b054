"""Graphs for the tests: built from Python functions of nodes, run by the interpreter, and drawn at random."""

from __future__ import annotations

import functools
import gc
import time
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
from hypothesis import strategies as st

from adcore.derivatives.forward import jvp_graph
from adcore.derivatives.reverse import gradient_graph
from adcore.engines.interpreter import Plan, execute, plan
from adcore.graph import OPS, SCALAR, Array, DType, Graph, Node, Type, constant, input_node
from adcore.graph.traversal import check, graph_of, substitute
from adcore.ops.control.cond import branch

Build = Callable[..., Any]
"""Nodes to a node or a sequence of nodes."""


def build(function: Build, *types: Type | tuple[int, ...]) -> Graph:
    """The checked graph of ``function`` of nodes, which gives a node or a list of them; a tuple is a shape."""
    full = [
        t if isinstance(t, Type) else Type(DType.FLOAT, t) for t in types or (SCALAR,) * function.__code__.co_argcount
    ]
    inputs = [input_node(f"x{i + 1}", t) for i, t in enumerate(full)]
    made = function(*inputs)
    outputs = [made] if isinstance(made, Node) else list(made)
    return check(graph_of(inputs, outputs))


@functools.lru_cache(maxsize=16)
def planned(graph: Graph) -> Plan:
    """The plan of a graph, once it is checked. Tests run a graph at many points, one after the other."""
    return plan(check(graph))


def run(graph: Graph, *inputs: Any) -> list[Array]:
    """The values of the outputs for these inputs."""
    kinds = [x.type.dtype.value for x in graph.inputs]
    return execute(planned(graph), [np.asarray(x, k)[()] for x, k in zip(inputs, kinds, strict=True)])


def bits(results: Sequence[Any]) -> list[tuple[tuple[int, ...], str, bytes]]:
    """What tells two lists of results apart: shape, kind and bits, any NaN being as good as another."""
    return [(np.shape(x), np.asarray(x).dtype.str, np.where(np.isnan(x), np.nan, x).tobytes()) for x in results]


def if_else(predicate: Node, then: Build, otherwise: Build, *operands: Node) -> tuple[Node, ...]:
    """``then(*operands)`` where the predicate holds, else ``otherwise(*operands)``, as a cond."""
    types = [x.type for x in operands]
    return branch(predicate, build(then, *types), build(otherwise, *types), operands)


def grows_linearly(action: Callable[[int], object], length: int) -> bool:
    """Whether ``action`` takes less than 40 times as long for ten times the length.

    That is 10 times where it is linear, 100 where it is quadratic. Measured in processor time, without the garbage
    collector, whose cost is that of the whole test run; a second time where the first one says no.
    """

    def seconds(length: int) -> float:
        gc.collect()
        gc.disable()
        try:
            start = time.thread_time()
            action(length)
            return time.thread_time() - start
        finally:
            gc.enable()

    return any(seconds(10 * length) < 40 * seconds(length) for _ in range(2))


# --- graphs at random

UNARY = ("negative", "sin", "cos", "exp", "tanh", "sqrt", "log", "square", "reciprocal", "abs", "arctan", "floor")
BINARY = ("add", "subtract", "multiply", "divide", "maximum", "minimum", "hypot", "power")
SPECIAL = (0.0, -0.0, 1.0, -1.0, 2.0, 0.5, float("inf"), float("-inf"), float("nan"), 5e-324, 1e308, -1e-308)


@st.composite
def graphs(draw: st.DrawFn, inputs: int = 2, most: int = 12, depth: int = 1) -> Graph:
    """A graph of numbers: elementwise ops, wheres, conds (``depth`` deep) and constants, among them 0, -0, 1 and -1."""
    given = [input_node(f"x{i + 1}", SCALAR) for i in range(inputs)]
    return check(graph_of(given, _grow(draw, list(given), most, depth)))


def _grow(draw: st.DrawFn, known: list[Node], most: int, depth: int) -> list[Node]:
    operand = st.sampled_from(known) | st.sampled_from(SPECIAL[:6])  # ``known`` grows, and the strategy sees it
    for _ in range(draw(st.integers(1, most))):
        kind = draw(st.sampled_from(["unary", "binary", "binary", "where", "cond"][: 5 if depth else 4]))
        first = draw(st.sampled_from(list(known)))
        if kind == "unary":
            known.append(OPS[draw(st.sampled_from(UNARY))](first))
        elif kind == "binary":
            pair = [first, draw(st.sampled_from(list(known)) | operand)]
            a, b = pair if draw(st.booleans()) else pair[::-1]
            known.append(OPS[draw(st.sampled_from(BINARY))](a, b))
        elif kind == "where":
            known.append(OPS["where"](OPS["greater"](first, draw(operand)), draw(operand), draw(operand)))
        else:
            operands = draw(st.lists(st.sampled_from(list(known)), min_size=1, max_size=3))
            branches = []
            for _ in range(2):
                inner = [input_node(f"b{i}", SCALAR) for i in range(len(operands))]
                grown = _grow(draw, list(inner), 4, depth - 1)
                branches.append(check(graph_of(inner, [grown[-1], draw(st.sampled_from(grown))])))
            known += branch(OPS["less"](first, draw(operand)), branches[0], branches[1], operands)
    return [known[-1]] if draw(st.booleans()) else [known[-1], draw(st.sampled_from(list(known)))]


# --- derivatives of a function of its first input, which apply to their own results


def by_reverse(graph: Graph) -> Graph:
    """The derivative of the first output by the first input, both numbers, in reverse mode."""
    only = graph_of(graph.inputs, graph.outputs[:1])
    derivative = check(gradient_graph(check(only), [0]))
    return check(graph_of(derivative.inputs, derivative.outputs[1:]))


def by_forward(graph: Graph) -> Graph:
    """The derivative of the first output by the first input, both numbers, in forward mode."""
    only = graph_of(graph.inputs, graph.outputs[:1])
    pushed = check(jvp_graph(check(only), [0]))
    *inputs, seed = pushed.inputs
    new = substitute(pushed, {x: x for x in inputs} | {seed: constant(1.0)})
    return check(graph_of(inputs, [new[pushed.outputs[1]]]))


MODES = {"r": by_reverse, "f": by_forward}


@functools.lru_cache(maxsize=16)
def derive(graph: Graph, modes: str) -> Graph:
    """One derivative a letter, the innermost first: "rf" is forward over reverse. Mixtures share their beginnings."""
    return MODES[modes[-1]](derive(graph, modes[:-1])) if modes else graph


def orders(most: int) -> list[str]:
    """All mixtures of the modes, up to ``most`` derivatives."""
    return ["".join(modes) for order in range(1, most + 1) for modes in product("fr", repeat=order)]
