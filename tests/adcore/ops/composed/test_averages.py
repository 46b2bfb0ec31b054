"""What the generated tests of the op table do not say of averages: the calls that are refused, and where."""

from __future__ import annotations

import numpy as np
import pytest

from adcore.compiler import Compiler, Query
from adcore.errors import AdcoreError
from tests.adcore.language.evaluating import result


def test_weights_by_position_and_by_name() -> None:
    x, w = np.arange(6.0).reshape(2, 3), np.array([1.0, 2.0, 5.0])
    for call in ("average(x, 1, w)", "np.average(x, weights=w, axis=1)", "average(x, weights=w, axis=-1)"):
        np.testing.assert_allclose(result(call, x=x, w=w), np.average(x, 1, w), rtol=1e-15)


def test_the_gradient_by_the_weights() -> None:
    """The quotient rule by hand: (a_i - mean) / sum of the weights."""
    given = {"a": np.array([1.0, 4.0]), "w": np.array([1.0, 3.0])}
    compiled, _ = Compiler().compile("average(a, weights=w)", given, Query("gradient", wrt=("w",)))
    np.testing.assert_allclose(compiled.evaluate(given).gradients["w"], (given["a"] - 3.25) / 4)


@pytest.mark.parametrize("call", ["average(x, weights=[1, 2])", "average(x, axis=0, weights=ones(3))"])
def test_weights_of_another_shape(call: str) -> None:
    with pytest.raises(AdcoreError) as caught:
        result(call, x=np.ones((2, 3)))
    assert caught.value.code == "shape_mismatch"
    assert caught.value.span is not None
    assert (caught.value.span.column, caught.value.span.end_column) == (1, len(call) + 1)
