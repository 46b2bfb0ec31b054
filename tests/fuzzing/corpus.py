"""What the mutations begin with: the example programs, the pasted functions and the requests of the API's examples."""

from __future__ import annotations

import ast
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parent.parent


@dataclass(frozen=True)
class Seed:
    """A program that is right, and values of its inputs."""

    program: str
    inputs: dict[str, Any]


@cache
def seeds() -> tuple[Seed, ...]:
    """The programs that the mutations begin with. Python's parser reads them all (``^`` as another operator)."""
    examples = [
        Seed(example["program"], example["cases"][0]["inputs"])
        for path in sorted((TESTS / "programs").glob("*.toml"))
        for example in [tomllib.loads(path.read_text(encoding="utf-8"))]
    ]
    pasted = [
        Seed(text, ast.literal_eval(f"{{{heading.split(':', 1)[1]}}}"))
        for path in sorted((TESTS / "adcore" / "language" / "pasted").glob("*.txt"))
        for heading, text in re.findall(
            r"^### ([^\n]*)\n(.*?)(?=^### |\Z)", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        )
    ]
    return (*examples, *pasted)


@cache
def expressions() -> tuple[str, ...]:
    """Every expression of the programs but the targets of assignments, to be grafted elsewhere."""
    return tuple(
        ast.unparse(node)
        for seed in seeds()
        for node in ast.walk(ast.parse(seed.program))
        if isinstance(node, ast.expr)
        and isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
        # These are expressions to Python's tree, but not by themselves to its parser.
        and not any(isinstance(part, ast.Slice | ast.Starred | ast.FormattedValue) for part in ast.walk(node))
    )


@cache
def statements() -> tuple[str, ...]:
    return tuple(
        ast.unparse(node)
        for seed in seeds()
        for node in ast.walk(ast.parse(seed.program))
        if isinstance(node, ast.stmt)
    )
