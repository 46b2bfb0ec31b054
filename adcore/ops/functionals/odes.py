"""Ordinary differential equations, integrated by Runge-Kutta methods that are built of loops.

So the derivatives are those of the discrete solution, in both modes and at every order. The step sizes of an adaptive
method count as constants.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from adcore.errors import NotConverged
from adcore.graph import OPS, DType, Graph, Node, Op, constant, convert, input_node, items
from adcore.graph.traversal import applied, graph_of
from adcore.ops.arrays.dynamic_indexing import AT
from adcore.ops.base import Hidden, declare, sample, zero_array
from adcore.ops.control.loop import loop
from adcore.ops.control.loop_view import INDEX

Field = Callable[[Node, Node, Sequence[Node]], Node]
"""The state, the time and the captured constants, to the state's derivative by time."""


class Tableau(NamedTuple):
    """A Butcher tableau: the nodes of the stages, their coefficients, and the weights of the step."""

    nodes: tuple[float, ...]
    stages: tuple[tuple[float, ...], ...]
    weights: tuple[float, ...]
    error: tuple[float, ...] = ()
    """The weights of the difference to the embedded method of lower order."""


RK4 = Tableau((0, 1 / 2, 1 / 2, 1), ((), (1 / 2,), (0, 1 / 2), (0, 0, 1)), (1 / 6, 1 / 3, 1 / 3, 1 / 6))
"""The classical method of Kutta (1901)."""

DOPRI5 = Tableau(
    (0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1),
    (
        (),
        (1 / 5,),
        (3 / 40, 9 / 40),
        (44 / 45, -56 / 15, 32 / 9),
        (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
        (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
        (35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
    ),
    (35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84, 0),
    (71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40),
)
"""The method of order 5(4) of Dormand & Prince, A family of embedded Runge-Kutta formulae (1980)."""

SMALLEST, LARGEST, SAFETY = 0.2, 5.0, 0.9
"""The bounds of the ratio of successive step sizes, and the safety factor on the optimal step size."""

stop_gradient: Op = declare(
    "stop_gradient",
    "x",
    lambda x: x,
    lambda x: x,
    jvp=lambda node, tangents: None,
    vjp=lambda node, g: (None,),
    nanoseconds=0.0,
    domain=((1, 1),),
    samples=(),
    flat=(0,),
    doc="x, which counts as a constant where derivatives are taken.",
)


def _reached(y: Any, t: Any, end: Any, *, limit: Hidden) -> Any:
    """Raises NotConverged."""
    if t != end:
        raise NotConverged(
            f"the integration needs more than {limit} steps between two times: it was to reach t = {end:g}, and is at "
            f"t = {t:g}"
        )
    return y


reached: Op = declare(
    "reached",
    "y t end",
    _reached,
    lambda y, t, end, *, limit: y,
    jvp=lambda node, tangents: tangents[0],
    vjp=lambda node, g: (g, None, None),
    public=False,
    can_fail=True,
    samples=(sample((), (), (), limit=100),),
    doc="y, if the integration has reached the end of its interval; an error if not.",
)


def integrate(
    field: Graph,
    start: Node,
    times: Node,
    constants: Sequence[Node],
    memory: int,
    *,
    steps: int | None,
    rtol: float,
    atol: float,
    limit: int,
) -> Node:
    """The states at ``times``, the first of which is that of ``start``, stacked along a leading axis.

    ``field`` takes the state, the time and the ``constants``. With ``steps`` the classical method takes so many of
    equal size between two times; else the adaptive one chooses its steps by ``rtol`` and ``atol``, at most ``limit``.
    """

    def f(y: Node, t: Node, constants: Sequence[Node]) -> Node:
        return applied(field, (y, t, *constants))[0]

    count = times.shape[0]
    states = OPS["assign"](zero_array((count, *start.shape)), start, key=(0,))
    # The adaptive method starts an interval with the step size that the one before ends with.
    carried = (
        [start, states] if steps is not None else [start, states, _first_step(f, start, times, constants, rtol, atol)]
    )

    def interval(i: Node, y: Node, states: Node, *rest: Node) -> list[Node]:
        size, (times, *constants) = (rest[0], rest[1:]) if steps is None else (None, rest)
        after = OPS["as_int"](convert(i, DType.FLOAT) + 1.0)
        t, end = (OPS["take"](times, place, axis=0) for place in (i, after))
        if size is None:
            assert steps is not None
            y = _fixed(f, y, t, end, constants, steps, memory)
            return [y, OPS["assign"](states, y, after, key=(AT,))]
        y, size = _adaptive(f, y, t, end, size, constants, rtol, atol, limit, memory)
        return [y, OPS["assign"](states, y, after, key=(AT,)), size]

    return _run_loop(constant(np.int64(max(0, count - 1))), carried, [times, *constants], interval, memory)[1]


def _run_loop(
    count: Node,
    carried: Sequence[Node],
    constants: Sequence[Node],
    body: Callable[..., Sequence[Node]],
    memory: int,
    test: Callable[..., Node] | None = None,
) -> tuple[Node, ...]:
    """The final carried values of a loop; a pass takes its position, the carried values and the constants."""
    types = [INDEX, *(x.type for x in (*carried, *constants))]

    def graph(build: Callable[..., Sequence[Node]]) -> Graph:
        inputs = [input_node(f"u{i}", t) for i, t in enumerate(types)]
        return graph_of(inputs, build(*inputs))

    node = loop(
        count,
        *carried,
        *constants,
        body=graph(body),
        test=None if test is None else graph(lambda *xs: [test(*xs)]),
        carried=len(carried),
        memory=memory,
    )
    return items(node)[: len(carried)]


def _stages(
    f: Field, tableau: Tableau, y: Node, t: Node, h: Node, first: Node, constants: Sequence[Node]
) -> list[Node]:
    slopes = [first]
    for c, row in zip(tableau.nodes[1:], tableau.stages[1:], strict=True):
        slopes.append(f(y + h * _weighted(row, slopes), t + c * h, constants))
    return slopes


def _weighted(weights: Sequence[float], slopes: Sequence[Node]) -> Node:
    terms = [slope if w == 1 else w * slope for w, slope in zip(weights, slopes, strict=False) if w]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


# --- steps of equal size


def _fixed(f: Field, y: Node, t: Node, end: Node, constants: Sequence[Node], steps: int, memory: int) -> Node:
    h = (end - t) / float(steps)

    def step(i: Node, y: Node, t: Node, h: Node, *constants: Node) -> list[Node]:
        now = t + convert(i, DType.FLOAT) * h
        return [y + h * _weighted(RK4.weights, _stages(f, RK4, y, now, h, f(y, now, constants), constants))]

    if steps == 1:
        return step(constant(0.0), y, t, h, *constants)[0]
    return _run_loop(constant(np.int64(steps)), [y], [t, h, *constants], step, memory)[0]


# --- steps of a size that the error decides


def _size(x: Node, scale: Node) -> Node:
    """The root mean square in units of the tolerance."""
    return OPS["sqrt"](OPS["mean"](OPS["square"](x / scale)))


def _first_step(f: Field, y: Node, times: Node, constants: Sequence[Node], rtol: float, atol: float) -> Node:
    """The size of the first step, by which the state changes by a hundredth, to first order.

    The first guess of Hairer, Nørsett & Wanner, Solving Ordinary Differential Equations I, section II.4.
    """
    if times.shape[0] < 2:
        return constant(0.0)
    slope = f(y, OPS["index"](times, key=(0,)), constants)
    scale = atol + rtol * OPS["abs"](y)
    there, change = _size(y, scale), _size(slope, scale)
    small = OPS["logical_or"](OPS["less"](there, 1e-5), OPS["less"](change, 1e-5))
    return stop_gradient(OPS["where"](small, 1e-6, 0.01 * there / change))


def _adaptive(
    f: Field,
    y: Node,
    t: Node,
    end: Node,
    size: Node,
    constants: Sequence[Node],
    rtol: float,
    atol: float,
    limit: int,
    memory: int,
) -> tuple[Node, Node]:
    """The state at the end of an interval, and the size of the next step."""

    def unfinished(i: Node, y: Node, t: Node, size: Node, slope: Node, end: Node, *constants: Node) -> Node:
        return OPS["not_equal"](t, end)

    def step(i: Node, y: Node, t: Node, size: Node, slope: Node, end: Node, *constants: Node) -> list[Node]:
        left = end - t
        last = OPS["greater_equal"](size, OPS["abs"](left))
        h = OPS["where"](last, left, stop_gradient(size * OPS["sign"](left)))
        slopes = _stages(f, DOPRI5, y, t, h, slope, constants)
        new = y + h * _weighted(DOPRI5.weights, slopes)
        scale = atol + rtol * OPS["maximum"](OPS["abs"](y), OPS["abs"](new))
        error = stop_gradient(_size(h * _weighted(DOPRI5.error, slopes), scale))
        accepted = OPS["less_equal"](error, 1.0)
        # A NaN error shrinks the step as far as a very large one.
        growth = OPS["minimum"](LARGEST, OPS["maximum"](SMALLEST, SAFETY * error ** (-1 / 5)))
        growth = OPS["where"](OPS["greater_equal"](error, 0.0), growth, SMALLEST)
        # The last step of an interval may be cut short, which says nothing of the size that is needed.
        cut = OPS["logical_and"](accepted, last)
        return [
            OPS["where"](accepted, new, y),
            OPS["where"](accepted, OPS["where"](last, end, t + h), t),
            stop_gradient(OPS["where"](cut, OPS["maximum"](size, OPS["abs"](h) * growth), OPS["abs"](h) * growth)),
            OPS["where"](accepted, slopes[-1], slope),
        ]

    carried = [y, t, size, f(y, t, constants)]
    y, now, size, _ = _run_loop(constant(np.int64(limit)), carried, [end, *constants], step, memory, unfinished)
    return reached(y, now, end, limit=limit), size
