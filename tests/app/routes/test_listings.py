"""``GET /ops`` and ``GET /problems``: the lists are whole."""

from __future__ import annotations

import httpx

from adcore.errors import AdcoreError
from adcore.language.builtins import BUILTIN_FUNCTIONS
from adcore.language.functionals import FUNCTIONALS
from adcore.ops import OPS
from app.errors import problem_kinds
from app.schemas import OpsResponse, ProblemsResponse


def test_the_ops(client: httpx.Client) -> None:
    listed = OpsResponse.model_validate_json(client.get("/ops").content).ops
    assert [op.name for op in listed] == [op.name for op in OPS.values() if op.signature.public]
    for op in listed:
        assert op.signature.startswith(f"{op.name}(")
        assert op.doc
        assert op.text
        assert op.latex
        assert "{0}" not in op.text + op.latex
    log = next(op for op in listed if op.name == "log")
    assert (log.aliases, log.text, log.latex) == (["ln"], "log(x)", r"\ln\left(x\right)")


def test_the_functions_of_functions(client: httpx.Client) -> None:
    listed = OpsResponse.model_validate_json(client.get("/ops").content).functions
    assert [function.name for function in listed] == [*FUNCTIONALS, *BUILTIN_FUNCTIONS]
    for function in listed:
        assert function.signature.startswith(f"{function.name}(")
        assert function.doc
    assert next(function for function in listed if function.name == "jacobian").aliases == ["jacfwd", "jacrev"]


def test_the_problems(client: httpx.Client) -> None:
    listed = ProblemsResponse.model_validate_json(client.get("/problems").content).problems
    codes = [problem.code for problem in listed]
    assert len(codes) == len(set(codes))
    assert {"shape_mismatch", "unknown_wrt", "array_too_large", "invalid_json", "overloaded"} <= set(codes)
    for problem in listed:
        assert problem.meaning
        assert 400 <= problem.status < 600


def test_every_error_class_has_a_status() -> None:
    def every(kind: type[AdcoreError]) -> list[type[AdcoreError]]:
        return [kind, *(each for child in kind.__subclasses__() for each in every(child))]

    coded = set(problem_kinds())
    for kind in every(AdcoreError)[1:]:
        assert kind in coded or kind.__subclasses__(), f"{kind.__name__} has no code of its own"
