"""Matrices at which linear algebra is delicate, and gradients of functions of one matrix."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from adcore.derivatives import reverse
from adcore.graph import OPS, Array, Node
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


# Equal eigenvalues, exactly and up to a small gap.
TIES = [
    np.eye(3),
    3.0 * np.eye(3),
    symmetric(TURN @ np.diag([1.0, 1.0, 2.0]) @ TURN.T),
    symmetric(TURN @ np.diag([1.0, 1.0 + 1e-13, 2.0]) @ TURN.T),
    symmetric(TURN @ np.diag([1.0, 1.0 + 1e-9, 2.0]) @ TURN.T),
    symmetric(TURN @ np.diag([1.0, 1.0 + 1e-6, 2.0]) @ TURN.T),
    symmetric(TURN @ np.diag([1.0, 1.5, 2.0]) @ TURN.T),
]
