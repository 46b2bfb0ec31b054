"""One table of bad requests: each gets its documented status and code, with the place in the program."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from adcore.limits import Limits
from app.schemas import ProblemDetails
from tests.app.conftest import assert_alive

LONG = Limits().source_bytes


@dataclass(frozen=True)
class Bad:
    why: str
    body: Any
    """Bytes as they are sent, or a JSON value."""
    status: int
    code: str
    span: tuple[int, int, int, int] | None = None
    """Line and column where it starts, line and column one past its end."""
    path: str = "/grad"
    headers: dict[str, str] = field(default_factory=dict)


def program(text: str, /, **inputs: Any) -> dict[str, Any]:
    return {"program": text, "inputs": inputs}


def raw(text: bytes) -> bytes:
    """A request whose input x is spelt as it is here."""
    return b'{"program": "sum(x)", "inputs": {"x": ' + text + b"}}"


BAD = [
    # Not JSON.
    Bad("an empty body", b"", 400, "invalid_json", (1, 1, 1, 2)),
    Bad("only white space", b" \n ", 400, "invalid_json", (2, 2, 2, 3)),
    Bad("an object that is not closed", b'{"program": "x"', 400, "invalid_json", (1, 16, 1, 17)),
    Bad("a comma too many", b'{"program": "x",}', 400, "invalid_json", (1, 17, 1, 18)),
    Bad("single quotes", b"{'program': 'x'}", 400, "invalid_json", (1, 2, 1, 3)),
    Bad("a comment", b'{"program": "x" /* why */}', 400, "invalid_json", (1, 17, 1, 18)),
    Bad("text after the end", b'{"program": "x"} {}', 400, "invalid_json", (1, 18, 1, 19)),
    Bad("NaN is no JSON", raw(b"NaN"), 400, "invalid_json", (1, 39, 1, 40)),
    Bad("nor is Infinity", raw(b"-Infinity"), 400, "invalid_json", (1, 40, 1, 41)),
    Bad("nor a number with a leading zero", raw(b"01"), 400, "invalid_json", (1, 40, 1, 41)),
    Bad("nor one in hexadecimal", raw(b"0x10"), 400, "invalid_json", (1, 40, 1, 41)),
    Bad("a line break in a string", b'{"program": "a\nb"}', 400, "invalid_json", (1, 15, 1, 16)),
    Bad("bytes that are not UTF-8", b'{"program": "\xff"}', 400, "invalid_json", (1, 14, 1, 15)),
    Bad("UTF-16", '{"program": "x"}'.encode("utf-16"), 400, "invalid_json", (1, 1, 1, 2)),
    Bad("a byte order mark", b'\xef\xbb\xbf{"program": "x"}', 400, "invalid_json", (1, 1, 1, 2)),
    Bad("half of a surrogate pair", b'{"program": "\\ud800"}', 400, "invalid_json", (1, 20, 1, 21)),
    Bad("a surrogate as bytes", b'{"program": "\xed\xa0\x80"}', 400, "invalid_json", (1, 14, 1, 15)),
    Bad("a key twice", b'{"program": "x", "program": "y"}', 400, "duplicate_key", (1, 18, 1, 27)),
    Bad("an input twice", b'{"program": "x", "inputs": {"x": 1, "x": 2}}', 400, "duplicate_key", (1, 37, 1, 40)),
    Bad("deep lists", raw(b"[" * 100_000 + b"]" * 100_000), 400, "json_too_deep", (1, 238, 1, 239)),
    Bad("deep lists, never closed", b"[" * 1_000_000, 400, "json_too_deep", (1, 202, 1, 203)),
    Bad("deep objects", b'{"a":' * 100_000, 400, "json_too_deep", None),
    # Not declared as JSON.
    Bad("no media type", b"{}", 415, "unsupported_media_type", headers={"content-type": ""}),
    Bad(
        "a form",
        b"program=x",
        415,
        "unsupported_media_type",
        headers={"content-type": "application/x-www-form-urlencoded"},
    ),
    Bad("text", b"{}", 415, "unsupported_media_type", headers={"content-type": "text/plain"}),
    Bad("something like JSON", b"{}", 415, "unsupported_media_type", headers={"content-type": "application/jsonl"}),
    Bad("compressed", b"{}", 415, "unsupported_media_type", headers={"content-encoding": "gzip"}),
    # JSON, but no request.
    Bad("a number", 3, 422, "invalid_request"),
    Bad("null", None, 422, "invalid_request"),
    Bad("a list", [program("x", x=1)], 422, "invalid_request"),
    Bad("no program", {}, 422, "invalid_request"),
    Bad("a program that is no text", {"program": 3}, 422, "invalid_request"),
    Bad("a program of lines", {"program": ["x"]}, 422, "invalid_request"),
    Bad("an unknown field", program("x", x=1) | {"input": {}}, 422, "invalid_request"),
    Bad("inputs that are a list", {"program": "x", "inputs": [1]}, 422, "invalid_request"),
    Bad("an input without a name", {"program": "x", "inputs": {"": 1}}, 422, "invalid_request"),
    Bad("a flag that is a text", program("x", x=1) | {"trace": "yes"}, 422, "invalid_request"),
    Bad("a flag that is a number", program("x", x=1) | {"trace": 1}, 422, "invalid_request"),
    Bad("no such mode", program("x", x=1) | {"mode": "sideways"}, 422, "invalid_request"),
    Bad("no such encoding", program("x", x=1) | {"encoding": "hex"}, 422, "invalid_request"),
    Bad("wrt that is a text", program("x", x=1) | {"wrt": "x"}, 422, "invalid_request"),
    Bad("wrt without a name", program("x", x=1) | {"wrt": []}, 422, "invalid_request"),
    Bad("wrt with a number", program("x", x=1) | {"wrt": [0]}, 422, "invalid_request"),
    Bad("a batch of null", program("x", x=1) | {"batch": None}, 422, "invalid_request"),
    Bad("an output twice", program("y = x", x=1) | {"outputs": ["y", "y"]}, 422, "repeated_name", path="/evaluate"),
    Bad("wrt one input twice", program("y = x", x=1) | {"wrt": ["x", "x"]}, 422, "repeated_name"),
    Bad("wrt one input in two spellings", program("µ", µ=1) | {"wrt": ["\u00b5", "\u03bc"]}, 422, "repeated_name"),
    Bad("a batch by one input twice", program("x", x=[1]) | {"batch": ["x", "x"]}, 422, "repeated_name"),
    Bad("a field of another endpoint", program("x", x=1) | {"outputs": ["x"]}, 422, "invalid_request"),
    Bad("a value and a shape", program("x", x=1) | {"shapes": {"x": []}}, 422, "invalid_request", path="/graph"),
    Bad("a negative shape", {"program": "x", "shapes": {"x": [-1]}}, 422, "invalid_request", path="/graph"),
    Bad("an enormous shape", {"program": "x", "shapes": {"x": [10**12]}}, 422, "array_too_large", path="/graph"),
    # Values that are no arrays of numbers.
    Bad("an input that is null", program("x", x=None), 422, "bad_input_value"),
    Bad("an input that is a text", program("x", x="2"), 422, "bad_input_value"),
    Bad("rows of two lengths", program("sum(x)", x=[[1, 2], [3]]), 422, "bad_input_value"),
    Bad("null among numbers", program("sum(x)", x=[1, None]), 422, "bad_input_value"),
    Bad("a text among numbers", program("sum(x)", x=[1, "2"]), 422, "bad_input_value"),
    Bad("a truth value among numbers", program("sum(x)", x=[1.5, True]), 422, "bad_input_value"),
    Bad("an object that is no array", program("x", x={"value": 1}), 422, "bad_input_value"),
    Bad("lists deeper than arrays go", raw(b"[" * 70 + b"1" + b"]" * 70), 422, "bad_input_value"),
    Bad("a number past float64", raw(b"1e999"), 422, "number_out_of_range"),
    Bad("the same in a list", raw(b"[1, -1e999]"), 422, "number_out_of_range"),
    Bad("an integer past float64", raw(b"1" * 400), 422, "number_out_of_range"),
    Bad("an integer of 10,000 digits", raw(b"1" * 10_000), 422, "number_out_of_range", (1, 39, 1, 10039)),
    # Inputs that do not fit the program.
    Bad("an input is missing", program("x + y", x=1), 422, "missing_input", (1, 5, 1, 6)),
    Bad("an input that is no parameter", program("def f(x): return x", x=1, y=2), 422, "unknown_input"),
    Bad("an output it has not", program("y = x", x=1) | {"output": "z"}, 422, "unknown_output"),
    Bad("wrt what is no input", program("y = x", x=1) | {"wrt": ["y"]}, 422, "unknown_wrt"),
    Bad("wrt a condition", program("where(c, 1.0, 2.0)", c=True) | {"wrt": ["c"]}, 422, "not_differentiable"),
    Bad("a gradient of an array", program("x*2", x=[1, 2]), 422, "output_not_scalar", (1, 1, 1, 4)),
    Bad("a gradient of one of several", program("a = x\nreturn a, 2*x", x=1), 422, "several_outputs"),
    Bad("a batch of two lengths", program("x*y", x=[1, 2], y=[1, 2, 3]) | {"batch": True}, 422, "batch_mismatch"),
    Bad("a batch by a number", program("x*x", x=2) | {"batch": ["x"]}, 422, "batch_mismatch"),
    Bad("a batch by no input", program("x*x", x=[2]) | {"batch": ["z"]}, 422, "unknown_input"),
    Bad("a trace of a batch", program("x*x", x=[2]) | {"batch": True, "trace": True}, 422, "batch_mismatch"),
    # Programs that are none.
    Bad("no text", program(""), 422, "no_result"),
    Bad("only a comment", program("# nothing"), 422, "no_result"),
    Bad("a bracket that is not closed", program("sin(x", x=1), 422, "syntax_error", (1, 4, 1, 5)),
    Bad("two names side by side", program("x y", x=1, y=2), 422, "syntax_error", (1, 3, 1, 4)),
    Bad("a line too far in", program("y = x\n  z = y", x=1), 422, "syntax_error", None),
    Bad("a NUL in the text", program("x\0", x=1), 422, "syntax_error", (1, 2, 1, 3)),
    Bad("an unknown function", program("y = sni(x)", x=1), 422, "unknown_function", (1, 5, 1, 8)),
    Bad("an unknown method", program("x.summ()", x=[1]), 422, "unknown_function", (1, 3, 1, 7)),
    Bad("an argument too many", program("sin(x, 2, 3)", x=1), 422, "bad_arguments", (1, 8, 1, 9)),
    Bad("a keyword it has not", program("sum(x, axes=0)", x=[1]), 422, "bad_arguments", None),
    Bad("a name before its assignment", program("a = b\nb = x", x=1), 422, "used_before_assignment", (1, 5, 1, 6)),
    Bad("shapes that do not fit", program("sum(x + y)", x=[1, 2], y=[1, 2, 3]), 422, "shape_mismatch", (1, 5, 1, 10)),
    Bad("a product that does not fit", program("sum(A @ x)", A=[[1, 2]], x=[1]), 422, "shape_mismatch", (1, 5, 1, 10)),
    Bad("an index past the end", program("x[3]", x=[1, 2]), 422, "index_out_of_bounds", (1, 3, 1, 4)),
    Bad("an axis too many", program("sum(x, axis=2)", x=[1]), 422, "shape_mismatch", (1, 13, 1, 14)),
    Bad("a gradient through argmax", program("argmax(x)", x=[1, 2]), 422, "not_differentiable", (1, 1, 1, 10)),
    Bad("a module that is used", program("import os\nos + x", x=1), 422, "unknown_function", (2, 1, 2, 3)),
    Bad("a text in the program", program("'a' + x", x=1), 422, "type_mismatch", (1, 1, 1, 4)),
    Bad("recursion", program("def f(t): return f(t)\nf(x)", x=1), 422, "recursion_too_deep", (2, 1, 2, 2)),
    Bad(
        "a loop that changes a shape",
        program("y = [x]\nfor i in range(n): y = append(y, 1)\nsum(y)", x=1, n=300),
        422,
        "loop_mismatch",
        (2, 20, 2, 21),
    ),
    Bad("attributes of the inside", program("x.__class__", x=1), 422, "unknown_function", None),
    Bad("Python's own functions", program("eval('1')"), 422, "unknown_function", (1, 1, 1, 5)),
    # Texts made to hurt.
    Bad("64 KiB of brackets", program("(" * LONG), 422, "nesting_too_deep", None),
    Bad("64 KiB of signs", program("-" * (LONG - 1) + "x", x=1), 422, "nesting_too_deep", None),
    Bad("64 KiB of powers", program("**".join("x" * (LONG // 3)), x=1), 422, "nesting_too_deep", None),
    Bad("64 KiB of carets", program("^".join("x" * (LONG // 2)), x=1), 422, "nesting_too_deep", None),
    Bad("64 KiB of nots", program("not " * (LONG // 4 - 1) + "x", x=1), 422, "nesting_too_deep", None),
    Bad("64 KiB of indices", program("x" + "[0]" * (LONG // 3 - 1), x=[1]), 422, "nesting_too_deep", None),
    Bad("64 KiB of calls", program("x" + "()" * (LONG // 2 - 1), x=1), 422, "nesting_too_deep", None),
    Bad("64 KiB of attributes", program("x" + ".T" * (LONG // 2 - 1), x=1), 422, "nesting_too_deep", None),
    Bad("64 KiB of else", program("x if x else " * (LONG // 12 - 1) + "x", x=1), 422, "nesting_too_deep", None),
    Bad("64 KiB of commas", program("x," * (LONG // 2 - 1) + "x", x=1), 422, "too_many_parts", None),
    Bad("64 KiB of lines", program("x=1\n" * (LONG // 4), x=1), 422, "too_many_parts", None),
    Bad("64 KiB of fields", program("f'" + "{x}" * (LONG // 3 - 1) + "'", x=1), 422, "too_many_parts", None),
    Bad("a text too long", program("x" * (LONG + 1)), 422, "source_too_long", None),
    Bad("an enormous count", program("sum(repeat(x, 10**12))", x=1), 422, "bad_arguments", (1, 15, 1, 21)),
    Bad("an enormous array", program("sum(zeros((100000, 100000))) + x", x=1), 422, "array_too_large", None),
]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.why)
def test_a_bad_request(client: httpx.Client, bad: Bad) -> None:
    content = bad.body if isinstance(bad.body, bytes) else json.dumps(bad.body).encode()
    headers = {"content-type": "application/json"} | bad.headers
    # The client waits for so long only; a request that hangs fails here.
    answer = client.post(bad.path, content=content, headers=headers, timeout=30)
    assert (answer.status_code, answer.json().get("code")) == (bad.status, bad.code), answer.text[:500]
    assert answer.headers["content-type"] == "application/problem+json"
    problem = ProblemDetails.model_validate_json(answer.content)
    assert problem.status == bad.status
    assert problem.detail
    assert problem.type == f"/problems#{bad.code}"
    if bad.span is not None:
        assert problem.span is not None
        span = problem.span
        assert (span.line, span.column, span.end_line, span.end_column) == bad.span
        assert problem.excerpt is not None
        assert "^" in problem.excerpt
    assert len(answer.content) < 5_000
    assert_alive(client)


def test_the_table_is_long_enough() -> None:
    assert len(BAD) >= 60
    assert len({bad.why for bad in BAD}) == len(BAD)


@pytest.mark.parametrize(
    ("method", "path", "status", "code", "allow"),
    [
        ("GET", "/nowhere", 404, "not_found", None),
        ("POST", "/grad/", 404, "not_found", None),
        ("GET", "/docs/../../etc/passwd", 404, "not_found", None),
        ("GET", "/docs/%2e%2e/%2e%2e/etc/passwd", 404, "not_found", None),
        ("GET", "/grad", 405, "method_not_allowed", "POST"),
        ("PUT", "/evaluate", 405, "method_not_allowed", "POST"),
        ("DELETE", "/graph", 405, "method_not_allowed", "POST"),
        ("POST", "/ops", 405, "method_not_allowed", "GET, HEAD"),
        ("POST", "/docs/swagger-ui.css", 405, "method_not_allowed", "GET, HEAD"),
    ],
)
def test_a_wrong_path_or_method(
    client: httpx.Client, method: str, path: str, status: int, code: str, allow: str | None
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.headers.get("allow", "").split(", ")) == set((allow or "").split(", "))


def test_an_invalid_request_lists_every_fault(client: httpx.Client) -> None:
    answer = client.post("/grad", json={"program": 1, "mode": "up", "wrt": ["a", 2], "a/b": 0}).json()
    assert {error["pointer"] for error in answer["errors"]} == {"/program", "/mode", "/wrt/1", "/a~1b"}


def test_only_the_first_faults_are_listed_and_all_are_counted(client: httpx.Client) -> None:
    answer = client.post("/grad", json={"program": "x", "wrt": [1] * 900}).json()
    assert len(answer["errors"]) == 10
    assert answer["detail"].endswith(" at /wrt/0, and 899 more faults")


def test_help_and_excerpt(client: httpx.Client) -> None:
    answer = client.post("/grad", json=program("a = 1\ny = a + sni(x)", x=2)).json()
    assert answer["excerpt"] == "y = a + sni(x)\n        ^^^"
    assert "sin" in answer["help"]


def test_a_field_that_does_not_exist_gets_the_nearest_one(client: httpx.Client) -> None:
    answer = client.post("/grad", json={"program": "x", "imputs": {"x": 1}, "shape": 2}).json()
    details = {fault["pointer"]: fault["detail"] for fault in answer["errors"]}
    assert details["/imputs"] == "there is no field imputs; did you mean inputs?"
    assert details["/shape"] == "there is no field shape"


def test_a_pasted_line_break_is_explained(client: httpx.Client) -> None:
    content = b'{"program": "y = x\ny*2", "inputs": {"x": 1}}'
    answer = client.post("/grad", content=content, headers={"content-type": "application/json"}).json()
    assert answer["code"] == "invalid_json"
    assert answer["help"] == "write a line break as \\n"
