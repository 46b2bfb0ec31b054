"""Syntax of Python that the language does not support, with what errors say of it."""

from __future__ import annotations

import ast

from adcore.errors import AdcoreError, Unsupported

# Syntax of Python that the language does not support: the error's class, the subject and verb of its message, its help,
# and the length of the keyword it points at (0 for the whole node).
_Entry = tuple[type[AdcoreError], str, str | None, int]
REFUSED: dict[type[ast.AST], _Entry] = {
    ast.AsyncFunctionDef: (Unsupported, "async functions do", "write def", 5),
    ast.Try: (Unsupported, "try blocks do", "test with if what could fail; where and clip choose values", 3),
    ast.TryStar: (Unsupported, "try blocks do", "test with if what could fail; where and clip choose values", 3),
    ast.With: (Unsupported, "with blocks do", None, 4),
    ast.AsyncWith: (Unsupported, "with blocks do", None, 5),
    ast.AsyncFor: (Unsupported, "async loops do", None, 5),
    ast.Global: (Unsupported, "global does", "return the value from the function", 6),
    ast.Nonlocal: (Unsupported, "nonlocal does", "return the value from the function", 8),
    ast.Yield: (Unsupported, "yield does", "return an array", 5),
    ast.YieldFrom: (Unsupported, "yield does", "return an array", 5),
    ast.Await: (Unsupported, "await does", None, 5),
    ast.Starred: (Unsupported, "unpacking with * does", "name each value", 0),
}

BIT_OPERATORS = {
    ast.LShift: ("<<", "to multiply by a power of 2, write x * 2**n"),
    ast.RShift: (">>", "to divide by a power of 2, write x // 2**n"),
}
