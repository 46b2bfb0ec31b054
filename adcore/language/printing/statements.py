"""The ops that a program writes as statements: assertions, branches, loops, calls, derivatives and solutions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from adcore.errors import NotExpressible
from adcore.graph import Node, Op, number
from adcore.language.functionals import FUNCTIONALS
from adcore.language.printing.expression import Text, literal_text
from adcore.language.printing.printer import Printer, Statement
from adcore.ops.control.assertions import DEFAULT_MESSAGE, guard, require
from adcore.ops.control.call import call, call_view
from adcore.ops.control.cond import cond, cond_view
from adcore.ops.control.loop import loop
from adcore.ops.control.loop_view import ENDLESS, loop_view
from adcore.ops.functionals.derivative import GRADIENT, JVP, derivative, derivative_view
from adcore.ops.functionals.odes import reached
from adcore.ops.functionals.quadrature import quadrature, quadrature_view
from adcore.ops.functionals.solution import solution, solution_view


def _tuple(texts: Sequence[str]) -> str:
    return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"


def _named(names: Iterable[str]) -> list[Text]:
    return [Text(name) for name in names]


# --- assertions


def _require(printer: Printer, node: Node, operands: Sequence[Text]) -> Sequence[Text]:
    """An assertion, whose token is true in all that follows it."""
    message = node.param("message")
    printer.line(f"assert {operands[1].text}{'' if message == DEFAULT_MESSAGE else f', {message!r}'}")
    return [Text("True")]


def _asserted(node: Node) -> Iterable[tuple[str, Node]]:
    """The names by which the message of an assertion shows values."""
    return zip(node.param("names"), node.inputs[2:], strict=True)


def _guard(printer: Printer, node: Node, operands: Sequence[Text]) -> Sequence[Text]:
    """The value itself: the assertion that guards it stands before it."""
    return operands[:1]


def _reached(printer: Printer, node: Node, operands: Sequence[Text]) -> Sequence[Text]:
    y, t, end = operands
    printer.line(f"assert {t.text} == {end.text}, 'the integration did not come to its end'")
    return [y]


# --- control flow


def _cond(printer: Printer, node: Node, operands: Sequence[Text]) -> Sequence[Text]:
    """An ``if`` statement, whose blocks assign the results that are read."""
    names = printer.names(node)
    for head, branch in zip((f"if {operands[0].text}:", "else:"), cond_view(node).branches, strict=True):
        printer.line(head)
        with printer.indented():
            for i, text in enumerate(printer.block(branch, operands[1:])):
                if printer.is_read(node, i):
                    printer.line(f"{names[i]} = {text.text}")
    return _named(names)


def _loop(printer: Printer, node: Node, operands: Sequence[Text]) -> Sequence[Text]:
    """A loop, which assigns all it carries at once at the end of a pass; NotExpressible for those of adjoints."""
    view = loop_view(node)
    if view.stacks or view.operands.read:
        raise NotExpressible("a program cannot express a loop that stacks values for its adjoint", span=node.span)
    if view.backwards:
        raise NotExpressible("a program cannot express a loop that runs backwards", span=node.span)
    count, *starts = operands
    names = printer.names(node)
    carried = view.results(names).finals
    variables = ", ".join(carried)
    printer.line(f"{variables} = {', '.join(x.text for x in view.by_role(starts).carried)}")
    position = printer.fresh()
    printer.line("while True:" if number(view.count) == ENDLESS else f"for {position} in range({count.text}):")
    inputs = [Text(position), *_named(carried), *view.by_role(starts).constants]
    with printer.indented():
        if view.test is not None:
            (condition,) = printer.block(view.test, inputs)
            printer.line(f"if not ({condition.text}):")
            with printer.indented():
                printer.line("break")
        printer.line(f"{variables} = {', '.join(x.text for x in printer.block(view.body, inputs))}")
    return _named(names)


def _call(printer: Printer, node: Node, operands: Sequence[Text]) -> Sequence[Text]:
    names = printer.names(node)
    function = call_view(node).function
    name = printer.function(function, function.name, function.graph)
    printer.line(f"{', '.join(names)} = {name}({', '.join(x.text for x in operands)})")
    return _named(names)


# --- functions of functions


def _derivative(printer: Printer, node: Node, operands: Sequence[Text]) -> Sequence[Text]:
    """A call of ``value_and_grad``, ``jacobian`` or ``jvp`` of a function that takes what it captures as arguments."""
    names = printer.names(node)
    view = derivative_view(node)
    function = printer.function(view.graph, "f", view.graph)
    arguments, captured, tangents = view.by_role([x.text for x in operands])
    if view.kind == JVP:
        inputs = [printer.unique(name) for name in view.graph.input_names[: view.wrt]]
        closed = f"lambda {', '.join(inputs)}: {function}({', '.join([*inputs, *captured])})"
        called = FUNCTIONALS["jvp"].call(f=closed, primals=_tuple(arguments), tangents=_tuple(tangents))
        printer.line(f"{', '.join(names)} = {called}")
        return _named(names)
    value, *derivatives = names
    applied = f"({', '.join([*arguments, *captured])})"
    argnums = literal_text(tuple(range(view.wrt)))
    if view.kind == GRADIENT:
        functional, targets = FUNCTIONALS["value_and_grad"], f"{value}, {_tuple(derivatives)}"
    else:
        functional, targets = FUNCTIONALS["jacobian"], _tuple(derivatives)
        printer.line(f"{value} = {function}{applied}")
    printer.line(f"{targets} = {functional.call(f=function, argnums=argnums)}{applied}")
    return _named(names)


def _solution(printer: Printer, node: Node, operands: Sequence[Text]) -> Sequence[Text]:
    """A call of a solver, whose function takes what it captures by ``args``."""
    (name,) = printer.names(node)
    view = solution_view(node)
    function = printer.function(view.graph, "f", view.graph)
    start, *captured = [x.text for x in operands]
    called = FUNCTIONALS[view.kind].call(
        f=function,
        x0=start,
        args=_tuple(captured),
        tol=literal_text(view.tol),
        max_steps=literal_text(view.limit),
    )
    printer.line(f"{name} = {called}")
    return [Text(name)]


def _quadrature(printer: Printer, node: Node, operands: Sequence[Text]) -> Sequence[Text]:
    """A call of ``quad`` for each number of the result, of a function that takes what it captures by ``args``."""
    names = printer.names(node)
    view = quadrature_view(node)
    if [y.shape for y in view.graph.outputs] != [()]:
        raise NotExpressible("the integral of a function with several results cannot be written as a program")
    function = printer.function(view.graph, "f", view.graph)
    a, b, *captured = [x.text for x in operands]
    called = FUNCTIONALS["quad"].call(
        func=function,
        a=a,
        b=b,
        args=_tuple(captured),
        epsabs=literal_text(view.epsabs),
        epsrel=literal_text(view.epsrel),
        limit=literal_text(view.limit),
    )
    printer.line(f"{', '.join(names)} = {called}")
    return _named(names)


STATEMENTS: dict[Op, Statement] = {
    require: Statement(_require, _asserted),
    guard: Statement(_guard),
    reached: Statement(_reached),
    cond: Statement(_cond),
    loop: Statement(_loop),
    call: Statement(_call),
    derivative: Statement(_derivative),
    solution: Statement(_solution),
    quadrature: Statement(_quadrature),
}
"""The ops that are written as statements. A structured op that is missing here cannot be expressed."""
