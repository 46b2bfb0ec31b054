"""Syntax that Python has and the language does not support: the place (marked « »), the message and the help."""

from __future__ import annotations

import pytest

from adcore.language import parse
from adcore.limits import Limits
from tests.adcore.language.marking import syntax_error, unmarked

# The program, the error's code, its message, the help.
TABLE = [
    ("def f(a, «a»): return a\nf(x)", "syntax_error", "two parameters are called a", None),
    (
        "«try»:\n  x\nexcept: y",
        "unsupported_syntax",
        "try blocks do not exist in this language",
        "test with if what could fail; where and clip choose values",
    ),
    ("«with» x: y", "unsupported_syntax", "with blocks do not exist in this language", None),
    (
        "«global» x",
        "unsupported_syntax",
        "global does not exist in this language",
        "return the value from the function",
    ),
    ("«x.y» = 3", "unsupported_syntax", "attributes cannot be assigned to", None),
    (
        "«x << 2»",
        "unsupported_syntax",
        "<< does not exist in this language",
        "to multiply by a power of 2, write x * 2**n",
    ),
    (
        "«x >> 2»",
        "unsupported_syntax",
        ">> does not exist in this language",
        "to divide by a power of 2, write x // 2**n",
    ),
    (
        "x = «3j»",
        "unsupported_syntax",
        "complex numbers do not exist in this language",
        "write the real and the imaginary part as two numbers",
    ),
    ('«b"a"»', "unsupported_syntax", "strings of bytes do not exist in this language", None),
    (
        "[(«y := a») for a in v]",
        "unsupported_syntax",
        "assignments inside a comprehension do not exist in this language",
        "assign on a line of its own",
    ),
    ("del «x.y»", "unsupported_syntax", "only names and elements can be deleted", None),
    ("«yield» x", "unsupported_syntax", "yield does not exist in this language", "return an array"),
    ("«await» x", "unsupported_syntax", "await does not exist in this language", None),
    ("«async» def f(): pass", "unsupported_syntax", "async functions do not exist in this language", "write def"),
    ("«raise»", "unsupported_syntax", "raise needs an exception", None),
    (
        "«nonlocal» x",
        "unsupported_syntax",
        "nonlocal does not exist in this language",
        "return the value from the function",
    ),
    (
        "«*a» = v\na",
        "syntax_error",
        "a starred target stands in a list of targets",
        "write *a, = x, or leave the * out",
    ),
    ("*a, «*b» = v\na", "syntax_error", "only one target can be starred", None),
    (
        "for «*a» in v:\n  pass\nx",
        "syntax_error",
        "a starred target stands in a list of targets",
        "write *a, = x, or leave the * out",
    ),
]


@pytest.mark.parametrize(("marked", "code", "message", "help"), TABLE, ids=[row[0] for row in TABLE])
def test_what_is_not_supported(marked: str, code: str, message: str, help: str | None) -> None:
    text, span = unmarked(marked)
    error = syntax_error(text)
    assert (error.code, error.span, error.message, error.help) == (code, span, message, help)
    assert error.source == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("print(x)\nx", id="a print"),
        pytest.param("'A docstring.'\n...\nx", id="a docstring and an ellipsis"),
        pytest.param("from __future__ import annotations\nfrom typing import Any\nx", id="imports for annotations"),
        pytest.param("import numpy as np\nnp.sin(x)", id="imports of NumPy"),
        pytest.param(
            "import os, sys\nimport matplotlib.pyplot as plt\nfrom . import tools\nfrom math import sine\nx",
            id="imports of anything that is not used",
        ),
        pytest.param("if __name__ == '__main__':\n  with open(x): pass\nx", id="what a file does when it is run"),
        pytest.param("x if mode == 'full' else x in ('a', 'b')", id="strings that are compared"),
        pytest.param("class A:\n  def f(self): return self.y\nx", id="a class that nothing uses"),
        pytest.param("def f(a):\n  try: return open(a).read()\n  except OSError: yield 1\nx", id="and a function"),
        pytest.param("@vectorize\ndef f(a, **more): return a\nx", id="one that is decorated"),
        pytest.param("if x > 0:\n  with open(x) as f: del f\nx", id="what may never be reached"),
        pytest.param("import numpy as np\nwith np.errstate(all='ignore'):\n  y = x\ny", id="a context that warns"),
        pytest.param("try:\n  import numba\nexcept ImportError:\n  numba = None\nx", id="an import that is tried"),
        pytest.param("import warnings\nwarnings.warn('a' + str(x))\nwarnings.filterwarnings('a')\nx", id="warnings"),
        pytest.param("import matplotlib.pyplot as p\np.plot(x)\np.show()\nx", id="a plot"),
        pytest.param("if '__main__' == __name__:\n  main()\nx", id="what a file does, the other way round"),
        pytest.param("einsum('ij->ji', x)", id="a string as an argument"),
    ],
)
def test_what_may_stand_in_a_program(text: str) -> None:
    assert "x" in [entry.name for entry in parse(text, Limits()).inputs]
