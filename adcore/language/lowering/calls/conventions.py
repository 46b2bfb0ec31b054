"""How the functions of libraries are called: their own names, order and further parameters, put in terms of an op's.

``np.sum(a=v)`` has NumPy's keyword, and the third positional argument of ``np.sum`` is its ``dtype``. A further
parameter is passed over where it has its default, or concerns only speed, memory or checks.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from adcore.errors import BadCall
from adcore.graph import Op
from adcore.language import library
from adcore.language.builtins import EXTENDED
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.values import Argument

HARMLESS = frozenset(
    """overwrite_a overwrite_b overwrite_input check_finite driver lapack_driver lwork copy subok optimize kind stable
    device hermitian""".split()
)
"""Parameters that change no value, or none that matters here."""
_ORDERS = frozenset({"C", "K", "A"})


def in_terms_of(low: Lowering, op: Op, full: str, arguments: Sequence[Argument]) -> Sequence[Argument]:
    """The arguments of a call of the library's function, as the op takes them; raises BadCall."""
    convention = library.convention(full)
    if convention is None:
        return [a for a in arguments if a.name not in HARMLESS and not (a.name == "out" and _is_none(a))]
    order = op.signature.order
    extended = EXTENDED.get(op.name)
    known = order if extended is None else (*order, *extended.signature.order)
    own = [name for name in order if name in op.signature.required and name not in convention.defaults]
    renamed = dict(zip([x for x in convention.required if x not in known], own, strict=False))
    out: list[Argument] = []
    position, aligned = 0, True
    for argument in arguments:
        name = argument.name
        if name is None:
            if position >= len(convention.positional):
                raise BadCall(
                    f"{full} takes at most {len(convention.positional)} positional arguments, and this is number "
                    f"{position + 1}",
                    span=low.span(argument.place),
                    help=f"it is called as {op.usage}",
                )
            name = convention.positional[position]
            position += 1
        name = renamed.get(name, name)
        if name in known:
            # What stands where the op has it stays as it is.
            aligned = aligned and argument.name is None and len(out) < len(order) and order[len(out)] == name
            out.append(argument if aligned else argument._replace(name=name))
        elif name not in convention.defaults or name == "dtype" or (name == "order" and argument.value == "F"):
            if not (name == "dtype" and _is_none(argument)):
                out.append(argument._replace(name=name))
        elif not _is_passed_over(name, argument, convention.defaults[name]):
            raise BadCall(
                f"{full} takes {name} only at its default here",
                span=low.span(argument.place),
                help=f"it is called as {op.usage}",
            )
    return out


def _is_none(argument: Argument) -> bool:
    return isinstance(argument.place, ast.Constant) and argument.place.value is None


def _is_passed_over(name: str, argument: Argument, default: object) -> bool:
    value = argument.value
    if name in HARMLESS or (name == "order" and value in _ORDERS):
        return True
    return isinstance(value, (bool, int, float, str, type(None))) and (value is None or value == default)
