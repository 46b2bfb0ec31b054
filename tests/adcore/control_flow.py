"""Programs at random with functions, some of which call themselves, loops and branches, which Python runs as well."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

MOST_PASSES = 4


def program(seed: int) -> tuple[str, dict[str, float]]:
    """A program whose result is y, and its inputs: a count n, and the numbers x and z."""
    chance = random.Random(seed)
    text = _Writer(chance).program()
    return text, {"n": 3.0, "x": chance.uniform(0.2, 0.8), "z": chance.uniform(0.2, 0.8)}


def by_python(text: str, inputs: dict[str, float]) -> float:
    """What Python makes of a program."""
    space: dict[str, Any] = {"sin": np.sin, "zeros": np.zeros, **inputs}
    exec(text, space)
    return float(space["y"])


class _Writer:
    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.functions = chance.sample(["f", "g", "h"], chance.randint(1, 3))
        self.calls = 0
        """How many more calls the function may have; those in loops count for all of its passes."""

    def expression(self, names: Sequence[str], depth: int) -> str:
        pick = self.chance.random()
        if depth == 0 or pick < 0.25:
            return self.chance.choice([*names, "x", "z", "0.5"])
        inner = [self.expression(names, depth - 1) for _ in range(2)]
        if pick < 0.4 and self.calls:
            self.calls -= 1
            return f"{self.chance.choice(self.functions)}(n - {self.chance.randint(1, 2)}, {inner[0]})"
        if pick < 0.6:
            return f"sin({inner[0]})"
        if pick < 0.7:
            return f"({inner[0]} if {self.condition(names)} else {inner[1]})"
        return f"({inner[0]} {self.chance.choice('+-*')} {inner[1]})"

    def condition(self, names: Sequence[str]) -> str:
        return f"{self.chance.choice(names)} {self.chance.choice('<>')} {self.chance.choice(['0.4', 'x', 'z'])}"

    def block(self, names: list[str], indent: int, depth: int, inside: bool = False) -> list[str]:
        """Statements that assign to names that hold a value already; the last one of a pass may leave the loop."""
        lines = []
        for _ in range(self.chance.randint(1, 3)):
            pick = self.chance.random()
            if pick < 0.2 and depth:
                lines += [f"if {self.condition(names)}:", *self.block(names, 1, depth - 1, inside)]
                if self.chance.random() < 0.3 and not inside:
                    lines.append(f"  return {self.expression(names, 1)}")
                elif self.chance.random() < 0.5:
                    lines += ["else:", *self.block(names, 1, depth - 1, inside)]
            elif pick < 0.4 and depth:
                lines.append(f"for i in range({self.chance.choice(['2', 'int(n)'])}):")
                lines += self.repeated(names, depth)
                if self.chance.random() < 0.5:
                    leave = self.chance.choice(["break", "continue"])
                    lines += [f"  if {self.condition(names)}:", f"    {leave}", f"  t = {self.expression(names, 1)}"]
            elif pick < 0.5 and depth:
                lines += [f"k{depth} = 0", f"while k{depth} < {MOST_PASSES} and {self.condition(names)}:"]
                lines += [*self.repeated(names, depth), f"  k{depth} = k{depth} + 1"]
            elif pick < 0.6:
                lines.append(f"u[int(n) % 3] {self.chance.choice(['=', '+='])} {self.expression(names, 2)}")
            else:
                lines.append(f"{self.chance.choice(['a', 'b', 't'])} = {self.expression(names, 2)}")
        return ["  " * indent + line for line in lines]

    def repeated(self, names: list[str], depth: int) -> list[str]:
        """The statements of a loop, which have one call at most, and only if the function has no other."""
        after, self.calls = self.calls, 0
        if after == 2 and self.chance.random() < 0.3:
            after, self.calls = 0, 1
        lines = self.block(names, 1, depth - 1, True)
        self.calls = after
        return lines

    def program(self) -> str:
        lines = []
        for name in self.functions:
            self.calls = self.chance.randint(0, 2)
            end = self.chance.choice(["t", "x", "t*z", "x + n*t", "1"])
            lines += [f"def {name}(n, t):", f"  if n <= {self.chance.randint(0, 1)}:", f"    return {end}"]
            lines += ["  a = t*x", "  b = z", "  u = zeros(3)", *self.block(["a", "b", "t", "u[1]"], 1, 2)]
            lines.append(f"  return {self.expression(['t', 'a', 'b', 'u[0]'], 3)}")
        last = self.chance.choice(self.functions)
        return "\n".join([*lines, f"y = {self.functions[0]}(n, x) + {last}({self.chance.choice(['2', 'n'])}, z)"])
