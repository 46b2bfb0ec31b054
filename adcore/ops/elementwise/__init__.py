"""Ops that act on each element alone."""

from adcore.ops.elementwise import (
    arithmetic,
    beta_functions,
    choice,
    distributions,
    elementary,
    entropies,
    logic,
    refusals,
    rounding,
    signed_powers,
    special,
)

__all__ = [
    "arithmetic",
    "beta_functions",
    "choice",
    "distributions",
    "elementary",
    "entropies",
    "logic",
    "refusals",
    "rounding",
    "signed_powers",
    "special",
]
