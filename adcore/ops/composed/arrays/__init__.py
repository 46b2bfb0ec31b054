"""Functions of other ops that arrange, choose and summarise the elements of arrays."""

from adcore.ops.composed.arrays import (
    chains,
    covariances,
    gradients,
    masked,
    missing,
    numbers,
    padding,
    polynomials,
    quantiles,
    spacing,
    turning,
)

__all__ = [
    "chains",
    "covariances",
    "gradients",
    "masked",
    "missing",
    "numbers",
    "padding",
    "polynomials",
    "quantiles",
    "spacing",
    "turning",
]
