"""Views of loops: the operands, the inputs and outputs of a pass, and the results by role."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from adcore.graph import DType, Graph, Node, Type

INDEX = Type(DType.INT, ())
ENDLESS = 2**53
"""The count of a loop that has none: it ends by its test or not at all."""

_T = TypeVar("_T")


class LoopOperands(NamedTuple, Generic[_T]):
    """A loop's operands after the count, or a pass's inputs after the position, by role."""

    carried: Sequence[_T]
    """Handed from pass to pass; as operands, the starts."""
    read: Sequence[_T]
    """As operands, stacks; as inputs of a pass, the entry of each at the position."""
    constants: Sequence[_T]
    """The same in every pass."""

    @property
    def flat(self) -> list[_T]:
        return [*self.carried, *self.read, *self.constants]


class LoopResults(NamedTuple, Generic[_T]):
    """A loop's results by role."""

    finals: Sequence[_T]
    """The carried values after the last pass; the starts where there is no pass."""
    trips: _T
    """The number of passes."""
    stacked: Sequence[_T]
    """Stacks with an entry from each pass."""


def operands_by_role(values: Sequence[_T], carried: int, read: int) -> LoopOperands[_T]:
    """Values that stand in the order of a loop's operands after the count."""
    return LoopOperands(values[:carried], values[carried : carried + read], values[carried + read :])


@dataclass(frozen=True, slots=True)
class LoopView:
    """A node of the op ``loop``: its operands and parameters by name and role."""

    count: Node
    """The number of passes, where the test does not end the loop before."""
    operands: LoopOperands[Node]
    body: Graph
    """One pass: position, carried values, entries and constants to the carried values, then entries of new stacks."""
    test: Graph | None
    """Position, carried values and constants to the condition for another pass; None where there is no test."""
    backwards: bool
    """True where the positions run from the last to 0."""
    limit: int | None
    """The most passes that are allowed; None is no bound."""
    memory: int | None
    """The most elements of stacks and checkpoints that are stored; None is no bound."""

    @property
    def position(self) -> Node:
        """The input of a pass that is its position, counted from 0."""
        return self.body.inputs[0]

    @property
    def inputs(self) -> LoopOperands[Node]:
        """The other inputs of a pass."""
        return self.by_role(self.body.inputs[1:])

    @property
    def carries(self) -> Sequence[Node]:
        """The outputs of a pass that are the carried values of the next."""
        return self.body.outputs[: len(self.operands.carried)]

    @property
    def stacks(self) -> Sequence[Node]:
        """The other outputs of a pass, the entries of new stacks."""
        return self.body.outputs[len(self.operands.carried) :]

    def by_role(self, values: Sequence[_T]) -> LoopOperands[_T]:
        """Values that stand in the order of the operands after the count."""
        return operands_by_role(values, len(self.operands.carried), len(self.operands.read))

    def results(self, values: Sequence[_T]) -> LoopResults[_T]:
        """Values that stand in the order of the loop's results."""
        carried = len(self.operands.carried)
        return LoopResults(values[:carried], values[carried], values[carried + 1 :])


def loop_view(node: Node) -> LoopView:
    """A node of the op ``loop``, by role."""
    params: dict[str, Any] = dict(node.params)
    return LoopView(
        node.inputs[0],
        operands_by_role(node.inputs[1:], params["carried"], params["read"]),
        params["body"],
        params["test"],
        params["backwards"],
        params["limit"],
        params["memory"],
    )
