"""One node of a graph as an expression in Python's syntax, with brackets where precedence needs them.

How an op is written is a fact of its declaration, ``op.notation``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from adcore.graph import CONSTANT, INPUT, Kind, Node

_POWER, _COMPARISON = 80, 40


_TIGHT = 100

# Python's words for single conditions; arrays of conditions are combined by functions.
_WORD = re.compile(r"\b(?:and|or|not)\b")

_OPERAND = re.compile("\x00(\\d+)\x01")


class Text(NamedTuple):
    """An expression's text, its binding strength (100 needs no brackets), and its nesting depth."""

    text: str
    binding: int = _TIGHT
    depth: int = 0


def expression_text(node: Node, name_of: Callable[[Node], str | None]) -> str:
    """A node in Python's syntax; operands by the name that ``name_of`` has for them, or written out."""
    texts: dict[Node, Text] = {}
    stack = [(node, False)]
    while stack:
        x, ready = stack.pop()
        if x in texts:
            continue
        name = name_of(x) if x is not node else None
        if name is not None:
            texts[x] = Text(name)
        elif ready or not x.inputs:
            texts[x] = node_text(x, [texts[y] for y in x.inputs])
        else:
            stack.append((x, True))
            stack += [(y, False) for y in reversed(x.inputs)]
    return texts[node].text


def node_text(node: Node, operands: Sequence[Text]) -> Text:
    """The text of a node, from those of its operands."""
    op = node.op
    if op is CONSTANT:
        return _literal(node.param("literal").array)
    if op is INPUT:
        return Text(str(node.param("name")))
    depth = 1 + max((x.depth for x in operands), default=0)
    params = dict(node.params)
    marks = [f"\x00{i}\x01" for i in range(len(operands))]
    if op.notation.text is None or (
        node.shape and isinstance(op.notation.text, str) and _WORD.search(op.notation.text)
    ):
        form, binding = _call(node, marks), _TIGHT
    elif callable(op.notation.text):
        form, binding = op.notation.text(*marks, **params), _TIGHT
    else:
        form, binding = op.notation.text.format(*marks, **params), op.notation.binding
    out = _OPERAND.sub(
        lambda mark: _placed(operands[int(mark[1])], form, mark, op.notation.binding, callable(op.notation.text)), form
    )
    return Text(out, binding, depth)


def _placed(operand: Text, form: str, mark: re.Match[str], binding: int, function: bool) -> str:
    """The text of an operand in its place, in brackets where precedence needs them."""
    before, after = form[: mark.start()].rstrip(), form[mark.end() :].lstrip()
    if before.endswith(("(", "[", ",")) and after.startswith((")", "]", ",")):
        return operand.text
    needed = _TIGHT if function else binding
    # Operators group from the left, powers from the right, comparisons not at all, and a sign wants no other after it.
    loose = (not before and binding not in (_POWER, _COMPARISON)) or (bool(before) and binding == _POWER)
    holds = operand.binding >= needed if loose else operand.binding > min(needed, _TIGHT - 1)
    return operand.text if holds else f"({operand.text})"


def _call(node: Node, operands: Sequence[str]) -> str:
    """``name(operands, parameters)``; required parameters are positional as long as no default is left out before."""
    op = node.op
    by_name: dict[str, str] = {}
    for i, name in enumerate(op.signature.operands):
        by_name[name.lstrip("*")] = f"[{', '.join(operands[i:])}]" if name.startswith("*") else operands[i]
    params = {p.name: p for p in op.signature.parameters if p.kind is not Kind.HIDDEN}
    values = dict(node.params)
    parts: list[str] = []
    in_order = True
    for name in op.signature.order:
        if name in by_name:
            parts.append(by_name[name])
        elif params[name].required and in_order:
            parts.append(literal_text(values[name]))
        elif params[name].required or values[name] != params[name].default:
            parts.append(f"{name}={literal_text(values[name])}")
            in_order = False
        else:
            in_order = False
    return f"{op.name}({', '.join(parts)})"


def literal_text(value: Any) -> str:
    """A parameter's value as a literal: a number, a string, None, or a tuple of them."""
    if isinstance(value, tuple):
        return f"({', '.join(map(literal_text, value))}{',' if len(value) == 1 else ''})"
    return _number(value) if isinstance(value, float) else repr(value)


def _number(x: float) -> str:
    """The shortest text that reads back as the same float64."""
    text = repr(float(x))
    return text[:-2] if text.endswith(".0") and text != "-0.0" else text


def _literal(array: Any) -> Text:
    if array.ndim:
        return _array(array)
    if array.dtype.kind == "b":
        return Text(str(bool(array)), _TIGHT - 1)
    text = str(int(array)) if array.dtype.kind in "iu" else _number(array)
    return Text(text, 0 if text.startswith("-") else _TIGHT - 1)


def _array(array: Any) -> Text:
    if not array.size:
        return Text("[]" if array.shape == (0,) else f"zeros({literal_text(array.shape)})")
    if array.dtype.kind == "b":
        return Text(f"array({array.tolist()})")
    return Text(_nested(array))


def _nested(array: Any) -> str:
    if array.ndim == 0:
        return _number(array)
    return f"[{', '.join(_nested(row) for row in array)}]"
