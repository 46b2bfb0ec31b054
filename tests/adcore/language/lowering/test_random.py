"""Random programs: the graph computes what Python computes, and printed as a program it is read back as the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from adcore.language.printing.program import to_source
from tests.adcore.language.evaluating import lowered, result, values
from tests.adcore.strategies import Program, programs

pytestmark = pytest.mark.untraced


@given(programs())
def test_a_program_means_what_it_means_in_python(program: Program) -> None:
    np.testing.assert_allclose(result(program.text, **program.inputs), program.expected(), rtol=1e-12)


@given(programs())
def test_a_graph_printed_and_read_back_computes_the_same_bits(program: Program) -> None:
    graph = lowered(program.text, program.inputs).graph
    again = lowered(to_source(graph), program.inputs).graph
    assert again.output_names == graph.output_names
    assert values(again, program.inputs)["total"] == values(graph, program.inputs)["total"]


@given(programs())
def test_the_graph_depends_on_the_shapes_alone(program: Program) -> None:
    known, unknown = lowered(program.text, program.inputs), lowered(program.text, program.inputs, shapes_only=True)
    assert known.static == unknown.static == frozenset()
    assert [n.op for n in known.graph.nodes] == [n.op for n in unknown.graph.nodes]
    assert [n.span for n in known.graph.nodes] == [n.span for n in unknown.graph.nodes]
