"""The compiler: a text, the types of its inputs and a query become a program that an engine runs.

The way is one line: text, syntax, graph, derivative graph, optimised graph, executable. The result is cached, so that
the same query about other numbers costs the evaluation only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace

from adcore.clock import limited, stage
from adcore.compiler.cache import Cache, CacheInfo
from adcore.compiler.compiled import Compiled, plan_trace
from adcore.compiler.query import Query, check_inputs, differentiable, input_indices, is_batched, types_of
from adcore.compiler.static_notices import static_notices
from adcore.derivatives.expansion import expand
from adcore.derivatives.query import Derivative, DerivativeKind, kind_of
from adcore.engines import interpreter
from adcore.engines.cost import seconds, work
from adcore.engines.executable import Executable, Prepare
from adcore.engines.notices import may_notice
from adcore.errors import AdcoreError, ArrayTooLarge, CompilationTooLong
from adcore.graph import Array, DType, Graph, Type
from adcore.language import Lowered, Syntax, ends, lower, parse
from adcore.limits import Limits
from adcore.ops.functionals.derivative import GRADIENT
from adcore.passes import optimise
from adcore.passes.bound_memory import bound_memory
from adcore.wengert.unfolding import Straight, is_straight

NODE_BYTES = 1_800
"""The memory of one node of a compiled program, as measured with tracemalloc."""
ROW_BYTES = 1_500
"""What one row of a trace's layout takes, its nodes included, as measured with tracemalloc."""
ROW_WORK = 50
"""What writing one row of a trace costs, in scalar operations."""
ROW_SECONDS = 5e-6
"""The seconds that one row of a trace takes."""
_THE_PROGRAM = Query()


class Compiler:
    """Compiles programs, and keeps what it compiled. One serves all threads of a process.

    Names of inputs, outputs and so on are as ``normalised`` gives them. ``prepare`` is the engine that runs them.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        cache_entries: int = 1024,
        cache_bytes: int = 256 * 2**20,
        prepare: Prepare = interpreter.prepare,
    ) -> None:
        self.limits = limits or Limits()
        self._prepare = prepare
        self._compiled: Cache[Compiled] = Cache(cache_entries, cache_bytes, _weigh)
        self._parsed: Cache[Syntax] = Cache(cache_entries, cache_bytes // 4, _weigh_syntax)
        # Which inputs decide a shape is known only once a program has been compiled for shapes like theirs.
        self._static: Cache[frozenset[str]] = Cache(cache_entries, cache_bytes, lambda names: 500)

    def compile(self, text: str, inputs: Mapping[str, Array], query: Query) -> tuple[Compiled, bool]:
        """The program compiled for inputs like these, and whether it was in the cache.

        ``inputs`` are NumPy arrays; only the values of shape-determining inputs are read. Raises the errors of
        ``adcore.errors`` with their places in the text.
        """
        key = _key(text, inputs, query)
        compiled: list[Compiled] = []

        def learn() -> frozenset[str]:
            first, static = self._make(text, inputs, query, key)
            compiled.append(self._compiled.get_or_make(first.key, lambda: first)[0])
            return static

        static, _ = self._static.get_or_make(key, learn)
        if compiled:
            return compiled[0], False
        full = _full_key(key, static, inputs)
        return self._compiled.get_or_make(full, lambda: self._make(text, inputs, query, key)[0])

    def lookup(self, text: str, inputs: Mapping[str, Array], query: Query) -> Compiled | None:
        """What ``compile`` would return, where it is in the cache; else None, and nothing is compiled."""
        key = _key(text, inputs, query)
        compiled = self._compiled.get(key)
        if compiled is None:
            static = self._static.get(key)
            compiled = self._compiled.get(_full_key(key, static, inputs)) if static else None
        return compiled

    def latest(self, compiled: Compiled) -> Compiled:
        """The program as it is in the cache now, where its executable may have been replaced; else as it is."""
        return self._compiled.get(compiled.key) or compiled

    def replace_executable(self, compiled: Compiled, executable: Executable) -> bool:
        """Whether later requests run on ``executable`` in place of the cached program's own.

        It is one of ``compiled.derivative.graph``. Requests that have ``compiled`` already finish on that. A program
        that the cache has evicted, or replaced, since stays as it is. Raises MemoryTooLarge where a run would hold
        too much.
        """
        faster = replace(compiled, executable=executable)
        faster.check_memory(1)
        return self._compiled.replace(compiled.key, compiled, faster)

    def graph(self, text: str, inputs: Mapping[str, Array | tuple[int, ...]], query: Query = _THE_PROGRAM) -> Graph:
        """The graph of a program, as it was written, or of its derivative, optimised; a tuple is a shape without value.

        Where a query for the program itself names no outputs, they are all ends of the program. The outputs of a
        gradient are called ``y``, by the program's own name, and ``dy/dx`` for each input ``x``.
        """
        with limited(self.limits.compilation_seconds, CompilationTooLong):
            return self._graph(text, inputs, query)

    def _graph(self, text: str, inputs: Mapping[str, Array | tuple[int, ...]], query: Query) -> Graph:
        syntax = self._parse(text)
        types = {name: Type(DType.FLOAT, x) if isinstance(x, tuple) else x for name, x in inputs.items()}
        try:
            kind = kind_of(query.kind, query.mode)
            if not kind.modes:
                return self._lower(syntax, types, ends(syntax) if query.outputs is None else query.outputs).graph
            lowered = self._expanded(self._lower(syntax, types, query.outputs))
            kind.check(lowered.graph)
            indices = input_indices(lowered.graph, differentiable(lowered, query.wrt))
            stage("differentiating")
            mode = kind.directions(lowered.graph, indices, query.mode)[0]
            derivative = kind.rule(lowered.graph, indices, mode).graph
            stage("optimising")
            return optimise(derivative)
        except AdcoreError as error:
            error.located(text)
            raise

    def cache_info(self) -> CacheInfo:
        """How full the cache is, and how it has served."""
        return self._compiled.info()

    def _parse(self, text: str) -> Syntax:
        stage("parsing")
        return self._parsed.get_or_make(text, lambda: parse(text, self.limits))[0]

    def _lower(self, syntax: Syntax, inputs: Mapping[str, Type | Array], outputs: tuple[str, ...] | None) -> Lowered:
        stage("lowering")
        check_inputs(syntax, inputs, self.limits)
        return lower(syntax, inputs, outputs, self.limits)

    def _expanded(self, lowered: Lowered) -> Lowered:
        """The program with the derivatives and equations that it asks for ready to be computed."""
        stage("differentiating")
        graph = expand(lowered.graph, self.limits.graph_nodes)
        return lowered if graph is lowered.graph else replace(lowered, graph=graph)

    def _make(
        self, text: str, inputs: Mapping[str, Array], query: Query, key: Hashable
    ) -> tuple[Compiled, frozenset[str]]:
        """The program compiled, and its shape-determining inputs; ``key`` is what ``_key`` gives."""
        with limited(self.limits.compilation_seconds, CompilationTooLong):
            syntax = self._parse(text)
            try:
                lowered = self._expanded(self._lower(syntax, types_of(query, inputs), query.outputs))
                full = _full_key(key, lowered.static, inputs)
                return self._compile(syntax, lowered, inputs, query, full), lowered.static
            except AdcoreError as error:
                error.located(text)
                raise

    def _compile(
        self, syntax: Syntax, lowered: Lowered, inputs: Mapping[str, Array], query: Query, key: Hashable
    ) -> Compiled:
        graph, kind = lowered.graph, kind_of(query.kind, query.mode)
        kind.check(graph)
        wrt = differentiable(lowered, query.wrt) if kind.modes else ()
        stage("optimising")
        optimised = optimise(graph)
        derivative = self._derivative(optimised, kind, wrt, query)
        stage("preparing it to run")
        batched = tuple(is_batched(query, name, inputs[name]) for name in graph.input_names)
        trace_plan = None
        if query.trace and not any(batched) and is_straight(graph):
            trace_plan = plan_trace(Straight(graph, {}), wrt, kind, derivative.mode, self.limits)
        compiled = Compiled(
            program_id=program_id(syntax.text),
            text=syntax.text,
            kind=kind,
            graph=graph,
            inputs=graph.input_names,
            batched=batched,
            outputs=graph.output_names,
            wrt=wrt,
            derivative=derivative,
            # Inputs and results need room beside the blocks of a batch.
            executable=self._prepare(derivative.graph, self.limits.live_elements // 2),
            work=_work(derivative) + (ROW_WORK * trace_plan.layout.rows if trace_plan else 0),
            seconds=seconds(derivative.graph) * derivative.sweeps
            + (ROW_SECONDS * trace_plan.layout.rows if trace_plan else 0.0),
            limits=self.limits,
            is_batch=any(batched),
            may_notice=may_notice(derivative.graph),
            notices=static_notices(syntax, lowered, optimised, wrt, query),
            in_other_mode=self._in_other_mode(syntax.text, query, derivative) if query.kind == GRADIENT else None,
            trace_plan=trace_plan,
            key=key,
        )
        compiled.check_memory(1)
        return compiled

    def _in_other_mode(
        self, text: str, query: Query, derivative: Derivative
    ) -> Callable[[Mapping[str, Array]], Compiled]:
        other = query._replace(mode="forward" if derivative.mode == "reverse" else "reverse", trace=False)
        return lambda inputs: self.compile(text, inputs, other)[0]

    def _derivative(self, graph: Graph, kind: DerivativeKind, wrt: tuple[str, ...], query: Query) -> Derivative:
        """The optimised derivative of an optimised graph, in the mode of the query or in the cheaper one."""
        indices = input_indices(graph, wrt)
        stage("differentiating")
        derivatives = [kind.rule(graph, indices, mode) for mode in kind.directions(graph, indices, query.mode)]
        for name, y in zip(derivatives[0].graph.output_names, derivatives[0].graph.outputs, strict=True):
            if y.type.size > self.limits.array_elements:
                raise ArrayTooLarge(
                    f"{name} has {y.type.size} elements, where {self.limits.array_elements} are allowed", span=y.span
                )
        stage("optimising")
        if kind.modes:
            derivatives = [replace(each, graph=optimise(each.graph)) for each in derivatives]
        # min returns the first of those that cost the same.
        cheapest = min(derivatives, key=_work) if len(derivatives) > 1 else derivatives[0]
        return replace(cheapest, graph=bound_memory(cheapest.graph, self.limits.stack_elements))


def _work(derivative: Derivative) -> int:
    """The scalar operations of all runs of one answer."""
    return work(derivative.graph) * derivative.sweeps


def _key(text: str, inputs: Mapping[str, Array], query: Query) -> Hashable:
    """The cache key: the text, the inputs' types at one point, which of them are batched, and the query."""
    if not query.batch:
        return (text, query, frozenset([(name, x.dtype.char, x.shape) for name, x in inputs.items()]))
    types = [
        (name, x.dtype.char, x.shape[is_batched(query, name, x) :], is_batched(query, name, x))
        for name, x in inputs.items()
    ]
    return (text, query, frozenset(types))


def _full_key(key: Hashable, static: frozenset[str], inputs: Mapping[str, Array]) -> Hashable:
    """The cache key, extended by the values of shape-determining inputs."""
    return (key, tuple([inputs[name].tobytes() for name in sorted(static)])) if static else key


def program_id(text: str) -> str:
    """The hash of a program's text: the same on every server."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _weigh(compiled: Compiled) -> int:
    """An estimate of a compiled program's bytes: its nodes, its executable, its text and its trace's layout."""
    nodes = compiled.graph.count() + compiled.derivative.graph.count()
    rows = 0 if compiled.trace_plan is None else ROW_BYTES * compiled.trace_plan.layout.rows
    return NODE_BYTES * nodes + compiled.executable.nbytes + 4 * len(compiled.text) + rows


def _weigh_syntax(syntax: Syntax) -> int:
    """An estimate of the bytes of a parsed program, as measured with tracemalloc."""
    return 1_000 + 140 * len(syntax.text)
