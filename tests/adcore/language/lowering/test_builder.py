"""Regions, attempts and scopes: what is entered is left again, by exceptions too."""

from __future__ import annotations

import ast

import pytest

from adcore.graph import DType, Node, Type, input_node
from adcore.language import parse
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.frames import Frames
from adcore.language.lowering.known_values import KnownValues
from adcore.language.lowering.statements.statements import lower_call
from adcore.language.lowering.values import Scope
from adcore.limits import Limits

PLACE = ast.parse("x", mode="eval").body
X = input_node("x", Type(DType.FLOAT, ()))


def _lowering() -> Lowering:
    syntax = parse("x", Limits())
    frames = Frames(syntax, Limits(), Scope(syntax.top, None))
    return Lowering(frames, KnownValues(frames.span), lower_call)


def _emit(low: Lowering) -> Node:
    return low.operand(2.0, DType.FLOAT, PLACE)


def _fail_within(low: Lowering) -> None:
    low.frames.enter(PLACE)
    _emit(low)
    raise KeyError


def test_a_region_has_nodes_of_its_own() -> None:
    low = _lowering()
    first = _emit(low)
    with low.region() as nodes:
        inner = _emit(low)
        with low.region(into=low.nodes):
            second = _emit(low)
    assert nodes == [inner, second]
    assert low.nodes == [first]
    with low.region(into=nodes):
        third = _emit(low)
    assert nodes == [inner, second, third]


def test_a_region_is_left_by_an_exception() -> None:
    low = _lowering()
    outer = low.nodes
    with pytest.raises(KeyError), low.region():
        raise KeyError
    assert low.nodes is outer


def test_an_attempt_that_fails_drops_its_nodes() -> None:
    low = _lowering()
    first = _emit(low)
    with pytest.raises(KeyError), low.attempt():
        _fail_within(low)
    assert (low.nodes, low.count, low.frames.depth) == ([first], 1, 0)


def test_an_attempt_that_succeeds_keeps_its_nodes() -> None:
    low = _lowering()
    with low.attempt():
        node = _emit(low)
    assert (low.nodes, low.count) == ([node], 1)


@pytest.mark.parametrize("fails", [False, True])
def test_journaled_assignments_are_undone(fails: bool) -> None:
    scope = _lowering().frames.scope
    scope.assign("a", 1)
    try:
        with scope.journaled(None) as changes:
            scope.assign("a", 2)
            scope.assign("b", X)
            scope.assign("a", 3)
            assert [change.name for change in changes] == ["a", "b", "a"]
            assert scope.variables == {"a": 3, "b": X}
            if fails:
                raise KeyError
    except KeyError:
        pass
    assert scope.variables == {"a": 1}
    assert scope.journal is None


@pytest.mark.parametrize("fails", [False, True])
def test_assignments_to_a_copy_leave_the_scope_as_it_was(fails: bool) -> None:
    scope = _lowering().frames.scope
    scope.assign("a", 1)
    try:
        with scope.journaled(None) as changes, scope.copied() as before:
            scope.assign("a", 2)
            assert before == {"a": 1}
            assert changes == []
            if fails:
                raise KeyError
    except KeyError:
        pass
    assert scope.variables == {"a": 1}
