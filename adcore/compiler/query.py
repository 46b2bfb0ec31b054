"""The query of a program, and its checks against the program's inputs."""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

from adcore.derivatives.jacobian import Mode
from adcore.errors import (
    ArrayTooLarge,
    BatchMismatch,
    DuplicateInput,
    MissingInput,
    NotDifferentiable,
    RepeatedName,
    UnknownInput,
    UnknownWrt,
)
from adcore.graph import INPUT, OPS, Array, DType, Graph, Node, Type, type_of
from adcore.language import Lowered, Syntax, did_you_mean, normal
from adcore.language.library import FOREIGN
from adcore.limits import Limits

T = TypeVar("T")


class Query(NamedTuple):
    """The derivative, or the values, that a program is compiled to compute.

    ``kind`` is a key of ``derivatives.query.KINDS``: the derivative of the ``outputs`` (None: the program's result) by
    the inputs ``wrt`` (None: all that can be differentiated by). ``batch`` True gives every input that is an array a
    leading axis of points and shares the numbers; names give it to just these inputs. ``trace`` says that the Wengert
    list will be wanted, so that as much of it as possible is laid out when the program is compiled.
    """

    kind: str = "none"
    outputs: tuple[str, ...] | None = None
    wrt: tuple[str, ...] | None = None
    mode: Mode = "auto"
    batch: bool | tuple[str, ...] = False
    trace: bool = False


def normalised(query: Query, inputs: Mapping[str, T]) -> tuple[Query, Mapping[str, T]]:
    """The same with each name as Python's parser gives it (NFKC): what programs, ``Compiler`` and ``Compiled`` use.

    Raises RepeatedName and DuplicateInput where two names are one.
    """
    if query.outputs is not None or query.wrt is not None or query.batch not in (True, False):
        query = query._replace(
            outputs=None if query.outputs is None else _different("outputs", query.outputs),
            wrt=None if query.wrt is None else _different("wrt", query.wrt),
            batch=query.batch if isinstance(query.batch, bool) else _different("batch", query.batch),
        )
    return query, normalised_names(inputs)


def normalised_names(values: Mapping[str, T]) -> Mapping[str, T]:
    """The values of inputs by their names as Python's parser gives them. Raises DuplicateInput."""
    if "".join(values).isascii():
        return values
    named: dict[str, T] = {}
    for name, value in values.items():
        if normal(name) in named:
            raise DuplicateInput(f"the input {normal(name)} is given twice, in two spellings of one name")
        named[normal(name)] = value
    return named


def _different(field: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names as Python's parser gives them. Raises RepeatedName."""
    names = tuple(map(normal, names))
    if len(set(names)) < len(names):
        twice = next(name for name, times in Counter(names).items() if times > 1)
        raise RepeatedName(f"{field} names {twice} twice", help="name each once")
    return names


def is_batched(query: Query, name: str, x: Array) -> bool:
    """Whether the input has a leading axis of points. Raises BatchMismatch where it should have one and does not."""
    if query.batch is True:
        return x.ndim > 0
    if not query.batch or name not in query.batch:
        return False
    if x.ndim == 0:
        raise BatchMismatch(f"{name} is one number, and a batch needs one for each point")
    return True


def types_of(query: Query, inputs: Mapping[str, Array]) -> dict[str, Type | Array]:
    """What a program is lowered for: the inputs, of those with points the type at one point."""
    for name in query.batch if isinstance(query.batch, tuple) else ():
        if name not in inputs:
            raise UnknownInput(f"batch names {name}, which is no input", help=did_you_mean(name, inputs))
    return {
        name: Type(type_of(x).dtype, x.shape[1:]) if is_batched(query, name, x) else x for name, x in inputs.items()
    }


def check_inputs(syntax: Syntax, inputs: Mapping[str, Type | Array], limits: Limits) -> None:
    """Raises MissingInput, UnknownInput, and ArrayTooLarge, where ``inputs`` are not what the program takes."""
    entries = {x.name: x for x in syntax.inputs_among(inputs)}
    for name in inputs:
        if name not in entries:
            assert syntax.entry is not None
            raise UnknownInput(
                f"{syntax.entry.name} has no parameter {name}; the inputs are: {', '.join(entries) or 'none'}",
                help=did_you_mean(name, entries) or "leave it out, or make it a parameter",
            )
        if not name.isidentifier() or keyword.iskeyword(name):
            raise UnknownInput(f"no program can have an input {name}", help="an input has a name that Python allows")
    unread = [name for name, x in entries.items() if x.span is None]
    for x in entries.values():
        if x.name not in inputs and not x.optional:
            # A name that the program reads and nobody assigns: one of its own or of the posted ones, misspelt.
            near = did_you_mean(x.name, {*inputs, *syntax.names.assigned, *syntax.names.functions})
            near = near or did_you_mean(x.name, unread)
            line = syntax.text.splitlines()[x.span.line - 1] if x.span is not None else ""
            if near is None and re.search(rf"\b{re.escape(x.name)}\s*<-", line):
                near = f"to assign, write {x.name} = ..."
            if near is None and re.match(rf"\s*{re.escape(x.name)}\s*==", line):
                near = f"to assign, write {x.name} = ..."
            near = near or FOREIGN.get(x.name)
            raise MissingInput(f"the input {x.name} is missing", span=x.span, help=near)
    for name, value in inputs.items():
        size = (value if isinstance(value, Type) else type_of(value)).size
        if size > limits.array_elements:
            raise ArrayTooLarge(f"the input {name} has {size} elements, where {limits.array_elements} are allowed")


def input_indices(graph: Graph, names: Sequence[str]) -> list[int]:
    """The indices of the inputs of these names."""
    return [graph.input_names.index(name) for name in names]


def differentiable(lowered: Lowered, wrt: tuple[str, ...] | None) -> tuple[str, ...]:
    """The inputs to differentiate by: numbers that serve neither as a shape nor as an index."""
    fixed = [x.param("name") for x in undifferentiated(lowered)]
    numbers = [str(x.param("name")) for x in lowered.graph.inputs if x.type.dtype is DType.FLOAT]
    possible = [name for name in numbers if name not in fixed]
    if wrt is None:
        return tuple(possible)
    for name in wrt:
        if name in possible:
            continue
        if name not in lowered.graph.input_names:
            raise UnknownWrt(f"wrt names {name}, which is no input", help=did_you_mean(name, possible))
        why = "decides a shape or an index" if name in fixed else "is a condition"
        raise NotDifferentiable(f"the input {name} {why}, so there is no derivative by it")
    return tuple(dict.fromkeys(wrt))


def undifferentiated(lowered: Lowered) -> list[Node]:
    """The inputs that are numbers, but serve as a shape, a count or an index."""
    fixed = lowered.static | _indices(lowered.graph)
    return [x for x in lowered.graph.inputs if x.type.dtype is DType.FLOAT and x.param("name") in fixed]


def _indices(graph: Graph) -> frozenset[str]:
    """The names of the inputs that are used as an index as they are."""
    as_int = OPS["as_int"]
    return frozenset(
        str(x.param("name"))
        for node in graph.nodes
        if node.op is as_int
        for x in node.inputs
        if x.op is INPUT and x in graph.inputs
    )
