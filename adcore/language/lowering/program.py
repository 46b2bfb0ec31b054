"""Checked syntax to graph, for inputs of certain shapes, and of certain values where these determine shapes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from adcore.errors import (
    AdcoreError,
    MissingInput,
    NestingTooDeep,
    NoResult,
    Span,
    TypeMismatch,
    UnknownFunction,
    UnknownOutput,
    Unsupported,
)
from adcore.graph import Array, Graph, Node, Type, input_node, type_of
from adcore.graph.traversal import graph_of
from adcore.language import vocabulary
from adcore.language.lowering.builder import Lowering, check_size, several
from adcore.language.lowering.expressions.name_resolution import is_imported, read_name
from adcore.language.lowering.frames import Frames
from adcore.language.lowering.known_values import KnownValues
from adcore.language.lowering.statements.statements import LAST, Rest, call_in, lower_call, no_more_arguments, run
from adcore.language.lowering.trees import leaves_with_paths
from adcore.language.lowering.values import (
    Callee,
    Closure,
    Dictionary,
    List,
    Missing,
    Raised,
    Scope,
    Set,
    Tuple,
    Unusable,
    Value,
    describe_value,
    is_number,
    is_sequence,
    plain,
)
from adcore.language.syntax.outputs import RESULT
from adcore.language.syntax.program import Syntax
from adcore.language.syntax.scopes import CHECKED
from adcore.limits import Limits


@dataclass(frozen=True, slots=True)
class Lowered:
    """A program as a graph, for inputs of some shapes."""

    graph: Graph
    static: frozenset[str]
    """The inputs whose values determine shapes: the graph holds for these values only."""


def lower(syntax: Syntax, inputs: Mapping[str, Type | Array], outputs: Sequence[str] | None, limits: Limits) -> Lowered:
    """The graph of a program for inputs of which the value is known, or the type only.

    ``outputs`` are names of results or of anything the main block assigns; None is the program's result. The graph's
    inputs are those of ``syntax.inputs_among(inputs)`` that have an entry. Raises any ProgramError, LimitError,
    MissingInput, UnknownOutput, NotWholeNumber.
    """
    plan = syntax.plan
    live = {str(name) for name in plan.names if plan.of_variables} | set(outputs or ())
    frames = Frames(syntax, limits, Scope(syntax.top, None), frozenset(live))
    low = Lowering(frames, KnownValues(frames.span), lower_call)
    frames.scope.region = low.nodes
    try:
        bound = _inputs(low, inputs)
        value = _run_main(low, bound, outputs)
        pairs = _named(low, value, outputs)
    except AdcoreError as error:
        raise error.located(syntax.text) from None
    except RecursionError:
        raise NestingTooDeep("the program is nested too deeply", span=Span(1, 1, 1, 2)).located(syntax.text) from None
    nodes = list(bound.values())
    graph = graph_of(nodes, [node for _, node in pairs], tuple(name for name, _ in pairs), [*nodes, *low.nodes])
    return Lowered(graph, frozenset(low.known.static))


def _inputs(low: Lowering, inputs: Mapping[str, Type | Array]) -> dict[str, Node]:
    """The input nodes by name."""
    bound: dict[str, Node] = {}
    for entry in low.syntax.inputs_among(inputs):
        value = inputs.get(entry.name)
        if value is None:
            if not entry.optional:
                raise MissingInput(f"the input {entry.name} is not given", span=entry.span)
            continue
        array: Any = None if isinstance(value, Type) else np.asarray(value)
        type = value if isinstance(value, Type) else type_of(array)
        check_size(type, low.limits, entry.span)
        node = input_node(entry.name, type, entry.span)
        if array is not None:
            low.known.inputs[node] = array[()]
        bound[entry.name] = node
    return bound


def _run_main(low: Lowering, bound: Mapping[str, Node], outputs: Sequence[str] | None) -> Value:
    """Run the main block to its end: its result, or the tuple of the requested outputs."""
    syntax, top = low.syntax, low.frames.scope
    low.inputs.update(bound)
    finish = _finish(low, outputs)
    if syntax.entry is None:
        # An import is an assignment: it takes the place of an input, unless what it imports does not exist here.
        top.variables.update({name: node for name, node in bound.items() if not is_imported(low, name)})
        if top.names.asserts:
            top.variables[CHECKED] = True
        return run(low, Rest(syntax.main, 0, None), finish)
    parameters = syntax.scopes[syntax.entry].parameters
    top.variables.update({name: node for name, node in bound.items() if name not in parameters})
    for statement in syntax.prelude:
        _run_before(low, statement)
    function = top.variables[syntax.entry.name]
    if isinstance(function, Unusable):
        raise function.error(syntax.entry)
    assert isinstance(function, Closure)
    scope = Scope(syntax.scopes[syntax.entry], top, region=low.nodes)
    scope.variables.update({**no_more_arguments(low, syntax.entry), **function.defaults})
    scope.variables.update({name: node for name, node in bound.items() if name in parameters})
    return call_in(low, syntax.entry, scope, finish)


def _run_before(low: Lowering, statement: ast.stmt) -> None:
    """Lower a statement beside the functions; what a constant needs and is unknown is an error where it is read."""
    try:
        with low.attempt():
            run(low, Rest([statement], 0, None), lambda _: None)
    except (UnknownFunction, Unsupported) as error:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        if not isinstance(target, ast.Name):
            raise
        later = error
        low.frames.scope.assign(target.id, Unusable(lambda _: later), target)


def _finish(low: Lowering, outputs: Sequence[str] | None) -> Callable[[Value | Missing], Value]:
    """What each end of the main block returns: the result, or the tuple of the requested outputs."""

    syntax = low.syntax

    def finish(returned: Value | Missing) -> Value:
        value = _result(low) if isinstance(returned, Missing) else returned
        if outputs is not None and not isinstance(value, Raised):
            value = several(low, Tuple, [_requested(low, name, value) for name in outputs], _end(low))
        # A main block that is a function's body is guarded where the function is called.
        return low.guarded(value, _end(low)) if syntax.entry is None else value

    return finish


def _end(low: Lowering) -> ast.expr | ast.stmt:
    """The place that errors about the result point at: what the last statement computes."""
    statement = low.syntax.main[-1]
    value = getattr(statement, "value", None)
    return value if isinstance(value, ast.expr) else statement


def _result(low: Lowering) -> Value:
    """The value at the end of a main block that returns none."""
    plan = low.syntax.plan
    if plan.of_variables:
        parts = [_variable(low, name) for name in plan.names if name is not None]
        return several(low, Tuple, parts, _end(low)) if plan.several else parts[0]
    last = low.frames.scope.variables.get(LAST)
    if isinstance(last, Unusable):
        raise last.error(_end(low))
    return last


def _variable(low: Lowering, name: str) -> Value:
    """The value of a name at the end of the main block."""
    target = low.syntax.names.assigned.get(name)
    if not isinstance(target, ast.Name):
        target = ast.copy_location(ast.Name(name, ast.Load()), _end(low))
    return read_name(low, target)


def _requested(low: Lowering, name: str, value: Value) -> Value:
    """The value of a requested output: a part of the result, or any name of the main block."""
    for known, part in _parts(low, value):
        if known == name:
            return part
    if name in low.syntax.names.assigned:
        if name not in low.frames.scope.variables:
            raise UnknownOutput(
                f"{name} is not assigned on the path that is taken", span=low.span(low.syntax.names.assigned[name])
            )
        return _variable(low, name)
    have = [*low.syntax.plan.output_names(), *low.syntax.names.assigned]
    near = vocabulary.did_you_mean(name, have)
    shown = ", ".join(dict.fromkeys(have[:8]))
    raise UnknownOutput(f"the program has no output {name}", help=near or f"it has {shown}")


def _parts(low: Lowering, value: Value) -> list[tuple[str, Value]]:
    """The result's parts with their names; the whole result comes first where it is one expression."""
    plan = low.syntax.plan
    if plan.several and isinstance(value, Tuple) and len(value.items) == len(plan.names):
        return list(zip(plan.output_names(), value.items, strict=True))
    if isinstance(value, Dictionary) and not isinstance(value, Set):
        return [(_key_name(low, key), item) for key, item in value.mapping().items()]
    base = (None if plan.several else plan.names[0]) or RESULT
    out: list[tuple[str, Value]] = [(base, value)]
    return [*out, *_flat(base, value)] if isinstance(value, Tuple) else out


def _key_name(low: Lowering, key: Hashable) -> str:
    """The key of a dictionary that is the program's result, as the name of an output."""
    if isinstance(key, str) and key.isidentifier():
        return key
    raise TypeMismatch(
        f"the key {key!r} of the result is no name of an output",
        span=low.span(_end(low)),
        help="return a tuple, or use names as keys",
    )


def _flat(name: str, value: Value) -> list[tuple[str, Value]]:
    """The leaves of a tuple, at any depth, with numbered names."""
    return [
        ("_".join([name, *(str(i + 1) for i in path)]), leaf) for path, leaf in leaves_with_paths(value, within=Tuple)
    ]


def _named(low: Lowering, value: Value, outputs: Sequence[str] | None) -> list[tuple[str, Node]]:
    """The graph's outputs with their names, no name twice."""
    if isinstance(value, Raised):
        raise value.error
    if outputs is not None:
        assert isinstance(value, Tuple)
        pairs = [pair for name, x in zip(outputs, value.items, strict=True) for pair in _flat(name, x)]
    else:
        plan = low.syntax.plan
        tuples = plan.several and isinstance(value, Tuple) and len(value.items) == len(plan.names)
        whole = tuples or isinstance(value, Dictionary)
        pairs = [pair for name, x in _parts(low, value)[: None if whole else 1] for pair in _flat(name, x)]
    if not pairs:
        what = "dictionary" if isinstance(value, Dictionary) else "tuple"
        raise NoResult(f"the program's result is an empty {what}", span=low.span(_end(low)))
    named: dict[str, Node] = {}
    for name, x in pairs:
        while name in named:
            name += "_"
        named[name] = _output(low, name, x)
    return list(named.items())


def _output(low: Lowering, name: str, value: Value) -> Node:
    if value is None:
        raise NoResult(
            f"the result {name} is None" if name != RESULT else "the program's result is None",
            span=low.span(_end(low)),
            help="return a value on every path through the program",
        )
    value = plain(value)
    remedy = "a function that nothing calls computes nothing: call it" if isinstance(value, Callee) else None
    if isinstance(value, Set):
        remedy = "return sorted(x), a list of it"
    elif isinstance(value, Dictionary):
        remedy = "return its values, in a tuple for example"
    if not (isinstance(value, (Node, List)) or is_number(value)):
        raise TypeMismatch(
            f"{'the result' if name == RESULT else f'the result {name}'} is {describe_value(value)}, "
            "not a number or an array",
            span=low.span(_end(low)),
            help=remedy,
        )
    return low.array(value, _end(low)) if is_sequence(value) else low.operand(value, None, _end(low))
