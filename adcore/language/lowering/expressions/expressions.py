"""Expressions: syntax to value."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from adcore.errors import AdcoreError, BadCall, NotYet, TypeMismatch, UnknownFunction
from adcore.graph import OPS, DType, Node
from adcore.language import vocabulary
from adcore.language.lowering.branches import Merge, short_circuit
from adcore.language.lowering.builder import Lowering, several
from adcore.language.lowering.calls.builtins import apply_op
from adcore.language.lowering.calls.dispatch import takes_functions
from adcore.language.lowering.calls.frozen import apply_frozen
from adcore.language.lowering.constant_arithmetic import number_of
from adcore.language.lowering.expressions import comprehensions
from adcore.language.lowering.expressions.array_methods import ARRAY_METHODS, astype
from adcore.language.lowering.expressions.concatenators import concatenated, concatenator
from adcore.language.lowering.expressions.name_resolution import (
    attribute_span,
    callee,
    dotted,
    function_named,
    module_value,
    not_callable,
    read_name,
)
from adcore.language.lowering.expressions.operators import binary, is_condition, link_of, truth
from adcore.language.lowering.expressions.subscripts import (
    choose,
    key_of,
    lower_subscript,
    read_part,
    spread_masked,
    write_part,
)
from adcore.language.lowering.expressions.unpacking import all_parts
from adcore.language.lowering.values import (
    Argument,
    Callee,
    Closure,
    Frozen,
    LibraryFunction,
    List,
    NamedValues,
    Tuple,
    Unusable,
    Value,
    describe_value,
    is_number,
    is_sequence,
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
    while isinstance(node.left, ast.BinOp):
        node = node.left
        chain.append(node)
    value = lower_expression(low, node.left)
    for link in reversed(chain):
        right = lower_expression(low, link.right)
        value = binary(low, link.op, value, right, link, link.left, link.right)
    return value


def _unary(low: Lowering, node: ast.UnaryOp) -> Value:
    value = lower_expression(low, node.operand)
    operator = type(node.op)
    if operator is ast.Not:
        condition = truth(low, value, node.operand)
        return not condition if isinstance(condition, bool) else low.emit(OPS["logical_not"], (condition,), node)
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
    left, a = node.left, lower_expression(low, node.left)
    for operator, right in zip(node.ops, node.comparators, strict=True):
        b = lower_expression(low, right)
        link = link_of(low, operator, a, b, node, left, right)
        if link is False:
            return False
        if link is not True:
            result = link if result is True else low.emit(OPS["logical_and"], (result, link), node)
        left, a = right, b
    return result


def _boolean(low: Lowering, node: ast.BoolOp) -> Value:
    """``and`` and ``or``: operands that are known, or may raise, are evaluated only if those before do not decide."""
    is_and = isinstance(node.op, ast.And)
    result: bool | Node = is_and
    for operand in node.values:

        def ask(operand: ast.expr = operand) -> bool | Node:
            return truth(low, lower_expression(low, operand), operand)

        result = ask() if isinstance(result, bool) else short_circuit(low, is_and, result, ask, node)
        if result is (not is_and):
            break
    return result


def _choice(low: Lowering, node: ast.IfExp) -> Value:
    test = truth(low, lower_expression(low, node.test), node.test)
    if isinstance(test, bool):
        return lower_expression(low, node.body if test else node.orelse)
    merge = Merge(low, test, node)
    then = otherwise = None
    with merge.side(0):
        then = lower_expression(low, node.body)
    with merge.side(1):
        otherwise = lower_expression(low, node.orelse)
    return merge.value(then, otherwise)


# --- parts and calls


def _list(low: Lowering, node: ast.List) -> Value:
    return several(low, List, [handed_on(low, x) for x in node.elts], node)


def _comprehension(low: Lowering, node: ast.ListComp | ast.GeneratorExp) -> Value:
    return comprehensions.listed(low, node, lower_expression)


def _tuple(low: Lowering, node: ast.Tuple) -> Value:
    return several(low, Tuple, [handed_on(low, x) for x in node.elts], node)


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
    value = lower_expression(low, node.value)
    if isinstance(value, NamedValues) and node.attr in value.fields:
        return value.fields[node.attr]
    if is_number(value) or isinstance(value, List) or (isinstance(value, Tuple) and node.attr in _OF_ARRAYS):
        value = low.array(value, node.value)
    if isinstance(value, Node):
        shape = value.shape
        match node.attr:
            case "dtype":
                return NamedValues("dtype", {})
            case "real":
                return value
            case "imag":
                return low.emit(OPS["zeros_like"], (value,), node)
            case "T":
                return low.emit(OPS["transpose"], (value,), node) if len(shape) > 1 else value
            case "shape":
                return Tuple(shape, len(shape), 1)
            case "ndim":
                return len(shape)
            case "size":
                return value.type.size
            case _:
                pass
    raise _no_attribute(low, node, value, {*_OF_ARRAYS, *vocabulary.methods()})


_OF_ARRAYS = ("T", "shape", "ndim", "size", "real", "imag")


def _no_attribute(low: Lowering, node: ast.Attribute, value: Value, known: set[str]) -> AdcoreError:
    if node.attr in vocabulary.methods() and isinstance(value, Node):
        return TypeMismatch(
            f"{node.attr} is a function, and a value is needed here",
            span=attribute_span(low, node),
            help=f"call it: .{node.attr}()",
        )
    if node.attr in ("backward", "grad"):
        return UnknownFunction(
            f"{describe_value(value)} has no {node.attr}",
            span=attribute_span(low, node),
            help="leave it out: the gradient is what the request asks for; within a program it is grad(f)(x)",
        )
    known_function = node.attr in vocabulary.functions()
    help = f"write {node.attr}(...)" if known_function else vocabulary.did_you_mean(node.attr, known)
    return UnknownFunction(f"{describe_value(value)} has no {node.attr}", span=attribute_span(low, node), help=help)


def _call(low: Lowering, node: ast.Call) -> Value:
    func = node.func
    if comprehensions.gives_elements(low, node):
        return comprehensions.listed(low, node, lower_expression)
    function = callee(low, func)
    if function is not None:
        if isinstance(function, LibraryFunction) and comprehensions.joins(low, function, node):
            return comprehensions.joined(low, function.name, node, lower_expression)
        return _applied(low, function, node)
    if not isinstance(func, ast.Attribute):
        number = func.value if isinstance(func, ast.Constant) else None
        value = lower_expression(low, func)
        if isinstance(value, Callee):
            return _applied(low, value, node)
        raise not_callable(low, func, value, None if number is None else str(number))
    place = func.value
    if isinstance(place, ast.Subscript) and isinstance(place.value, ast.Attribute) and place.value.attr == "at":
        return _replaced(low, node, func, place, place.value)
    value = lower_expression(low, func.value)
    if isinstance(value, Frozen):
        return apply_frozen(low, value, func.attr, _arguments(low, node), node)
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
        if func.attr in _OF_ARRAYS:
            raise TypeMismatch(
                f".{func.attr} is not a function", span=attribute_span(low, func), help=f"write .{func.attr} alone"
            )
        raise _no_attribute(low, func, value, {*vocabulary.methods(), *_OF_ARRAYS})
    own = Argument(None, value, func.value)
    return apply_op(low, op, [own, *_arguments(low, node)], node, method=True)


def _applied(low: Lowering, function: Callee, node: ast.Call) -> Value:
    arguments = _arguments(low, node, handed_on if takes_functions(function) else lower_expression)
    return low.apply(low, function, arguments, node)


_AT = {
    "set": None,
    "add": "add",
    "subtract": "subtract",
    "multiply": "multiply",
    "mul": "multiply",
    "divide": "divide",
    "power": "power",
    "min": "minimum",
    "max": "maximum",
}
"""The methods of ``x.at[i]``, each with the op that combines the old part and the argument."""


def _replaced(low: Lowering, node: ast.Call, func: ast.Attribute, place: ast.Subscript, base: ast.Attribute) -> Value:
    """``x.at[i].set(v)`` and the like, as in JAX: the array with a part of it replaced."""
    if func.attr not in _AT:
        raise UnknownFunction(
            f"a part of an array has no {func.attr}",
            span=attribute_span(low, func),
            help=vocabulary.did_you_mean(func.attr, _AT) or "it has set and add",
        )
    array = low.array(lower_expression(low, base.value), base.value)
    arguments = _arguments(low, node)
    if len(arguments) != 1 or arguments[0].name is not None:
        raise BadCall(f"{func.attr} takes one argument", span=low.span(node))
    key = key_of(low, array, place, lower_expression)
    value, op, at = arguments[0].value, _AT[func.attr], arguments[0].place
    if op is None:
        return write_part(low, array, key, value, place, at)
    if key.mask is not None:
        value = spread_masked(low, array, key.mask, low.array(value, at), place, at)
        return choose(low, array, key.mask, low.emit(OPS[op], (array, value), node), place)
    if not key.has_arrays:
        return write_part(
            low, array, key, low.emit(OPS[op], (read_part(low, array, key, place), value), node), place, at
        )
    if op not in ("add", "subtract"):
        raise NotYet(
            f"{func.attr} at places of an array, which may name one twice, is not supported yet",
            span=attribute_span(low, func),
            help="add, subtract and set are",
        )
    if op == "subtract":
        value = low.emit(OPS["negative"], (value,), node)
    return write_part(low, array, key, value, place, at, "accumulate")


def _arguments(
    low: Lowering, node: ast.Call, value_of: Callable[[Lowering, ast.expr], Value] = lower_expression
) -> list[Argument]:
    arguments = []
    for a in node.args:
        if isinstance(a, ast.Starred):
            arguments += [
                Argument(None, value, a.value) for value in all_parts(low, lower_expression(low, a.value), a.value)
            ]
        elif not _is_type(low, a):
            arguments.append(Argument(None, value_of(low, a), a))
    for keyword in node.keywords:
        typed = keyword.arg == "dtype"
        value = None if typed and not isinstance(keyword.value, ast.Constant) else value_of(low, keyword.value)
        arguments.append(Argument(keyword.arg, value, keyword.value))
    return arguments


def _is_type(low: Lowering, node: ast.expr) -> bool:
    """True for the argument ``float`` or ``np.float64``, the type of all numbers, which is redundant."""
    if isinstance(node, ast.Attribute):
        return node.attr in vocabulary.FLOAT_TYPES and dotted(low, node) is not None
    return isinstance(node, ast.Name) and node.id in ("float", "float64") and node.id not in low.frames.scope.variables


_RULES: dict[type[ast.expr], Callable[[Lowering, Any], Value]] = {
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.BoolOp: _boolean,
    ast.IfExp: _choice,
    ast.List: _list,
    ast.Tuple: _tuple,
    ast.Subscript: _subscript,
    ast.Attribute: _attribute,
    ast.Call: _call,
    ast.Lambda: _lambda,
    ast.ListComp: _comprehension,
    ast.GeneratorExp: _comprehension,
}
