"""Functions of NumPy, math and Python that are no ops, or have more arguments: each means what it means in Python."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

from adcore.errors import AdcoreError
from adcore.language.builtins import BUILTIN_FUNCTIONS, EXTENDED, UFUNCS
from adcore.language.lowering.calls.library import LIBRARY_RULES, extended
from tests.adcore.language.differentiating import agree
from tests.adcore.language.evaluating import result

INPUTS: dict[str, Any] = {
    "x": np.array([3.0, 1.0, 2.0, 5.0]),
    "A": np.arange(6.0).reshape(2, 3) ** 1.5,
    "s": 2.5,
}


def test_each_function_has_a_rule() -> None:
    assert LIBRARY_RULES.keys() == BUILTIN_FUNCTIONS.keys()
    assert extended.RULES.keys() == EXTENDED.keys()


def used(text: str) -> dict[str, Any]:
    return {name: value for name, value in INPUTS.items() if name in re.findall(r"\w+", text)}


VALUES = {
    "shapes": """
        np.shape(A)[1] + np.size(A) + np.ndim(A) + np.size(A, 0) + np.size(s) + np.ndim(s) + len(np.shape(s))
        np.zeros(np.shape(A)) + np.ones((np.size(A, axis=0), 1))
        np.isscalar(2.5)*1.0 + np.isscalar(A)*10.0 + np.isscalar('a')
        np.finfo(float).eps + np.finfo(np.float64).tiny
        np.finfo(float).max
        np.atleast_1d(s)
        np.atleast_1d(s, A)[1]
        np.atleast_2d(x)
        np.atleast_2d(x, s)[1]
        np.atleast_3d(A)
        np.atleast_3d(x)
        np.meshgrid(x, [1, 2])[1]
        np.meshgrid(x, [1, 2], s)[0]
        np.meshgrid(x, [1, 2], indexing='ij', sparse=True)[0]
        np.broadcast_arrays(A, [1.0, 2.0, 3.0])[1]
        np.ix_([0, 1], [0, 2])[1]*1.0
        A[np.ix_([0, 1], [0, 2])]
    """,
    "parts": """
        np.split(x, 2)[1]
        np.split(x, [1, 3])[2]
        np.split(A, [1, 5], axis=1)[2]
        np.array_split(x, 3)[0]
        np.hsplit(A, 3)[1]
        np.vsplit(A, 2)[0]
        np.delete(x, [0, 2])
        np.delete(x, -1)
        np.delete(A, 1, axis=1)
        np.delete(A, 1)
        np.delete(x, x > 2)
        np.insert(x, 1, 9.0)
        np.insert(x, [1, 3], [7.0, 8.0])
        np.insert(A, 1, [8.0, 9.0], axis=1)
        np.insert(A, [1], [[8.0], [9.0]], axis=1)
        np.insert(A, 0, s)
        np.insert(x, -1, [4.0, 6.0])
    """,
    "places": """
        np.unique([3, 1, 1, 2])
        np.unique([[3, 1], [3, 1], [1, 2]], axis=0)
        np.unique([x[0], 3, 1], return_counts=True)[1]*1.0
        np.unique([3, 1, 3], return_index=True, return_inverse=True)[2]*1.0
        np.nonzero(x > 1.5)[0]*1.0
        np.nonzero(A)[1]*1.0
        x[np.nonzero(x > 1.5)]
        x[np.where(x > 1.5)]
        A[np.where(A > 1.5)]
        np.argwhere(A > 1.5)*1.0
        np.flatnonzero(A > 1.5)*1.0
        (x > 1.5).nonzero()[0]*1.0
    """,
    "choices": """
        np.piecewise(x, [x < 2, x >= 2], [lambda t: -t, lambda t: t**2])
        np.piecewise(x, [x < 2], [1.0, 5.0])
        np.piecewise(x, x > 2, [lambda t, k: k*t], 3.0)
        np.piecewise(x, [x < 4, x < 2], [np.sin, np.cos])
        np.select([x < 2, x < 4], [x, x**2], default=-1)
        np.select([x < 2, x < 4], [1, A[0, 1]])
        np.vectorize(lambda a, b: a*b if a > b else a - b)(x, 2.0)
        np.vectorize(lambda a, b=1: a + b)(A, [1.0, 2.0, 3.0])
        np.vectorize(math.sin)(A)
        np.vectorize(lambda a: a > 2)(x)*1.0
        np.vectorize(lambda a: a**2)(s)
    """,
    "reductions": """
        np.sum(x, where=x > 1.5, initial=10)
        np.sum(A, axis=0, where=[True, False, True])
        np.sum(A, initial=1.0)
        np.prod(x, where=x > 1.5, initial=2)
        np.max(x, initial=7)
        np.max(A, axis=0, where=A < 3, initial=0)
        np.max(x[:0], initial=3)
        x.min(where=x > 2, initial=9)
        np.all(x > 2, where=x > 1.5)*1.0
        np.any(x > 4, where=x < 4)*1.0
        x.mean(where=x > 1)
        np.var(A, axis=1, where=A > 0)
        np.std(x, where=x > 1, ddof=1)
        np.add.reduce(A)
        np.add.reduce(A, axis=1, keepdims=True, initial=2.0)
        np.add.reduce(A, axis=(0, 1)) + np.add.reduce(A, None)
        np.maximum.reduce(A, axis=None, keepdims=True)
        np.multiply.accumulate(A, axis=1)
        np.maximum.accumulate(x)
        np.maximum.reduce(A)
        np.subtract.reduce(x)
        np.power.accumulate(x)
        np.hypot.reduce(A, axis=-1)
        np.logaddexp.reduce(x)
        np.logical_or.reduce(x > 4)*1.0
        np.subtract.outer(x, x)
        np.power.outer(x, [1.0, 2.0])
        np.true_divide.outer(A, x)
        np.add.outer(s, x)
    """,
    "more arguments": """
        np.clip(x, min=2)
        np.clip(x, None, 3)
        x.clip(max=2)
        np.reshape(A, (3, 2), order='F')
        np.reshape(A, (3, 2), 'F')
        A.reshape(3, 2, order='F')
        A.reshape((3, -1), order='F')
        A.reshape(-1, order='C')
        A.ravel('F')
        A.flatten(order='F')
        np.cov(x, x**2)
        np.cov(A, aweights=[1, 2, 3])
        np.cov(A.T, rowvar=False, bias=True, fweights=[1, 2, 3])
        np.cov(A[0], A[1], ddof=0)
        np.corrcoef(x, x**2)
        np.corrcoef(A.T, A.T**2, rowvar=False)
        np.gradient(x)
        np.gradient(A)[1]
        np.gradient(A, 2.0, 0.5)[0]
        np.gradient(A, axis=1, edge_order=2)
        np.gradient(x, [0.0, 1.0, 3.0, 4.0])
        np.gradient(A, 2.0, axis=(1, 0))[1]
        np.cross(A, A**2)
        np.cross(A.T, A.T**2, axisa=0, axisb=0, axisc=0)
        np.cross(A.T, A.T**2, axis=0)
        np.linalg.norm(x, 3)
        np.linalg.norm(A, 1.5, axis=1)
        np.linalg.norm(x, 0)
        sorted([3, 1, 2])[0]
        np.array(sorted(x, reverse=True))
    """,
    "mathematics": """
        math.log(8.0, 2)
        math.log(s)
        math.hypot(1.0, s, 3.0) + math.hypot(s) + math.hypot(s, 2) + math.hypot()
        math.factorial(5) + math.factorial(0)
        math.comb(5, 2) + math.perm(5, 2) + math.perm(4)
        math.dist([1, s], [3, 5])
        math.prod([2, 3], start=4)
        math.prod(x)
        math.fsum([.1, .2])
        math.gcd(12, 18) + math.lcm(4, 6) + math.isqrt(17)
    """,
    "methods": """
        x.astype(int) + 0.0
        (x/2).astype(int)
        (x > 1.5).astype(float)
        (x > 1.5).astype(int)
        x.astype(bool)*2.0
        (x*1.0).astype('float64')
        x[1:2].item()
        A.item(4) + A.item(1, 2) + A.item((0, 1))
        np.finfo(x.dtype).eps + np.zeros(2, dtype=x.dtype)
        np.array(x.tolist())
        x.copy()
        x.real + x.imag + x.conj()
        A.diagonal()
    """,
}


@pytest.mark.parametrize("theme", VALUES)
def test_values_are_pythons(theme: str) -> None:
    for text in filter(None, map(str.strip, VALUES[theme].splitlines())):
        inputs = used(text)
        expected = eval(text, {"np": np, "math": math, **inputs})
        value = result(text, **inputs)
        assert np.shape(value) == np.shape(expected), text
        np.testing.assert_allclose(value, expected, rtol=1e-13, atol=1e-14, err_msg=text)


def test_methods_of_every_function_of_two_numbers() -> None:
    x, y = np.array([[3.0, 1.0, 2.0], [1.5, 2.5, 0.5]]), np.array([2.0, 5.0])
    for name, methods in UFUNCS.items():
        for method in methods:
            inputs = {"x": x, "y": y} if method == "outer" else {"x": x}
            call = f"np.{name}.{method}({'x, y' if method == 'outer' else 'x, axis=1'}) + 0.0"
            np.testing.assert_allclose(
                result(call, **inputs), eval(call, {"np": np, **inputs}), rtol=1e-14, err_msg=call
            )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("sum(concatenate(split(x, 2)[::-1])*[1, 2, 3, 4]) + sum(insert(x, 1, x[0]**2)**2)", id="parts"),
        pytest.param("sum(piecewise(x, [x < 1.5], [lambda t: t**3, sin]))", id="piecewise"),
        pytest.param("sum(select([x < 1.5, x < 2.5], [x**2, x**3], default=x**4))", id="select"),
        pytest.param("sum(vectorize(lambda a, b: a**2*b if a > 1.5 else sin(a)*b)(x, x[0]))", id="one loop"),
        pytest.param(
            "@np.vectorize\ndef f(a, b):\n  if a > 1.5:\n    return a**2*b\n  return sin(a)\nnp.sum(f(x, x[0]))",
            id="a decorated function",
        ),
        pytest.param("np.std(x, where=x > 1)*np.sum(x**2, where=x > 1) + np.max(x, where=x < 4, initial=0)", id="some"),
        pytest.param("np.sum(np.subtract.outer(x, x)**3*x) + np.hypot.reduce(x)*np.divide.reduce(x)", id="ufuncs"),
        pytest.param("np.sum(np.cov(x, np.sin(x))**2) + np.cov(x, aweights=x**2)", id="covariances"),
        pytest.param("np.linalg.norm(x, 3) + np.linalg.norm(x, 2.5)*math.hypot(x[0], x[1], x[2])", id="norms"),
        pytest.param("sum(np.cross([x[:3]], [x[1:]], axisc=0)**2) + math.log(x[0], x[2])", id="vectors"),
        pytest.param("sum(np.reshape(x**2, (2, 2), order='F')[0]) + sum(sorted(x**2, reverse=True)[:2])", id="orders"),
        pytest.param("a, b, c = array_split(x, 3)\nsum(a)**2 + sum(b)*sum(c)", id="parts of unequal lengths"),
    ],
)
def test_both_modes_and_differences(text: str) -> None:
    agree(text, {"x": np.array([3.0, 1.2, 2.0, 5.0])})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("np.split(x, 3)", "no 3 equal parts", id="parts that differ"),
        pytest.param("np.delete(x, 7)", "out of bounds", id="a place that does not exist"),
        pytest.param("np.delete(x, 0.5)", "whole", id="no place"),
        pytest.param("np.meshgrid(x, A)", "takes vectors", id="a matrix as coordinates"),
        pytest.param("np.meshgrid(x, x, indexing='yx')[0]", "'xy' or 'ij'", id="an unknown order of axes"),
        pytest.param("np.max(x, where=x > 2)", "initial", id="maybe no element"),
        pytest.param("np.clip(x, a_min=1, min=2)", "one bound", id="a bound with two names"),
        pytest.param("A.reshape(3, 2, order='X')", "order is", id="an unknown order"),
        pytest.param("np.piecewise(x, [x < 2], [np.cumsum])", "each element alone", id="a function of all elements"),
        pytest.param("np.select([x > 1], [x, x])", "1 conditions for 2", id="more choices than conditions"),
        pytest.param("np.vectorize(lambda a: [a, a])(x)", "gives a number", id="a function that gives a list"),
        pytest.param("x.astype('float32')", "no others", id="another type"),
        pytest.param("A.item()", "one element", id="an item of several"),
        pytest.param("math.comb(5, -1)", "from 0 up", id="a negative number"),
        pytest.param("np.log(s, 2)", "at most 1 argument", id="NumPy's logarithm has no base"),
        pytest.param("1 + np.add.at(x, [0], 1.0)", "numpy.add.at", id="a method that is a statement"),
        pytest.param("@np.vectorize\ndef f(x):\n  return x", "not vectorized", id="a program of one number"),
        pytest.param("np.shape()", "needs a", id="no argument"),
        pytest.param("np.meshgrid(x, copies=1)", "no argument copies", id="an unknown argument"),
    ],
)
def test_refusals(text: str, words: str) -> None:
    with pytest.raises(AdcoreError) as caught:
        result(text, **used(text))
    assert words in f"{caught.value.message} {caught.value.help}"
    assert caught.value.span is not None
