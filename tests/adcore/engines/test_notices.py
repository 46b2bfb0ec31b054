"""Notices: what ops say of their results, with their place, once a place; nothing where there is nothing to say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adcore.compiler import Compiler, Query
from adcore.engines.notices import MOST

SINGULAR = [[1.0, 2.0], [2.0, 4.0]]
REGULAR = [[2.0, 1.0], [1.0, 3.0]]

# Why each is here, the program of a matrix A, the matrix that needs a notice, its code, what it says.
TABLE: list[tuple[str, str, Any, str, str]] = [
    ("a vector on the right", "sum(solve(A, [1.0, 2.0]))", SINGULAR, "singular_matrix", "solve"),
    ("a matrix on the right", "sum(solve(A, eye(2)))", SINGULAR, "singular_matrix", "2 by 2"),
    ("nearly singular", "sum(inv(A))", [[1.0, 1.0], [1.0, 1.0 + 1e-16]], "singular_matrix", "inv"),
    ("a zero on the diagonal", "sum(solve_triangular(A, [1.0, 2.0]))", [[1.0, 2.0], [0.0, 0.0]], "singular_matrix", ""),
    ("a power that is not there", "sum(matrix_power(A, -2))", SINGULAR, "singular_matrix", "matrix_power"),
    ("a factor that is not there", "sum(cholesky(A))", [[1.0, 2.0], [2.0, 1.0]], "not_positive_definite", "no factor"),
    ("the logarithm of 0", "logdet(A)", SINGULAR, "singular_matrix", "logarithm"),
    ("the logarithm of 0, with its sign", "slogdet(A)[1]", SINGULAR, "singular_matrix", "logarithm"),
    ("fewer directions than columns", "sum(lstsq(A, [1.0, 2.0])[0])", SINGULAR, "rank_deficient", "rank 1, not 2"),
    ("a pseudoinverse of lower rank", "sum(pinv(A))", SINGULAR, "rank_deficient", "rank 1"),
    ("columns that depend on one another", "q, r = qr(A)\nsum(r)", SINGULAR, "rank_deficient", "rank 1"),
    ("eigenvectors of any basis", "w, V = eigh(A)\nsum(V)", [[2.0, 0.0], [0.0, 2.0]], "equal_eigenvalues", "basis"),
]
table = pytest.mark.parametrize(("text", "matrix", "code", "says"), [r[1:] for r in TABLE], ids=[r[0] for r in TABLE])


@table
def test_a_matrix_that_needs_a_notice_has_one_and_others_have_none(
    text: str, matrix: Any, code: str, says: str
) -> None:
    compiler = Compiler()
    for ask in (Query(), Query("gradient", mode="reverse"), Query("gradient", mode="forward")):
        for given, wanted in ((matrix, [code]), (REGULAR, []), (matrix, [code])):
            inputs = {"A": np.array(given)}
            compiled, _ = compiler.compile(text, inputs, ask)
            placed = [notice for notice in compiled.evaluate(inputs).notices if notice.span is not None]
            assert [notice.code for notice in placed] == wanted
            for notice in placed:
                assert says in notice.message
                assert notice.span is not None
                assert notice.span.line == 1


@pytest.mark.parametrize(
    ("text", "value", "due"),
    [
        ("root(lambda t: t**2 - a, 1.0)", 0.0, True),
        ("root(lambda t: t**2 - a, 1.0)", 2.0, False),
        ("minimize(lambda t: t**4 + a*t, 1.0)", 0.0, True),
        ("fixed_point(lambda t: a*t, 1.0)", 1.0, True),
        ("fixed_point(lambda t: a*t, 1.0)", 0.5, False),
    ],
)
def test_solutions_that_have_no_derivative_are_noticed(text: str, value: float, due: bool) -> None:
    inputs = {"a": np.array(value)}
    found = Compiler().compile(text, inputs, Query("gradient"))[0].evaluate(inputs).notices
    assert [notice.code for notice in found] == ["degenerate_solution"] * due


def test_a_derivative_s_own_notices_have_no_place() -> None:
    inputs = {"A": np.array(SINGULAR)}
    answer = Compiler().compile("sum(solve(A, [1.0, 2.0]))", inputs, Query("gradient"))[0].evaluate(inputs)
    assert [(notice.code, notice.span is None) for notice in answer.notices] == [
        ("singular_matrix", False),
        ("singular_matrix", True),
    ]
    assert answer.notices[1].message.startswith("in the derivative, ")


def test_a_notice_in_a_loop_says_how_often() -> None:
    text = "s = 0\nfor i in range(5):\n  s = s + sum(inv(A*i))\ns"
    inputs = {"A": np.array(REGULAR)}
    (notice,) = Compiler().compile(text, inputs, Query())[0].evaluate(inputs).notices
    assert (notice.times, notice.span is not None) == (1, True)
    inputs = {"A": np.array(SINGULAR)}
    (notice,) = Compiler().compile(text, inputs, Query())[0].evaluate(inputs).notices
    assert notice.times == 5


def test_a_stack_of_matrices_says_how_many() -> None:
    inputs = {"A": np.array([SINGULAR, REGULAR, SINGULAR])}
    (notice,) = Compiler().compile("sum(inv(A))", inputs, Query())[0].evaluate(inputs).notices
    assert "2 of the 2 by 2 matrices are singular" in notice.message


def test_batches_have_notices_too() -> None:
    inputs = {"A": np.array([SINGULAR, REGULAR, SINGULAR])}
    (notice,) = Compiler().compile("sum(inv(A))", inputs, Query(batch=True))[0].evaluate(inputs).notices
    assert notice.times == 2


def test_what_is_not_finite_before_is_not_the_matrix_s_fault() -> None:
    inputs = {"A": np.array([[np.nan, 1.0], [1.0, 1.0]])}
    assert Compiler().compile("sum(inv(A))", inputs, Query())[0].evaluate(inputs).notices == ()


def test_notices_are_bounded() -> None:
    text = "\n".join(["s = 0", *(f"s = s + sum(inv(A*{i}.5))" for i in range(MOST + 20)), "s"])
    inputs = {"A": np.array(SINGULAR)}
    found = Compiler().compile(text, inputs, Query())[0].evaluate(inputs).notices
    assert len(found) == MOST


def test_programs_without_linear_algebra_are_not_watched() -> None:
    inputs = {"x": np.array(1.0)}
    assert not Compiler().compile("sin(x)*x", inputs, Query())[0].may_notice
