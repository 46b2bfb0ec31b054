"""The predefined names, and the likeliest correction of an unknown one."""

from __future__ import annotations

import pytest

from adcore.graph import OPS, Op
from adcore.language import did_you_mean, normal, parse, vocabulary
from adcore.language.functionals import FUNCTIONALS, Functional
from adcore.limits import Limits


@pytest.mark.parametrize(
    ("word", "known", "help"),
    [
        ("sni", ["sin", "cos"], "did you mean sin?"),
        ("Volume", ["volume"], "did you mean volume?"),
        ("q", ["x", "y"], None),
        ("x1", ["x2", "x10"], "did you mean x10?"),
        ("a" * 100_000, ["sin"], None),
    ],
)
def test_did_you_mean(word: str, known: list[str], help: str | None) -> None:
    assert did_you_mean(word, known) == help


def test_names_are_compared_in_their_normal_form() -> None:
    assert [entry.name for entry in parse("µ * 2", Limits()).inputs] == [normal("µ")]


def test_no_two_functions_have_one_name() -> None:
    declared: list[Op | Functional] = [*FUNCTIONALS.values(), *(op for op in OPS.values() if op.signature.public)]
    names = [name for each in declared for name in (each.name, *each.signature.aliases)]
    assert len(names) == len(set(names))
    assert set(names) <= set(vocabulary.functions())


@pytest.mark.parametrize(
    ("dotted", "full"),
    [
        ("np", "numpy"),
        ("np.linalg", "numpy.linalg"),
        ("jnp", "jax.numpy"),
        ("scipy.special", "scipy.special"),
        ("np.fft", None),
        ("os", None),
    ],
)
def test_modules_by_their_usual_names(dotted: str, full: str | None) -> None:
    assert vocabulary.module(dotted) == full
