"""A program's text, its parse by Python's own parser, and the map from the syntax tree back to the text as typed.

``^`` means power, so it becomes ``**`` before parsing; that, and that Python's columns count bytes, is undone when a
place is reported. Texts that the parser cannot handle (too long, too deep, NUL) are refused before it runs.
"""

from __future__ import annotations

import ast
import re
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

from adcore.errors import NestingTooDeep, SourceTooLong, Span, SyntaxFault, TooManyParts
from adcore.language.syntax.syntax_errors import explain
from adcore.limits import Limits

# Comments and strings, which are skipped, then the tokens of interest: powers and brackets.
_TOKENS = re.compile(
    r"""\#[^\r\n]*
    | \"{3} (?: [^"\\] | \\. | "(?!"") )* (?: \"{3} | \\?\Z )
    | '{3} (?: [^'\\] | \\. | '(?!'') )* (?: '{3} | \\?\Z )
    | " (?: [^"\\\r\n] | \\. )* "?
    | ' (?: [^'\\\r\n] | \\. )* '?
    | [\^()\[\]{}]""",
    re.VERBOSE | re.DOTALL,
)
_NEWLINE = re.compile(r"\r\n|\r|\n")
_ESCAPE = re.compile(r"\\[^\r\n]")
# A number that runs into a keyword, ``1if x``, which Python accepts with a warning.
_GLUED = re.compile(
    r"(?<![\w.])(?:\d[\d_]*+(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?(?=(?:if|else|and|or|in|is|not|for)\b)"
)
# What costs the parser of Python most: up to 10 us for each of these, and ten times that for a field of an f-string.
_PARTS = re.compile(r"[,;]|[\r\n]\s*+")
_FIELD = 10
_PARSING = threading.Lock()
"""Python's parser lets no other thread run, so that many at once would hold up all others for as long as all take."""
_BREATH = 16_384, 0.001
"""After a text of so many characters, others have so many seconds before the next is parsed."""
Columns = Mapping[int, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Source:
    """A text, its syntax tree, and the map from the tree's columns to those of the text."""

    text: str
    """The text as errors show it."""
    tree: ast.Module
    columns: Columns
    """The column of each byte of a line, for lines where bytes and columns differ."""
    lines: tuple[str, ...]

    def span(self, node: ast.expr | ast.stmt | ast.arg | ast.keyword | ast.alias) -> Span:
        """The place of a node."""
        assert node.end_lineno is not None and node.end_col_offset is not None
        line, end_line = node.lineno, node.end_lineno
        if not self.columns:
            return Span(line, node.col_offset + 1, end_line, node.end_col_offset + 1)
        return Span(line, self.column(line, node.col_offset), end_line, self.column(end_line, node.end_col_offset))

    def column(self, line: int, offset: int) -> int:
        """The column, from 1, of a byte of a line of the rewritten text."""
        return _column(self.columns, line, offset)

    def word(self, node: ast.expr | ast.stmt | ast.alias, length: int) -> Span:
        """The first ``length`` characters of a node: its keyword."""
        column = self.column(node.lineno, node.col_offset)
        return Span(node.lineno, column, node.lineno, column + length)

    def between(self, left: ast.expr, right: ast.expr) -> str:
        """The text between two operands: the operator as typed, with brackets and blanks around it."""
        if left.end_lineno != right.lineno or left.end_col_offset is None:
            return ""
        line = self.lines[right.lineno - 1]
        return line[
            self.column(right.lineno, left.end_col_offset) - 1 : self.column(right.lineno, right.col_offset) - 1
        ]


def _column(columns: Columns, line: int, offset: int) -> int:
    of_line = columns.get(line)
    return offset + 1 if of_line is None else of_line[min(offset, len(of_line) - 1)]


def read_source(text: str, limits: Limits) -> Source:
    """The parsed text. Raises SourceTooLong, TooManyParts, NestingTooDeep and SyntaxFault."""
    text = text.removeprefix("\ufeff")
    try:
        encoded = _encoded(text)
        if len(encoded) > limits.source_bytes:
            raise SourceTooLong(f"the program is {len(encoded)} bytes long, and the limit is {limits.source_bytes}")
        rewritten, columns = _rewrite(text, len(encoded) > len(text), limits)
        return Source(text, _tree(rewritten, columns, limits), columns, tuple(_NEWLINE.split(text)))
    except (SourceTooLong, TooManyParts, NestingTooDeep, SyntaxFault) as error:
        error.located(text)
        raise


def place(text: str, start: int, stop: int) -> Span:
    """The span of the characters from ``start`` to ``stop`` of a text."""
    before = _NEWLINE.split(text[:start])
    within = _NEWLINE.split(text[start:stop])
    line, column = len(before), len(before[-1]) + 1
    end = column + len(within[0]) if len(within) == 1 else len(within[-1]) + 1
    return Span(line, column, line + len(within) - 1, end)


def _encoded(text: str) -> bytes:
    nul = text.find("\0")
    if nul >= 0:
        raise SyntaxFault("a character of code 0 stands here", span=place(text, nul, nul + 1))
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise SyntaxFault(
            "half of a surrogate pair stands here, which is no character",
            span=place(text, error.start, error.start + 1),
        ) from None


def _rewrite(text: str, wide: bool, limits: Limits) -> tuple[str, dict[int, tuple[int, ...]]]:
    """The text with each ``^`` as ``**``, and the columns of the lines where bytes and columns differ."""
    pieces: list[str] = []
    carets: list[int] = []
    done = depth = 0
    parts = len(_PARTS.findall(text))
    for match in _TOKENS.finditer(text):
        token = match[0]
        if token == "^":
            pieces += text[done : match.start()], "**"
            done = match.end()
            carets.append(match.start())
        elif token in "([{":
            depth += 1
            if depth > limits.nesting_depth:
                raise NestingTooDeep(
                    f"brackets are nested deeper than {limits.nesting_depth}", span=place(text, *match.span())
                )
        elif token in ")]}":
            depth -= 1
        elif token[0] != "#":
            parts += _FIELD * token.count("{")
            if "\\" in token:
                # The values of escapes do not matter, and Python warns of unknown ones.
                pieces += text[done : match.start()], _ESCAPE.sub("__", token)
                done = match.end()
    if parts > limits.source_parts:
        raise TooManyParts(
            f"the program has about {parts} lines, elements and arguments, and the limit is {limits.source_parts}",
            help="send numbers as inputs, and write repeated parts as a loop",
        )
    glued = _GLUED.search(text)
    if glued:
        raise SyntaxFault("a blank is missing after this number", span=place(text, *glued.span()))
    if not carets and not wide:
        return (text if not pieces else "".join([*pieces, text[done:]])), {}
    return "".join([*pieces, text[done:]]), _columns(text, carets)


def _columns(text: str, carets: list[int]) -> dict[int, tuple[int, ...]]:
    """For each line with carets or wide characters, the column of each byte of the rewritten line."""
    columns = {}
    start = done = 0
    for number, line in enumerate(_NEWLINE.split(text), 1):
        inside = []
        while done < len(carets) and carets[done] < start + len(line):
            inside.append(carets[done] - start)
            done += 1
        if inside or not line.isascii():
            widths = [1] * len(line) if line.isascii() else [len(char.encode()) for char in line]
            for i in inside:
                widths[i] = 2
            columns[number] = (*(c for c, width in enumerate(widths, 1) for _ in range(width)), len(line) + 1)
        start += len(line)
        start += 2 if text[start : start + 2] == "\r\n" else 1
    return columns


def _tree(rewritten: str, columns: Columns, limits: Limits) -> ast.Module:
    """Python's syntax tree of the rewritten text; an indentation of the whole text is ignored."""
    lines = _NEWLINE.split(rewritten)
    first = next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), "")
    indented = first[:1] in (" ", "\t")
    try:
        tree = _parsed(f"if 1:\n{rewritten}" if indented else rewritten)
    except SyntaxError as error:
        if indented and error.lineno is not None:
            error.lineno -= 1
            error.end_lineno = (error.end_lineno or error.lineno + 1) - 1
        raise explain(error, lines, columns, limits) from None
    except (RecursionError, MemoryError):
        raise _too_deep(rewritten, columns, limits) from None
    if indented:
        block = tree.body[0]
        assert isinstance(block, ast.If)
        ast.increment_lineno(tree, -1)
        later = tree.body[1:] or block.orelse
        if later:
            raise SyntaxFault(
                "this line is indented less than the first one",
                span=Span(later[0].lineno, 1, later[0].lineno, 2),
            )
        tree.body = block.body
    return tree


def _parsed(text: str) -> ast.Module:
    with _PARSING:
        try:
            return ast.parse(text)
        finally:
            length, seconds = _BREATH
            if len(text) > length:
                time.sleep(seconds)


# Tokens that nest without brackets.
_NESTING = re.compile(r"\*\*|\b(?:elif|else|not|lambda)\b|[-+~*/@%.]")


def _too_deep(rewritten: str, columns: Columns, limits: Limits) -> NestingTooDeep:
    """The error for a text that is too deep for Python's parser.

    The parser does not say where. But for a long chain of ``elif``, the place is a guess: the most frequent operator
    of the longest line.
    """
    lines = _NEWLINE.split(rewritten)
    number = max(range(len(lines)), key=lambda i: len(lines[i])) + 1
    if rewritten.count("elif") > limits.nesting_depth:
        number = next(
            i
            for i, count in enumerate(accumulate(line.count("elif") for line in lines), 1)
            if count > limits.nesting_depth
        )
    line = lines[number - 1]
    operators = [match.span() for match in _NESTING.finditer(line)]
    tokens = Counter(line[start:stop] for start, stop in operators)
    most = tokens.most_common(1)[0][0] if tokens else ""
    places = [(start, stop) for start, stop in operators if line[start:stop] == most] or [(0, 1)]
    start, stop = (
        _column(columns, number, len(line[:i].encode())) for i in places[min(limits.nesting_depth, len(places) - 1)]
    )
    return NestingTooDeep(
        f"operators are nested deeper than {limits.nesting_depth}, or too many are chained",
        span=Span(number, start, number, stop),
        help="write it in several statements",
    )
