"""Values that are powers of an earlier value, by which their derivative is taken at once: sqrt(x) * sqrt(x) is x.

Step by step the chain rule multiplies an infinite slope by one of zero there, which says nothing of their product;
joined, the powers of one value have a derivative that is right at every order. Joined are only those whose steps do so:
x * x and 1 / sqrt(x) stay as they are. Values themselves are not touched, and keep their bits.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import NamedTuple

from adcore.errors import Span
from adcore.graph import CONSTANT, OPS, Node, constant, lift, number
from adcore.ops.elementwise.signed_powers import signed_power, signed_power_of, slope
from adcore.ops.strong import strong_times


class Power(NamedTuple):
    """A power of a value's size; where the value is negative it is times ``left``: 1, -1, or 0 for undefined."""

    exponent: float
    left: int

    def then(self, step: Power) -> Power:
        """The power ``step`` of this one."""
        left = 1 if self.left == 1 else step.left if self.left == -1 else 0
        return Power(_near(self.exponent * step.exponent), left)

    def times(self, other: Power) -> Power:
        return Power(_near(self.exponent + other.exponent), self.left * other.left)

    @property
    def is_natural(self) -> bool:
        return self.exponent >= 1 and self.exponent.is_integer()


Powers = Mapping[Node, Power]
"""A product of powers of these values, its bases."""

_ITSELF = Power(1.0, -1)
_INVERSE = Power(-1.0, -1)
_MINUS = constant(-1.0)
_MOST_BASES = 4
"""The most bases of a product that is looked into, so that long products take time in proportion to their length."""

_STEPS = {
    OPS["sqrt"]: Power(0.5, 0),
    OPS["cbrt"]: Power(1 / 3, -1),
    OPS["square"]: Power(2.0, 1),
    OPS["reciprocal"]: _INVERSE,
}
_UNDO = {
    OPS[outer]: (OPS[inner], Power(1.0, left))
    for outer, inner, left in (
        ("exp", "log", 0),
        ("exp2", "log2", 0),
        ("log", "exp", -1),
        ("log2", "exp2", -1),
        ("log1p", "expm1", -1),
        ("arcsinh", "sinh", -1),
        ("arctanh", "tanh", -1),
    )
}
"""What undoes which op, and whether for all numbers or for those that are not negative."""
_LATTICE = {OPS["maximum"]: OPS["minimum"], OPS["minimum"]: OPS["maximum"]}
_BOUNDED = (OPS["relu"], OPS["clip"])
_POWER, _MULTIPLY, _DIVIDE, _EXP, _LOG = (OPS[name] for name in ("power", "multiply", "divide", "exp", "log"))
_PLAIN = (("strong", 0),)
_ROOTS = {*_STEPS, *_UNDO, *_LATTICE, *_BOUNDED, _POWER, _DIVIDE, signed_power}
_JOINING = {*_ROOTS, *(inner for inner, _ in _UNDO.values()), _MULTIPLY, OPS["negative"]}


def joined(nodes: Sequence[Node]) -> dict[Node, Powers]:
    """The nodes, of those in topological order, whose derivative is to be taken by the bases of their powers."""
    if not any(map(_meets_another, nodes)):
        return {}
    # Nodes that compute the same are one here, whether or not a pass has made them one: ``original`` has the first.
    first: dict[Hashable, Node] = {}
    same: dict[Node, Node] = {}
    original: dict[Node, Node] = {}
    of: dict[Node, Powers] = {}
    unsure: dict[Node, Powers] = {}
    for node in nodes:
        inputs = tuple([same.get(x, x) for x in node.inputs])
        one = same[node] = first.setdefault((node.op, inputs, node.params), node.with_inputs(inputs))
        if one not in original:
            original[one] = node
            powers, is_unsure = _powers(one, of)
            if 0 < len(powers) <= _MOST_BASES:
                of[one] = powers
                if is_unsure:
                    unsure[one] = {original.get(x, x): power for x, power in powers.items()}
    return {node: unsure[one] for node, one in same.items() if one in unsure}


def _meets_another(node: Node) -> bool:
    """Whether the node may be a power of a power: most graphs have none, and are not looked into."""
    op = node.op
    if op not in _JOINING:
        return False
    others = _JOINING if op in _ROOTS else _ROOTS
    return any(x.op in others for x in node.inputs)


def terms(
    powers: Powers, flows: Mapping[Node, Node], values: Mapping[Node, Node], span: Span | None
) -> Iterator[tuple[Node, Node]]:
    """For each base with a flow, its tangent or the cotangent of the product, the base and its term of the chain rule.

    ``values`` has what the bases became, where they have been replaced.
    """
    factors = [(x, values.get(x, x), power) for x, power in powers.items()]
    for x, value, power in factors:
        term, partial = flows.get(x), slope(value, *power)
        if term is None or partial is None:
            continue
        for other, factor, its_power in factors:
            if other is not x:
                term = strong_times(term, lift(signed_power_of(factor, *its_power)), span)
        yield x, strong_times(term, lift(partial), span)


def _powers(node: Node, of: Mapping[Node, Powers]) -> tuple[Powers, bool]:
    """The powers whose product the node is, none where it is a base; and whether its derivative would be unsure."""
    op, inputs = node.op, node.inputs
    if op is _MULTIPLY or op is _DIVIDE:
        return _product(inputs, op is _DIVIDE, of) if node.params == _PLAIN else ({}, False)
    if op is OPS["negative"]:
        powers = dict(of.get(inputs[0], {inputs[0]: _ITSELF}))
        if powers.pop(_MINUS, None) is None:
            powers[_MINUS] = _ITSELF
        return powers, False
    if op in _LATTICE or op in _BOUNDED:
        value = _absorbed(node)
        return ({}, False) if value is None else ({value: _ITSELF}, True)
    undone = _undone(node)
    if undone is not None:
        return _raised(*undone, of), True
    step = _STEPS.get(op)
    if op is _POWER:
        exponent = number(inputs[1])
        if exponent is not None and exponent - exponent == 0.0 != exponent:
            step = Power(exponent, 0 if not exponent.is_integer() else -1 if exponent % 2 else 1)
    elif op is signed_power:
        step = Power(node.param("exponent"), node.param("left"))
    if step is None:
        return {}, False
    (power,) = of[inputs[0]].values() if len(of.get(inputs[0], ())) == 1 else (_ITSELF,)
    return _raised(inputs[0], step, of), power != _ITSELF and _is_unsure(power, step)


def _raised(x: Node, step: Power, of: Mapping[Node, Powers]) -> Powers:
    """A power of a power; a product of several is a base."""
    powers = of.get(x, {})
    return {base: power.then(step) for base, power in powers.items()} if len(powers) == 1 else {x: step}


def _product(inputs: tuple[Node, ...], inverse: bool, of: Mapping[Node, Powers]) -> tuple[Powers, bool]:
    a, b = (of.get(x, {x: _ITSELF}) for x in inputs)
    is_unsure = False
    if inverse:
        is_unsure = inputs[1] in of and any(_is_unsure(power, _INVERSE) for power in b.values())
        b = {x: power.then(_INVERSE) for x, power in b.items()}
    product = dict(a)
    for x, power in b.items():
        if x in product and x.op is not CONSTANT:
            both = product[x], power
            is_unsure |= min(both).exponent > 0 and not all(p.is_natural for p in both)
        product[x] = product[x].times(power) if x in product else power
    return product, is_unsure


def _is_unsure(power: Power, step: Power) -> bool:
    """Whether one of both slopes may be infinite, in a derivative of any order, where the other one is zero."""
    if power.exponent * step.exponent <= 0 or (power.is_natural and step.is_natural):
        return False
    return power.exponent > 1 or power.exponent * (step.exponent - 1) > 0


def _undone(node: Node) -> tuple[Node, Power] | None:
    """What the node is a power of, as exp(log(x)), log(exp(x)) or exp(2 * log(x))."""
    inner, power = _UNDO.get(node.op, (None, _ITSELF))
    if inner is None:
        return None
    (x,) = node.inputs
    if x.op is inner:
        return x.inputs[0], power
    if node.op is _EXP and x.op is _MULTIPLY and x.params == _PLAIN:
        for factor, other in (x.inputs, x.inputs[::-1]):
            exponent = number(factor)
            if other.op is _LOG and exponent is not None and 0.0 < exponent < float("inf"):
                return other.inputs[0], Power(exponent, 0)
    return None


def _absorbed(node: Node) -> Node | None:
    """The value that the node is, too: min(max(x, y), x) is x, max(max(x, y), x) is max(x, y)."""
    if node.op in _BOUNDED:
        first, *bounds = node.inputs
        return first if first.op is node.op and [*first.inputs[1:]] == bounds else None
    for value, other in (node.inputs, node.inputs[::-1]):
        if other in value.inputs and value.type == node.type:
            if value.op is node.op:
                return value
            if value.op is _LATTICE[node.op] and other.type == node.type:
                return other
    return None


def _near(exponent: float) -> float:
    """The whole number that the sum or the product of rounded exponents stands for, else itself."""
    whole = float(round(exponent))
    return whole if abs(exponent - whole) < 1e-12 else exponent
