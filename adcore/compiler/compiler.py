"""Programs, compiled: a text, the shapes of its inputs and what is asked of it become plans that an engine runs.

The way is one line: text, syntax, graph, derivative graph, optimised graph, plan. What comes out is kept in a cache,
so that the same question about other numbers costs the evaluation only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Literal as OneOf

from adcore.compiler.cache import Cache, CacheInfo
from adcore.compiler.compiled import Compiled, Direction, plan_trace
from adcore.compiler.query import Mode, Query, check_inputs, differentiable, is_batched, places, scalar, types_of
from adcore.derivatives.expansion import expand
from adcore.derivatives.forward import jvp_graph
from adcore.derivatives.reverse import gradient_graph
from adcore.engines.cost import work
from adcore.engines.executable import Executable
from adcore.engines.interpreter import prepare
from adcore.engines.notices import may_notice
from adcore.errors import AdcoreError
from adcore.graph import Array, DType, Graph, Type
from adcore.language import Lowered, Syntax, ends, lower, parse
from adcore.limits import Limits
from adcore.passes import optimise
from adcore.passes.bound_memory import bound_memory
from adcore.wengert.unfolding import Straight, is_straight

NODE_BYTES = 1_800
"""The memory of one node of a compiled program, as measured with tracemalloc."""
ROW_BYTES = 1_500
"""What one row of a trace's layout takes, its nodes included, as measured with tracemalloc."""
ROW_WORK = 50
"""What writing one row of a trace costs, in scalar operations."""


class Compiler:
    """Compiles programs, and keeps what it compiled. One serves all threads of a process.

    Names of inputs, outputs and so on are as ``normalised`` gives them.
    """

    def __init__(self, limits: Limits | None = None, cache_entries: int = 1024, cache_bytes: int = 256 * 2**20) -> None:
        self.limits = limits or Limits()
        self._compiled: Cache[Compiled] = Cache(cache_entries, cache_bytes, _weigh)
        self._parsed: Cache[Syntax] = Cache(cache_entries, cache_bytes // 4, _weigh_syntax)
        # Which inputs decide a shape is known only once a program has been compiled for shapes like theirs.
        self._static: Cache[frozenset[str]] = Cache(cache_entries, cache_bytes, lambda names: 500)

    def compile(self, text: str, inputs: Mapping[str, Array], ask: Query) -> tuple[Compiled, bool]:
        """The program compiled for inputs like these, and whether it was there already.

        ``inputs`` are NumPy arrays; of their values only those are looked at that decide a shape. Raises the errors
        of ``adcore.errors`` with their places in the text.
        """
        key = _key(text, inputs, ask)
        made: list[Compiled] = []

        def learn() -> frozenset[str]:
            compiled, static = self._make(text, inputs, ask)
            full = _full_key(key, static, inputs)
            made.append(self._compiled.get_or_make(full, lambda: replace(compiled, key=full))[0])
            return static

        static, _ = self._static.get_or_make(key, learn)
        if made:
            return made[0], False
        full = _full_key(key, static, inputs)
        return self._compiled.get_or_make(full, lambda: replace(self._make(text, inputs, ask)[0], key=full))

    def lookup(self, text: str, inputs: Mapping[str, Array], ask: Query) -> Compiled | None:
        """What ``compile`` would give, if it is there already; nothing is compiled."""
        key = _key(text, inputs, ask)
        found = self._compiled.get(key)
        if found is None:
            static = self._static.get(key)
            found = self._compiled.get(_full_key(key, static, inputs)) if static else None
        return found

    def replace_executable(self, compiled: Compiled, executable: Executable) -> bool:
        """Whether later requests run on ``executable``, one of ``compiled.runs``, in place of the cached program's own.

        Requests that have ``compiled`` already finish on it. A program that the cache has evicted, or replaced, since
        stays as it is. Raises MemoryTooLarge where a run of ``executable`` would hold too much.
        """
        faster = replace(compiled, executable=executable)
        faster.check_memory(1)
        return self._compiled.replace(compiled.key, compiled, faster)

    def graph(
        self,
        text: str,
        inputs: Mapping[str, Array | tuple[int, ...]],
        of: OneOf["program", "gradient"] = "program",
        outputs: tuple[str, ...] | None = None,
        wrt: tuple[str, ...] | None = None,
    ) -> Graph:
        """The graph of a program, as it was written, or of its gradient, optimised; a tuple is a shape without value.

        ``outputs`` None means all ends of the program, for its gradient its result. The outputs of a gradient are
        called ``y``, by the program's own name, and ``dy/dx`` for each input ``x``.
        """
        syntax = self._parse(text)
        given = {name: Type(DType.FLOAT, x) if isinstance(x, tuple) else x for name, x in inputs.items()}
        try:
            if of == "program":
                return self._lower(syntax, given, ends(syntax) if outputs is None else outputs).graph
            lowered = self._expanded(self._lower(syntax, given, outputs))
            names = differentiable(lowered, wrt)
            gradient = optimise(gradient_graph(scalar(lowered.graph), places(lowered.graph, names)))
            (y,) = lowered.graph.output_names
            # No name of a program has a slash.
            return replace(gradient, output_names=(y, *(f"d{y}/d{x}" for x in names)))
        except AdcoreError as error:
            error.located(text)
            raise

    def cache_info(self) -> CacheInfo:
        """How full the cache is, and how it has served."""
        return self._compiled.info()

    def _parse(self, text: str) -> Syntax:
        return self._parsed.get_or_make(text, lambda: parse(text, self.limits))[0]

    def _lower(self, syntax: Syntax, given: Mapping[str, Type | Array], outputs: tuple[str, ...] | None) -> Lowered:
        check_inputs(syntax, given, self.limits)
        return lower(syntax, given, outputs, self.limits)

    def _expanded(self, lowered: Lowered) -> Lowered:
        """The program with the derivatives and equations that it asks for ready to be computed."""
        graph = expand(lowered.graph, self.limits.graph_nodes)
        return lowered if graph is lowered.graph else replace(lowered, graph=graph)

    def _make(self, text: str, inputs: Mapping[str, Array], ask: Query) -> tuple[Compiled, frozenset[str]]:
        syntax = self._parse(text)
        try:
            lowered = self._expanded(self._lower(syntax, types_of(ask, inputs), ask.outputs))
            return self._compile(text, lowered, inputs, ask), lowered.static
        except AdcoreError as error:
            error.located(text)
            raise

    def _compile(self, text: str, lowered: Lowered, inputs: Mapping[str, Array], ask: Query) -> Compiled:
        graph = scalar(lowered.graph) if ask.derivative else lowered.graph
        wrt = differentiable(lowered, ask.wrt) if ask.derivative else ()
        by = places(graph, wrt)
        mode: Direction | None = None
        runs = optimise(graph)
        if ask.derivative:
            mode, runs = _differentiate(runs, by, ask.mode)
        runs = bound_memory(runs, self.limits.stack_elements)
        batched = tuple(is_batched(ask, name, inputs[name]) for name in graph.input_names)
        passes = max(1, sum(graph.inputs[i].type.size for i in by)) if mode == "forward" else 1
        traced = None
        if ask.trace and not any(batched) and is_straight(graph):
            traced = plan_trace(Straight(graph, {}), by, mode, self.limits)
        compiled = Compiled(
            program_id=program_id(text),
            text=text,
            graph=graph,
            inputs=graph.input_names,
            batched=batched,
            outputs=graph.output_names,
            wrt=wrt,
            mode=mode,
            runs=runs,
            # Inputs and results need room beside the blocks of a batch.
            executable=prepare(runs, self.limits.live_elements // 2),
            work=work(runs) * passes + (ROW_WORK * traced.layout.rows if traced else 0),
            limits=self.limits,
            many=any(batched),
            watched=may_notice(runs),
            traced=traced,
        )
        compiled.check_memory(1)
        return compiled


def _key(text: str, inputs: Mapping[str, Array], ask: Query) -> Hashable:
    """What a program is compiled for: its text, its inputs' types at one point, which are batched, what is asked."""
    if not ask.batch:
        return (text, ask, frozenset([(name, x.dtype.char, x.shape) for name, x in inputs.items()]))
    types = [
        (name, x.dtype.char, x.shape[is_batched(ask, name, x) :], is_batched(ask, name, x))
        for name, x in inputs.items()
    ]
    return (text, ask, frozenset(types))


def _full_key(key: Hashable, static: frozenset[str], inputs: Mapping[str, Array]) -> Hashable:
    """The cache key, extended by the values of shape-determining inputs."""
    return (key, tuple([inputs[name].tobytes() for name in sorted(static)])) if static else key


def program_id(text: str) -> str:
    """The name of a program, made from its text: the same on every server."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _weigh(compiled: Compiled) -> int:
    """An estimate of a compiled program's bytes: its nodes, its executable, its text and its trace's layout."""
    nodes = compiled.graph.count() + compiled.runs.count()
    rows = 0 if compiled.traced is None else ROW_BYTES * compiled.traced.layout.rows
    return NODE_BYTES * nodes + compiled.executable.nbytes + 4 * len(compiled.text) + rows


def _weigh_syntax(syntax: Syntax) -> int:
    """An estimate of the bytes of a parsed program, as measured with tracemalloc."""
    return 1_000 + 140 * len(syntax.text)


def _differentiate(graph: Graph, wrt: Sequence[int], mode: Mode) -> tuple[Direction, Graph]:
    """The optimised derivative, in the mode that is asked for or is the cheaper one.

    Forward mode takes a pass for each element of the inputs; from two on that is never the cheaper way for one number.
    """
    elements = sum(graph.inputs[i].type.size for i in wrt)
    if mode == "reverse" or (mode == "auto" and elements != 1):
        return "reverse", optimise(gradient_graph(graph, wrt))
    forward = optimise(jvp_graph(graph, wrt))
    if mode == "auto":
        reverse = optimise(gradient_graph(graph, wrt))
        if work(reverse) <= work(forward):
            return "reverse", reverse
    return "forward", forward
