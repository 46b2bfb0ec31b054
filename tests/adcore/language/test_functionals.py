"""The declarations of functionals: how they are called, and how a call is written."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from adcore.language.functionals import FUNCTIONALS, Functional

each = pytest.mark.parametrize("functional", FUNCTIONALS.values(), ids=list(FUNCTIONALS))


@each
def test_the_usage_is_a_call_whose_first_argument_is_the_function(functional: Functional) -> None:
    namespace: dict[str, Any] = {}
    exec(f"def {functional.usage}: ...", namespace)
    parameters = inspect.signature(namespace[functional.name]).parameters
    assert next(iter(parameters)) in ("f", "func", "pyfunc")
    assert {name for name, p in parameters.items() if p.default is not p.empty} == set(functional.signature.optional)
    assert functional.doc


def test_a_call_has_required_arguments_by_position_and_the_others_by_name() -> None:
    root = FUNCTIONALS["root"]
    assert root.usage == "root(f, x0, args=(), tol=1e-10, max_steps=100)"
    assert root.call(f="g", x0="1.0") == "root(g, 1.0)"
    assert root.call(tol="1e-6", x0="1.0", f="g") == "root(g, 1.0, tol=1e-6)"
    with pytest.raises(KeyError):
        root.call(f="g")
    with pytest.raises(AssertionError, match="no such arguments"):
        root.call(f="g", x0="1.0", steps="3")
