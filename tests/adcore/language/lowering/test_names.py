"""What names mean: inputs before all that is predefined, dotted names whole, imports by what they import."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy.special

from adcore.errors import AdcoreError
from tests.adcore.language.differentiating import agree
from tests.adcore.language.evaluating import lowered, result
from tests.adcore.language.marking import unmarked

X, V = 2.0, [1.0, 2.0, 4.0]

# The reason, the program, its inputs, and its gradient by the values that are posted.
INPUTS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("an input is assigned", "x = x/3\nx*x", {"x": X}, {"x": 4 / 9}),
    ("an input is augmented", "x += 1\nx *= x\nx", {"x": X}, {"x": 6.0}),
    ("a part of it", "v[1] *= v[0]\nsum(v*v)", {"v": V}, {"v": [10.0, 4.0, 8.0]}),
    ("in a branch", "if x > 1:\n  x = x*x\nx", {"x": X}, {"x": 4.0}),
    ("in a branch that is not taken", "if x > 3:\n  x = x*x\nx", {"x": X}, {"x": 1.0}),
    ("in a loop", "for i in range(3):\n  x = x*x\nx", {"x": X}, {"x": 8 * X**7}),
    ("in a loop that depends on it", "while x < 100:\n  x = x*x\nx", {"x": X}, {"x": 8 * X**7}),
    ("with others", "x, y = y, x\nx**2 * y", {"x": X, "y": 3.0}, {"x": 9.0, "y": 12.0}),
    ("a function reads what it is by then", "def f(t): return t*x\nx = x*x\nf(1)", {"x": X}, {"x": 4.0}),
    ("a function has a name of its own", "def f(t):\n  x = t*t\n  return x\nf(x)*x", {"x": X}, {"x": 12.0}),
    ("a comprehension too", "sum([x*x for x in v]) + x", {"v": V, "x": X}, {"v": [2.0, 4.0, 8.0], "x": 1.0}),
    ("the posted value is overwritten", "x = 3.0\ny*x", {"x": X, "y": X}, {"x": 0.0, "y": 3.0}),
    ("one that is not used", "y*y", {"x": V, "y": X}, {"x": [0.0, 0.0, 0.0], "y": 4.0}),
    ("an input before a function", "alpha*x + beta", {"alpha": 3.0, "x": X, "beta": 1.0}, {"x": 3.0, "beta": 1.0}),
    ("and before a constant", "e*pi*inf", {"e": X, "pi": 3.0, "inf": 5.0}, {"e": 15.0, "pi": 10.0, "inf": 6.0}),
    ("a call means the function", "beta(x, 2)*beta", {"x": X, "beta": 5.0}, {"beta": 1 / 6}),
    ("also within a function", "def f(t): return sum(v)*t*sum\nf(1)", {"v": V, "sum": X}, {"sum": 7.0}),
    ("as an argument it is the value", "def f(t): return t*t\nf(gamma)", {"gamma": X}, {"gamma": 4.0}),
    ("as a subscript", "mean[1]*mean[0]", {"mean": V}, {"mean": [2.0, 1.0, 0.0]}),
    ("an input that is assigned later", "y = gamma*x\ngamma = 1\ny", {"x": X, "gamma": 3.0}, {"x": 3.0, "gamma": X}),
    ("a parameter before a function", "def f(beta, e): return beta*e", {"beta": X, "e": 3.0}, {"beta": 3.0, "e": X}),
    ("a parameter is assigned", "def f(x, y=2):\n  x = x*y\n  y = x*x\n  return y", {"x": X, "y": 3.0}, {"x": 36.0}),
    ("a call in a function of that parameter", "def f(beta): return beta(beta, 1)", {"beta": X}, {"beta": -0.25}),
    ("a prefix is a module still", "np.sin(np)", {"np": X}, {"np": math.cos(X)}),
    ("an import is an assignment", "from math import e\ne*x", {"e": 9.0, "x": X}, {"x": math.e, "e": 0.0}),
    ("but not of what does not exist", "from config import rate\nrate*x", {"rate": 9.0, "x": X}, {"x": 9.0}),
]


@pytest.mark.parametrize(("text", "inputs", "expected"), [row[1:] for row in INPUTS], ids=[row[0] for row in INPUTS])
def test_inputs_are_parameters(text: str, inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    gradients = agree(text, inputs)
    assert gradients.keys() == inputs.keys()
    for name, slope in expected.items():
        np.testing.assert_allclose(gradients[name], slope, rtol=1e-12, err_msg=name)


def test_inputs_that_need_not_be_posted_come_after_the_others() -> None:
    graph = lowered("y = beta*x\nx = 2", {"zeta": 1, "x": 1, "beta": 1, "alpha": 1}).graph
    assert graph.input_names == ("beta", "x", "alpha", "zeta")


FULL: list[tuple[str, str, Any]] = [
    ("a usual prefix", "np.sin(x) + math.sin(x)", 2 * math.sin(X)),
    ("a module of a module", "np.linalg.norm(v)", math.sqrt(21)),
    ("a module under another name", "import scipy.special as sp\nsp.gamma(x + 1)", 2.0),
    ("a module of a package", "from scipy import special\nspecial.erf(x)", math.erf(X)),
    ("a package, then its module", "import scipy.special\nscipy.special.psi(x)", scipy.special.psi(X)),
    ("a function under another name", "from numpy import sin as s, pi as p\ns(p/2)", 1.0),
    ("everything", "from numpy import *\ncos(x)", math.cos(X)),
    ("a mirror of NumPy", "import autograd.numpy as anp\nanp.tanh(x)", math.tanh(X)),
    ("names of earlier versions", "np.trapz(v) + (0 if np.NaN == np.Inf else 1)", 5.5),
    ("imports of what is not used", "import pandas as pd, numba\nfrom . import a\nfrom scipy.stats import norm\nx", X),
    ("an unknown name in a list of names", "from numpy import sin, no_such\nsin(x)", math.sin(X)),
    ("what is unknown, and not reached", "import torch\ny = x if x > 0 else x\nif len(v) > 3: torch.sum(x)\ny", X),
    ("a helper that is never called", "def helper(a): return pd.mean(a)\nx", X),
    ("a decorator that makes it faster", "from numba import njit\n@njit(cache=True)\ndef f(a): return a*a\nf(x)", 4.0),
    ("another", "import functools\n@functools.lru_cache(maxsize=None)\ndef f(a): return a*a\nf(x)", 4.0),
    ("a context", "def f(a):\n  with np.errstate(divide='ignore'):\n    b = a*a\n    return b\nf(x)", 4.0),
    (
        "two of them",
        "import warnings as w\nwith w.catch_warnings(), np.errstate():\n  with np.errstate(): x = x*x\nx",
        4.0,
    ),
    ("a class that is not used", "class A:\n  def f(self): return self.x\nx*x", 4.0),
    ("a helper that is not called", "def f(a):\n  try: open(a)\n  except OSError as e: raise e\nx*x", 4.0),
    ("one that is not called here", "def f(a):\n  global x\n  x = 1j\n  return x\ny = f(x) if len(v) > 3 else x\ny", X),
    ("a branch that is not taken", "if len(v) > 3:\n  with open(x) as f: y = f\nelse: y = x*x\ny", 4.0),
    (
        "a logger",
        "import logging\nlog = logging.getLogger(__name__)\ndef f(a):\n  log.info(a)\n  return a*a\nf(x)",
        4.0,
    ),
    ("a plot", "import matplotlib.pyplot as p\nfig, ax = p.subplots(2)\ny = x*x\nax.plot(y)\nfig.show()\ny", 4.0),
    ("warnings", "import warnings\nif x > 1: warnings.warn('large')\nx*x", 4.0),
    ("a name that the program binds is no module", "math = v\nmath.sum()", 7.0),
]


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in FULL], ids=[row[0] for row in FULL])
def test_full_names(text: str, expected: Any) -> None:
    assert result(text, x=X, v=V) == pytest.approx(expected, rel=1e-12)


# The program with its place marked, the message and the help.
REFUSED: list[tuple[str, str, str | None]] = [
    ("np.random.«gamma»(x)", "numpy.random.gamma does not exist in this language", "a program has no random numbers"),
    ("np.sin.«outer»(v, v)", "numpy.sin.outer does not exist in this language", None),
    ("from scipy import ndimage\nndimage.«convolve»(v, v)", "scipy.ndimage.convolve does not exist", None),
    ("import scipy.special as sp\nsp.«jvp»(1, x)", "scipy.special.jvp does not exist in this language", None),
    ("import pandas as pd\n«pd» + x", "pandas does not exist in this language", None),
    ("import pandas as pd\npd.«DataFrame»(v)", "pandas.DataFrame does not exist in this language", "write array(...)"),
    ("from math import sine\n«sine»(x)", "math has no sine", "did you mean sin?"),
    ("math.«arcsin»(x)", "math has no arcsin", "did you mean numpy.arcsin?"),
    ("np.«gamma»(x)", "numpy has no gamma", "did you mean math.gamma?"),
    ("np.«fft»(x)", "numpy.fft is a module, not a function", None),
    ("from scipy.optimize import root as r\n«r»(x)", "scipy.optimize.root does not exist", "root(f, x0), fixed_point"),
    ("«class» A: pass\nA(x)", "classes do not exist in this language", "write functions"),
    ("@«register»\ndef f(a): return a\nf(x)", "decorators do not exist in this language", "those that make"),
    ("@«register»\ndef f(x, v): return x", "decorators do not exist in this language", "those that make"),
    (
        "def f(a):\n  «try»: return a\n  except OSError: return 0\nf(x)",
        "try blocks do not exist in this language",
        "test with if",
    ),
    ("def f(a): return a if a > 0 else «1j»\nf(x)", "complex numbers do not exist in this language", "write the real"),
    ("import matplotlib.pyplot as p\nax = p.gca()\n«ax» + x", "matplotlib.pyplot.gca does not exist", None),
    ("x = 2*«x» + y\nx", "x is used before it is assigned", "if x is an input, post a value for it"),
    ("def f(y):\n  x = 2*«x»\n  return x", "x is used before", "if x is an input, make it a parameter of f"),
]


@pytest.mark.parametrize(("marked", "message", "help"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_is_used_and_unknown(marked: str, message: str, help: str | None) -> None:
    text, span = unmarked(marked)
    with pytest.raises(AdcoreError) as caught:
        lowered(text, {"y": X} if message.startswith("x is used") else {"x": X, "v": V})
    assert caught.value.span == span
    assert caught.value.message.startswith(message)
    assert (caught.value.help or "").startswith(help or "")
    assert (caught.value.help is None) == (help is None)
