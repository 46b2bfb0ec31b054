"""Einstein's sums: any number of arrays multiplied and summed along axes named by letters.

The derivative contracts a tangent, or a cotangent, with the other arrays, two at a time; so it costs no more than the
sum itself does, and differentiates again.
"""

from __future__ import annotations

import functools
import math
import string
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from adcore.errors import BadCall, ShapeMismatch
from adcore.graph import DType, Node, Op, Shape, Type
from adcore.ops.base import Hidden, declare, linear, sample
from adcore.ops.products.contraction import MATRIX_PRODUCT, contract
from adcore.ops.shapes import describe_shape, legal

# --- one array: its diagonals, its sums, its axes in another order, and the way back


@functools.lru_cache(maxsize=1024)
def _parted(spec: str) -> tuple[str, str]:
    letters, out = spec.split("->")
    return letters, out


def _unique(letters: Iterable[str]) -> str:
    return "".join(dict.fromkeys(letters))


def _arrange(x: Any, *, spec: Hidden, shape: Hidden) -> Any:
    letters, out = _parted(spec)
    shared = [c for c in _unique(out) if c in letters]
    small = np.einsum(f"{letters}->{''.join(shared)}", x)
    sizes = dict(zip(out, shape, strict=True))
    wide = small.reshape([sizes[c] if c in letters else 1 for c in _unique(out)])
    if len(_unique(out)) == len(out):
        return np.broadcast_to(wide, shape)[()]
    full = np.zeros(shape)
    np.einsum(f"{out}->{_unique(out)}", full)[...] = wide
    return full


def _infer_arrange(x: Type, *, spec: Hidden, shape: Hidden) -> Type:
    letters, out = _parted(spec)
    sizes: dict[str, int] = {}
    if any(sizes.setdefault(c, n) != n for c, n in zip(letters + out, x.shape + shape, strict=True)):
        raise ShapeMismatch(f"shapes {describe_shape(x.shape)} and {describe_shape(shape)} do not fit {spec}")
    return Type(DType.FLOAT, legal(shape))


def _arrange_back(node: Node, g: Node) -> tuple[Node]:
    letters, out = _parted(node.param("spec"))
    return (arrange(g, spec=f"{out}->{letters}", shape=node.inputs[0].shape),)


arrange: Op = linear(
    "arrange",
    _arrange,
    _infer_arrange,
    _arrange_back,
    public=False,
    is_identity=lambda node: len(set(_parted(node.param("spec")))) == 1 and _is_plain(node.param("spec")),
    text=lambda x, *, spec, shape: f"arrange({x}, '{spec}', shape={shape})",
    readable=False,
    samples=(
        sample((2, 3), spec="ij->ji", shape=(3, 2)),
        sample((3, 3, 2), spec="iij->ji", shape=(2, 3)),
        sample((2, 3), spec="ij->i", shape=(2,)),
        sample((2,), spec="j->iij", shape=(3, 3, 2)),
        sample((), spec="->ii", shape=(2, 2)),
    ),
    doc="The elements where letters agree, summed over the letters left out; zeros where letters of the result differ.",
)


def _is_plain(spec: str) -> bool:
    letters, _ = _parted(spec)
    return len(_unique(letters)) == len(letters)


def arranged(x: Node, letters: str, out: str, sizes: Mapping[str, int]) -> Node:
    """``x``, whose axes are ``letters``, with the axes ``out``."""
    if letters == out and _unique(out) == out:
        return x
    return arrange(x, spec=f"{letters}->{out}", shape=tuple(sizes[c] for c in out))


# --- the letters


@functools.lru_cache(maxsize=1024)
def letters_of(subscripts: str, axes: tuple[int, ...]) -> tuple[tuple[str, ...], str]:
    """The letters of each operand, for its number of axes, and of the result, ... spelled out. Raises BadCall."""
    text = subscripts.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(axes):
        raise BadCall(f"einsum has subscripts for {len(terms)} operands, and {len(axes)} are given: {subscripts!r}")
    for term in (*terms, right):
        if any(c not in string.ascii_letters for c in term.replace("...", "", 1)):
            raise BadCall(f"subscripts are letters, at most one ... for each operand, and an arrow: {subscripts!r}")
    free = [c for c in string.ascii_letters if c not in text]
    rest = [n - len(term.replace("...", "")) for term, n in zip(terms, axes, strict=True)]
    for i, (term, n, more) in enumerate(zip(terms, axes, rest, strict=True), 1):
        if more < 0 or (more and "..." not in term):
            raise ShapeMismatch(f"operand {i} of einsum has {n} axes, and its subscripts are {term!r}")
    widest = max([more for term, more in zip(terms, rest, strict=True) if "..." in term], default=0)
    if widest > len(free):
        raise BadCall("einsum has more axes than there are letters")
    dots = "".join(free[:widest])
    spelled = tuple(term.replace("...", dots[widest - more :]) for term, more in zip(terms, rest, strict=True))
    if arrow:
        out = right.replace("...", dots)
        if widest and "..." not in right:
            raise BadCall(f"the ... of the operands must stand in the result too: {subscripts!r}")
    else:
        named = "".join(terms).replace(".", "")
        out = dots + "".join(sorted(c for c in set(named) if named.count(c) == 1))
    if len(set(out)) != len(out):
        raise BadCall(f"a letter stands twice in the result: {subscripts!r}")
    if not set(out) <= set("".join(spelled)):
        raise BadCall(f"the result has a letter that no operand has: {subscripts!r}")
    return spelled, out


def _sizes(terms: Sequence[str], shapes: Sequence[Shape], subscripts: str) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for c, n in zip(term, shape, strict=True):
            if sizes.setdefault(c, n) != n:
                listed = " and ".join(describe_shape(s) for s in shapes)
                raise ShapeMismatch(
                    f"einsum of shapes {listed}: in {subscripts!r} an axis has the length {n} at one place "
                    f"and {sizes[c]} at another"
                )
    return sizes


# --- the sum


def _einsum(*operands: Any, subscripts: str) -> Any:
    terms, out = letters_of(subscripts, tuple(x.ndim for x in operands))
    result = np.einsum(f"{','.join(terms)}->{out}", *operands, optimize="greedy")
    return np.array(result)[()]


def _infer_einsum(*operands: Type, subscripts: str) -> Type:
    terms, out = letters_of(subscripts, tuple(len(x.shape) for x in operands))
    sizes = _sizes(terms, [x.shape for x in operands], subscripts)
    return Type(DType.FLOAT, tuple(sizes[c] for c in out))


def _spelled(node: Node) -> tuple[tuple[str, ...], str, dict[str, int]]:
    subscripts = node.param("subscripts")
    terms, out = letters_of(subscripts, tuple(x.ndim for x in node.inputs))
    return terms, out, _sizes(terms, [x.shape for x in node.inputs], subscripts)


def _cheapest(term: str, others: Sequence[str], out: str, sizes: Mapping[str, int]) -> tuple[int, str]:
    """The index in ``others`` of what contracts with ``term`` to the smallest array, and that array's letters."""
    choices = []
    for i, other in enumerate(others):
        needed = {*out, *"".join((*others[:i], *others[i + 1 :]))}
        rest = "".join(c for c in _unique(term + other) if c in needed)
        choices.append((math.prod(sizes[c] for c in rest), i, rest))
    _, i, rest = min(choices)
    return i, rest


def _chain(t: Node, term: str, others: Sequence[tuple[Node, str]], out: str, sizes: Mapping[str, int]) -> Node:
    """``t``, the zeros of which are strong, contracted with the others one after the other, down to ``out``."""

    def alone(x: Node, own: str, rest: Iterable[str]) -> tuple[Node, str]:
        elsewhere = {*out, *"".join(rest)}
        needed = "".join(c for c in _unique(own) if c in elsewhere)
        return arranged(x, own, needed, sizes), needed

    names = [name for _, name in others]
    t, term = alone(t, term, names)
    left = [alone(x, name, (term, *names[:i], *names[i + 1 :])) for i, (x, name) in enumerate(others)]
    while left:
        i, rest = _cheapest(term, [name for _, name in left], out, sizes)
        x, name = left.pop(i)
        t, term = contract(t, x, spec=f"{term},{name}->{rest}", strong=1), rest
    return arranged(t, term, out, sizes)


def _einsum_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node:
    terms, out, sizes = _spelled(node)
    named = list(zip(node.inputs, terms, strict=True))
    pushed = [
        _chain(t, terms[i], (*named[:i], *named[i + 1 :]), out, sizes) for i, t in enumerate(tangents) if t is not None
    ]
    return sum(pushed[1:], start=pushed[0])


def _einsum_vjp(node: Node, g: Node) -> tuple[Node, ...]:
    terms, out, sizes = _spelled(node)
    named = list(zip(node.inputs, terms, strict=True))
    return tuple(_chain(g, out, (*named[:i], *named[i + 1 :]), term, sizes) for i, term in enumerate(terms))


class Contraction(NamedTuple):
    """One step of the sum, as NumPy takes it."""

    combinations: int
    """Of the values of its letters: as many products are added up."""
    moved: int
    """The elements of its operands and its result."""
    is_matrix_product: bool
    """Whether two operands share a letter that is summed over, and none has a letter twice."""


@functools.lru_cache(maxsize=256)
def _contractions(spec: str, shapes: tuple[Shape, ...]) -> tuple[Contraction, ...]:
    """The steps of a sum with its letters spelled out, in NumPy's own order."""
    inputs, out = spec.split("->")
    left = inputs.split(",")
    sizes = {c: n for term, shape in zip(left, shapes, strict=True) for c, n in zip(term, shape, strict=True)}
    path, _ = np.einsum_path(spec, *[np.broadcast_to(0.0, shape) for shape in shapes], optimize="greedy")
    contractions = []
    for places in path[1:]:
        terms = [left.pop(i) for i in sorted(places, reverse=True)]
        letters = _unique("".join(terms))
        rest = "".join(c for c in letters if c in out or any(c in term for term in left))
        left.append(rest)
        summed = set.intersection(*map(set, terms)) - set(rest)
        is_plain = len(terms) == 2 and all(_unique(term) == term for term in terms)
        moved = sum(math.prod(sizes[c] for c in term) for term in (*terms, rest))
        contractions.append(Contraction(math.prod(sizes[c] for c in letters), moved, is_plain and bool(summed)))
    return tuple(contractions)


def _steps(node: Node) -> tuple[Contraction, ...]:
    terms, out, _ = _spelled(node)
    return _contractions(f"{','.join(terms)}->{out}", tuple(x.shape for x in node.inputs))


def _work(node: Node) -> int:
    """The scalar operations of its contractions."""
    return sum(2 * step.combinations for step in _steps(node))


def _nanoseconds(node: Node) -> float:
    """What is no product of matrices goes through all combinations one by one."""
    return 5e4 + sum(
        (2 * MATRIX_PRODUCT if step.is_matrix_product else 3) * step.combinations + 5 * step.moved
        for step in _steps(node)
    )


def _scratch(node: Node) -> int:
    """The intermediate results, and copies of the operands in the order of a product of matrices."""
    return sum(step.moved for step in _steps(node))


einsum: Op = declare(
    "einsum",
    "*operands",
    _einsum,
    _infer_einsum,
    jvp=_einsum_jvp,
    vjp=_einsum_vjp,
    arguments=("subscripts", "operands"),
    text=lambda *operands, subscripts: f"einsum({', '.join((repr(subscripts), *operands))})",
    work=_work,
    nanoseconds=_nanoseconds,
    scratch=_scratch,
    samples=(
        sample((2, 3), (3, 4), subscripts="ij,jk->ik"),
        sample((2, 3), (3, 4), subscripts="ij,jk"),
        sample((3, 3), subscripts="ii"),
        sample((3, 3), subscripts="ii->i"),
        sample((2, 3), subscripts="ij->j"),
        sample((2, 3), (3,), (2,), subscripts="ij,j,i->"),
        sample((2, 3), (3, 2), (2, 4), subscripts="ij,jk,kl->il"),
        sample((2, 2, 3), (2, 3, 1), subscripts="...ij,...jk->...ik"),
        sample((2,), (3,), subscripts="i,j->ji"),
        sample((2, 2), (2, 3), subscripts="ii,ij->j"),
        sample((2,), (2,), (2,), subscripts="i,i,i->i"),
    ),
    doc="Products of arrays summed along the axes whose letters the result has not: einsum('ij,jk->ik', a, b).",
)
