"""``GET /ops``: what the language can compute, read off the op table."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import orjson
from fastapi import APIRouter, Response

from adcore.language.builtins import BUILTIN_FUNCTIONS, Builtin
from adcore.language.functionals import FUNCTIONALS, Functional
from adcore.ops import OPS, Op
from app.schemas import OpsResponse

router = APIRouter(tags=["language"])


def describe_op(op: Op) -> dict[str, Any]:
    operands = [name.lstrip("*") for name in op.signature.operands]
    # The templates number the operands and name the parameters.
    names = {parameter.name: parameter.name for parameter in op.signature.parameters}
    symbols = [_symbol(name) for name in operands]
    call = f"{op.name}({', '.join(operands)})"
    return {
        "name": op.name,
        "aliases": op.signature.aliases,
        "signature": op.usage,
        "text": op.notation.text.format(*operands, **names) if isinstance(op.notation.text, str) else call,
        "latex": rf"\operatorname{{{_escaped(op.name)}}}\left({', '.join(symbols)}\right)"
        if op.notation.latex is None
        else op.notation.latex.format(*symbols, **{name: _symbol(name) for name in names}),
        "doc": op.notation.doc,
        "differentiable": op.differentiable,
    }


def _escaped(name: str) -> str:
    return name.replace("_", r"\_")


def _symbol(name: str) -> str:
    """An operand's name in LaTeX: a letter with its number as an index, or a word."""
    letter = re.fullmatch(r"([A-Za-z])(\d*)", name)
    if letter is None:
        return rf"\mathrm{{{_escaped(name)}}}"
    return letter[1] + (f"_{{{letter[2]}}}" if letter[2] else "")


_FUNCTIONS: list[Functional | Builtin] = [*FUNCTIONALS.values(), *BUILTIN_FUNCTIONS.values()]


@cache
def _listing() -> bytes:
    # The table does not change while the process runs.
    functions = [
        {"name": each.name, "aliases": each.signature.aliases, "signature": each.usage, "doc": each.doc}
        for each in _FUNCTIONS
    ]
    return orjson.dumps(
        {"ops": [describe_op(op) for op in OPS.values() if op.signature.public], "functions": functions}
    )


def _table() -> str:
    declared = [
        *((op.usage, op.signature, op.notation.doc) for op in OPS.values() if op.signature.public),
        *((each.usage, each.signature, each.doc) for each in _FUNCTIONS),
    ]
    rows = (
        f"| `{usage}` | {', '.join(f'`{alias}`' for alias in signature.aliases)} | {doc.replace('|', '&#124;')} |"
        for usage, signature, doc in declared
    )
    return "\n".join(["| op | also called | what it is |", "| --- | --- | --- |", *rows])


@router.get(
    "/ops",
    summary="The language's ops",
    description="Every op that a program can use, with its aliases, its signature, and how it is written in text and "
    f"in LaTeX.\n\n{_table()}",
    response_model=OpsResponse,
)
async def ops() -> Response:
    return Response(_listing(), media_type="application/json")
