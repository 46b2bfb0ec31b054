"""Texts that Python's parser refuses: the place, the message in plain words, and the help. The place is marked « »."""

from __future__ import annotations

import pytest

from tests.adcore.language.marking import syntax_error, unmarked

# The text, the message, the help.
TABLE = [
    ("sin«(»x", "this ( is never closed", None),
    ("x + «*» y", "* is not expected here", None),
    ("x + y«)»", "this ) closes nothing", None),
    ("«[»1, 2", "this [ is never closed", None),
    ("(1, 2«]»", "this ] closes a (", None),
    ("«2x» + 1", "an operator is missing here", "to multiply, write 2 * x"),
    ("«2 x»", "an operator is missing here", "to multiply, write 2 * x"),
    ("x «y»", "an operator is missing before y", None),
    ("«3 sin»(x)", "an operator is missing here", "to multiply, write 3 * sin"),
    ("if «x = 3»: y", "= assigns, and here a value is needed", "write == to compare"),
    ("x ==«=» 3", "this = is one too many", "write == to compare"),
    ("x = y = «»", "the line ends too early", None),
    ("«1» = x", "a constant cannot be assigned to", None),
    (
        "«f(x)» = 2",
        "the result of a call cannot be assigned to",
        "a function is defined with def f(x): return ...",
    ),
    ("«x + 1» = y", "= assigns to a name, and this is none", "write == to compare"),
    ("x «×» y", "the character × means nothing here", "type *"),
    ("x «−» y", "the character − means nothing here", "type -"),
    ("x«²» + 1", "the character ² means nothing here", "type **2"),
    ("x «≤» y", "the character ≤ means nothing here", "type <="),
    ("«“»x”", "the character “ means nothing here", 'type "'),
    ("x &«&» y", "&& means nothing here", "write and"),
    ("x |«|» y", "|| means nothing here", "write or"),
    ("«!»x", "! means nothing here", "write not, or != to ask whether two values differ"),
    ("x «?» y : 2", "? means nothing here", "write a if condition else b"),
    (
        "def f(a, c=2, «d»): return a",
        "a parameter without a default follows one that has a default",
        None,
    ),
    ("x +«»", "the line ends too early", None),
    ("  x\n y«»", "this line is indented less than its block, but to no block outside it", None),
    ("if x > 0:\n«x»", "an indented block is missing after 'if' statement", None),
    ("  x\n«x»", "this line is indented less than the first one", None),
    ("1«__0»", "an operator is missing before __0", None),
    ("«0»777", "a whole number does not begin with 0", None),
    ("«0x»", "an operator is missing here", "to multiply, write 0 * x"),
    ("«1e»", "an operator is missing here", "to multiply, write 1 * e"),
    ("x.«.»y", ". is not expected here", None),
    ("x«.»1", ". is not expected here", None),
    ("«x if y»", "a conditional expression needs an else", "write a if condition else b"),
    ("x = «1 if y»", "a conditional expression needs an else", "write a if condition else b"),
    ("«True» = 3", "a constant cannot be assigned to", None),
    ("x; «;» y", "; is not expected here", None),
    ("«else»: x", "there is no if before this", "an else is indented as its if is"),
    ("x:«»", "the line ends too early", None),
    ("«1»if x else 2", "a blank is missing after this number", None),
    ("x«$»y", "$ means nothing here", "write the formula without $"),
]


@pytest.mark.parametrize(("marked", "message", "help"), TABLE, ids=[row[0] for row in TABLE])
def test_a_text_that_is_no_program(marked: str, message: str, help: str | None) -> None:
    text, span = unmarked(marked)
    error = syntax_error(text)
    assert (error.code, error.span, error.message, error.help) == ("syntax_error", span, message, help)
    assert error.source == text
