"""Functions of the library that are no ops, and calls of ops with more arguments than these have: the rule of each."""

from __future__ import annotations

from adcore.language.builtins import BUILTIN_FUNCTIONS
from adcore.language.lowering.calls.library import (
    choices,
    factorisations,
    interpolants,
    mathematics,
    selection,
    sequences,
    shapes,
    ufuncs,
)
from adcore.language.lowering.calls.library.bound import Rule

LIBRARY_RULES: dict[str, Rule] = {
    **choices.RULES,
    **factorisations.RULES,
    **interpolants.RULES,
    **selection.RULES,
    **sequences.RULES,
    **shapes.RULES,
    **mathematics.RULES,
    **ufuncs.RULES,
}
"""How a call of each function that is no op is lowered."""
assert LIBRARY_RULES.keys() == BUILTIN_FUNCTIONS.keys(), "each function has a rule"
