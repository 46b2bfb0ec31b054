"""The messages of assertions and exceptions, which are shown as they are written in the program."""

from __future__ import annotations

import ast


def text_of(node: ast.expr | None) -> str | None:
    """The text of a string, with f-string fields left as written; None where the expression is no string."""
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
