"""Values defined by equations: a root, a fixed point, a minimum.

They are differentiated by the implicit function theorem (Griewank & Walther, Evaluating Derivatives, section 15): with
F(x, c) = 0, dx = -J^-1 F_c dc, where J is F's Jacobian by x. So the derivative depends neither on the solver's steps
nor on its start. The rules are written in terms of the solution, so that they hold for derivatives of any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from adcore.errors import NotConstant, NotConverged
from adcore.graph import OPS, UNKNOWN, Array, Graph, Node, Op, Pullback, Push, RunGraph, Split, Structure, Type, items
from adcore.graph.traversal import applied
from adcore.ops.base import Hidden, declare
from adcore.ops.control.activity import placed, present
from adcore.ops.functionals.solvers import SolverResult, iterate, minimise, solve_system

ROOT, FIXED_POINT, MINIMUM = "root", "fixed_point", "minimize"


def _solution(
    start: Any,
    *constants: Any,
    graph: Hidden,
    kind: Hidden,
    tol: Hidden,
    limit: Hidden,
    condition: Hidden = None,
    jacobian: Hidden = None,
) -> Any:
    """``graph`` is the program's function of the unknown and of the constants it captures.

    ``condition`` is zero at the solution, ``jacobian`` gives the condition and its Jacobian by the unknown; both are
    None until the node is expanded. The solver takes at most ``limit`` steps, and stops at one below ``tol``.
    """
    raise NotImplementedError("an equation is solved by an engine, through its structure")


@dataclass(frozen=True, slots=True)
class SolutionView:
    """A node of the op ``solution``: its operands and parameters by name."""

    start: Node
    constants: tuple[Node, ...]
    """The captured values, which follow the unknown among the inputs of each graph."""
    graph: Graph
    kind: str
    """ROOT, FIXED_POINT or MINIMUM."""
    tol: float
    limit: int
    condition: Graph | None
    jacobian: Graph | None


def solution_view(node: Node) -> SolutionView:
    """A node of the op ``solution``, by role."""
    start, *constants = node.inputs
    return SolutionView(start, tuple(constants), **dict(node.params))  # type: ignore[arg-type]


def _types(start: Type, *constants: Type, graph: Graph, kind: str, **_: Any) -> tuple[Type, ...]:
    assert [x.type for x in graph.inputs] == [start, *constants], (
        "an equation's inputs have other types than its operands"
    )
    assert graph.outputs[0].shape == (() if kind == MINIMUM else start.shape), (
        "an equation has another shape than its unknown"
    )
    return (start,)


def _run(
    run: RunGraph,
    start: Array,
    *constants: Any,
    graph: Graph,
    kind: str,
    tol: float,
    limit: int,
    condition: Graph | None = None,
    jacobian: Graph | None = None,
) -> Sequence[Any]:
    """Raises NotConverged."""
    if jacobian is None:
        # Only a computation that decides a shape runs before its derivatives are expanded.
        raise NotConstant("a solution is not known when the program is compiled")
    shape = np.shape(start)
    n = int(np.size(start))

    def shaped(x: Array) -> Any:
        return np.asarray(x, float).reshape(shape)[()]

    def system(x: Array) -> tuple[Array, Array]:
        r, slopes = run(jacobian, [shaped(x), *constants])
        return np.reshape(r, n), np.reshape(slopes, (n, n))

    def apply(x: Array) -> Array:
        return np.ravel(run(graph, [shaped(x), *constants])[0])

    first = np.reshape(start, n)
    if n == 0:
        return [start]
    if kind == ROOT:
        result = solve_system(system, first, tol, limit)
    elif kind == FIXED_POINT:
        result = iterate(apply, system, first, tol, limit)
    else:
        result = minimise(lambda x: float(apply(x)[0]), system, first, tol, limit)
    if not result.solved:
        raise NotConverged(_failure(kind, result, shaped(first), shaped(result.x)))
    return [shaped(result.x)]


def _failure(kind: str, result: SolverResult, start: Any, x: Any) -> str:
    what = {ROOT: "a root", FIXED_POINT: "a fixed point", MINIMUM: "a minimum"}[kind]
    rest = "the gradient" if kind == MINIMUM else "the residual"
    where = f" = {x:.6g}" if np.ndim(x) == 0 else ""
    more = ", where it is no minimum" if result.indefinite else ""
    return (
        f"{what} is not found from x0{f' = {start:.6g}' if np.ndim(start) == 0 else ''}: after {result.steps} steps "
        f"{rest} is {result.residual:.3g} at x{where}{more}"
    )


def _degenerate(
    result: Any, run: RunGraph, start: Array, *constants: Any, jacobian: Graph, **_: Any
) -> tuple[str, str] | None:
    """The notice of a solution at which the Jacobian is singular, compared with that at the start."""
    n = int(np.size(start))
    slopes = [np.reshape(run(jacobian, [x, *constants])[1], (n, n)) for x in (result[0], start)]
    if not n or not np.isfinite(slopes).all():
        return None
    least, first = (float(np.linalg.norm(x, -2)) for x in slopes)
    if not least <= NEARLY * first:
        return None
    message = (
        f"the equation's Jacobian is singular at the solution, or nearly so (its least singular value is {least:.3g}): "
        "the solution is not exact, and derivatives of it are not reliable"
    )
    return "degenerate_solution", message


NEARLY = 1e-7
"""A least singular value of the Jacobian below this, relative to that at the start, counts as zero."""


# --- derivatives


def _slopes(node: Node, x: Node) -> Node:
    """The Jacobian at the solution, as a matrix; a number where the unknown is one."""
    view = solution_view(node)
    assert view.jacobian is not None, "a solution is expanded before it is differentiated"
    full = applied(view.jacobian, (x, *view.constants))[1]
    n = x.type.size
    return OPS["reshape"](full, shape=(n, n)) if x.shape else full


def _solved(slopes: Node, right: Node) -> Node:
    if not slopes.shape:
        return right / slopes
    flat = OPS["reshape"](right, shape=(right.type.size,))
    return OPS["reshape"](OPS["solve"](slopes, flat), shape=right.shape)


def _push(
    node: Node, tangents: tuple[Node | None, ...], push: Push
) -> tuple[tuple[Node, ...], tuple[Node | None, ...]]:
    """dx = -J^-1 dF, where dF is the tangent of the condition at a fixed solution."""
    (x,) = items(node)
    active = [False, *(t is not None for t in tangents[1:])]
    view = solution_view(node)
    assert view.condition is not None
    pushed = push(view.condition, active)
    if not pushed.active[0]:
        return (x,), (None,)
    change = applied(pushed.graph, (x, *view.constants, *present(tangents[1:])))[1]
    return (x,), (-_solved(_slopes(node, x), change),)


def _pull(node: Node, wanted: Sequence[bool], split: Split) -> tuple[tuple[Node, ...], Node, Pullback]:
    """The cotangent of the condition is -J^-T times that of the solution."""
    (x,) = items(node)
    mask = [False, *wanted[1:]]

    def pullback(cotangents: Sequence[Node | None]) -> tuple[Node | None, ...]:
        g = cotangents[0]
        if g is None or not any(mask):
            return tuple(None for _ in mask)
        view = solution_view(node)
        assert view.condition is not None
        halves = split(view.condition, mask)
        slopes = _slopes(node, x)
        flow = -_solved(OPS["transpose"](slopes) if slopes.shape else slopes, g)
        residuals = applied(halves.forward, (x, *view.constants))[1:]
        return tuple(placed(applied(halves.backward, (*residuals, flow)), mask))

    return (x,), node, pullback


solution: Op = declare(
    "solution",
    "start *constants",
    _solution,
    _types,
    structure=Structure(_run, _push, _pull, times=lambda node: UNKNOWN, opaque=True),
    several=True,
    dtypes=(None,),
    public=False,
    notice=_degenerate,
    text=lambda start, *constants, kind, **_: f"{kind}({', '.join(('f', start, *constants))})",
    doc="A root, a fixed point or a minimum of a function, near a start.",
)
