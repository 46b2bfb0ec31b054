"""The facts that passes and engines rely on, held to what the ops do."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from adcore.errors import AdcoreError
from adcore.graph import CONSTANT, INPUT, ITEM, OPS, DType, Op
from tests.adcore.ops.cases import Case, samples

HARD = {DType.FLOAT: (0.5, np.nan, 1e300, -1e300), DType.INT: (1000, -1000), DType.BOOL: (False, True)}
"""Values that an op may refuse: numbers that are not whole, indices out of bounds, a false condition."""

APPLIED = [
    op
    for op in OPS.values()
    if op not in (INPUT, CONSTANT, ITEM)
    and op.rules.value is not None
    and op.rules.structure is None
    and not op.facts.on_stacks
]


def failures(op: Op) -> Iterator[bool]:
    """Whether the op raises, for each sample and hard value of its operands."""
    value = op.rules.value
    assert value is not None
    for case in (Case(op, s) for s in samples(op)):
        params = {p.name: p.default for p in op.signature.parameters} | dict(case.sample.params)
        for choice in range(4):
            operands = [
                np.full(shape, HARD[case.dtype(i)][(choice + i) % len(HARD[case.dtype(i)])])[()]
                for i, shape in enumerate(case.sample.shapes)
            ]
            try:
                with np.errstate(all="ignore"):
                    value(*operands, **params)
            except AdcoreError:
                yield True
            else:
                yield False


@pytest.mark.parametrize("op", APPLIED, ids=lambda op: op.name)
def test_ops_that_may_raise_say_so(op: Op) -> None:
    assert any(failures(op)) == op.facts.can_fail
