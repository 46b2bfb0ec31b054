"""Jacobians, Hessians and their products, of Python functions: against closed forms, and nested in one another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import adcore
from adcore.derivatives.jacobian import Mode
from adcore.errors import UnknownDerivative

MODES: list[Mode] = ["auto", "forward", "reverse"]
X = np.array([0.3, 0.8, -0.5])
A = np.array([[0.5, -1.0, 2.0], [1.5, 0.2, -0.3]])


@pytest.mark.parametrize("mode", MODES)
def test_jacobians_have_the_results_shape_and_then_the_arguments(mode: Mode) -> None:
    np.testing.assert_allclose(adcore.jacobian(np.sin, mode=mode)(X), np.diag(np.cos(X)), rtol=1e-15)
    by_matrix = adcore.jacobian(lambda B: B @ X, mode=mode)(A)
    np.testing.assert_array_equal(by_matrix, np.einsum("ij,k->ijk", np.eye(2), X))
    assert adcore.jacobian(lambda x: x**2, mode=mode)(3.0) == 6.0
    np.testing.assert_array_equal(adcore.jacobian(lambda x: np.sum(x**2), mode=mode)(X), 2 * X)
    np.testing.assert_array_equal(adcore.jacobian(lambda a: X * a, mode=mode)(2.0), X)


@pytest.mark.parametrize("mode", MODES)
def test_jacobians_of_several_results_by_several_arguments(mode: Mode) -> None:
    def fn(x: Any, a: Any) -> tuple[Any, Any]:
        return np.sin(x) * a, np.sum(x)

    (by_x, by_a), (sum_by_x, sum_by_a) = adcore.jacobian(fn, argnums=(0, 1), mode=mode)(X, 2.0)
    np.testing.assert_allclose(by_x, 2 * np.diag(np.cos(X)), rtol=1e-15)
    np.testing.assert_allclose(by_a, np.sin(X), rtol=1e-15)
    np.testing.assert_array_equal(sum_by_x, np.ones(3))
    assert sum_by_a == 0.0
    first, second = adcore.jacobian(fn, argnums=-1, mode=mode)(X, 2.0)
    np.testing.assert_array_equal(first, by_a)
    assert second == 0.0
    assert adcore.jacobian(fn, argnums=(), mode=mode)(X, 2.0) == ((), ())


@pytest.mark.parametrize("mode", MODES)
def test_hessians(mode: Mode) -> None:
    def fn(x: Any, a: Any) -> Any:
        return np.sum(x**3) * a**2

    np.testing.assert_allclose(adcore.hessian(fn, mode=mode)(X, 2.0), np.diag(24 * X), rtol=1e-15)
    (xx, xa), (ax, aa) = adcore.hessian(fn, argnums=(0, 1), mode=mode)(X, 2.0)
    np.testing.assert_allclose(xx, np.diag(24 * X), rtol=1e-15)
    np.testing.assert_allclose(xa, 12 * X**2, rtol=1e-15)
    np.testing.assert_allclose(ax, 12 * X**2, rtol=1e-15)
    assert aa == pytest.approx(2 * np.sum(X**3), rel=1e-15)
    assert adcore.hessian(lambda A: np.sum(A**2), mode=mode)(A).shape == (2, 3, 2, 3)


@pytest.mark.parametrize("mode", MODES)
def test_hvps_are_products_with_the_hessian(mode: Mode) -> None:
    def fn(x: Any, a: Any) -> Any:
        return np.sum(np.sin(x) * x) * a**2

    v, w = np.array([1.0, -2.0, 0.5]), 0.7
    (xx, xa), (ax, aa) = adcore.hessian(fn, argnums=(0, 1))(X, 2.0)
    by_x, by_a = adcore.hvp(fn, (X, 2.0), (v, w), mode)
    np.testing.assert_allclose(by_x, xx @ v + xa * w, rtol=1e-13)
    np.testing.assert_allclose(by_a, ax @ v + aa * w, rtol=1e-13)


def test_branches_loops_and_keyword_arguments() -> None:
    def fn(x: Any, power: int = 2) -> Any:
        y = x
        for _ in range(power - 1):
            y = y * x
        return y if np.sum(x) > 0 else -y

    np.testing.assert_allclose(adcore.jacobian(fn)(X, power=3), np.diag(3 * X**2), rtol=1e-15)
    np.testing.assert_allclose(adcore.jacobian(fn)(-X), np.diag(2 * X), rtol=1e-15)
    hessian = adcore.hessian(lambda x, scale: np.sum(x**3) * scale)(X, scale=2.0)
    np.testing.assert_allclose(hessian, np.diag(12 * X), rtol=1e-15)


def test_derivatives_of_derivatives() -> None:
    by_hand = adcore.hessian(lambda x: np.sum(np.exp(x) * x[::-1]))(X)
    for outer, inner in ((adcore.jacobian, adcore.grad), (adcore.jacobian, adcore.jacobian)):
        made = outer(inner(lambda x: np.sum(np.exp(x) * x[::-1])))(X)
        np.testing.assert_allclose(made, by_hand, rtol=1e-14)
    third = adcore.grad(lambda x: np.sum(adcore.hessian(lambda y: np.sum(y**4))(x)))(X)
    np.testing.assert_allclose(third, 24 * X, rtol=1e-14)
    (along,) = adcore.hvp(lambda x: np.sum(adcore.jacobian(np.sin)(x)), (X,), (np.ones(3),))
    np.testing.assert_allclose(along, -np.cos(X), rtol=1e-14)
    # The inner function reads the outer argument.
    mixed = adcore.grad(lambda a: np.sum(adcore.hessian(lambda x: np.sum(x**3) * a**2)(X)))(3.0)
    assert mixed == pytest.approx(6 * np.sum(X) * 6.0, rel=1e-14)
    products = adcore.grad(lambda a: np.sum(adcore.hvp(lambda x: np.sum(x**3) * a**2, (X,), (X,))[0]))(3.0)
    assert products == pytest.approx(6 * np.sum(X * X) * 6.0, rel=1e-14)


def test_the_graph_of_a_jacobian_can_be_recorded() -> None:
    graph = adcore.trace(lambda x: np.sum(adcore.jacobian(np.sin)(x) ** 2), X)
    assert graph.input_names == ("x",)
    assert any(node.op.name == "loop" for node in graph.nodes)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: adcore.hessian(np.sin)(X), r"a Hessian is of one number, and this is an array of shape \(3,\)"),
        (lambda: adcore.hessian(lambda x: (x, x))(1.0), "a Hessian is of one number, and this is a tuple"),
        (lambda: adcore.hvp(np.sin, (X,), (X,)), "a Hessian is of one number"),
        (lambda: adcore.hvp(np.sum, (X,), (1.0,)), r"a value of shape \(3,\) is needed, and this one has shape \(\)"),
        (lambda: adcore.hvp(np.sum, (X,), ()), "a tangent is needed for each of the 1 arguments, and 0 are given"),
        (lambda: adcore.jvp(np.sin, (X,), (X, X)), "a tangent is needed for each of the 1 arguments, and 2 are given"),
        (lambda: adcore.vjp(lambda x: (x, x), X)[1]((X,)), "a cotangent is needed for each of the 2 results, not 1"),
        (lambda: adcore.grad(np.sum)([1.0, [2.0]]), "this list is no regular array of numbers"),
        (lambda: adcore.jacobian(np.sin, argnums=1)(X), "argnums=1 must name some of the 1 arguments"),
        (lambda: adcore.jacobian(lambda x: "no number")(X), "str is no number"),
        (lambda: adcore.hessian(lambda x: None)(1.0), "NoneType is no number"),
    ],
)
def test_wrong_uses_are_type_errors(call: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call()


def test_a_mode_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownDerivative, match="not sideways"):
        adcore.hessian(np.sum, mode="sideways")(X)  # type: ignore[arg-type]
    with pytest.raises(UnknownDerivative, match="not sideways"):
        adcore.jacobian(np.sin, mode="sideways")(X)  # type: ignore[arg-type]
