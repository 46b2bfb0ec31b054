"""What ops declare of their costs is true: the time of a moderate application of each, and the memory of the dear ones.

``python -m tests.benchmarks.kernels`` measures all samples, at all sizes.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from adcore.engines.apply import kernel_of
from adcore.engines.cost import seconds_of
from adcore.errors import AdcoreError
from adcore.graph import Node, Op
from tests.adcore.ops.cases import GENERATED, Case, cases_of
from tests.benchmarks.kernels import application, elements_of, larger, sized

pytestmark = pytest.mark.untraced

ELEMENTS = 10_000
NEAR = 10.0
LEAST = 1e-6
ENOUGH = 3


def moderate(op: Op) -> Case | None:
    """The last of the op's samples that grows, at a moderate size."""
    for case in reversed(cases_of(op)):
        factor = sized(case, ELEMENTS)
        if factor is not None and elements_of(application(larger(case, factor))) < 4 * ELEMENTS:
            return larger(case, factor)
    return None


def seconds(node: Node, operands: list[Any]) -> float:
    """The least processor time of a few runs."""
    kernel, least = kernel_of(node), float("inf")
    with np.errstate(all="ignore"):
        for _ in range(ENOUGH):
            start = time.thread_time()
            kernel(*operands)
            least = min(least, time.thread_time() - start)
    return least


def ratio(case: Case) -> float:
    """The measured time over the predicted; 1 where the op refuses the operands (complex eigenvalues)."""
    node = application(case)
    try:
        return (LEAST + seconds(node, case.operands())) / (LEAST + seconds_of(node))
    except AdcoreError:
        return 1.0


def test_predicted_times_are_near_the_measured() -> None:
    cases = [case for op in GENERATED if op.rules.compose is None and (case := moderate(op)) is not None]
    wrong = [case for case in cases if not 1 / NEAR < ratio(case) < NEAR]
    # Other processes may have had the machine: once more.
    assert not {str(case): r for case in wrong if not 1 / NEAR < (r := ratio(case)) < NEAR}
    assert len(cases) > 250
