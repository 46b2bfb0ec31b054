"""A graph back to text: one node as an expression, a whole graph as a program that computes the same.

How an op is written is a fact of its declaration; here brackets are put where precedence needs them, and names where an
expression would be written twice or grow too long.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from adcore.errors import NotExpressible
from adcore.graph import CONSTANT, INPUT, ITEM, OPS, Function, Graph, Node, number
from adcore.language import vocabulary
from adcore.language.printing.expression import Text, _number, _parameter, _written
from adcore.ops.control.assertions import UNSAID
from adcore.ops.control.loop import ENDLESS

_LINE = 72
"""Expressions longer than this are parted, in characters."""
_NESTED = 20


# --- one node


# --- a whole graph


def to_source(graph: Graph) -> str:
    """A program, one function, that computes the graph's outputs from its inputs.

    Every op must be public or have a text of its own, as whatever the language makes has.
    """
    taken = {*vocabulary.functions(), *vocabulary.CONSTANTS, "np", "numpy", "jnp", "math", "scipy", "jax"}
    printer = _Printer(taken)
    inputs = [printer.unique(name) for name in graph.input_names]
    labels = graph.output_names or [f"result_{i}" for i in range(1, len(graph.outputs) + 1)]
    outputs = [re.sub(r"\W+", "_", label) for label in labels]
    printer.wanted = {
        node: name
        for node, name in zip(reversed(graph.outputs), reversed(outputs), strict=True)
        if node.op not in (INPUT, CONSTANT) and (node.op is ITEM or not _made_up(name)) and printer.claim(name)
    }
    results = [text.text for text in printer.block(graph, [Text(name) for name in inputs], 1)]
    for i, (text, name) in enumerate(zip(results, outputs, strict=True)):
        unnamed = text if text.isidentifier() else "result" if len(results) == 1 else f"result_{i + 1}"
        if name != unnamed and printer.claim(name):
            printer.lines.append(f"    {name} = {text}")
            results[i] = name
    body = [*printer.definitions, *printer.lines, f"    return {', '.join(results)}"]
    return "\n".join([f"def program({', '.join(inputs)}):", *body, ""])


def _made_up(name: str) -> bool:
    """Whether a name is what the language calls an output that has none."""
    return re.fullmatch(r"result(_\d+)?", name) is not None


class _Printer:
    """The lines of a program, and the names it has used."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.taken = set(taken)
        self.lines: list[str] = []
        self.definitions: list[str] = []
        self.functions: dict[Function | Graph, str] = {}
        self.wanted: dict[Node, str] = {}
        self._next = 1

    def claim(self, name: str) -> bool:
        """Take a name, if it is one and is free."""
        if not name.isidentifier() or keyword.iskeyword(name) or name in self.taken:
            return False
        self.taken.add(name)
        return True

    def unique(self, name: str) -> str:
        """The name, or one like it."""
        name = re.sub(r"\W", "_", name)
        while not self.claim(name):
            name = f"{name}_" if name.isidentifier() else f"x{name}"
        return name

    def fresh(self) -> str:
        """A name for an intermediate value."""
        while not self.claim(f"t{self._next}"):
            self._next += 1
        return f"t{self._next}"

    def block(self, graph: Graph, inputs: Sequence[Text], indent: int) -> list[Text]:
        """The statements that compute what must have a name, and the texts of the outputs."""
        texts = dict(zip(graph.inputs, inputs, strict=True))
        uses: dict[Node, int] = {}
        for node in graph.nodes:
            for x in node.inputs:
                # What goes into a branch is read there any number of times.
                uses[x] = uses.get(x, 0) + (2 if node.op.rules.structure and x is not node.inputs[0] else 1)
        for x in graph.outputs:
            uses[x] = uses.get(x, 0) + 1
        items = _items(graph)
        self._name_what_is_told(graph)
        for node in graph.nodes:
            if node.op is OPS["require"]:
                texts[node] = self._assert(node, texts, indent)
                continue
            if node.op is OPS["guard"]:
                # What an assertion guards follows it in the text.
                texts[node] = texts[node.inputs[0]]
                continue
            if node.op is OPS["reached"]:
                y, t, end = (texts[x] for x in node.inputs)
                self._line(f"assert {t.text} == {end.text}, 'the integration did not come to its end'", indent)
                texts[node] = y
                continue
            if node.op is ITEM:
                texts.setdefault(node, texts[items[node.inputs[0]][node.param("index")]])
                continue
            if node.op.facts.several:
                self._several(node, items.get(node, {}), texts, indent)
                continue
            text = _written(node, [texts[x] for x in node.inputs])
            large = len(text.text) > _LINE or text.depth > _NESTED
            shared = uses.get(node, 0) > 1 and (node.op is not CONSTANT or large)
            if shared or (large and node.op is not CONSTANT) or node in self.wanted:
                name = self.wanted.get(node) or self.fresh()
                self._line(f"{name} = {text.text}", indent)
                text = Text(name)
            texts[node] = text
        return [texts[x] for x in graph.outputs]

    def _name_what_is_told(self, graph: Graph) -> None:
        """Names for the values that the messages of assertions show, as far as they are free."""
        for node in graph.nodes:
            if node.op is OPS["require"]:
                for name, value in zip(node.param("names"), node.inputs[2:], strict=True):
                    if value.op not in (INPUT, CONSTANT, ITEM) and value not in self.wanted and self.claim(name):
                        self.wanted[value] = name

    def _assert(self, node: Node, texts: Mapping[Node, Text], indent: int) -> Text:
        """An assertion; the token that it gives is true wherever it is there."""
        message = node.param("message")
        said = "" if message == UNSAID else f", {message!r}"
        self._line(f"assert {texts[node.inputs[1]].text}{said}", indent)
        return Text("True")

    def _several(self, node: Node, items: Mapping[int, Node], texts: dict[Node, Text], indent: int) -> None:
        """A node of several results: they get names, and a branch its two blocks."""
        own = [self.wanted.get(items[i]) if i in items else None for i in range(len(node.types))]
        results = [name or self.fresh() for name in own]
        texts.update({item: Text(results[i]) for i, item in items.items()})
        if node.op.rules.structure is None:
            text = _written(node, [texts[x] for x in node.inputs])
            self._line(f"{', '.join(results)} = {text.text}", indent)
            return
        if node.op is OPS["call"]:
            function = node.param("function")
            name = self._function(function, function.name, function.graph)
            self._line(f"{', '.join(results)} = {name}({', '.join(texts[x].text for x in node.inputs)})", indent)
            return
        if node.op is OPS["derivative"] or node.op is OPS["solution"]:
            self._higher(node, results, [texts[x].text for x in node.inputs], indent)
            return
        if node.op is OPS["loop"]:
            self._loop(node, results[: node.param("carried")], [texts[x] for x in node.inputs], indent)
            return
        predicate, *operands = (texts[x] for x in node.inputs)
        for word, which in ((f"if {predicate.text}:", "then"), ("else:", "otherwise")):
            self._line(word, indent)
            before = len(self.lines)
            for i, text in enumerate(self.block(node.param(which), operands, indent + 1)):
                if i in items:
                    self._line(f"{results[i]} = {text.text}", indent + 1)
            if len(self.lines) == before:
                self._line("pass", indent + 1)

    def _loop(self, node: Node, carried: Sequence[str], operands: Sequence[Text], indent: int) -> None:
        """A loop: the names it carries are assigned all at once at the end of a pass.

        Loops with stacks, which derivatives have, cannot be written as programs.
        """
        body, test = node.param("body"), node.param("test")
        if len(node.types) > len(carried) + 1 or node.param("read"):
            raise NotExpressible("a program cannot express a loop that stacks values for its adjoint", span=node.span)
        names = ", ".join(carried)
        self._line(f"{names} = {', '.join(x.text for x in operands[1 : 1 + len(carried)])}", indent)
        position = self.fresh()
        endless = number(node.inputs[0]) == ENDLESS
        self._line("while True:" if endless else f"for {position} in range({operands[0].text}):", indent)
        inputs = [Text(position), *map(Text, carried), *operands[1 + len(carried) :]]
        if test is not None:
            (holds,) = self.block(test, inputs, indent + 1)
            self._line(f"if not ({holds.text}):", indent + 1)
            self._line("break", indent + 2)
        self._line(f"{names} = {', '.join(x.text for x in self.block(body, inputs, indent + 1))}", indent + 1)

    def _function(self, function: Function | Graph, name: str, graph: Graph) -> str:
        """The name of a function, which is defined where it is met first."""
        if function not in self.functions:
            name = self.functions[function] = self.unique(name)
            outer, self.lines = self.lines, []
            inputs = [self.unique(x) for x in graph.input_names]
            results = self.block(graph, [Text(x) for x in inputs], 2)
            self._line(f"return {', '.join(x.text for x in results)}", 2)
            self.definitions += [f"    def {name}({', '.join(inputs)}):", *self.lines]
            self.lines = outer
        return self.functions[function]

    def _higher(self, node: Node, results: Sequence[str], operands: Sequence[str], indent: int) -> None:
        """A function of functions, applied to a function that takes what it reads from around it as arguments."""
        params: dict[str, Any] = dict(node.params)
        graph: Graph = params["graph"]
        name = self._function(graph, "f", graph)
        if node.op is OPS["solution"]:
            start, *given = operands
            how = (
                f"args=({''.join(f'{x}, ' for x in given)}), tol={_number(params['tol'])}, max_steps={params['limit']}"
            )
            self._line(f"{results[0]} = {params['kind']}({name}, {start}, {how})", indent)
            return
        wrt, count = params["wrt"], len(graph.inputs)
        own, ways = operands[:count], operands[count:]
        if params["kind"] == "jvp":
            inputs = [self.unique(x) for x in graph.input_names[:wrt]]
            closed = f"lambda {', '.join(inputs)}: {name}({', '.join([*inputs, *own[wrt:]])})"
            primals, tangents = (f"({''.join(f'{x}, ' for x in part)})" for part in (own[:wrt], ways))
            self._line(f"{', '.join(results)} = jvp({closed}, {primals}, {tangents})", indent)
            return
        arguments, places = ", ".join(own), _parameter(tuple(range(wrt)))
        if params["kind"] == "gradient":
            found = f"value_and_grad({name}, {places})({arguments})"
            self._line(f"{results[0]}, ({''.join(f'{x}, ' for x in results[1:])}) = {found}", indent)
            return
        self._line(f"{results[0]} = {name}({arguments})", indent)
        self._line(f"({''.join(f'{x}, ' for x in results[1:])}) = jacobian({name}, {places})({arguments})", indent)

    def _line(self, text: str, indent: int) -> None:
        self.lines.append("    " * indent + text)


def _items(graph: Graph) -> dict[Node, dict[int, Node]]:
    """The results that are taken out of each node of several results."""
    items: dict[Node, dict[int, Node]] = {}
    for node in graph.nodes:
        if node.op is ITEM:
            items.setdefault(node.inputs[0], {})[node.param("index")] = node
    return items
