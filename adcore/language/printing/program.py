"""A whole graph as a program that computes the same."""

from __future__ import annotations

import re

from adcore.graph import CONSTANT, INPUT, ITEM, Graph
from adcore.language import library, vocabulary
from adcore.language.printing.expression import Text
from adcore.language.printing.printer import Printer
from adcore.language.printing.statements import STATEMENTS


def to_source(graph: Graph) -> str:
    """A program, one function, that computes the graph's outputs from its inputs.

    It computes the same but for strong zeros, which programs cannot express: those of a derivative's products. Raises
    NotExpressible for ops without a notation, and for loops that keep what their derivative needs.
    """
    reserved = {*vocabulary.functions(), *vocabulary.CONSTANTS, *library.PREFIXES}
    # An input may have the name of a function: a call is that of the function all the same.
    reserved.difference_update(graph.input_names)
    printer = Printer(STATEMENTS, reserved)
    inputs = [printer.unique(name) for name in graph.input_names]
    labels = graph.output_names or [f"result_{i}" for i in range(1, len(graph.outputs) + 1)]
    outputs = [re.sub(r"\W+", "_", label) for label in labels]
    printer.wanted = {
        node: name
        for node, name in zip(reversed(graph.outputs), reversed(outputs), strict=True)
        if node.op not in (INPUT, CONSTANT) and (node.op is ITEM or not _is_default(name)) and printer.claim(name)
    }
    results = [text.text for text in printer.block(graph, [Text(name) for name in inputs])]
    for i, (y, text, name) in enumerate(zip(graph.outputs, results, outputs, strict=True)):
        unnamed = text if text.isidentifier() else "result" if len(results) == 1 else f"result_{i + 1}"
        # An assertion's guard is written as the value that it guards, which does not have the name.
        if name != unnamed and (printer.wanted.get(y) == name or printer.claim(name)):
            printer.line(f"{name} = {text}")
            results[i] = name
    body = [*printer.definitions, *printer.lines, f"    return {', '.join(results)}"]
    return "\n".join([f"def program({', '.join(inputs)}):", *body, ""])


def _is_default(name: str) -> bool:
    """Whether a name is the one that the language gives to an output without a name."""
    return re.fullmatch(r"result(_\d+)?", name) is not None
