"""Programs, compiled: a text, the shapes of its inputs and what is asked of it become plans that an engine runs.

The way is one line: text, syntax, graph, derivative graph, optimised graph, plan. What comes out is kept in a cache,
so that the same question about other numbers costs the evaluation only.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from typing import Literal as OneOf

import numpy as np

from adcore import wengert
from adcore.cache import Cache, CacheInfo
from adcore.derivatives.forward import jvp
from adcore.derivatives.reverse import gradient
from adcore.engines.batch import execute_batch
from adcore.engines.interpreter import Plan, execute, plan
from adcore.errors import (
    AdcoreError,
    ArrayTooLarge,
    BatchMismatch,
    BatchTooLarge,
    MissingInput,
    NotDifferentiable,
    OutputNotScalar,
    SeveralOutputs,
    UnknownInput,
    UnknownWrt,
)
from adcore.graph import INPUT, OPS, Array, DType, Graph, Type, type_of
from adcore.language import Lowered, Syntax, did_you_mean, ends, lower, parse
from adcore.limits import Limits
from adcore.ops.base import describe
from adcore.passes import optimise

Mode = OneOf["auto", "forward", "reverse"]
Direction = OneOf["forward", "reverse"]

LONG = 100_000
"""Scalar operations from which an evaluation watches the clock; a shorter one is over before it could matter."""
NODE_BYTES = 2_000
"""What one node of a compiled program takes in memory, plan included, as measured with tracemalloc."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of a program.

    ``outputs`` None means the program's result. ``derivative`` asks for the gradients of the one output, a number, by
    the inputs ``wrt`` (None: all that can be differentiated by). ``batch`` True gives every input that is an array a
    leading axis of points and shares the numbers; names give it to just these inputs.
    """

    derivative: bool = False
    outputs: tuple[str, ...] | None = None
    wrt: tuple[str, ...] | None = None
    mode: Mode = "auto"
    batch: bool | tuple[str, ...] = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The outputs' values and, where asked, the gradients by input; in a batch each with a leading axis of points."""

    values: dict[str, Array]
    gradients: dict[str, Array]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A program, compiled for the shapes of its inputs and for what was asked; it runs on any inputs of those."""

    program_id: str
    text: str
    graph: Graph
    """The program as it was written; what runs is an optimised form of it, or of its derivative."""
    inputs: tuple[str, ...]
    batched: tuple[bool, ...]
    outputs: tuple[str, ...]
    wrt: tuple[str, ...]
    mode: Direction | None
    runs: Graph
    plan: Plan
    work: int
    """Scalar operations of one evaluation, of one point of a batch."""
    limits: Limits
    engine: str = "interpreter"

    def evaluate(self, inputs: Mapping[str, Array]) -> Answer:
        """The answer for ``inputs``, which have the types the program was compiled for.

        Raises EvaluationTooLong, BatchMismatch, BatchTooLarge, and what ops raise at run time, with their place.
        """
        try:
            values = [inputs[name][()] for name in self.inputs]
            lead = (self.points(inputs),) if any(self.batched) else ()
            long = self.work * (lead[0] if lead else 1) > LONG
            deadline = time.monotonic() + self.limits.evaluation_seconds if long else None

            def run(values: Sequence[Any]) -> list[Array]:
                if not lead:
                    return execute(self.plan, values, deadline)
                # What is added to the program's inputs, tangents, is shared by all points.
                batched = (*self.batched, *[False] * (len(values) - len(self.batched)))
                return execute_batch(self.runs, self.plan, values, batched, lead[0], deadline)

            results = self._forward(run, values, lead) if self.mode == "forward" else run(values)
        except AdcoreError as error:
            error.located(self.text)
            raise
        values_of = dict(zip(self.outputs, results, strict=False))
        return Answer(values_of, dict(zip(self.wrt, results[len(self.outputs) :], strict=True)))

    def trace(self, inputs: Mapping[str, Array]) -> wengert.Trace:
        """The Wengert list of the run on ``inputs``, with its adjoints or tangents; not for batches."""
        if any(self.batched):
            raise BatchMismatch("a trace is of one point, not of a batch", help="leave out batch, or trace")
        wrt = [self.inputs.index(name) for name in self.wrt]
        try:
            values = [inputs[name][()] for name in self.inputs]
            return wengert.record(self.graph, values, wrt, self.mode, self.limits.trace_rows)
        except AdcoreError as error:
            error.located(self.text)
            raise

    def points(self, inputs: Mapping[str, Array]) -> int:
        """How many points the inputs hold: 1 where there is no batch. Raises BatchMismatch and BatchTooLarge."""
        counts = {name: len(inputs[name]) for name, many in zip(self.inputs, self.batched, strict=True) if many}
        if not counts:
            return 1
        points = next(iter(counts.values()))
        if any(n != points for n in counts.values()):
            told = ", ".join(f"{name} has {n}" for name, n in counts.items())
            raise BatchMismatch(
                f"the inputs of a batch have different numbers of points: {told}",
                help='name those that have one value a point, as in "batch": ["x"]; the others are shared',
            )
        most = min(
            self.limits.batch_points, self.limits.array_elements // max(1, *(y.type.size for y in self.runs.outputs))
        )
        if points > most:
            raise BatchTooLarge(f"a batch of {points} points, where {most} are allowed", help="send it in parts")
        return points

    def _forward(self, run: Callable[..., list[Array]], values: list[Any], lead: tuple[int, ...]) -> list[Array]:
        """One pass an element of the inputs ``wrt``, its tangent 1 and all others 0."""
        shapes = [self.graph.inputs[self.inputs.index(name)].shape for name in self.wrt]
        zeros = [np.zeros(shape)[()] for shape in shapes]
        gradients = [np.empty(lead + shape) for shape in shapes]
        value: list[Array] = []
        for place, shape in enumerate(shapes):
            for index in np.ndindex(shape):
                one = np.zeros(shape)
                one[index] = 1.0
                *value, tangent = run([*values, *zeros[:place], one[()], *zeros[place + 1 :]])
                gradients[place][(..., *index)] = tangent
        return [*value, *(g[()] for g in gradients)]


class Compiler:
    """Compiles programs, and keeps what it compiled. One serves all threads of a process."""

    def __init__(self, limits: Limits | None = None, cache_entries: int = 1024, cache_bytes: int = 256 * 2**20) -> None:
        self.limits = limits or Limits()
        self._compiled: Cache[Compiled] = Cache(cache_entries, cache_bytes, _weigh)
        self._parsed: Cache[Syntax] = Cache(cache_entries, cache_bytes // 4, lambda syntax: 100 * len(syntax.text))
        # Which inputs decide a shape is known only once a program has been compiled for shapes like theirs.
        self._static: Cache[frozenset[str]] = Cache(cache_entries, cache_bytes, lambda names: 500)

    def compile(self, text: str, inputs: Mapping[str, Array], ask: Ask) -> tuple[Compiled, bool]:
        """The program compiled for inputs like these, and whether it was there already.

        ``inputs`` are NumPy arrays; of their values only those are looked at that decide a shape. Raises the errors
        of ``adcore.errors`` with their places in the text.
        """
        key = _key(text, inputs, ask)
        made: list[Compiled] = []

        def learn() -> frozenset[str]:
            compiled, static = self._make(text, inputs, ask)
            made.append(compiled)
            self._compiled.get_or_make(_full_key(key, static, inputs), lambda: compiled)
            return static

        static, _ = self._static.get_or_make(key, learn)
        if made:
            return made[0], False
        return self._compiled.get_or_make(_full_key(key, static, inputs), lambda: self._make(text, inputs, ask)[0])

    def lookup(self, text: str, inputs: Mapping[str, Array], ask: Ask) -> Compiled | None:
        """What ``compile`` would give, if it is there already; nothing is compiled."""
        key = _key(text, inputs, ask)
        static = self._static.get(key)
        return None if static is None else self._compiled.get(_full_key(key, static, inputs))

    def graph(
        self,
        text: str,
        inputs: Mapping[str, Array | tuple[int, ...]],
        of: OneOf["program", "gradient"] = "program",
        outputs: tuple[str, ...] | None = None,
        wrt: tuple[str, ...] | None = None,
    ) -> Graph:
        """The graph of a program, as it was written, or of its gradient, optimised; a tuple is a shape without value.

        ``outputs`` None means all ends of the program, for its gradient its result.
        """
        syntax = self._parse(text)
        given = {name: Type(DType.FLOAT, x) if isinstance(x, tuple) else x for name, x in inputs.items()}
        try:
            if of == "program":
                return self._lower(syntax, given, ends(syntax) if outputs is None else outputs).graph
            lowered = self._lower(syntax, given, outputs)
            names = _differentiable(lowered, wrt)
            return optimise(gradient(_scalar(lowered.graph), _places(lowered.graph, names)))
        except AdcoreError as error:
            error.located(text)
            raise

    def cache_info(self) -> CacheInfo:
        """How full the cache is, and how it has served."""
        return self._compiled.info()

    def _parse(self, text: str) -> Syntax:
        return self._parsed.get_or_make(text, lambda: parse(text, self.limits))[0]

    def _lower(self, syntax: Syntax, given: Mapping[str, Type | Array], outputs: tuple[str, ...] | None) -> Lowered:
        _check_inputs(syntax, given, self.limits)
        return lower(syntax, given, outputs, self.limits)

    def _make(self, text: str, inputs: Mapping[str, Array], ask: Ask) -> tuple[Compiled, frozenset[str]]:
        syntax = self._parse(text)
        try:
            for name in ask.batch if isinstance(ask.batch, tuple) else ():
                if name not in inputs:
                    raise UnknownInput(f"batch names {name}, which is no input", help=did_you_mean(name, inputs))
            given: dict[str, Type | Array] = {}
            for name, x in inputs.items():
                many = _is_batched(ask, name, x)
                given[name] = Type(type_of(x).dtype, x.shape[1:]) if many else x
            lowered = self._lower(syntax, given, ask.outputs)
            graph = _scalar(lowered.graph) if ask.derivative else lowered.graph
            wrt = _differentiable(lowered, ask.wrt) if ask.derivative else ()
            mode, runs = (
                _differentiate(optimise(graph), _places(graph, wrt), ask.mode)
                if ask.derivative
                else (None, optimise(graph))
            )
        except AdcoreError as error:
            error.located(text)
            raise
        names = graph.input_names
        passes = sum(graph.inputs[i].type.size for i in _places(graph, wrt)) if mode == "forward" else 1
        compiled = Compiled(
            program_id=program_id(text),
            text=text,
            graph=graph,
            inputs=names,
            batched=tuple(_is_batched(ask, name, inputs[name]) for name in names),
            outputs=graph.output_names,
            wrt=wrt,
            mode=mode,
            runs=runs,
            plan=plan(runs),
            work=work(runs) * passes,
            limits=self.limits,
        )
        return compiled, lowered.static


def _key(text: str, inputs: Mapping[str, Array], ask: Ask) -> Hashable:
    """What a program is compiled for: its text, its inputs' types at one point, which are batched, what is asked."""
    batched = [_is_batched(ask, name, x) for name, x in inputs.items()]
    types = [
        (name, x.dtype.char, x.shape[many:], many) for (name, x), many in zip(inputs.items(), batched, strict=True)
    ]
    return (text, ask, tuple(types))


def _full_key(key: Hashable, static: frozenset[str], inputs: Mapping[str, Array]) -> Hashable:
    """That, and the values of the inputs that decide a shape."""
    return (key, tuple([inputs[name].tobytes() for name in sorted(static)])) if static else key


def program_id(text: str) -> str:
    """The name of a program, made from its text: the same on every server."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def work(graph: Graph) -> int:
    """Scalar operations of one run: for each node the elements of the largest array it reads or writes, or what its
    op says; of branches the dearer one."""
    total = 0
    for node in graph.nodes:
        if node.op.work is not None:
            total += node.op.work(node)
        elif node.op.structure is not None:
            inner = [work(value) for _, value in node.params if isinstance(value, Graph)]
            total += node.op.structure.times(node) * max([1, *inner])
        else:
            total += max([t.size for t in node.types] + [x.type.size for x in node.inputs if not x.op.several])
    return total


def _weigh(compiled: Compiled) -> int:
    """An estimate of a compiled program's bytes: its nodes, its constants and its text."""
    nodes = compiled.graph.count() + compiled.runs.count()
    return NODE_BYTES * nodes + _constants(compiled.plan) + 4 * len(compiled.text)


def _constants(plan: Plan) -> int:
    """The bytes of a plan's constants, those of its branches included."""
    return sum(int(x.nbytes) for x in plan.slots if x is not None) + sum(map(_constants, plan.nested.values()))


def _is_batched(ask: Ask, name: str, x: Array) -> bool:
    """Whether the input has a leading axis of points."""
    if ask.batch is True:
        return x.ndim > 0
    if not ask.batch or name not in ask.batch:
        return False
    if x.ndim == 0:
        raise BatchMismatch(f"{name} is one number, and a batch needs one for each point")
    return True


def _check_inputs(syntax: Syntax, given: Mapping[str, Type | Array], limits: Limits) -> None:
    """Just the inputs that the program has must be given, and none may be too large."""
    known = {x.name: x for x in syntax.inputs}
    for name in given:
        if name not in known:
            listed = ", ".join(known) or "none"
            raise UnknownInput(
                f"the program has no input {name}; its inputs are: {listed}",
                help=did_you_mean(name, known) or "leave it out, or use it in the program",
            )
    for x in syntax.inputs:
        if x.name not in given and not x.optional:
            raise MissingInput(
                f"the input {x.name} is missing", span=x.span, help=did_you_mean(x.name, set(given) - set(known))
            )
    for name, value in given.items():
        size = (value if isinstance(value, Type) else type_of(value)).size
        if size > limits.array_elements:
            raise ArrayTooLarge(f"the input {name} has {size} elements, where {limits.array_elements} are allowed")


def _places(graph: Graph, names: Sequence[str]) -> list[int]:
    return [graph.input_names.index(name) for name in names]


def _scalar(graph: Graph) -> Graph:
    """The graph, once it is seen to have one output, a number: what a gradient can be asked of."""
    if len(graph.outputs) != 1:
        names = ", ".join(graph.output_names)
        raise SeveralOutputs(f"the program has several outputs: {names}", help='say of which: "output": "..."')
    (y,) = graph.outputs
    name = graph.output_names[0]
    if y.shape != ():
        raise OutputNotScalar(
            f"a gradient is of one number, and {name} is an array of shape {describe(y.shape)}",
            span=y.span,
            help="reduce it, with sum() or norm() for example",
        )
    if y.type.dtype is not DType.FLOAT:
        raise NotDifferentiable(f"{name} is {_KINDS[y.type.dtype]}, which has no derivative", span=y.span)
    return graph


_KINDS = {DType.BOOL: "a condition", DType.INT: "an index", DType.FLOAT: "a number"}


def _differentiable(lowered: Lowered, wrt: tuple[str, ...] | None) -> tuple[str, ...]:
    """The inputs to differentiate by: numbers that serve neither as a shape nor as an index."""
    fixed = lowered.static | _indices(lowered.graph)
    possible = [
        x
        for x, node in zip(lowered.graph.input_names, lowered.graph.inputs, strict=True)
        if node.type.dtype is DType.FLOAT and x not in fixed
    ]
    if wrt is None:
        return tuple(possible)
    for name in wrt:
        if name in possible:
            continue
        if name not in lowered.graph.input_names:
            raise UnknownWrt(f"wrt names {name}, which is no input", help=did_you_mean(name, possible))
        why = "decides a shape or an index" if name in fixed else "is a condition"
        raise NotDifferentiable(f"the input {name} {why}, so there is no derivative by it")
    return tuple(dict.fromkeys(wrt))


def _indices(graph: Graph) -> frozenset[str]:
    """The names of the inputs that are used as an index as they are."""
    as_int = OPS["as_int"]
    return frozenset(
        str(x.param("name"))
        for node in graph.nodes
        if node.op is as_int
        for x in node.inputs
        if x.op is INPUT and x in graph.inputs
    )


def _differentiate(graph: Graph, wrt: Sequence[int], mode: Mode) -> tuple[Direction, Graph]:
    """The optimised derivative, in the mode that is asked for or is the cheaper one.

    Forward mode takes a pass for each element of the inputs; from two on that is never the cheaper way for one number.
    """
    elements = sum(graph.inputs[i].type.size for i in wrt)
    if mode == "reverse" or elements == 0 or (mode == "auto" and elements > 1):
        return "reverse", optimise(gradient(graph, wrt))
    forward = optimise(jvp(graph, wrt))
    if mode == "auto":
        reverse = optimise(gradient(graph, wrt))
        if work(reverse) <= work(forward):
            return "reverse", reverse
    return "forward", forward
