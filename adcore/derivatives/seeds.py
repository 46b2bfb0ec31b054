"""The values of seeds, the inputs that a derivative adds: the directions of a caller, or unit vectors, one a sweep."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from adcore.derivatives.query import Derivative
from adcore.errors import BadInputValue, MissingInput, UnknownInput
from adcore.graph import Array, Node, Shape
from adcore.language import did_you_mean
from adcore.ops.shapes import describe_shape


def zero_seeds(inputs: Sequence[Node]) -> list[Any]:
    """A zero of the shape of each seed."""
    return [np.zeros(x.shape)[()] for x in inputs]


def unit_seeds(inputs: Sequence[Node]) -> Iterator[tuple[int, tuple[int, ...], list[Any]]]:
    """For each element of the seeds its seed's place, its index, and values of all seeds: 1 there, 0 elsewhere."""
    zeros = zero_seeds(inputs)
    for place, x in enumerate(inputs):
        for index in np.ndindex(x.shape):
            one = np.zeros(x.shape)
            one[index] = 1.0
            yield place, index, [*zeros[:place], one[()], *zeros[place + 1 :]]


def sweep(derivative: Derivative, run: Callable[[list[Any]], Sequence[Any]], leading: Shape = ()) -> list[Array]:
    """The results of a swept derivative, from one run for each element of its seeds.

    ``run`` takes the values of the seeds to the outputs of the derivative's graph, which have the ``leading`` axes
    before their own.
    """
    seeds, outputs = derivative.seed_inputs, derivative.graph.outputs
    fixed = len(outputs) - derivative.swept
    columns = [[np.empty((*leading, *y.shape, *x.shape)) for x in seeds] for y in outputs[fixed:]]
    results: Sequence[Any] = ()
    for place, index, values in unit_seeds(seeds):
        results = run(values)
        element: tuple[Any, ...] = (..., *index)
        for column, result in zip(columns, results[fixed:], strict=True):
            column[place][element] = result
    results = results or run(zero_seeds(seeds))
    return [*results[:fixed], *(each[()] for column in columns for each in column)]


def seed_values(
    kind: str, derivative: Derivative, directions: Mapping[str, Mapping[str, Array]], points: int | None = None
) -> list[Any]:
    """The values of the seeds in the order of the graph's inputs, from ``directions`` by role and by name.

    Seeds that are left out are zero. In a batch of ``points`` a direction may have a leading axis of points. Raises
    UnknownInput, MissingInput where a role has no direction at all, and BadInputValue for a wrong shape.
    """
    names_by_role: dict[str, list[str]] = {}
    for seed in () if derivative.swept else derivative.seeds:
        names_by_role.setdefault(seed.role, []).append(seed.name)
    for role, values in directions.items():
        if role not in names_by_role:
            raise UnknownInput(f"{kind} takes no {role}", help="leave them out")
        names = names_by_role[role]
        for name in values:
            if name not in names:
                raise UnknownInput(
                    f"there is no {name} that has {role}; these have: {', '.join(names) or 'none'}",
                    help=did_you_mean(name, names),
                )
    for role, names in names_by_role.items():
        if not directions.get(role):
            raise MissingInput(f"the {role} are missing", help=f"give one of: {', '.join(names)}")
    result = []
    for (role, name), x in zip(derivative.seeds, derivative.seed_inputs, strict=True):
        value = directions[role].get(name)
        if value is None:
            value = np.zeros(x.shape)
        elif value.shape != x.shape and (points is None or value.shape != (points, *x.shape)):
            raise BadInputValue(
                f"{role}.{name} has shape {describe_shape(value.shape)}, where {name} has shape "
                f"{describe_shape(x.shape)}"
            )
        result.append(value.astype(np.float64, copy=False)[()])
    return result
