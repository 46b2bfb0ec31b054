"""Functions of functions: ``grad``, ``jvp``, ``root``, ``odeint`` and their kind, one declaration each, as ops have.

The vocabulary, ``GET /ops`` and the lowering read names, parameters and defaults here; the rule that lowers a call of
one stands beside the others in ``lowering.calls`` and is entered by name in ``dispatch``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from adcore.graph import Kind, Parameter, Signature
from adcore.ops.functionals.solution import FIXED_POINT, MINIMUM, ROOT


@dataclass(frozen=True, slots=True)
class Functional:
    """A function whose first argument is a function: how it is called, and what it is in words."""

    name: str
    signature: Signature
    """The operands are values of the program, the function first; the parameters are known at compile time."""
    doc: str

    @property
    def usage(self) -> str:
        """How it is called, as Python writes it."""
        return self.signature.usage(self.name)

    def call(self, **arguments: str) -> str:
        """The text of a call, from those of its arguments: required ones by position, the others by name."""
        signature = self.signature
        words = [arguments[name] for name in signature.required]
        words += [f"{name}={arguments[name]}" for name in signature.optional if name in arguments]
        assert len(words) == len(arguments), f"{self.name} has no such arguments"
        return f"{self.name}({', '.join(words)})"


_ARGNUMS = Signature(("f",), (Parameter("argnums", Kind.AXES, 0),))
_SOLVER = Signature(
    ("f", "x0", "args"),
    (Parameter("tol", Kind.NUMBER, 1e-10), Parameter("max_steps", Kind.INT, 100)),
    defaults=(None, None, ()),
)

FUNCTIONALS: dict[str, Functional] = {
    each.name: each
    for each in (
        Functional(
            "grad",
            _ARGNUMS,
            "The function that computes the gradient of f, which returns a number, by one argument or several.",
        ),
        Functional("value_and_grad", _ARGNUMS, "The function that computes both f and its gradient."),
        Functional(
            "jacobian",
            replace(_ARGNUMS, aliases=("jacfwd", "jacrev")),
            "The function that computes the derivatives of all elements of f: the result's shape, then the argument's.",
        ),
        Functional(
            "hessian", _ARGNUMS, "The function that computes the second derivatives of f, which returns a number."
        ),
        Functional(
            "jvp",
            Signature(("f", "primals", "tangents")),
            "The value of f at the primals, a tuple, and its derivative in the direction of the tangents, another.",
        ),
        Functional(
            ROOT,
            _SOLVER,
            "A root of f, which takes a number or an array, searched from x0; differentiated as an implicit function.",
        ),
        Functional(
            FIXED_POINT,
            _SOLVER,
            "A fixed point of f, x = f(x), searched from x0; differentiated as an implicit function.",
        ),
        Functional(
            MINIMUM,
            _SOLVER,
            "A local minimum of f, which returns a number, searched from x0; differentiated as an implicit function.",
        ),
        Functional(
            "vectorize",
            Signature(("pyfunc",)),
            "The function that applies f, which takes and returns numbers, to all elements of arrays, which broadcast.",
        ),
        Functional(
            "quad",
            Signature(
                ("func", "a", "b", "args"),
                (
                    Parameter("epsabs", Kind.NUMBER, 1.49e-8),
                    Parameter("epsrel", Kind.NUMBER, 1.49e-8),
                    Parameter("limit", Kind.INT, 50),
                ),
                defaults=(None, None, None, ()),
            ),
            "The integral of func, which returns a number, from a to b, which may be infinite, and an estimate of its "
            "error; it is differentiated by the ends, and by all that func reads.",
        ),
        Functional(
            "odeint",
            Signature(
                ("f", "y0", "t", "args"),
                (
                    Parameter("rtol", Kind.NUMBER, 1e-8),
                    Parameter("atol", Kind.NUMBER, 1e-8),
                    Parameter("steps", Kind.INT, None),
                    Parameter("max_steps", Kind.INT, 10_000),
                ),
                defaults=(None, None, None, ()),
            ),
            "The solution of y' = f(y, t) at the times t, from y0 at the first: by the adaptive method of Dormand & "
            "Prince, or, with steps, by the classical one of Runge & Kutta with that many steps between two times.",
        ),
    )
}
"""The functions of functions, by name."""
