"""Texts that programs say when something is wrong: they are shown as they are written."""

from __future__ import annotations

import ast


def text_of(node: ast.expr | None) -> str | None:
    """The text that a message is written as, what is filled in left as it stands; None where it is no text."""
    match node:
        case ast.Constant(str() as text):
            return text
        case ast.JoinedStr(parts):
            return "".join(
                f"{{{ast.unparse(part.value)}}}" if isinstance(part, ast.FormattedValue) else text_of(part) or ""
                for part in parts
            )
        case ast.BinOp(left, ast.Mod()) | ast.Call(ast.Attribute(left, "format")) | ast.BinOp(left, ast.Add()):
            return text_of(left)
        case _:
            return None
