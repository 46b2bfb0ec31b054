"""The facts that passes and engines rely on, held to what the ops do."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from adcore.derivatives.forward import push
from adcore.errors import AdcoreError
from adcore.graph import CONSTANT, INPUT, ITEM, OPS, DType, Op
from tests.adcore.ops.cases import GENERATED, Case, differentiable_cases, samples
from tests.tables import for_each

HARD = {DType.FLOAT: (0.5, np.nan, 1e300, -1e300), DType.INT: (1000, -1000), DType.BOOL: (False, True)}
"""Values that an op may refuse: numbers that are not whole, indices out of bounds, a false condition."""

APPLIED = [
    op
    for op in OPS.values()
    if op not in (INPUT, CONSTANT, ITEM)
    and op.rules.value is not None
    and op.rules.structure is None
    and not op.facts.on_stacks
    # These raise for complex eigenvalues, which no matrix of one number has.
    and op.name not in ("eig", "eigvals")
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


@pytest.mark.untraced
@for_each(APPLIED)
def test_ops_that_may_raise_say_so(op: Op) -> None:
    assert any(failures(op)) == op.facts.can_fail


@pytest.mark.untraced
def test_flat_operands_have_no_tangent_to_pass_on() -> None:
    """An op is flat by just the operands whose tangent alone gives none in any of its applications."""
    wrong = []
    for op in GENERATED:
        active: dict[int, bool] = {}
        for case in differentiable_cases(op) if op.rules.jvp is not None else ():
            graph = case.numbers()
            for i in case.varied:
                pushed = push(graph, [j == i for j in range(len(graph.inputs))])
                active[i] = active.get(i, False) or any(pushed.active)
        if {i for i, on in active.items() if not on} != set(op.facts.flat) & set(active):
            wrong.append((op.name, active, op.facts.flat))
    assert not wrong
