"""The notices that follow from a program's graph alone, computed once, when it is compiled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adcore.compiler.query import Query, undifferentiated
from adcore.derivatives.flatness import flat_inputs
from adcore.derivatives.query import KINDS
from adcore.engines.notices import MOST, Notice
from adcore.graph import Graph, Node
from adcore.language import Lowered, Syntax


def static_notices(
    syntax: Syntax, lowered: Lowered, graph: Graph, wrt: Sequence[str], query: Query
) -> tuple[Notice, ...]:
    """The notices of a program and of its derivative by the inputs ``wrt``; ``graph`` is its optimised graph."""
    left_out = _left_out(lowered) if KINDS[query.kind].modes and query.wrt is None else ()
    flat = _flat(graph, wrt) if wrt else ()
    return (*_uncalled(syntax), *_unused(lowered, wrt), *left_out, *flat)[:MOST]


def _uncalled(syntax: Syntax) -> Iterator[Notice]:
    """A notice where the program is one of several functions, and another is called by none of them."""
    entry = syntax.entry
    if entry is None:
        return
    scopes = [syntax.top, *syntax.scopes.values(), *syntax.comprehensions.values()]
    called = {node.id for scope in scopes for node, _ in scope.uses() if scope.home(node.id) is syntax.top}
    uncalled = [name for name in syntax.top.functions if name not in called and name != entry.name]
    if uncalled:
        message = f"the program is the function {entry.name}, the last one; nothing calls {', '.join(uncalled[:5])}"
        yield Notice("entry_function", message, syntax.source.word(entry, 3), 1)


def _unused(lowered: Lowered, wrt: Sequence[str]) -> Iterator[Notice]:
    """A notice for each input whose value no output depends on, and which decides no shape either."""
    graph = lowered.graph
    unused = {x for name, x in zip(graph.input_names, graph.inputs, strict=True) if name not in lowered.static}
    unused.difference_update(graph.outputs)
    for node in graph.nodes:
        if not unused:
            return
        unused.difference_update(node.inputs)
    for name, x in zip(graph.input_names, graph.inputs, strict=True):
        if x in unused:
            gradient = ", so its gradient is zero" if name in wrt else ""
            yield Notice("unused_input", f"the value of the input {name} is not used{gradient}", x.span, 1)


def _left_out(lowered: Lowered) -> Iterator[Notice]:
    """The inputs that a query which names none would be expected to differentiate by."""
    for x in undifferentiated(lowered):
        message = f"{x.param('name')} decides a shape, a count, an index or an order, so there is no derivative by it"
        yield Notice("not_differentiated", message, x.span, 1)


def _flat(graph: Graph, wrt: Sequence[str]) -> Iterator[Notice]:
    """One notice for each place where the way of a derivative ends."""
    names = graph.input_names
    indices = [names.index(name) for name in wrt]
    ended: dict[Node, dict[str, None]] = {}
    for flat in flat_inputs(graph, indices):
        for node in flat.ends:
            ended.setdefault(node, {})[names[flat.input]] = None
    for node, inputs in ended.items():
        listed = " and ".join(inputs)
        message = f"the derivative by {listed} is 0: the way to the result is {_name(node)}, constant between its jumps"
        yield Notice("flat", message, node.span, 1)


def _name(node: Node) -> str:
    """The op as a program writes it: its name, and its sign where it has one; that of a conversion is its type's."""
    op, text = node.op, node.op.notation.text
    sign = text.replace("{0}", "").replace("{1}", "").strip() if isinstance(text, str) else ""
    if not op.signature.public:
        return sign.removesuffix("()") or op.name
    return f"{op.name} ({sign})" if sign else op.name
