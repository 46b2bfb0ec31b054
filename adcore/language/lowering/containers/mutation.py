"""Changes of lists and dictionaries: whoever holds the one that changes holds the new one afterwards.

Values are immutable, so a change makes a new one, of the same identity, and puts it in the place of the old one
wherever a name can be read: in this scope, in those around it, and in those that wait for it. Where that cannot be
expressed, the change is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from adcore.errors import AdcoreError, LoopMismatch, Unsupported
from adcore.language.lowering.builder import Lowering, within_limits
from adcore.language.lowering.trees import changed, collections
from adcore.language.lowering.values import (
    ANY_LIST,
    MISSING,
    Binding,
    Callee,
    Changeable,
    Closure,
    Derived,
    Identity,
    Partial,
    Place,
    Scope,
    Several,
    Unusable,
    Value,
    describe_value,
)
from adcore.language.syntax.scopes import LoopStatement


def mutated(low: Lowering, old: Changeable, new: Changeable, place: Place) -> None:
    """Put ``new``, of the same identity, in the place of ``old`` everywhere; raises Unsupported and LoopMismatch."""
    within_limits(low, new, place)
    identity = old.identity
    if any(part.identity is identity for item in new.items for part in collections(item)):
        raise Unsupported(f"{describe_value(old)} cannot contain itself", span=low.span(place))
    changes = []
    known: dict[Identity, Several] = {}
    for scope in _visible(low):
        for name, value in scope.variables.items():
            if isinstance(value, Callee):
                _keeps_defaults(low, value, old, place)
                continue
            for part in collections(value):
                if part.identity is not identity and _may_be_one(part.identity, identity):
                    raise _uncertain(low, old, place)
            after = value if isinstance(value, Unusable) else changed(value, new, known)
            if after is not value:
                changes.append((scope, name, after))
    if identity is ANY_LIST:
        raise _uncertain(low, old, place)
    for scope, name, _ in changes:
        if scope.region is not low.nodes:
            raise LoopMismatch(
                f"{describe_value(old)} that is {name} outside changes in a loop, a branch or a graph of its own",
                span=low.span(place),
                help="change a copy, list(x) or dict(x), and hand it on",
                unrolls=True,
            )
    for scope, name, after in changes:
        low.changes.append((scope.variables, name, scope.variables[name]))
        scope.assign(name, after, place)


def aliased(low: Lowering, value: Value, name: str) -> bool:
    """Whether a list, the value of a name here, is also the value of another name, or a part of it."""
    own = {part.identity for part in collections(value)}
    here = low.frames.scope
    return any(
        part.identity is other or _may_be_one(part.identity, other)
        for scope in _visible(low)
        for each, binding in scope.variables.items()
        if scope is not here or each != name
        for part in collections(binding)
        for other in own
    )


def _visible(low: Lowering) -> Iterator[Scope]:
    """The scopes that can still be read: this one, those around, those that wait, and those of functions in them."""
    queue, seen = [low.frames.scope], {low.frames.scope}
    while queue:
        scope = queue.pop()
        yield scope
        functions = [value for value in scope.variables.values() if isinstance(value, Callee)]
        for other in (scope.parent, scope.caller, *(_home(function) for function in functions)):
            if other is not None and other not in seen:
                seen.add(other)
                queue.append(other)


def _home(function: Callee) -> Scope | None:
    """The scope that a function closes over."""
    while isinstance(function, (Derived, Partial)):
        function = function.function
    return function.scope if isinstance(function, Closure) else None


def _may_be_one(a: Identity, b: Identity) -> bool:
    """Whether two identities may be of one list, where branches or passes have joined."""
    if a is ANY_LIST or b is ANY_LIST:
        return True
    return not (a.maybe | {a}).isdisjoint(b.maybe | {b})


def _uncertain(low: Lowering, old: Value, place: Place) -> AdcoreError:
    return LoopMismatch(
        f"{describe_value(old)} changes here that may be also another name's, or a part of another",
        span=low.span(place),
        help="change a copy: list(x) or dict(x)",
        unrolls=True,
    )


def _keeps_defaults(low: Lowering, function: Callee, old: Changeable, place: Place) -> None:
    """Refuse to change the default of a parameter, which stays changed from call to call."""
    while isinstance(function, (Derived, Partial)):
        function = function.function
    if isinstance(function, Closure) and any(
        part.identity is old.identity for value in function.defaults.values() for part in collections(value)
    ):
        raise Unsupported(
            f"{describe_value(old)} that is a parameter's default changes, for all later calls",
            span=low.span(place),
            help="write None as the default, and make the list or dictionary in the function",
        )


def check_pass(
    low: Lowering,
    statement: LoopStatement,
    inside: Mapping[str, Binding],
    ends: Mapping[str, Binding],
    names: Mapping[str, Place],
) -> None:
    """Refuse a pass that changes lists which its loop does not carry, or that gives one list two of the ``names``.

    ``inside`` and ``ends`` are the bindings at its beginning and its end. Raises LoopMismatch.
    """
    outside = {part.identity for value in inside.values() for part in collections(value)}
    seen: set[Identity] = set()
    for name, end in ends.items():
        start = inside.get(name, MISSING)
        if name not in names:
            if end is not start and not name.startswith("<"):
                raise LoopMismatch(f"{name} changes in the loop", span=low.span(statement), unrolls=True)
            continue
        own = {part.identity for part in collections(start)}
        for part in collections(end):
            if part.identity in seen or (part.identity in outside and part.identity not in own):
                raise LoopMismatch(
                    f"{name} becomes a list or a dictionary that has another name, and changes in the loop",
                    span=low.span(names[name]),
                    help="copy it: list(x) or dict(x)",
                    unrolls=True,
                )
            seen.add(part.identity)


def latest(low: Lowering, changes: int, value: Value) -> Value:
    """A list that has been read before something else was lowered, as it is now that it may have changed."""
    if len(low.changes) == changes or not isinstance(value, Changeable):
        return value
    newest: Value = _newest(low, changes).get(value.identity, value)  # type: ignore[assignment]
    return newest


def _newest(low: Lowering, changes: int) -> dict[Identity, Several]:
    """The collections that have changed, as they are now."""
    bound = [variables.get(name, MISSING) for variables, name, _ in low.changes[changes:]]
    return {part.identity: part for value in bound for part in collections(value)}


def refuse_stale(low: Lowering, changes: int, values: Sequence[Value], place: Place) -> None:
    """Refuse a list that has been read for an operand and changes before the operator is applied."""
    newest = _newest(low, changes)
    if any(newest.get(part.identity, part) is not part for value in values for part in collections(value)):
        raise Unsupported(
            "a list changes in the expression that reads it", span=low.span(place), help="change it on a line before"
        )
