"""Systems that SciPy has and NumPy has not: values by SciPy's, gradients by a dense system of the same matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg

from adcore.compiler import Compiler, Query
from tests.adcore.language.evaluating import result
from tests.adcore.ops.linalg.matrices import WEIGHTS

pytestmark = pytest.mark.untraced

BANDS = np.array([[0.9, 0.5, -0.3, 0.2], [2.0, 3.0, 2.5, 4.0], [1.0, -0.5, 0.25, 0.7]])
B = np.array([1.0, -2.0, 0.5, 3.0])
A, Q = 3 * np.eye(3) + WEIGHTS, WEIGHTS.T
INPUTS = {"ab": BANDS, "b": B, "A": A, "Q": Q, "v": Q[0]}


@pytest.mark.parametrize(
    "call",
    [
        "solve_banded((1, 1), ab, b)",
        "solve_banded((0, 2), ab, b)",
        "solve_banded((2, 0), ab, b)",
        "solve_sylvester(A, A + Q, Q)",
        "lu(A)[0] @ lu(A)[1]",
        "lu(Q, permute_l=True)[0]",
        "lu(Q[:2], True)[1]",
        "lu(Q, p_indices=True)[0]",
        "cho_solve(cho_factor(A + A.T), v)",
        "cho_solve(cho_factor(A, lower=True), v)",
        "cho_solve(cho_factor(A), Q)",
    ],
)
def test_values_are_scipys(call: str) -> None:
    text = "from scipy.linalg import solve_banded, solve_sylvester, lu, cho_factor, cho_solve\n" + call
    expected = eval(call, vars(scipy.linalg) | INPUTS)
    np.testing.assert_allclose(result(text, **INPUTS), expected, rtol=1e-12, atol=1e-14)


DENSE = "diag(ab[1]) + diag(ab[0, 1:], 1) + diag(ab[2, :-1], -1)"
KRONECKER = "solve(kron(A, eye(3)) + kron(eye(3), C.T), Q.reshape(9)).reshape(3, 3)"
PAIRS = [
    ("solve_banded((1, 1), ab, b)", f"solve({DENSE}, b)"),
    ("C = A + Q; solve_sylvester(A, C, Q)", f"C = A + Q; {KRONECKER}"),
    ("c = cho_factor(A @ A.T); cho_solve(c, v)", "solve(A @ A.T, v)"),
    ("c = cho_factor(A @ A.T, True); cho_solve(c, v)", "solve(A @ A.T, v)"),
    ("P, L, U = lu(A); P @ L @ U @ Q", "A @ Q"),
    ("P, L, U = lu(A); log(abs(diag(U)))", "logdet(A @ A.T)/2"),
]


@pytest.mark.parametrize(("text", "dense"), PAIRS, ids=[text for text, _ in PAIRS])
def test_gradients_are_those_of_dense_systems(text: str, dense: str) -> None:
    by = "ab" if "ab" in text else "A"
    for query in (Query("gradient", mode="forward"), Query("gradient", mode="reverse"), Query("hessian")):
        results: list[Any] = []
        for way in (text, dense):
            *statements, last = way.split("; ")
            program = "; ".join([*statements, f"y = {last}", "sum(y)" if "log" in way else "sum(sin(y))"])
            answer = Compiler().compile(program, INPUTS, query)[0].evaluate(INPUTS)
            results.append(answer.gradients if query.kind == "gradient" else answer.hessian[by])
        for name in INPUTS:
            np.testing.assert_allclose(results[0][name], results[1][name], rtol=1e-9, atol=1e-11)
