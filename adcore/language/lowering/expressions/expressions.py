"""Expressions: syntax to value."""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable
from functools import partial
from typing import Any

from adcore.errors import BadCall, TypeMismatch
from adcore.graph import OPS, DType, Node
from adcore.language import vocabulary
from adcore.language.lowering.builder import Lowering, several
from adcore.language.lowering.calls.builtins import apply_op
from adcore.language.lowering.calls.dispatch import takes_functions
from adcore.language.lowering.calls.element_types import CREATING, is_element_type
from adcore.language.lowering.calls.frozen import apply_frozen
from adcore.language.lowering.constant_arithmetic import number_of
from adcore.language.lowering.containers.dictionaries import (
    call_dictionary_method,
    dictionary,
    dictionary_display,
    entries_of,
)
from adcore.language.lowering.containers.equality import as_type
from adcore.language.lowering.containers.items import items_of
from adcore.language.lowering.containers.lists import LIST_METHODS, call_list_method, parted
from adcore.language.lowering.containers.mutation import latest, refuse_stale
from adcore.language.lowering.containers.sets import call_set_method, known_elements, set_of
from adcore.language.lowering.containers.strings import call_string_method, checked, f_string
from adcore.language.lowering.expressions import comprehensions
from adcore.language.lowering.expressions.array_methods import (
    ARRAY_METHODS,
    OF_ARRAYS,
    astype,
    attribute_of,
    no_attribute,
)
from adcore.language.lowering.expressions.concatenators import concatenated, concatenator
from adcore.language.lowering.expressions.conditions import assigned_value, chosen_value, deciding_operand, truth_of
from adcore.language.lowering.expressions.iteration import STRAY
from adcore.language.lowering.expressions.name_resolution import (
    attribute_span,
    callee,
    dotted,
    function_named,
    module_value,
    not_callable,
    read_name,
)
from adcore.language.lowering.expressions.operators import binary, is_condition, link_of
from adcore.language.lowering.expressions.questions import question_of
from adcore.language.lowering.expressions.subscripts import lower_subscript
from adcore.language.lowering.expressions.updates import updated_array
from adcore.language.lowering.known_values import key_of_value
from adcore.language.lowering.values import (
    Argument,
    Callee,
    Closure,
    Dictionary,
    Frozen,
    LibraryFunction,
    List,
    NamedValues,
    Rows,
    Set,
    Tuple,
    TypeName,
    UnknownString,
    Unusable,
    Value,
    describe_value,
    is_number,
    is_sequence,
    plain,
)
from adcore.language.syntax.scopes import last_of, reads_last


def lower_expression(low: Lowering, node: ast.expr) -> Value:
    """The value of an expression."""
    if isinstance(node, ast.Name):
        return read_name(low, node)
    if low.refused and node in low.refused:
        raise low.syntax.refusal(node)
    if isinstance(node, ast.Constant):
        constant: Any = node.value
        if isinstance(constant, str):
            return checked(low, constant, node)
        return number_of(constant) if type(constant) is int else constant
    frames = low.frames
    frames.enter(node)
    value = _RULES[type(node)](low, node)
    frames.depth -= 1
    return value


def handed_on(low: Lowering, node: ast.expr) -> Value:
    """The value of an expression that may be a function: an argument, a returned or an assigned value."""
    function = function_named(low, node)
    return lower_expression(low, node) if function is None else function


def closure_of(low: Lowering, definition: ast.FunctionDef) -> Closure:
    """The closure of a definition: defaults are evaluated now, names when it is called."""
    arguments = definition.args
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = [
        *zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    defaults = {argument.arg: handed_on(low, value) for argument, value in pairs if value is not None}
    return Closure(definition, low.frames.scope, defaults)


def _lambda(low: Lowering, node: ast.Lambda) -> Value:
    return closure_of(low, low.syntax.lambdas[node])


# --- operators


def _binary(low: Lowering, node: ast.BinOp) -> Value:
    """A left-associative chain, a + b + c, is lowered iteratively: it may be long."""
    chain = [node]
    while isinstance(node.left, ast.BinOp) and not (low.refused and node.left in low.refused):
        node = node.left
        chain.append(node)
    value = lower_expression(low, node.left)
    for link in reversed(chain):
        changes = len(low.changes)
        right = lower_expression(low, link.right)
        if len(low.changes) > changes:
            refuse_stale(low, changes, [value], link.left)
        value = binary(low, link.op, value, right, link, link.left, link.right)
    return value


def _unary(low: Lowering, node: ast.UnaryOp) -> Value:
    operator = type(node.op)
    if operator is ast.Not:
        test = condition(low, node.operand)
        return not test if isinstance(test, bool) else low.emit(OPS["logical_not"], (test,), node)
    value = lower_expression(low, node.operand)
    if operator is ast.Invert:
        if not is_condition(value):
            raise TypeMismatch(
                f"~ turns a condition around, and this is {describe_value(value)}",
                span=low.span(node),
                help="write -x or 1 - x",
            )
        return not value if isinstance(value, bool) else low.emit(OPS["logical_not"], (value,), node)
    if is_number(value):
        return -value if operator is ast.USub else +value  # type: ignore[operator]
    if operator is ast.UAdd:
        return low.operand(value, DType.FLOAT, node.operand)
    return low.emit(OPS["negative"], (value,), node, None, (node.operand,))


def _compare(low: Lowering, node: ast.Compare) -> Value:
    """A chain a < b < c holds where all of its links do."""
    result: Value = True
    left, a = node.left, handed_on(low, node.left)
    for operator, right in zip(node.ops, node.comparators, strict=True):
        # What is looked up in a set that is written there need not be known.
        looked_into = isinstance(right, ast.Set) and isinstance(operator, (ast.In, ast.NotIn))
        b = _tuple(low, right) if looked_into else handed_on(low, right)  # type: ignore[arg-type]
        link = link_of(low, operator, a, b, node, left, right)
        if link is False:
            return False
        if link is not True:
            result = link if result is True else low.emit(OPS["logical_and"], (result, link), node)
        left, a = right, b
    return result


def condition(low: Lowering, node: ast.expr) -> bool | Node:
    """The truth of an expression."""
    return truth_of(low, node, handed_on)


# --- parts and calls


def _list(low: Lowering, node: ast.List) -> Value:
    return several(low, List, _items(low, node), node)


def _items(low: Lowering, node: ast.List | ast.Tuple | ast.Set) -> list[Value]:
    """The values of a list's or a tuple's elements."""
    items: list[Value] = []
    changes = len(low.changes)
    for element in node.elts:
        if isinstance(element, ast.Starred):
            items += items_of(low, lower_expression(low, element.value), element.value)
        else:
            items.append(handed_on(low, element))
    if len(low.changes) > changes:
        refuse_stale(low, changes, items, node)
    return items


def _dictionary_comprehension(low: Lowering, node: ast.DictComp) -> Value:
    pairs = comprehensions.items_one_by_one(low, node, handed_on)
    entries: dict[Hashable, Value] = {}
    for pair in pairs:
        assert isinstance(pair, Tuple)
        entries[key_of_value(low.known, pair.items[0], node.key)] = pair.items[1]
    return dictionary(low, entries, node)


def _comprehension(low: Lowering, node: ast.ListComp | ast.GeneratorExp) -> Value:
    return comprehensions.listed(low, node, lower_expression)


def _set(low: Lowering, node: ast.Set) -> Value:
    return set_of(low, known_elements(low, several(low, Tuple, _items(low, node), node), node), node)


def _set_comprehension(low: Lowering, node: ast.SetComp) -> Value:
    items = comprehensions.items_one_by_one(low, node, handed_on)
    return set_of(low, known_elements(low, several(low, Tuple, items, node.elt), node.elt), node)


def _tuple(low: Lowering, node: ast.Tuple) -> Value:
    return several(low, Tuple, _items(low, node), node)


def _subscript(low: Lowering, node: ast.Subscript) -> Value:
    name = reads_last(node)
    last = None if name is None else low.frames.scope.variables.get(last_of(name))
    if last is not None and not isinstance(last, Unusable):
        return last
    full = concatenator(low, node.value)
    if full is not None:
        return concatenated(low, full, node, lower_expression)
    return lower_subscript(low, lower_expression(low, node.value), node, lower_expression)


def _attribute(low: Lowering, node: ast.Attribute) -> Value:
    full = dotted(low, node)
    if full is not None:
        return module_value(low, node, full)
    value = plain(lower_expression(low, node.value))
    if isinstance(value, NamedValues) and node.attr in value.fields:
        return value.fields[node.attr]
    return attribute_of(low, node, value)


def _call(low: Lowering, node: ast.Call) -> Value:
    func = node.func
    if comprehensions.gives_elements(low, node):
        return comprehensions.listed(low, node, lower_expression)
    question = question_of(low, func)
    if question is not None:
        return question(low, node, handed_on)
    function = callee(low, func)
    if function is not None:
        if isinstance(function, LibraryFunction) and comprehensions.joins(low, function, node):
            return comprehensions.joined_elements(low, function.name, node, lower_expression)
        return _applied(low, function, node)
    if not isinstance(func, ast.Attribute):
        number = func.value if isinstance(func, ast.Constant) else None
        value = lower_expression(low, func)
        if isinstance(value, Callee):
            return _applied(low, value, node)
        raise not_callable(low, func, value, None if number is None else str(number))
    place = func.value
    if isinstance(place, ast.Subscript) and isinstance(place.value, ast.Attribute) and place.value.attr == "at":
        return updated_array(low, node, func, partial(_arguments, low, node), lower_expression)
    value = lower_expression(low, func.value)
    if isinstance(value, Frozen):
        return apply_frozen(low, value, func.attr, _arguments(low, node), node)
    if isinstance(value, Dictionary) or (isinstance(value, (List, Rows)) and func.attr in LIST_METHODS):
        if isinstance(value, (List, Rows)):
            value = parted(low, func.value, value, lower_expression)
        changes = len(low.changes)
        arguments = _arguments(low, node, handed_on)
        value = latest(low, changes, value)
        if isinstance(value, Set):
            return call_set_method(low, value, func.attr, arguments, node)
        if isinstance(value, Dictionary):
            return call_dictionary_method(low, value, func.attr, arguments, node)
        assert isinstance(value, (List, Rows))
        return call_list_method(low, value, func.attr, arguments, node)
    match value:
        case str():
            return call_string_method(low, value, func.attr, _arguments(low, node), node)
        case UnknownString():
            return value
        case Tuple() if func.attr in ("index", "count"):
            items = List(value.items, value.size, value.depth)
            return call_list_method(low, items, func.attr, _arguments(low, node), node)
        case _:
            value = plain(value)
    if is_sequence(value) or is_number(value):
        value = low.array(value, func.value)
    if isinstance(value, Node):
        if func.attr == "astype":
            return astype(low, value, node)
        method = ARRAY_METHODS.get(func.attr)
        if method is not None:
            return method(low, value, _arguments(low, node), node)
    op = vocabulary.methods().get(func.attr)
    if op is None or not isinstance(value, Node):
        if func.attr in OF_ARRAYS:
            raise TypeMismatch(
                f".{func.attr} is not a function", span=attribute_span(low, func), help=f"write .{func.attr} alone"
            )
        raise no_attribute(low, func, value, {*vocabulary.methods(), *OF_ARRAYS})
    own = Argument(None, value, func.value)
    return apply_op(low, op, [own, *_arguments(low, node)], node, method=True)


def _applied(low: Lowering, function: Callee, node: ast.Call) -> Value:
    of_type = isinstance(function, LibraryFunction) and function.name in CREATING
    arguments = _arguments(low, node, handed_on if takes_functions(function) else lower_expression, of_type)
    return low.apply(low, function, arguments, node)


def _arguments(
    low: Lowering,
    node: ast.Call,
    value_of: Callable[[Lowering, ast.expr], Value] = lower_expression,
    of_type: bool = False,
) -> list[Argument]:
    """The arguments of a call; ``of_type`` says that one by position may be the type of the elements."""
    arguments = []
    changes = len(low.changes)
    for a in node.args:
        if isinstance(a, ast.Starred):
            arguments += [
                Argument(None, value, a.value) for value in items_of(low, lower_expression(low, a.value), a.value)
            ]
        elif of_type and arguments and is_element_type(a) and not _is_bound(low, a):
            arguments.append(Argument("dtype", None, a))
        elif not _is_type(low, a):
            arguments.append(Argument(None, value_of(low, a), a))
    for keyword in node.keywords:
        if keyword.arg is None:
            for key, value in entries_of(low, value_of(low, keyword.value), keyword.value).items():
                if not isinstance(key, str):
                    raise BadCall(f"an argument's name is a string, and this is {key!r}", span=low.span(keyword.value))
                arguments.append(Argument(key, value, keyword.value))
            continue
        value = _type_asked_for(low, keyword.value) if keyword.arg == "dtype" else value_of(low, keyword.value)
        arguments.append(Argument(keyword.arg, value, keyword.value))
    if len(low.changes) > changes:
        refuse_stale(low, changes, [a.value for a in arguments], node)
    return arguments


def _is_bound(low: Lowering, node: ast.expr) -> bool:
    """Whether an expression is a name that the program binds."""
    return isinstance(node, ast.Name) and low.frames.scope.names.home(node.id) is not None


def _type_asked_for(low: Lowering, node: ast.expr) -> Value:
    """The value of ``dtype=``: a string, that of a variable included; None where it is a type's name."""
    value = handed_on(low, node) if isinstance(node, ast.Constant) or _is_bound(low, node) else None
    kind = as_type(value)
    return kind.name if isinstance(kind, TypeName) else value


def _is_type(low: Lowering, node: ast.expr) -> bool:
    """True for the argument ``float`` or ``np.float64``, the type of all numbers, which is redundant."""
    if isinstance(node, ast.Attribute):
        return node.attr in vocabulary.FLOAT_TYPES and dotted(low, node) is not None
    return isinstance(node, ast.Name) and node.id in ("float", "float64") and node.id not in low.frames.scope.variables


_RULES: dict[type[ast.expr], Callable[[Lowering, Any], Value]] = {
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.BoolOp: lambda low, node: deciding_operand(low, node, handed_on),
    ast.IfExp: lambda low, node: chosen_value(low, node, handed_on),
    ast.List: _list,
    ast.Tuple: _tuple,
    **STRAY,
    ast.Subscript: _subscript,
    ast.Attribute: _attribute,
    ast.Call: _call,
    ast.Lambda: _lambda,
    ast.ListComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _dictionary_comprehension,
    ast.Set: _set,
    ast.SetComp: _set_comprehension,
    ast.Dict: lambda low, node: dictionary_display(low, node, handed_on),
    ast.JoinedStr: lambda low, node: f_string(low, node, handed_on),
    ast.NamedExpr: lambda low, node: assigned_value(low, node, handed_on),
}
