"""``out.append(x)``: lists that grow, and the arrays that loops collect the elements of such lists in."""

from __future__ import annotations

import ast
from collections import Counter
from itertools import takewhile

from adcore.errors import LoopMismatch, TypeMismatch, Unsupported
from adcore.graph import OPS, DType, Node, Type, input_node
from adcore.language.lowering.builder import Lowering, emit_zeros, several
from adcore.language.lowering.containers.lists import call_list_method
from adcore.language.lowering.containers.mutation import latest
from adcore.language.lowering.expressions.expressions import handed_on, lower_expression
from adcore.language.lowering.expressions.iteration import Iteration
from adcore.language.lowering.expressions.name_resolution import read_name
from adcore.language.lowering.statements.loop_carried import Carried
from adcore.language.lowering.trees import array_shape, list_axes
from adcore.language.lowering.values import Argument, List, Rows, Value, describe_value, plain
from adcore.language.syntax.scopes import appended, last_of, reads_last
from adcore.ops.arrays.dynamic_indexing import AT


def append(low: Lowering, statement: ast.Expr, name: ast.Name, element: ast.expr) -> None:
    """Bind the name to the list with one more element; in a loop that collects them, bind only the element."""
    scope = low.frames.scope
    if statement in low.frames.collecting:
        value = lower_expression(low, element)
        scope.assign(row_of(name.id), value, statement)
        if last_of(name.id) in scope.variables:
            scope.assign(last_of(name.id), value, statement)
        return
    old = read_name(low, name)
    if isinstance(old, (List, Rows)):
        changes = len(low.changes)
        argument = Argument(None, handed_on(low, element), element)
        old = latest(low, changes, old)
        assert isinstance(old, (List, Rows))
        call_list_method(low, old, "append", [argument], statement)
    elif isinstance(old, Node) and old.shape:
        if not scope.names.binds(name.id):
            raise Unsupported(
                f"a function cannot change {name.id}, which is not its own",
                span=low.span(statement),
                help=f"give the function {name.id} as an argument, and return the new list",
            )
        row = low.array(several(low, List, (lower_expression(low, element),), element), element)
        scope.assign(name.id, low.emit(OPS["concatenate"], (old, row), statement.value, (("axis", 0),)), statement)
    else:
        raise TypeMismatch(f"{describe_value(old)} cannot be appended to", span=low.span(statement))


def row_of(name: str) -> str:
    """The variable with the element that a pass appends to a list."""
    return f"<row of {name}>"


def collected(statement: ast.For | ast.While) -> dict[str, ast.Expr]:
    """The lists that each pass of a ``for`` appends one element to, and that it reads only as ``out[-1]``."""
    # What stands behind a raise is never reached.
    body = takewhile(lambda one: not isinstance(one, ast.Raise), statement.body)
    appends = [(one, parts) for one in body if isinstance(one, ast.Expr) and (parts := appended(one))]
    if not appends or not isinstance(statement, ast.For):
        return {}
    inside = list(ast.walk(statement))
    uses = Counter(x.id for x in inside if isinstance(x, ast.Name))
    lasts = Counter(reads_last(x) for x in inside)
    if any(isinstance(x, ast.Continue) for x in inside):
        return {}
    return {name.id: one for one, (name, _) in appends if uses[name.id] == 1 + lasts[name.id]}


def last_element(low: Lowering, before: List | Rows | Node, place: ast.Expr) -> Value:
    """The last element of a list before the loop; None if it is empty."""
    before = before.array if isinstance(before, Rows) else before
    if isinstance(before, List):
        return before.items[-1] if before.items else None
    return low.emit(OPS["index"], (before,), place, (("key", (-1,)),)) if before.shape[0] else None


def collection(
    low: Lowering, name: str, start: List | Rows | Node, row: Value, over: Iteration, position: Node, place: ast.Expr
) -> Carried:
    """The list as a loop-carried array that each pass assigns its row in; the nodes are those of a pass."""
    before = start.array if isinstance(start, Rows) else start
    assert isinstance(place.value, ast.Call)
    at = place.value.args[0]
    if array_shape(row) is None:
        raise LoopMismatch(f"{describe_value(row)} is no element of an array", span=low.span(at), unrolls=True)
    node = low.array(plain(row), at)
    node = low.operand(node, DType.FLOAT, at)
    count = low.known.whole(over.passes, place.value, f"the length of {name}")
    have = len(before.items) if isinstance(before, List) else before.shape[0]
    array = input_node(name, Type(DType.FLOAT, (have + count, *node.shape)), low.span(place))
    index = position
    if have:
        index = low.operand(low.emit(OPS["add"], (position, have), place), DType.INT, place)
    filled = low.emit(OPS["assign"], (array, node, index), place, (("key", (AT,)),))
    inside: Value = array
    if not isinstance(start, Node):
        inside = Rows((array,), 1, 1, start.identity, 1 + list_axes(row))
    return Carried(name, inside, [array], [before], [filled], inside)


def started(low: Lowering, one: Carried, place: ast.Expr) -> None:
    """Set the initial array of a list: its elements before the loop, and zeros for the rows."""
    (before,), (array,) = one.starts, one.inputs
    assert isinstance(before, (List, Node))
    have = len(before.items) if isinstance(before, List) else before.shape[0]
    shape = array.shape
    room = emit_zeros(low, Type(DType.FLOAT, (shape[0] - have, *shape[1:])), place)
    if have:
        room = low.emit(OPS["concatenate"], (low.array(before, place), room), place, (("axis", 0),))
    one.starts = [room]
