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
    assert {name for name in names if "." not in name} <= set(vocabulary.functions())
    assert {name for name in names if "." in name} <= set(vocabulary.full_names())


@pytest.mark.parametrize(
    ("full", "name"),
    [
        pytest.param("numpy.sin", "sin", id="a function of NumPy"),
        pytest.param("numpy.asin", "arcsin", id="an alias that NumPy has"),
        pytest.param("math.asin", "arcsin", id="an alias that math has"),
        pytest.param("scipy.special.psi", "digamma", id="an alias that SciPy has"),
        pytest.param("math.arcsin", None, id="a name that the module does not have"),
        pytest.param("numpy.gamma", None, id="a function of another module"),
        pytest.param("numpy.random.gamma", None, id="a function of a submodule"),
        pytest.param("numpy.subtract.outer", "numpy.subtract.outer", id="a method of a function"),
        pytest.param("numpy.sin.reduce", None, id="a method of a function of one number"),
        pytest.param("math.log", "math.log", id="a function that means more than NumPy's"),
        pytest.param("numpy.log", "log", id="a function that math means more by"),
        pytest.param("scipy.ndimage.convolve", None, id="another function of this name"),
        pytest.param("scipy.special.jvp", None, id="another function of the name of a functional"),
        pytest.param("jax.jvp", "jvp", id="the functional itself"),
        pytest.param("jax.numpy.linalg.norm", "norm", id="a module that mirrors NumPy's"),
        pytest.param("jax.scipy.special.logsumexp", "logsumexp", id="a module that mirrors SciPy's"),
        pytest.param("autograd.numpy.sin", "sin", id="another mirror"),
        pytest.param("os.path", None, id="a module that has nothing to do with it"),
    ],
)
def test_full_names(full: str, name: str | None) -> None:
    assert vocabulary.function_of(full) == name
