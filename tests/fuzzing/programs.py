"""Random programs: some grown by a grammar of the language, some mutations of programs that are right.

A mutation of the tree still parses, so that it reaches what lies behind the parser; one of the text may do anything.
"""

from __future__ import annotations

import ast
import re
from random import Random
from typing import Any

from adcore.language.vocabulary import BUILTINS
from adcore.ops import OPS
from tests.fuzzing.corpus import expressions, seeds, statements

FUNCTIONS = sorted({*OPS, *BUILTINS, "grad", "jacobian", "hessian", "root", "minimize", "odeint", "quad"})
METHODS = "T sum mean copy append extend insert pop sort reverse index count items keys get shape size reshape".split()
CONSTANTS = (
    *("0", "1", "-1", "2", "3", "0.5", "-0.0", "1e308", "-1e308", "5e-324", "1e-200", "10**30", "2**63", "100000"),
    *("True", "False", "None", "'text'", "''", "[]", "()", "{}", "[1, [2, 3]]", "{'a': 1}", "1j", "...", "inf", "nan"),
    *("slice(0, 1)", "[[]]", "[[[]]]", "b'x'", "f'{x}'", "range(3)", "range(0)", "-1 // 2", "np.pi", "np.inf"),
)
NAMES = "x y z a b f g i self np math x1 lambda_ θ _ __class__".split()
BINARY = "+ - * / // % ** @ < <= > >= == != and or in is & | ^ << >>".split()
TOKENS = (
    *'( ) [ ] { } , : ; . = == += *= -> ** @ # \\ \' " """ f\' ` ~ ! ? $ % & | ^ \n \t'.split(" "),
    *"if else for in while def return lambda not and or yield await async class import from as with try".split(),
    *("*", "**", "\x00", "\x0c", "\r", "\u2028", "é", "𝟚", "０", "1_000", "0x1f", "0b2", "1e999", "9" * 400, "\ufeff"),
)


PREFIXES = ("", "", "", "", "np.", "math.", "scipy.special.", "scipy.linalg.", "np.linalg.", "scipy.stats.")
KEYWORDS = "axis keepdims n out where initial dtype lower method k key".split()
FORMATS = (".3f", ">10", "", "d", "%")
# What stands between angle brackets is drawn anew at each place.
EXPRESSIONS = (
    *("<prefix><function>(<arguments>)", "<prefix><function>(<arguments>)", "<function>(<e>, <keyword>=<e>)"),
    *("(<e> <binary> <e>)", "(<e> <binary> <e>)", "(-<e>)", "(not <e>)", "(~<e>)", "<e>[<e>]", "<e>[<e>:<e>, ::<e>]"),
    *("[<e>, <e>]", "[<e> for <name> in <e> if <e>]", "(<e> if <e> else <e>)", "(lambda <name>: <e>)(<e>)"),
    *("(lambda *<name>: <e>)", "(<e>).<method>", "(<e>).<method>(<e>)", "f(*<e>)", "f(**<e>)", "{<e>: <e>}", "{<e>}"),
    *("(<name> := <e>)", "f'{<name>:<format>}'", "(<e>, *<e>)"),
)
SIMPLE_STATEMENTS = (
    *("<name> = <e>", "<name> = <e>", "<name> <arithmetic>= <e>", "<name>, <name> = <e>", "<name>[<e>] = <e>", "<e>"),
    *(
        "<name>.append(<e>)",
        "<name>.append(*<e>)",
        "return <e>",
        "break",
        "continue",
        "pass",
        "assert <e>",
        "del <name>",
    ),
    *("<name>: float = <e>", "global <name>", "raise ValueError(<e>)", "<name>, *<name> = <e>"),
)
HEADERS = (
    *(
        "for <name> in range(<e>):",
        "for <name>, <name> in enumerate(<e>):",
        "while <e>:",
        "if <e>:",
        "for <name> in <e>:",
    ),
    *("def f(<name>, *args):", "def g(<name>=<e>):", "def f(<name>, <name>):", "with np.errstate(all=<e>):", "try:"),
)


PARTS = {
    "name": NAMES,
    "function": FUNCTIONS,
    "prefix": PREFIXES,
    "keyword": KEYWORDS,
    "binary": BINARY,
    "arithmetic": BINARY[:8],
    "method": METHODS,
    "format": FORMATS,
}


def _filled(random: Random, template: str, depth: int) -> str:
    def part(slot: re.Match[str]) -> str:
        match slot[1]:
            case "e":
                return grown_expression(random, depth)
            case "arguments":
                count = random.choice((1, 1, 1, 2, 2, 3, 0))
                return ", ".join(grown_expression(random, depth) for _ in range(count))
            case name:
                return random.choice(PARTS[name])

    return re.sub("<([a-z]+)>", part, template)


def grown_expression(random: Random, depth: int) -> str:
    """An expression of the language, of any types."""
    if depth <= 0 or random.random() < 0.15:
        return random.choice(CONSTANTS if random.random() < 0.4 else NAMES)
    return _filled(random, random.choice(EXPRESSIONS), depth - 1)


def grown_block(random: Random, depth: int, indent: str) -> str:
    """One to four statements, each line with this indentation."""
    lines = []
    for _ in range(random.choice((1, 1, 2, 3, 4))):
        compound = depth > 0 and random.random() < 0.5
        template = random.choice(HEADERS if compound else SIMPLE_STATEMENTS)
        lines.append(indent + _filled(random, template, random.choice((1, 1, 2, 3))))
        if compound:
            lines.append(grown_block(random, depth - 1, indent + "    "))
            if random.random() < 0.2:
                lines += [f"{indent}else:", grown_block(random, depth - 1, indent + "    ")]
    return "\n".join(lines)


def grown(random: Random) -> tuple[str, dict[str, Any]]:
    return grown_block(random, 2, ""), {}


def _expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _statement(text: str) -> ast.stmt:
    return ast.parse(text).body[0]


class _Graft(ast.NodeTransformer):
    """Replaces the node that is met at a random time by a random other of its kind."""

    def __init__(self, random: Random, rate: float) -> None:
        self.random, self.rate = random, rate

    def generic_visit(self, node: ast.AST) -> ast.AST:
        node = super().generic_visit(node)
        random = self.random
        if random.random() > self.rate:
            return node
        if isinstance(node, ast.expr) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            kind = random.randrange(7)
            if kind == 0:
                return _expression(random.choice(CONSTANTS))
            if kind == 1:
                return _expression(grown_expression(random, 2))
            if kind == 2 and isinstance(node, ast.Call):
                return ast.Call(ast.Name(random.choice(FUNCTIONS), ast.Load()), node.args, node.keywords)
            if kind == 3 and isinstance(node, ast.Call):
                starred: list[ast.expr] = [ast.Starred(arg, ast.Load()) for arg in node.args[:1]]
                return ast.Call(node.func, [*starred, *node.args[1:], *node.args[:1]], node.keywords)
            if kind == 4:
                return ast.Subscript(node, _expression(random.choice(CONSTANTS)), ast.Load())
            return _expression(random.choice(expressions()))
        if isinstance(node, ast.operator):
            return random.choice((ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.Mod, ast.FloorDiv, ast.MatMult))()
        return node


def _shuffled_block(random: Random, tree: ast.Module) -> None:
    """Deletes, doubles, moves, wraps or adds statements of a block of the tree."""
    blocks = [
        getattr(node, field)
        for node in ast.walk(tree)
        for field in ("body", "orelse")
        if isinstance(getattr(node, field, None), list)
    ]
    block: list[ast.stmt] = random.choice([block for block in blocks if block])
    place = random.randrange(len(block))
    kind = random.randrange(7)
    other = _statement(random.choice(statements()))
    if kind == 0:
        del block[place]
        if not block:
            block.append(ast.Pass())
    elif kind == 1:
        block.insert(place, block[random.randrange(len(block))])
    elif kind == 2:
        random.shuffle(block)
    elif kind == 3:
        block.insert(place, other)
    elif kind == 4:
        test = _expression(random.choice(expressions()))
        block[place] = ast.If(test, [block[place]], [other] if random.random() < 0.5 else [])
    elif kind == 5:
        loop = _statement(f"for {random.choice(NAMES)} in range({random.choice(CONSTANTS)}):\n    pass")
        assert isinstance(loop, ast.For)
        loop.body = [block[place]]
        block[place] = loop
    else:
        block.insert(place, _statement(f"while {grown_expression(random, 1)}:\n    break"))


def mutated_tree(random: Random) -> tuple[str, dict[str, Any]]:
    seed = random.choice(seeds())
    tree = ast.parse(seed.program)
    for _ in range(random.choice((1, 1, 2, 4))):
        if random.random() < 0.4:
            _shuffled_block(random, tree)
        else:
            tree = _Graft(random, random.choice((0.01, 0.03, 0.1))).visit(tree)
    try:
        return ast.unparse(ast.fix_missing_locations(tree)), seed.inputs
    except (ValueError, TypeError, RecursionError):  # a tree that no text has
        return grown(random)


def mutated_text(random: Random) -> tuple[str, dict[str, Any]]:
    seed = random.choice(seeds())
    text = seed.program
    for _ in range(random.choice((1, 1, 2, 3, 8))):
        at, length = random.randrange(len(text) + 1), random.choice((0, 0, 1, 1, 2, 5, 40))
        graft = random.choice(seeds()).program
        start = random.randrange(len(graft))
        new = random.choice(
            (
                random.choice(TOKENS),
                random.choice(CONSTANTS),
                chr(random.choice((random.randrange(128), random.randrange(0xD800)))),
                graft[start : start + random.choice((3, 20, 200))],
                random.choice(TOKENS) * random.choice((2, 30, 300)),
                "",
            )
        )
        text = text[:at] + new + text[at + length :]
    return text, seed.inputs


def random_program(random: Random) -> tuple[str, dict[str, Any]]:
    """A program, and values of the inputs of the one that it comes from."""
    return random.choice((grown, mutated_tree, mutated_tree, mutated_tree, mutated_text))(random)
