"""Signatures: the binding of calls, held to a table and to Python's own binding."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from adcore.graph import OPS, BindingError, BindingFault, DType, Kind, Op, Parameter, Signature
from tests.tables import for_each

SUM = Signature(("x",), (Parameter("axis", Kind.AXES), Parameter("keepdims", Kind.FLAG, False)), method=True)
RESHAPE = Signature(("x",), (Parameter("shape", Kind.SHAPE, required=True),), method=True)
FULL = Signature(("fill_value",), (Parameter("shape", Kind.SHAPE, required=True),), arguments=("shape", "fill_value"))
EINSUM = Signature(
    ("*operands",), (Parameter("subscripts", Kind.TEXT, required=True),), arguments=("subscripts", "operands")
)
STACK = Signature(("*arrays",), (Parameter("axis", Kind.AXIS, 0),))
CLIP = Signature(("x", "a_min", "a_max"), defaults=(None, -1.0, 1.0))
PUSHED = Signature(("x",), (Parameter("strong", Kind.HIDDEN, 0),), (DType.FLOAT,))

# Why it is here, the signature, the positional arguments, the named ones, and what is bound.
BOUND = [
    ("operands first, parameters after", SUM, "ab", {}, {"x": "a", "axis": "b"}),
    ("parameters by name", SUM, "a", {"keepdims": "k"}, {"x": "a", "keepdims": "k"}),
    ("an operand by name", SUM, "", {"x": "a"}, {"x": "a"}),
    ("an order of its own", FULL, "sv", {}, {"shape": "s", "fill_value": "v"}),
    ("operands that have defaults", CLIP, "x", {"a_max": "m"}, {"x": "x", "a_max": "m"}),
    ("the rest is joined", EINSUM, "sabc", {}, {"subscripts": "s", "operands": "abc"}),
    ("a rest of one is joined", EINSUM, "sa", {}, {"subscripts": "s", "operands": "a"}),
    ("a rest by name is as it is", EINSUM, "s", {"operands": "ab"}, {"subscripts": "s", "operands": "ab"}),
    ("variadic operands that come first are one list", STACK, "ab", {}, {"arrays": "a", "axis": "b"}),
]


def bind(signature: Signature, positional: str, named: dict[str, Any], method: bool = False) -> dict[str, Any]:
    return signature.bind_arguments(tuple(positional), named.items(), "".join, method)


@pytest.mark.parametrize(
    ("signature", "positional", "named", "expected"), [r[1:] for r in BOUND], ids=[r[0] for r in BOUND]
)
def test_bound(signature: Signature, positional: str, named: dict[str, Any], expected: dict[str, Any]) -> None:
    assert bind(signature, positional, named) == expected


def test_a_method_takes_lengths_one_by_one() -> None:
    assert bind(RESHAPE, "x234", {}, method=True) == {"x": "x", "shape": "234"}
    with pytest.raises(BindingError, match="takes at most 2 arguments, and this is number 3"):
        bind(RESHAPE, "x234", {})


# Why it is here, the signature, the arguments, what is wrong and with which argument.
REFUSED = [
    ("one too many", SUM, "abcd", {}, BindingFault.TOO_MANY, "takes at most 3 arguments, and this is number 4", None),
    (
        "none to give",
        Signature(),
        "a",
        {},
        BindingFault.TOO_MANY,
        "takes at most no arguments, and this is number 1",
        None,
    ),
    ("an unknown name", SUM, "a", {"axs": "b"}, BindingFault.UNKNOWN, "takes no argument axs", "axs"),
    ("a hidden parameter", PUSHED, "a", {"strong": "b"}, BindingFault.UNKNOWN, "takes no argument strong", "strong"),
    ("by place and by name", SUM, "ab", {"axis": "c"}, BindingFault.REPEATED, "is given axis twice", "axis"),
    ("an operand missing", CLIP, "", {"a_min": "b"}, BindingFault.MISSING, "needs x", "x"),
    ("a parameter missing", RESHAPE, "a", {}, BindingFault.MISSING, "needs shape", "shape"),
    ("no rest", EINSUM, "s", {}, BindingFault.MISSING, "needs operands", "operands"),
]


@pytest.mark.parametrize(
    ("signature", "positional", "named", "fault", "message", "name"),
    [r[1:] for r in REFUSED],
    ids=[r[0] for r in REFUSED],
)
def test_refused(
    signature: Signature, positional: str, named: dict[str, Any], fault: BindingFault, message: str, name: str | None
) -> None:
    with pytest.raises(BindingError) as caught:
        bind(signature, positional, named)
    assert (caught.value.fault, str(caught.value), caught.value.name) == (fault, message, name)


def test_a_repeated_argument_knows_the_one_before() -> None:
    with pytest.raises(BindingError) as caught:
        SUM.bind_arguments("ab", [("keepdims", "c"), ("axis", "d")], "".join)
    assert (caught.value.argument, caught.value.earlier) == ("d", "b")


@for_each(op for op in OPS.values() if op.signature.public)
def test_binds_as_python_binds_the_usage(op: Op) -> None:
    """The text of the usage, read by Python, accepts the same calls: so many positional arguments, the rest by name."""
    namespace: dict[str, Any] = {"inf": float("inf"), "nan": float("nan")}
    exec(f"def f{op.usage.removeprefix(op.name)}: ...", namespace)
    python = inspect.signature(namespace["f"])
    variadic = [name for name in op.signature.operands if name.startswith("*")]
    for count in range(len(op.signature.order) + 2 - len(variadic)):
        positional = [f"argument {i}" for i in range(count)]
        for names in ([], op.signature.order[count:], op.signature.order[count - 1 :], ["no_such_name"]):
            named = {name: f"argument {name}" for name in names}
            try:
                expected: Any = dict(python.bind(*positional, **named).arguments)
            except TypeError:
                expected = None
            try:
                bound: Any = op.signature.bind_arguments(positional, named.items(), lambda rest: rest[0])
            except BindingError:
                bound = None
            assert bound == expected
