"""Python's syntax errors in plain words, located in the text as typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from adcore.errors import AdcoreError, NestingTooDeep, Span, SyntaxFault
from adcore.limits import Limits

# Pattern of Python's message, our message, our help. The pattern's groups fill the message.
_WORDS: tuple[tuple[str, str, str | None], ...] = (
    (r"'(.)' was never closed", "this {0} is never closed", None),
    (r"unmatched '(.)'", "this {0} closes nothing", None),
    (
        r"closing parenthesis '(.)' does not match opening parenthesis '(.)'(?: on line (\d+))?",
        "this {0} closes a {1}",
        None,
    ),
    (r"unexpected EOF|unexpected end", "the program ends too early", None),
    (r"unterminated (?:triple-quoted )?string|EOL while|EOF while", "this string is never closed", None),
    (r"unterminated f-string|f-string", "f-strings do not exist in this language", None),
    (r"expected an indented block after (.*?)(?: on line (\d+))?$", "an indented block is missing after {0}", None),
    (r"unexpected indent", "this line is indented, and no block begins here", None),
    (r"unindent does not match", "this line is indented less than its block, but to no block outside it", None),
    (r"inconsistent use of tabs", "tabs and blanks are mixed in the indentation", "indent with blanks only"),
    (r"expected ':'", "a : is missing here", None),
    (r"cannot assign to (?:literal|True|False|None|__debug__)", "a constant cannot be assigned to", None),
    (
        r"cannot assign to function call",
        "the result of a call cannot be assigned to",
        "a function is defined with def f(x): return ...",
    ),
    (r"cannot assign to (?!attribute|subscript)", "= assigns to a name, and this is none", "write == to compare"),
    (
        r"Maybe you meant '==' or ':=' instead|expression cannot contain assignment",
        "= assigns, and here a value is needed",
        "write == to compare",
    ),
    (r"cannot|illegal|only single target", "this cannot be assigned to", "a name stands on the left of ="),
    (r"positional argument follows keyword", "an argument without a name follows one with a name", None),
    (r"keyword argument repeated: (.*)", "the argument {0} is given twice", None),
    (
        r"non-default argument|parameter without a default",
        "a parameter without a default follows one that has a default",
        None,
    ),
    (r"leading zeros in decimal", "a whole number does not begin with 0", None),
    (r"Exceeds the limit", "this number has too many digits", None),
    (r"invalid syntax\. Perhaps you forgot a comma", "an operator or a comma is missing here", None),
    (r"unexpected character after line continuation", "after a \\ at the end of a line nothing may follow", None),
    (r"expected 'else' after", "a conditional expression needs an else", "write a if condition else b"),
)

# Pasted characters, and how to type what they mean.
_SIGNS = {
    "×": "*", "·": "*", "⋅": "*", "∗": "*", "÷": "/", "∕": "/", "−": "-", "–": "-", "—": "-", "≤": "<=", "≥": ">=",
    "≠": "!=", "²": "**2", "³": "**3", "√": "sqrt(...)", "“": '"', "”": '"', "‘": "'", "’": "'", "∞": "inf",
    "¬": "not", "∧": "and", "∨": "or", "！": "!=", "（": "(", "）": ")", "，": ",", "＝": "=", "＋": "+", "$": "",
    "½": "1/2", "¼": "1/4", "¾": "3/4", "∑": "sum(...)", "∏": "prod(...)",
}  # fmt: skip

_TIMES = re.compile(r"(?<![\w.])(\d++(?:\.\d*+)?(?:[eE][+-]?\d++)?|\.\d++)\s*+([^\W\d_]\w*+|\()")
_AFTER_BRACKET = re.compile(r"\)\s*+([^\W\d]\w*+|\d++)")
_KEYWORDS = frozenset("if else and or in is not for while return def lambda import from as".split())


def explain(
    error: SyntaxError, lines: Sequence[str], columns: Mapping[int, tuple[int, ...]], limits: Limits
) -> AdcoreError:
    """The error for a SyntaxError of Python's parser in the rewritten ``lines``."""
    message = error.msg or "invalid syntax"
    number = min(max(error.lineno or 1, 1), len(lines))
    line = lines[number - 1]
    start = min(max((error.offset or 1) - 1, 0), len(line))
    stop = (error.end_offset or 0) - 1 if error.end_lineno == number and error.end_offset else start + 1
    stop = min(max(stop, start + 1), max(len(line), start + 1))

    def span(first: int = start, last: int = stop) -> Span:
        of_line = columns.get(number)
        at, to = (
            i + 1 if of_line is None else of_line[min(len(line[:i].encode()), len(of_line) - 1)] for i in (first, last)
        )
        return Span(number, at, number, max(to, at + 1))

    if "too many nested parentheses" in message or "too many levels of indentation" in message:
        return NestingTooDeep(f"the program is nested deeper than {limits.nesting_depth}", span=span())
    sign = re.search(r"invalid (?:non-printable )?character (?:'(.)' )?\(?(?:U\+([0-9A-Fa-f]+))?", message)
    if sign:
        char = sign[1] or chr(int(sign[2], 16))
        index = line.find(char, max(start - 1, 0))
        at = span(index, index + 1) if index >= 0 else span()
        typed = _SIGNS.get(char)
        shown = f"the character {char}" if char.isprintable() else f"an invisible character, U+{ord(char):04X},"
        return SyntaxFault(f"{shown} means nothing here", span=at, help=f"type {typed}" if typed else None)
    foreign = _other_language(line, start)
    if foreign:
        place, words, remedy = foreign
        return SyntaxFault(words, span=span(*place), help=remedy)
    product = _missing_times(message, line, start, span)
    if product:
        return product
    for pattern, words, help in _WORDS:
        match = re.search(pattern, message)
        if match:
            return SyntaxFault(words.format(*match.groups()), span=span(), help=help)
    return _in_general(line, start, span)


# How other languages write what Python writes otherwise: a pattern of the line, what stands there, and what to write.
# The first group is the place, which the error of Python's parser is on or behind.
_OTHER_LANGUAGES: tuple[tuple[str, str, str], ...] = (
    (r"\\n(?=\S)", "\\n is two characters here, not a line break", "in JSON, a line break is \\n with one backslash"),
    (r"(?<=[\w)\]])'", "' does not transpose", "the transpose of A is A.T"),
    (r"(?<![\w)\]|])\|(?=[^|]+\|)", "| is no bracket", "an absolute value is abs(x)"),
    (r"\$", "$ means nothing here", "write the formula without $"),
    (r"\\[A-Za-z]+", "LaTeX is not read here", "write it as Python does: sqrt(x), a/b, x**2"),
    (r"\bfunction\b(?=\s+\w+\s*\()", "a function is not defined like this", "write def f(x): return ..."),
    (r"^\s*(?:var|let|const|double|float|int|auto|real|local|my)(?=\s+[A-Za-z_]\w*\s*(?:=|;|$))",
     "variables are not declared here", "write y = ..."),
    (r"(?<=\w)\s*=>", "=> means nothing here", "a function is written lambda x: ..."),
    (r"\bfunction(?=\s*\()", "a function is not written like this", "write lambda x: ..., or def f(x): return ..."),
    (r"%(?:\*|o|in|/|%)%?", "this is no operator here", "write @ for products of matrices, // and % to divide"),
    (r"\|>", "|> means nothing here", "write f(x)"),
    (r"(?<=\w)\.(?=\()", "functions act on each element by themselves", "leave the dot out"),
    (r":=", ":= assigns within an expression only", "write y = ..."),
    (r"^\s*=", "a program does not begin with =", "leave it out"),
    (r"\bfor(?=\s+\w+\s*=)", "a loop is not written like this", "write for i in range(1, n + 1):"),
    (r"^\s*switch\b", "switch does not exist here", "write match x: and case 1:, or if and elif"),
    (r"\belse(?=\s+if\b)", "else if is one word here", "write elif"),
    (r"^\s*(?:elif|else)\b", "there is no if before this", "an else is indented as its if is"),
    (r"\{(?=[^}]*[=;])", "blocks are not put in braces here", "end the line with : and indent the block"),
    (r"(?<=[\w)\]])!(?!=)", "! is no factorial here", "write factorial(x)"),
    (r"(?<=\[)[^\[\]]*;", "rows are not parted by ; here", "write [[1, 2], [3, 4]]"),
    (r"(?<=\[)\s*-?[\d.]+(?:\s+-?[\d.]+)+", "a , is missing between these", "write [1, 2, 3]"),
    (r"\b(?:sin|cos|tan|exp|log|ln|sqrt|abs)(?=\s+\w)", "a function is called with brackets", "as in sin(x)"),
    (r"\bthen\b", "then means nothing here", "write if condition: and the block on indented lines"),
    (r"^\s*(?:end|endif|endfor|fi|done)\b\s*;?\s*$", "blocks end where their indentation does", "leave this line out"),
    (r"(?:\+\+|--)(?=\s*(?:$|[;)]))", "this operator does not exist here", "write y += 1"),
    (r"\.(?:\*\*?|/|\^)(?=\s*[\w(.])", "operators act on each element by themselves", "leave the dot out: *, /, **"),
    (r"\bfor(?=\s*\()", "a loop is not written like this", "write for i in range(n):"),
    (r"\{(?=\s*$)", "blocks are not put in braces here", "end the line with : and indent the block"),
)  # fmt: skip


def _other_language(line: str, start: int) -> tuple[tuple[int, int], str, str] | None:
    """The place, the message and the help for syntax of another language that the parser stumbled over."""
    for pattern, words, help in _OTHER_LANGUAGES:
        for match in re.finditer(pattern, line):
            if match.start() <= start + 1 and not _in_string(line, match.start()):
                return match.span(), words, help
    return None


def _in_string(line: str, place: int) -> bool:
    """Whether a place lies within a string, as far as one line tells."""
    quoted = re.match(r"(?:[^'\"#]|'[^']*'|\"[^\"]*\")*", line[:place])
    rest = line[quoted.end() : place] if quoted else ""
    return rest[:1] == "#" or (rest[:1] in ("'", '"') and rest.count(rest[0]) % 2 == 1 and rest[0] in line[place:])


def _missing_times(message: str, line: str, start: int, span: Callable[..., Span]) -> SyntaxFault | None:
    """``2x``, ``2 x`` and ``(a + b) c``: a product written as on paper."""
    if not re.search(r"invalid (?:decimal|hexadecimal|octal|binary|imaginary)|invalid syntax|never closed", message):
        return None
    for pattern, help in ((_TIMES, "to multiply, write {0} * {1}"), (_AFTER_BRACKET, "to multiply, write ) * {0}")):
        for match in pattern.finditer(line):
            word = match[match.lastindex or 1]
            if match.start() <= start + 1 and start <= match.end() and word not in _KEYWORDS and word != "(":
                return SyntaxFault(
                    "an operator is missing here", span=span(*match.span()), help=help.format(*match.groups())
                )
    return None


def _in_general(line: str, start: int, span: Callable[..., Span]) -> SyntaxFault:
    """An error without an explanation by Python: name at least the token."""
    rest = line[start:]
    if not rest.strip():
        return SyntaxFault("the line ends too early", span=span(start, start + 1))
    token = re.match(r"\s*(\w+|\*\*|//|[<>=!]=|&&|\|\||.)", rest)
    shown = token[1] if token else rest[0]
    at = span(start + token.start(1), start + token.end(1)) if token else span()
    before = line[:start].rstrip()
    if shown in ("&", "|") and (rest[:2] in ("&&", "||") or before[-1:] == shown):
        word = "and" if shown == "&" else "or"
        return SyntaxFault(f"{shown}{shown} means nothing here", span=at, help=f"write {word}")
    if shown == "!":
        return SyntaxFault("! means nothing here", span=at, help="write not, or != to ask whether two values differ")
    if shown == "=" and before[-1:] == "=":
        return SyntaxFault("this = is one too many", span=at, help="write == to compare")
    if re.match(r"\w", shown) and shown not in _KEYWORDS and re.search(r"[\w)\]]$", before):
        return SyntaxFault(f"an operator is missing before {shown}", span=at)
    if shown == "?" or (shown == ":" and "?" in before):
        return SyntaxFault(f"{shown} means nothing here", span=at, help="write a if condition else b")
    return SyntaxFault(f"{shown} is not expected here", span=at)
