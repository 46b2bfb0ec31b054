"""The command line: start the service, or differentiate one program and print what comes out."""

from __future__ import annotations

import argparse
import contextlib
import re
import socket
import sys
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import jiter
import numpy as np
from pydantic import ValidationError

from adcore.compiler import Compiler, Query, normalised
from adcore.errors import AdcoreError, BadInputValue
from adcore.wengert.trace import Row, Trace
from app.settings import Settings
from app.wire.arrays import NON_FINITE, Array, read_array

_MINUS = re.compile(r"-(?!-|h$|$)")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status: 0, or 2 for an error of the user's."""
    parser, grad = _parsers()
    # A program such as -x**2 is not an option: those have two dashes, and argparse takes a word with a space as it is.
    words = [f" {word}" if _MINUS.match(word) else word for word in (sys.argv[1:] if argv is None else argv)]
    args, rest = parser.parse_known_args(words)
    try:
        settings = Settings(
            **{name: getattr(args, name) for name in ("host", "port") if getattr(args, name) is not None}
        )
    except ValidationError as error:
        print(f"the settings are wrong: {error}", file=sys.stderr)
        return 2
    if args.command is None:
        if rest:
            parser.error(f"unrecognized arguments: {' '.join(rest)}")
        return _serve(settings)
    # Values may also come after an option, where argparse no longer looks for them.
    if any(word.startswith("-") for word in rest):
        grad.error(f"unrecognized arguments: {' '.join(rest)}")
    return _grad(args, [*args.inputs, *rest], settings)


def _parsers() -> tuple[argparse.ArgumentParser, argparse.ArgumentParser]:
    parser = argparse.ArgumentParser(
        prog="gradserve",
        description="Gradients of programs, over HTTP. Without a command, start the service.",
        epilog="Settings and limits come from the environment: GRADSERVE_HOST, GRADSERVE_PORT, and so on.",
    )
    parser.add_argument("--host", help="the address to listen on (GRADSERVE_HOST; 127.0.0.1)")
    parser.add_argument("--port", type=int, help="the port to listen on, 0 for any (GRADSERVE_PORT; 8000)")
    grad = parser.add_subparsers(dest="command", metavar="command").add_parser(
        "grad",
        help="print the value and the gradients of a program",
        description="Print the value and the gradients of a program.",
        epilog="""example: gradserve grad "log(x1) + x1*x2 - sin(x2)" x1=2 x2=5 --trace""",
    )
    grad.add_argument("program", help="the program, or - to read it from standard input")
    grad.add_argument("inputs", nargs="*", metavar="name=value", help="an input: a number, or JSON such as '[1, 2, 3]'")
    grad.add_argument("--output", metavar="NAME", help="the output to differentiate, where there are several")
    grad.add_argument("--wrt", metavar="NAME,...", help="the inputs to differentiate by (all of them)")
    grad.add_argument("--mode", choices=("auto", "forward", "reverse"), default="auto", help="the mode (auto)")
    grad.add_argument("--trace", action="store_true", help="print the evaluation trace too")
    return parser, grad


# --- grad


def _grad(args: argparse.Namespace, inputs: Iterable[str], settings: Settings) -> int:
    program = sys.stdin.read() if args.program == "-" else args.program.removeprefix(" ")
    query = Query(
        kind="gradient",
        outputs=None if args.output is None else (args.output,),
        wrt=None if args.wrt is None else tuple(name.strip() for name in args.wrt.split(",")),
        mode=args.mode,
        trace=args.trace,
    )
    try:
        query, values = normalised(query, dict(_read_input(word, settings.max.array_elements) for word in inputs))
        compiled, _ = Compiler(settings.max).compile(program, values, query)
        answer = compiled.evaluate(values)
        trace = compiled.trace(values) if args.trace else None
    except AdcoreError as error:
        print(_error_text(error), file=sys.stderr)
        return 2
    (output,) = compiled.outputs
    print(f"{output} = {_array_text(answer.values[output])}")
    print(f"\ngradients ({compiled.mode} mode)")
    print(_table([(name, _array_text(gradient)) for name, gradient in answer.gradients.items()]))
    if trace is not None:
        _print_trace(trace)
    return 0


def _read_input(word: str, max_elements: int) -> tuple[str, Array]:
    name, equals, text = word.partition("=")
    if not equals or not name.strip():
        raise BadInputValue(f"{word} is not an input", help="an input is written name=value")
    name, text = name.strip(), text.strip()
    if text in NON_FINITE:
        return name, read_array(text, name, max_elements)
    try:
        value: Any = jiter.from_json(text.encode(), allow_inf_nan=False, catch_duplicate_keys=True)
    except ValueError as error:
        raise BadInputValue(
            f"the value of {name} is neither a number nor JSON: {error}", help="an array is written x='[1, 2, 3]'"
        ) from None
    return name, read_array(value, name, max_elements)


def _error_text(error: AdcoreError) -> str:
    lines = [f"error: {error.message} ({error.code})"]
    if error.span is not None:
        lines.append(f"at line {error.span.line}, column {error.span.column}:")
    if error.excerpt is not None:
        lines.append(error.excerpt)
    if error.help is not None:
        lines.append(f"help: {error.help}")
    return "\n".join(lines)


def _print_trace(trace: Trace) -> None:
    parts: Mapping[str, tuple[Row, ...] | None] = {
        "primal": trace.primal,
        "adjoint": trace.adjoint,
        **{f"tangents, seed {each.seed}": each.rows for each in trace.tangents or ()},
    }
    for title, rows in parts.items():
        if rows is not None:
            print(f"\n{title}")
            print(_table([(row.name, row.expression, _array_text(row.value, 20)) for row in rows]))
    if trace.truncated:
        print("\nThe trace is cut: it has more rows than the limit, GRADSERVE_MAX_TRACE_ROWS.")


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    """The rows, indented, with aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _array_text(array: Any, most: int = sys.maxsize) -> str:
    """An array on one line, its numbers as Python writes them; beyond ``most`` of them the middle is left out."""
    if isinstance(array, (list, tuple)):
        # A row of an op of several results.
        return ", ".join(_array_text(x, most) for x in array)
    if array.ndim == 0:
        return repr(array.item())
    text = np.array2string(array, separator=", ", threshold=most, formatter={"float_kind": lambda x: repr(float(x))})
    return " ".join(text.split())


# --- the service


def _serve(settings: Settings) -> int:
    # Imported here, so that the other commands do not wait for the web framework.
    from app.main import create_app
    from app.server.server import Server

    class AnnouncedServer(Server):
        """A server that says where it listens, once it does."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                print(f"gradserve listens on {self.address} (documentation: {self.address}/docs)", flush=True)

    # Python's parser prints warnings of odd programs to the service's log, where their authors do not see them.
    warnings.simplefilter("ignore", SyntaxWarning)
    with contextlib.suppress(KeyboardInterrupt):
        AnnouncedServer(create_app(settings), settings).run()
    return 0
