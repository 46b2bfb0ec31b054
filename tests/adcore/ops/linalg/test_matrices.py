"""Linear algebra where it is delicate: singular matrices, equal eigenvalues, symmetric parts, badly scaled systems."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg

from adcore.derivatives import forward, reverse
from adcore.graph import OPS, Array, Node, items
from tests.adcore.graphs import build, run

RANDOM = np.random.default_rng(7)
WEIGHTS = RANDOM.normal(size=(3, 3))
TURN = np.linalg.qr(RANDOM.normal(size=(3, 3)))[0]


def gradient(function: Callable[[Node], Node], at: Array) -> Array:
    return run(reverse.gradient_graph(build(function, at.shape), [0]), at)[1]


def weighted(x: Node) -> Node:
    return OPS["sum"](x * WEIGHTS)


def symmetric(a: Array) -> Array:
    return (a + a.T) / 2


# --- singular matrices


SINGULAR = [
    # exactly; to rounding; by a row of zeros
    [[1.0, 2.0], [2.0, 4.0]],
    [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]],
    [[0.0, 0.0], [0.0, 1.0]],
]


@pytest.mark.parametrize("a", SINGULAR)
def test_a_singular_matrix_has_no_inverse_and_no_solutions(a: Any) -> None:
    a = np.array(a)
    n = len(a)
    inverse, solution = run(build(lambda a, b: [OPS["inv"](a), OPS["solve"](a, b)], (n, n), (n,)), a, np.ones(n))
    assert np.isnan(inverse).all()
    assert np.isnan(solution).all()


@pytest.mark.parametrize("scale", [1e-200, 1e-9, 1e9, 1e200])
def test_units_make_no_matrix_singular(scale: float) -> None:
    """A condition number that comes of rows and columns of different units says nothing of the solution."""
    a = np.array([[2.0, 1.0], [1.0, 3.0]]) * np.array([[1.0], [scale]])
    (x,) = run(build(OPS["solve"].__call__, (2, 2), (2,)), a, a @ [1.0, 2.0])
    np.testing.assert_allclose(x, [1.0, 2.0], rtol=1e-14)


def test_one_singular_matrix_leaves_the_others_of_a_stack_alone() -> None:
    stack = np.array([np.eye(2), np.ones((2, 2)), 2 * np.eye(2), np.full((2, 2), math.inf)])
    for name in ("inv", "cholesky", "eigvalsh", "expm"):
        (values,) = run(build(OPS[name].__call__, stack.shape), stack)
        (alone,) = run(build(OPS[name].__call__, (2, 2)), stack[2])
        np.testing.assert_array_equal(values[2], alone)
        assert np.isnan(values[3]).any()


def test_what_is_not_positive_definite_has_no_factor() -> None:
    (factor,) = run(build(OPS["cholesky"].__call__, (2, 2)), [[1.0, 2.0], [2.0, 1.0]])
    np.testing.assert_array_equal(np.isnan(factor), [[True, False], [True, True]])


def test_the_branch_not_taken_may_be_singular() -> None:
    def guarded(a: Node) -> Node:
        return OPS["where"](OPS["equal"](OPS["det"](a), 0.0), OPS["sum"](a), OPS["sum"](OPS["inv"](a)))

    np.testing.assert_array_equal(gradient(guarded, np.ones((2, 2))), np.ones((2, 2)))


@pytest.mark.parametrize(
    ("a", "slope"),
    [
        ([[1.0, 2.0], [2.0, 4.0]], [[4.0, -2.0], [-2.0, 1.0]]),
        ([[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]),
        (
            [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]],
            [[-3.0, 6.0, -3.0], [6.0, -12.0, 6.0], [-3.0, 6.0, -3.0]],
        ),
        ([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 5.0]], np.zeros((3, 3))),
    ],
)
def test_the_slope_of_a_determinant_at_singular_matrices(a: Any, slope: Any) -> None:
    """The cofactors, by hand."""
    np.testing.assert_allclose(gradient(OPS["det"].__call__, np.array(a)), slope, atol=1e-13)


def test_the_curvature_of_a_determinant_at_a_singular_matrix() -> None:
    """det [[a, b], [c, d]] = a d - b c, so its Hessian is the same everywhere."""
    twice = forward.jvp_graph(reverse.gradient_graph(build(OPS["det"].__call__, (2, 2)), [0]), [0])
    for a in (np.ones((2, 2)), np.zeros((2, 2))):
        pushed = run(twice, a, [[1.0, 2.0], [3.0, 4.0]])[3]
        np.testing.assert_allclose(pushed, [[4.0, -3.0], [-2.0, 1.0]], rtol=1e-13)


def test_logdet_and_slogdet_do_not_overflow() -> None:
    a = 1e10 * np.eye(50)
    value, sign, other = run(build(lambda a: [OPS["logdet"](a), *items(OPS["slogdet"](a))], a.shape), a)
    assert value == other == pytest.approx(50 * math.log(1e10), rel=1e-15)
    assert sign == 1.0
    assert np.isnan(run(build(OPS["logdet"].__call__, (1, 1)), [[-1.0]])[0])


# --- symmetric parts


@pytest.mark.parametrize("name", ["cholesky", "eigvalsh"])
def test_gradients_are_symmetric(name: str) -> None:
    a = 4 * np.eye(3) + WEIGHTS
    slope = gradient(lambda a: OPS["sum"](OPS["sin"](OPS[name](a))), a)
    np.testing.assert_array_equal(slope, slope.T)


# --- equal eigenvalues


def rebuilt(f: str) -> Callable[[Node], Node]:
    """sum(weights * V diag(f(w)) V'), which is the function f of the matrix."""

    def function(a: Node) -> Node:
        w, v = items(OPS["eigh"](a))
        return weighted(OPS["matmul"](v * OPS[f](w), OPS["transpose"](v)))

    return function


TIES = [
    np.eye(3),
    3.0 * np.eye(3),
    symmetric(TURN @ np.diag([1.0, 1.0, 2.0]) @ TURN.T),
    symmetric(TURN @ np.diag([1.0, 1.0 + 1e-13, 2.0]) @ TURN.T),
    symmetric(TURN @ np.diag([1.0, 1.0 + 1e-9, 2.0]) @ TURN.T),
    symmetric(TURN @ np.diag([1.0, 1.0 + 1e-6, 2.0]) @ TURN.T),
    symmetric(TURN @ np.diag([1.0, 1.5, 2.0]) @ TURN.T),
]


@pytest.mark.parametrize("a", TIES)
def test_functions_of_a_matrix_have_gradients_at_equal_eigenvalues(a: Array) -> None:
    """V diag(w) V' is the matrix itself; with exp(w), the exponential, by SciPy's derivative of it."""
    np.testing.assert_allclose(gradient(rebuilt("positive"), a), symmetric(WEIGHTS), rtol=1e-8, atol=1e-8)
    expected = scipy.linalg.expm_frechet(a, symmetric(WEIGHTS))[1]
    np.testing.assert_allclose(gradient(rebuilt("exp"), a), expected, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("a", TIES)
def test_functions_of_the_eigenvalues_have_gradients_at_equal_ones(a: Array) -> None:
    slope = gradient(lambda a: OPS["sum"](OPS["exp"](OPS["eigvalsh"](a))), a)
    np.testing.assert_allclose(slope, scipy.linalg.expm(a), rtol=1e-13)


def test_a_space_of_equal_eigenvalues_has_a_gradient() -> None:
    """The projection on it depends on the space only."""
    a = TIES[2]

    def projection(a: Node) -> Node:
        _, v = items(OPS["eigh"](a))
        pair = OPS["index"](v, key=("...", ("slice", 0, 2, None)))
        return weighted(OPS["matmul"](pair, OPS["transpose"](pair)))

    def value(t: float) -> float:
        _, v = np.linalg.eigh(a + t * symmetric(WEIGHTS))
        return float(np.sum(WEIGHTS * (v[:, :2] @ v[:, :2].T)))

    slope = np.sum(gradient(projection, a) * WEIGHTS)
    assert slope == pytest.approx((value(1e-5) - value(-1e-5)) / 2e-5, rel=1e-7)


def test_eigenvectors_themselves_have_none() -> None:
    assert not np.isfinite(gradient(lambda a: weighted(items(OPS["eigh"](a))[1]), np.eye(3))).any()
    pushed = forward.jvp_graph(build(lambda a: weighted(items(OPS["eigh"](a))[1]), (3, 3)), [0])
    assert not np.isfinite(run(pushed, np.eye(3), WEIGHTS)[1])


def test_a_second_derivative_at_equal_eigenvalues_is_not_made_up() -> None:
    twice = forward.jvp_graph(reverse.gradient_graph(build(rebuilt("exp"), (3, 3)), [0]), [0])
    assert np.isnan(run(twice, np.eye(3), WEIGHTS)[3]).any()


def test_equal_eigenvalues_share() -> None:
    """The greatest eigenvalue of the identity: the mean of the one-sided derivatives in any direction, for a pair."""
    largest = build(lambda a: OPS["index"](OPS["eigvalsh"](a), key=(-1,)), (2, 2))
    np.testing.assert_allclose(run(reverse.gradient_graph(largest, [0]), np.eye(2))[1], np.eye(2) / 2, atol=1e-15)
    direction = np.array([[1.0, 2.0], [2.0, 3.0]])
    one_sided = np.linalg.eigvalsh(direction)
    assert run(forward.jvp_graph(largest, [0]), np.eye(2), direction)[1] == pytest.approx(one_sided.mean())


# --- singular values


def products(f: str) -> Callable[[Node], Node]:
    def function(a: Node) -> Node:
        u, s, vt = items(OPS["svd"](a))
        return weighted(OPS["matmul"](u * OPS[f](s), vt))

    return function


@pytest.mark.parametrize("a", [np.eye(3), TURN, 2 * TURN @ np.diag([1.0, 1.0, 3.0]) @ TIES[2]], ids=range(3))
def test_products_of_the_singular_values_have_gradients_at_equal_ones(a: Array) -> None:
    """U diag(s) V' is the matrix itself; without s it is the nearest orthogonal matrix."""
    np.testing.assert_allclose(gradient(products("positive"), a), WEIGHTS, atol=1e-12)
    if np.allclose(a @ a.T, np.eye(3)):
        expected = (WEIGHTS - a @ WEIGHTS.T @ a) / 2
        np.testing.assert_allclose(gradient(products("ones_like"), a), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("ord", "a", "slope"),
    [
        ("nuc", np.eye(2), np.eye(2)),
        ("nuc", np.zeros((2, 2)), np.zeros((2, 2))),
        ("nuc", np.diag([2.0, 0.0]), np.diag([1.0, 0.0])),
        (2, np.eye(2), np.eye(2) / 2),
        (2, np.diag([2.0, 1.0]), np.diag([1.0, 0.0])),
        (-2, np.diag([2.0, 0.0]), np.zeros((2, 2))),
        (1, np.array([[1.0, -1.0], [2.0, -2.0]]), np.array([[0.5, -0.5], [0.5, -0.5]])),
        (math.inf, np.array([[1.0, -1.0], [2.0, -2.0]]), np.array([[0.0, 0.0], [1.0, -1.0]])),
    ],
)
def test_kinks_of_norms(ord: Any, a: Array, slope: Array) -> None:
    """Equal singular values and equal lines share; a singular value of 0 is where an absolute value turns."""
    np.testing.assert_allclose(gradient(lambda a: OPS["norm"](a, ord=ord), a), slope, atol=1e-15)


# --- solutions by least squares, functions of matrices


def test_lstsq_is_numpys() -> None:
    """The residuals are there for a matrix of less than full rank too, where NumPy leaves them out."""
    a, b = np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]]), np.array([1.0, 1.0, 2.0])
    x, residuals, rank, s = run(build(lambda a, b: items(OPS["lstsq"](a, b)), (3, 2), (3,)), a, b)
    expected = np.linalg.lstsq(a, b)
    np.testing.assert_allclose(x, expected[0], rtol=1e-14)
    np.testing.assert_allclose(residuals, [np.sum((a @ x - b) ** 2)], rtol=1e-14)
    assert rank == expected[2] == 1
    np.testing.assert_allclose(s, expected[3], rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("size", [1e-8, 1.0, 30.0])
def test_the_derivative_of_expm_is_scipys(size: float) -> None:
    a = size * WEIGHTS
    pushed = forward.jvp_graph(build(OPS["expm"].__call__, (3, 3)), [0])
    for scale in (1e-150, 1.0, 1e150):
        found = run(pushed, a, scale * TURN)[1]
        np.testing.assert_allclose(found, scale * scipy.linalg.expm_frechet(a, TURN)[1], rtol=1e-11)


def test_einsum_contracts_two_at_a_time() -> None:
    """A chain of products, which all at once would take the product of all lengths, and its gradient."""
    n = 60
    shapes = [(n, n)] * 5
    graph = build(lambda *m: OPS["sum"](OPS["einsum"](*m, subscripts="ab,bc,cd,de,ef->af")), *shapes)
    assert max(node.op.rules.work(node) for node in graph.nodes if node.op.rules.work) < 20 * n**3
    slope = reverse.gradient_graph(graph, list(range(5)))
    assert max(node.type.size for node in slope.nodes) <= n * n
    m = [RANDOM.normal(size=s) / math.sqrt(n) for s in shapes]
    expected = np.outer((np.ones(n) @ m[0] @ m[1]), (m[3] @ m[4] @ np.ones(n)))
    np.testing.assert_allclose(run(slope, *m)[3], expected, atol=1e-12)
