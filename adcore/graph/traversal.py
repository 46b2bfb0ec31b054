"""Traversals of graphs: topological orders, dataflow levels, rewriting, substitution, and checks of invariants."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence

from adcore.clock import tick
from adcore.errors import AdcoreError
from adcore.graph.node import Function, Graph, Node, Op
from adcore.graph.primitives import CONSTANT, INPUT, ITEM
from adcore.graph.types import Type


def schedule(outputs: Iterable[Node], known: Iterable[Node] = ()) -> list[Node]:
    """All nodes ``outputs`` depend on, inputs included, each after what it reads: depth first, operands in order.

    The ``known`` nodes are left out, and what only they depend on.
    """
    order: list[Node] = []
    seen: set[Node] = set(known)
    for output in outputs:
        stack = [(output, iter(output.inputs))] if output not in seen else []
        seen.add(output)
        while stack:
            node, rest = stack[-1]
            for x in rest:
                if x not in seen:
                    seen.add(x)
                    stack.append((x, iter(x.inputs)))
                    break
            else:
                order.append(node)
                stack.pop()
    return order


def graph_of(
    inputs: Sequence[Node],
    outputs: Sequence[Node],
    output_names: tuple[str, ...] = (),
    order: Iterable[Node] | None = None,
) -> Graph:
    """The graph that computes ``outputs``, of the nodes they depend on.

    These keep the topological order ``order``; None is that of ``schedule``.
    """
    if order is None:
        nodes = schedule(outputs)
    else:
        needed = set(outputs)
        nodes = []
        for node in reversed(list(order)):
            if node in needed:
                needed.update(node.inputs)
                nodes.append(node)
        nodes.reverse()
    return Graph(tuple(inputs), tuple([n for n in nodes if n.op is not INPUT]), tuple(outputs), output_names)


def rewrite(graph: Graph, rule: Callable[[Node], Node]) -> Graph:
    """The graph with each node replaced by ``rule(node with its inputs already rewritten)``, unused ones left out.

    The nodes keep their order; new nodes of the rule come right before the first that reads them.
    """
    new: dict[Node, Node] = {x: x for x in graph.inputs}
    order: list[Node] = []
    placed = set(graph.inputs)
    for node in graph.nodes:
        tick()
        result = new[node] = rule(node.with_inputs(tuple([new[x] for x in node.inputs])))
        if result in placed:
            continue
        for x in result.inputs:
            if x not in placed:
                fresh = [n for n in schedule([x]) if n not in placed]
                placed.update(fresh)
                order += fresh
        placed.add(result)
        order.append(result)
    return graph_of(graph.inputs, [new[x] for x in graph.outputs], graph.output_names, order)


def with_graphs(node: Node, transform: Callable[[Graph], Graph]) -> Node:
    """The node with the graphs among its parameters, those of functions included, transformed; itself if all stay.

    ``transform`` keeps the types of inputs and outputs, and is idempotent.
    """

    def transformed(value: Hashable) -> Hashable:
        if isinstance(value, Graph):
            return transform(value)
        return value.mapped(transform) if isinstance(value, Function) else value

    params = {name: transformed(value) for name, value in node.params}
    return node if all(params[name] is value for name, value in node.params) else node.with_params(**params)


def substitute(graph: Graph, values: Mapping[Node, Node]) -> dict[Node, Node]:
    """Each node of ``graph`` with the inputs replaced by ``values``, so that it becomes a part of another graph."""
    new = dict(values)
    for node in graph.nodes:
        tick()
        new[node] = node.with_inputs(tuple([new[x] for x in node.inputs]))
    return new


def applied(graph: Graph, operands: Sequence[Node]) -> tuple[Node, ...]:
    """The outputs of ``graph`` with the operands substituted for its inputs."""
    inside = substitute(graph, dict(zip(graph.inputs, operands, strict=True)))
    return tuple([inside[y] for y in graph.outputs])


def dependents(nodes: Iterable[Node], inputs: Collection[Node]) -> set[Node]:
    """``inputs``, and those of ``nodes``, in topological order, that depend on them."""
    dependent = set(inputs)
    for node in nodes:
        if any(x in dependent for x in node.inputs):
            dependent.add(node)
    return dependent


def levels(graph: Graph) -> dict[Node, int]:
    """The dataflow level of each node: inputs and constants have 0, any other one more than the highest it reads.

    The nodes of one level can be computed at the same time.
    """
    level: dict[Node, int] = dict.fromkeys(graph.inputs, 0)
    for node in graph.nodes:
        level[node] = 0 if node.op is CONSTANT else 1 + max((level[x] for x in node.inputs), default=0)
    return level


def by_level(graph: Graph) -> list[Node]:
    """The nodes but for constants, by dataflow level, and in the graph's order within a level."""
    level = levels(graph)
    return sorted((node for node in graph.nodes if node.op is not CONSTANT), key=level.__getitem__)


def wengert_names(graph: Graph) -> dict[Node, str]:
    """The names of Harrison's Table 1: v(1-n) to v0 for the inputs, then v1, v2, ... level by level."""
    first = 1 - len(graph.inputs)
    return {node: f"v{first + i}" for i, node in enumerate((*graph.inputs, *by_level(graph)))}


def check(graph: Graph) -> Graph:
    """The graph itself, if its invariants and those of all graphs in it hold.

    Raises AssertionError, which names the node where one does not.
    """
    for inner in graph.within():
        _check(inner)
    return graph


def _check(graph: Graph) -> None:
    known = set(graph.inputs)
    assert len(known) == len(graph.inputs), "an input stands twice"
    assert all(x.op is INPUT for x in graph.inputs), "an input is a computed value"
    for node in graph.nodes:
        assert node not in known, f"{node} stands twice"
        assert node.op is not INPUT, f"{node} is an input that the graph does not list"
        for x in node.inputs:
            assert x in known, f"{node} reads {x} before it is computed"
        assert [name for name, _ in node.params] == [p.name for p in node.op.signature.parameters], (
            f"{node}: parameters"
        )
        assert _takes(node.op, node.inputs), f"{node}: operands"
        for _, value in node.params:
            assert _is_hashable(value), f"{node}: a mutable parameter"
            if isinstance(value, Function):
                signature = [x.type for x in value.graph.inputs], [y.type for y in value.graph.outputs]
                assert signature == (list(value.inputs), list(value.outputs)), f"{value}: signature"
        assert node.types == _inferred(node), f"{node}: type"
        known.add(node)
    for x in graph.outputs:
        assert x in known, f"the output {x} is not computed"
        assert len(x.types) == 1, f"the output {x} is several values"
    assert not graph.output_names or len(graph.output_names) == len(graph.outputs), "names and outputs differ"
    assert len(set(graph.output_names)) == len(graph.output_names), "two outputs have one name"


def _is_hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _takes(op: Op, inputs: Sequence[Node]) -> bool:
    """True if the op takes as many operands of these dtypes."""
    if op is ITEM:
        return len(inputs) == 1 and inputs[0].op.facts.several
    variadic = bool(op.signature.operands) and op.signature.operands[-1].startswith("*")
    if any(x.op.facts.several for x in inputs) or not (variadic or len(inputs) == len(op.signature.operands)):
        return False
    wanted = (*op.signature.dtypes, *op.signature.dtypes[-1:] * len(inputs))
    return all(dtype in (None, x.type.dtype) for dtype, x in zip(wanted, inputs, strict=False))


def _inferred(node: Node) -> tuple[Type, ...]:
    """The types by the op's shape rule; none where it raises."""
    if node.op is ITEM:
        return node.inputs[0].types[node.param("index") :][:1]
    try:
        inferred = node.op.rules.infer(*[x.type for x in node.inputs], **dict(node.params))
    except AdcoreError:
        return ()
    return (inferred,) if isinstance(inferred, Type) else inferred
