"""What travels over HTTP, as pydantic models: they validate requests and document both directions.

Answers are written without going through their models (see ``wire.responses``); the tests hold the two together.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, FailFast, Field, SkipValidation, StringConstraints
from pydantic_core import PydanticCustomError
from typing_extensions import TypeAliasType

from adcore.errors import AdcoreError
from adcore.export import FORMATS
from app.errors import problem_kinds

# --- values

Number = TypeAliasType("Number", float | bool | Literal["NaN", "Infinity", "-Infinity"])
NestedList = TypeAliasType("NestedList", "list[Number | NestedList]")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Base64Data(_Strict):
    """The elements, row by row (C order), each little-endian."""

    buffer: str = Field(description="base64 with padding, without line breaks")
    encoding: Literal["base64"]


Size = Annotated[int, Field(ge=0)]


class EncodedArray(_Strict):
    """An array as bytes: exact, and several times faster to read than lists."""

    shape: list[Size] = Field(max_length=64)
    dtype: Literal["float64", "float32", "int64", "int32", "bool"]
    data: Base64Data


Value: TypeAlias = Number | NestedList | EncodedArray

# Lists of numbers are read by NumPy as a whole (see ``wire.arrays``): here they are described, not validated.
InputValue = Annotated[Value, SkipValidation]
Name = Annotated[str, StringConstraints(min_length=1, max_length=256)]

_PROGRAM: Any = Field(
    description="The program: Python's syntax, NumPy's names. Free names are its inputs; its result is the `return`, "
    "or else the last expression or assignment.",
    examples=["log(x1) + x1*x2 - sin(x2)"],
)
_INPUTS: Any = Field(
    default_factory=dict,
    description="The inputs' values by name: a number, nested lists, or an object with `shape`, `dtype` and base64 "
    '`data`. Numbers that are not finite are the strings `"NaN"`, `"Infinity"` and `"-Infinity"`.',
    examples=[{"x1": 2, "x2": 5}],
)
_BATCH: Any = Field(
    default=False,
    description="`true`: every input that is an array has a leading axis of N points, and numbers are shared by all "
    "points; a list of names: just those inputs have it. Values and gradients get the axis too.",
)
_ENCODING: Any = Field(
    default="list", description="How arrays are written in the answer: as nested lists, or as `EncodedArray`."
)
_OUTPUTS: Any = Field(
    default=None,
    min_length=1,
    description="The names whose values are asked for, of those the program assigns. By default its results.",
)
_WRT: Any = Field(
    default=None,
    min_length=1,
    description="The inputs to differentiate with respect to. By default all that are floats.",
)


class ProgramRequest(_Strict):
    """A program and its inputs: the part that all requests about programs share."""

    program: str = _PROGRAM
    inputs: dict[Name, InputValue] = _INPUTS


class GradRequest(ProgramRequest):
    """A program, the values of its inputs, and what is asked about its derivative."""

    wrt: list[Name] | None = _WRT
    output: Name | None = Field(
        default=None, description="The output to differentiate, a scalar. Needed only where there are several."
    )
    mode: Literal["auto", "forward", "reverse"] = Field(
        default="auto", description="The mode of differentiation; `auto` takes the cheaper for this program."
    )
    trace: bool = Field(default=False, description="Whether to add the evaluation trace (the Wengert list).")
    batch: bool | list[Name] = _BATCH
    encoding: Literal["list", "base64"] = _ENCODING


class EvaluateRequest(ProgramRequest):
    """A program and the values of its inputs."""

    outputs: list[Name] | None = _OUTPUTS
    batch: bool | list[Name] = _BATCH
    encoding: Literal["list", "base64"] = _ENCODING


def _export_format(name: str) -> str:
    if name not in FORMATS:
        *names, last = (f"'{each}'" for each in FORMATS)
        raise PydanticCustomError(
            "literal_error", "Input should be {expected}", {"expected": f"{', '.join(names)} or {last}"}
        )
    return name


class GraphRequest(ProgramRequest):
    """A program, the values or just the shapes of its inputs, and which graph is asked for."""

    shapes: dict[Name, Annotated[list[Size], Field(max_length=64), FailFast()]] = Field(
        default_factory=dict,
        description="The shapes of inputs whose values do not matter: `[]` for a number, `[3]` for a vector of 3.",
        examples=[{"A": []}],
    )
    of: Literal["program", "gradient"] = Field(
        default="program", description="The graph of the program, or that of its value and gradients (reverse mode)."
    )
    outputs: list[Name] | None = _OUTPUTS
    wrt: list[Name] | None = _WRT
    format: Annotated[str, AfterValidator(_export_format)] = Field(
        default="json",
        description="JSON, the text of a drawing for Graphviz or Mermaid, or a program that computes the same.",
        json_schema_extra={"enum": list(FORMATS)},
    )


# --- answers


class Timing(_Strict):
    """Where the time went, in milliseconds, and which engine computed."""

    compile_ms: float = Field(description="Finding or compiling the program.")
    evaluate_ms: float
    engine: str


class SourceSpan(_Strict):
    """A stretch of text. Lines and columns count from 1, in characters; the end is one past the last."""

    line: int
    column: int
    end_line: int
    end_column: int


class FunctionCall(_Strict):
    """A call of one of the program's functions, and where it stands."""

    function: str
    line: int
    column: int


class TraceRow(_Strict):
    """One row of the trace: a name, the expression it stands for, and its value."""

    name: str = Field(description="`v(1-n)` to `v0` are the inputs, `v1` and so on the nodes, `v1'` an adjoint.")
    expression: str
    value: Value
    op: str | None = Field(default=None, description="The op's name; absent for inputs and adjoints.")
    args: list[str] | None = None
    source: SourceSpan | None = Field(default=None, description="The place in the program's text.")
    input: str | None = Field(default=None, description="The input this row is.")
    from_: str | None = Field(default=None, alias="from", description="The node whose adjoint this row passes on.")
    iteration: list[int] | None = Field(
        default=None, description="In a loop: which pass of it, counted from 0; of loops in loops the outermost first."
    )
    calls: list[FunctionCall] | None = Field(
        default=None, description="In functions of the program: their calls, the outermost first."
    )


class SeedRows(_Strict):
    """The tangents of all nodes for one seed."""

    seed: str
    rows: list[TraceRow]


class Trace(_Strict):
    """The Wengert list of the evaluation, in the order of dataflow levels, and that of its derivative."""

    primal: list[TraceRow]
    adjoint: list[TraceRow] | None = Field(
        default=None, description="In reverse mode, unless the run is too long for its adjoints to be laid out."
    )
    tangents: list[SeedRows] | None = Field(default=None, description="In forward mode, one list for each seed.")
    truncated: bool = Field(description="Whether rows were left out because there are too many.")


class Notice(_Strict):
    """Something about the answer that is worth knowing: that a matrix is singular, say, and NaN no mistake."""

    code: str
    message: str
    times: int = Field(description="How often it happened at this place: in loops and batches.")
    span: SourceSpan | None = Field(
        default=None, description="The place in the program's text; absent where only the derivative is concerned."
    )


class _Answer(_Strict):
    program_id: str = Field(description="The hash of the program's text: the same on every server.")
    notices: list[Notice]
    cached: bool = Field(description="Whether the compiled program was in the cache.")
    timing: Timing


class GradResponse(_Answer):
    """The value of one output, and its gradients."""

    output: str
    value: Value
    gradients: dict[str, Value]
    mode: Literal["forward", "reverse"]
    trace: Trace | None = None


class EvaluateResponse(_Answer):
    """The values of the outputs."""

    values: dict[str, Value]


class GraphNode(_Strict):
    """One value of a graph, and what computes it."""

    name: str = Field(description="Its name in the trace.")
    op: str
    expression: str
    args: list[str]
    shape: list[int]
    dtype: Literal["float64", "int64", "bool", "tape"]
    level: int = Field(description="The length of the longest path to it: 0 for inputs.")
    source: SourceSpan | None = Field(description="The place in the program's text.")
    calls: list[FunctionCall] = Field(description="The calls of the program's functions that it stands in.")
    graphs: dict[str, GraphResponse] = Field(
        description="The graphs inside: the branches of an `if`, the pass and the condition of a loop, the function of "
        "a call (shown at the first of its calls)."
    )


class GraphResponse(_Strict):
    """A dataflow graph. Constants are part of the expressions."""

    inputs: dict[str, str] = Field(description="The program's names of its inputs, and the names of their nodes.")
    outputs: dict[str, str] = Field(description="The names of the outputs, and those of their nodes (or a constant).")
    nodes: list[GraphNode]
    edges: list[Annotated[list[str], Field(min_length=2, max_length=2)]] = Field(
        description="From the node that computes a value to the node that reads it."
    )
    levels: list[list[str]] = Field(description="The nodes that can be computed at the same time, level by level.")
    work: int = Field(description="How many nodes compute something.")
    span: int = Field(description="How many of them have to be computed one after the other.")


class OpDescription(_Strict):
    """An op of the language."""

    name: str
    aliases: list[str]
    signature: str
    text: str = Field(description="How the op is printed; `{0}` is its first argument.")
    latex: str
    doc: str
    differentiable: bool


class FunctionDescription(_Strict):
    """A function of the language whose arguments are functions."""

    name: str
    aliases: list[str]
    signature: str
    doc: str


class OpsResponse(_Strict):
    ops: list[OpDescription]
    functions: list[FunctionDescription] = Field(description="The functions of functions.")


class Health(_Strict):
    status: Literal["ok"]


# --- errors


class InvalidField(_Strict):
    """A field of the body that is at fault."""

    pointer: str = Field(description="Where it is, as a JSON pointer (RFC 6901).")
    detail: str


class RelatedPlace(_Strict):
    """A further place that plays a part in the error."""

    span: SourceSpan
    note: str
    excerpt: str | None = None


class ProblemDetails(_Strict):
    """An error, as RFC 9457 has it. `code` is the name to branch on; `GET /problems` lists them all."""

    type: str = Field(description="A reference to the description of this kind of error.")
    title: str
    status: int
    detail: str = Field(description="What is wrong, in plain words.")
    code: str = Field(json_schema_extra={"enum": [kind.code for kind in problem_kinds(AdcoreError)]})
    span: SourceSpan | None = Field(
        default=None, description="The place in the program; where the body is not JSON, the place in the body."
    )
    excerpt: str | None = Field(default=None, description="The line at fault, with carets under the span.")
    help: str | None = Field(default=None, description="The remedy, where there is one.")
    related: list[RelatedPlace] | None = None
    errors: list[InvalidField] | None = None


class ProblemKind(_Strict):
    """A kind of error."""

    code: str
    status: int
    title: str
    meaning: str


class ProblemsResponse(_Strict):
    problems: list[ProblemKind]
