"""The printer of programs: the lines written so far, the names they use, and the block of statements of a graph.

An application is an expression, in the place where it is read or under a name of its own; what only statements can say
(a branch, a loop, an assertion) is written by the rule that ``statements`` has for its op.
"""

from __future__ import annotations

import contextlib
import keyword
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from adcore.errors import NotExpressible
from adcore.graph import CONSTANT, INPUT, ITEM, Function, Graph, Node, Op
from adcore.language.printing.expression import Text, node_text

_LINE = 72
"""Expressions longer than this become statements of their own, in characters."""
_DEPTH = 20
"""Expressions nested deeper than this become statements of their own."""


@dataclass(frozen=True, slots=True)
class Statement:
    """How the applications of an op are written as statements."""

    write: Callable[[Printer, Node, Sequence[Text]], Sequence[Text]]
    """The printer, the node and the texts of its operands to the texts of its results, once the lines are written."""
    names: Callable[[Node], Iterable[tuple[str, Node]]] = lambda node: ()
    """The names that operands have in the statement: they are assigned under these where they are free."""


class Printer:
    """A program under construction."""

    def __init__(self, statements: Mapping[Op, Statement], reserved: Iterable[str]) -> None:
        self.lines: list[str] = []
        self.definitions: list[str] = []
        """The lines of the functions that the program defines."""
        self.wanted: dict[Node, str] = {}
        """The nodes that are to be assigned to a name, which is claimed already."""
        self._statements = statements
        self._used = set(reserved)
        self._functions: dict[Function | Graph, str] = {}
        self._items: dict[Node, dict[int, Node]] = {}
        """The results that are read, of each node of several results."""
        self._next = 1
        self._indent = 1

    # --- lines and names

    def line(self, text: str) -> None:
        """Write a line at the present indentation."""
        self.lines.append("    " * self._indent + text)

    @contextlib.contextmanager
    def indented(self) -> Iterator[None]:
        """The lines written inside stand one level deeper; ``pass``, where there are none."""
        before = len(self.lines)
        self._indent += 1
        yield
        if len(self.lines) == before:
            self.line("pass")
        self._indent -= 1

    def claim(self, name: str) -> bool:
        """Reserve a name; False where it is not an identifier or is in use."""
        if not name.isidentifier() or keyword.iskeyword(name) or name in self._used:
            return False
        self._used.add(name)
        return True

    def unique(self, name: str) -> str:
        """The name, or one derived from it, reserved."""
        name = re.sub(r"\W", "_", name)
        while not self.claim(name):
            name = f"{name}_" if name.isidentifier() else f"x{name}"
        return name

    def fresh(self) -> str:
        """A new name for an intermediate value: ``t1``, ``t2``."""
        while not self.claim(f"t{self._next}"):
            self._next += 1
        return f"t{self._next}"

    def names(self, node: Node) -> list[str]:
        """Names for the results of a node of several results."""
        items = self._items.get(node, {})
        wanted = [self.wanted.get(items[i]) if i in items else None for i in range(len(node.types))]
        return [name or self.fresh() for name in wanted]

    def is_read(self, node: Node, result: int) -> bool:
        """Whether something reads one of the results of a node of several results."""
        return result in self._items.get(node, {})

    # --- graphs

    def function(self, key: Function | Graph, name: str, graph: Graph) -> str:
        """The name of the function that ``key`` stands for; the first use defines it."""
        if key not in self._functions:
            name = self._functions[key] = self.unique(name)
            lines, self.lines = self.lines, []
            indent, self._indent = self._indent, 1
            inputs = [self.unique(x) for x in graph.input_names]
            with self.indented():
                results = self.block(graph, [Text(x) for x in inputs])
                self.line(f"return {', '.join(x.text for x in results)}")
            self.definitions += [f"    def {name}({', '.join(inputs)}):", *self.lines]
            self.lines, self._indent = lines, indent
        return self._functions[key]

    def block(self, graph: Graph, inputs: Sequence[Text]) -> list[Text]:
        """Write the statements of a graph; the texts of its outputs from those of its inputs."""
        texts = dict(zip(graph.inputs, inputs, strict=True))
        results: dict[Node, Sequence[Text]] = {}
        uses = self._survey(graph)
        for node in graph.nodes:
            if node.op is ITEM:
                texts[node] = results[node.inputs[0]][node.param("index")]
                continue
            try:
                results[node] = self._write(node, [texts[x] for x in node.inputs], uses.get(node, 0))
            except NotExpressible as error:
                # What a derivative adds inside of a structured node has no place of its own.
                error.span = error.span or node.span
                raise
            texts[node] = results[node][0]
        return [texts[x] for x in graph.outputs]

    def _survey(self, graph: Graph) -> dict[Node, int]:
        """How often each node is read; notes which results are read, and which names statements want for operands."""
        uses: dict[Node, int] = {}
        for node in graph.nodes:
            for x in node.inputs:
                # A branch may read its operands any number of times.
                uses[x] = uses.get(x, 0) + (2 if node.op.rules.structure and x is not node.inputs[0] else 1)
            if node.op is ITEM:
                self._items.setdefault(node.inputs[0], {})[node.param("index")] = node
            if node.op in self._statements:
                for name, value in self._statements[node.op].names(node):
                    if value.op not in (INPUT, CONSTANT, ITEM) and value not in self.wanted and self.claim(name):
                        self.wanted[value] = name
        for x in graph.outputs:
            uses[x] = uses.get(x, 0) + 1
        return uses

    def _write(self, node: Node, operands: Sequence[Text], uses: int) -> Sequence[Text]:
        """The texts of a node's results, once the statements that compute them are written."""
        statement = self._statements.get(node.op)
        if statement is not None:
            return statement.write(self, node, operands)
        text = _expression(node, operands)
        if node.op.facts.several:
            names = self.names(node)
            self.line(f"{', '.join(names)} = {text.text}")
            return [Text(name) for name in names]
        large = len(text.text) > _LINE or text.depth > _DEPTH
        shared = uses > 1 and (node.op is not CONSTANT or large)
        if shared or (large and node.op is not CONSTANT) or node in self.wanted:
            name = self.wanted.get(node) or self.fresh()
            self.line(f"{name} = {text.text}")
            text = Text(name)
        return [text]


def _expression(node: Node, operands: Sequence[Text]) -> Text:
    """The expression of a node; NotExpressible where programs have none for its op."""
    op = node.op
    has_text = op.notation.text is not None and op.notation.readable and op.rules.structure is None
    if not (has_text or op.signature.public or op is CONSTANT):
        raise NotExpressible(f"a program cannot express the op {op.name}", span=node.span)
    return node_text(node, operands)
