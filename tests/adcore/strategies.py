"""Random programs that have a meaning in Python with NumPy too, so that Python itself can say what they give.

They are smooth in their inputs, away from the thresholds of their branches, and their values stay moderate, so that
derivatives can be checked by finite differences.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

Shape = tuple[int, ...]
SHAPES: tuple[Shape, ...] = ((), (3,), (2, 3))

ONE = (
    "sin({0})",
    "cos({0})",
    "tanh({0})",
    "arctan({0})",
    "-{0}",
    "sqrt(1 + {0}**2)",
    "log(2 + cos({0}))",
    "exp(-{0}**2)",
    "{0} / 2 - 0.25",
    "(1.5 + sin({0}))**2",
    "2**sin({0})",
)
TWO = (
    "{0} + {1}",
    "{0} - {1}",
    "sin({0}) * {1}",
    "{0} / (1 + {1}**2)",
    "arctan2({0}, 2 + sin({1}))",
    "({0} + 2*{1}) / 3",
    "hypot(1 + cos({0})**2, {1})",
    "(2 + sin({0}))**cos({1})",
)


@dataclass(frozen=True)
class Program:
    """A program's text and values for its inputs; the result is one number."""

    text: str
    inputs: dict[str, NDArray[Any]]

    def expected(self) -> float:
        """What Python and NumPy make of it."""
        space: dict[str, Any] = {name: getattr(np, name) for name in _NAMES}
        space |= {name: value[()] for name, value in self.inputs.items()}
        exec(self.text, space)
        return float(space["total"])


_NAMES = "sin cos tanh arctan sqrt log exp arctan2 hypot sum mean array where outer stack concatenate".split()


@dataclass
class _Builder:
    draw: Any
    lines: list[str] = field(default_factory=list)
    variables: dict[str, Shape] = field(default_factory=dict)
    functions: list[str] = field(default_factory=list)
    free: list[str] = field(default_factory=list)
    inputs: dict[str, Shape] = field(default_factory=dict)

    def operand(self, shape: Shape) -> str:
        """A name, a new input or a number that broadcasts to ``shape``."""
        fitting = [name for name, s in self.variables.items() if s == shape[len(shape) - len(s) :]]
        choices = ["input", "number", *fitting, *fitting] if self.free else ["number", *fitting, *fitting]
        choice = self.draw(st.sampled_from(choices))
        if choice == "input":
            name = self.free.pop(0)
            own = self.draw(st.sampled_from([s for s in SHAPES if s == shape[len(shape) - len(s) :]]))
            self.inputs[name] = self.variables[name] = own
            return name
        if choice == "number":
            return self.draw(st.sampled_from(["0.5", "2", "1.25", "0.75"]))  # type: ignore[no-any-return]
        return str(choice)

    def formula(self, shape: Shape) -> str:
        """An expression that gives an array of ``shape`` or one that broadcasts to it."""
        template = self.draw(st.sampled_from(ONE + TWO))
        return str(template.format(*(self.operand(shape) for _ in range(2 if "{1}" in template else 1))))

    def exactly(self, shape: Shape) -> str:
        """An expression of just this shape."""
        kinds = ["formula"]
        kinds += ["function"] if self.functions else []
        kinds += ["choice", "reduce"] if shape == () else []
        kinds += ["list", "product", "reduce"] if shape == (3,) else []
        kinds += ["transpose"] if shape == (2, 3) else []
        kind = self.draw(st.sampled_from(kinds))
        if kind == "choice":
            return f"({self.formula(())}) if {self.operand(())} > {self.draw(THRESHOLDS)} else ({self.formula(())})"
        if kind == "list":
            return f"array([{self.operand(())}, {self.operand(())}, {self.formula(())}])"
        if kind == "function":
            return f"{self.draw(st.sampled_from(self.functions))}({self.same(shape)})"
        vector, matrix = self.some((3,)), self.some((2, 3))
        if kind == "reduce" and shape == ():
            forms = []
            forms += [f"mean({vector})", f"{vector}[0]", f"{vector}[-1]", f"{vector} @ {vector}"] if vector else []
            forms += [f"{vector}[1:].sum()", f"stack([{vector}, {vector}])[1, 2]"] if vector else []
            forms += (
                [f"mean({matrix})", f"{matrix}[1, 2]", f"sum({matrix}[0])", f"{matrix}[:, 1].mean()"] if matrix else []
            )
            if forms:
                return str(self.draw(st.sampled_from(forms)))
        if kind == "reduce" and matrix:
            return str(self.draw(st.sampled_from([f"mean({matrix}, axis=0)", f"{matrix}[1]", f"{matrix}.sum(axis=0)"])))
        if kind == "product" and matrix and vector:
            return f"({matrix} @ {vector}) @ {matrix}"
        if kind == "transpose" and matrix:
            return f"({matrix}.T + 1).T"
        return f"{self.same(shape)} * 1 + ({self.formula(shape)})"

    def some(self, shape: Shape) -> str | None:
        """A variable of this shape, if there is one."""
        names = [name for name, s in self.variables.items() if s == shape]
        return str(self.draw(st.sampled_from(names))) if names else None

    def same(self, shape: Shape) -> str:
        """An operand of exactly this shape."""
        name = self.some(shape)
        if name is not None:
            return name
        return "0.5" if shape == () else f"array({np.full(shape, 0.5).tolist()})"

    def function(self) -> None:
        """A function of one argument, perhaps with a default, perhaps with an early return."""
        name = f"f{len(self.functions) + 1}"
        template = self.draw(st.sampled_from(TWO)).format("p", "q")
        early = self.draw(st.booleans())
        head = f"def {name}(p, q=0.5):\n"
        body = f"    if q > {self.draw(THRESHOLDS)}:\n        return {template} + q\n" if early else ""
        self.lines.append(head + body + f"    r = {template}\n    return r - q")
        self.functions.append(name)

    def statement(self, i: int) -> None:
        shape = self.draw(st.sampled_from(SHAPES))
        name = f"t{i}"
        if self.draw(st.integers(0, 5)) == 0 and any(s == () for s in self.variables.values()):
            test = f"{self.same(())} > {self.draw(THRESHOLDS)}"
            sides = [self.exactly(shape) for _ in range(2)]
            self.lines.append(f"if {test}:\n    {name} = {sides[0]}\nelse:\n    u = {sides[1]}\n    {name} = sin(u)")
        else:
            self.lines.append(f"{name} = {self.exactly(shape)}")
        self.variables[name] = shape


THRESHOLDS = st.sampled_from(["0", "0.3", "-0.4", "1"])


@st.composite
def programs(draw: Any, statements: int = 8) -> Program:
    """A program of up to ``statements`` statements over up to four inputs; ``total``, its result, is one number."""
    builder = _Builder(draw)
    builder.free = ["x", "y", "θ", "w2"]
    for _ in range(draw(st.integers(0, 2))):
        builder.function()
    for i in range(draw(st.integers(1, statements))):
        builder.statement(i)
    terms = [f"sum({name})" if shape else name for name, shape in builder.variables.items() if name.startswith("t")]
    builder.lines.append("total = " + " + ".join(terms))
    values = st.floats(-1.5, 1.5).map(lambda x: round(x, 3))
    inputs = {
        name: np.array([draw(values) for _ in range(int(np.prod(shape)))]).reshape(shape)
        for name, shape in builder.inputs.items()
    }
    return Program("\n".join(builder.lines), inputs)
