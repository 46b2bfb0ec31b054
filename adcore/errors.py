"""What can go wrong, as a tree of exceptions.

Every error has a code of its own (one class each), a message in plain words, and, where there is a text, the smallest
span of it that is at fault. The core knows nothing of HTTP: the service maps the branches of this tree to statuses.
"""

from __future__ import annotations

from typing import Any, ClassVar

from adcore.excerpts import CallSite as CallSite  # noqa: PLC0414 (errors have places, and say what these are)
from adcore.excerpts import Span as Span  # noqa: PLC0414
from adcore.excerpts import excerpt, shortened

_CALLS_TOLD = 3
"""How many of the calls around an error are shown, from the innermost on."""


class AdcoreError(Exception):
    """The root: an answer cannot be given, and ``message`` says why.

    ``span`` is the place in the program's text, ``help`` the remedy where there is one, ``source`` the text itself
    (attached by whoever knows it), ``related`` further places that play a part, each with a word on it. Names and
    values of any length may be put into messages: they are shortened here.
    """

    code: ClassVar[str] = "error"

    def __init__(
        self,
        message: str,
        *,
        span: Span | None = None,
        help: str | None = None,
        related: tuple[tuple[Span, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.help = None if help is None else shortened(help)
        self.related = related
        self.source: str | None = None
        self.excerpt: str | None = None
        """The line at fault with carets under the span; None without a text."""
        self.called = False
        """Whether the message says in which call of a function it happened."""

    def located(self, source: str) -> AdcoreError:
        """The same error, knowing the text its spans point into (an error that knows one already keeps it)."""
        if self.source is None:
            self.source = source
            if self.span is not None:
                self.excerpt = excerpt(source, self.span)
                near = self.span.calls[-_CALLS_TOLD:]
                self.related += tuple((call.span, f"{call.function} is called here") for call in reversed(near))
        return self

    @property
    def message(self) -> str:
        return self._message

    @message.setter
    def message(self, message: str) -> None:
        self._message = shortened(message)

    def __str__(self) -> str:
        return self.message


class ProgramError(AdcoreError):
    """The program's text is at fault."""


class InputError(AdcoreError):
    """What came beside the program is at fault: the inputs' values, or what is asked for."""


class LimitError(AdcoreError):
    """The program or its inputs are larger than this service takes."""


# --- the text


class SyntaxFault(ProgramError):
    """The text is not a program."""

    code = "syntax_error"


class Unsupported(ProgramError):
    """Python has it, the language has not and will not."""

    code = "unsupported_syntax"


class NotYet(ProgramError):
    """The language will have it; this version has not."""

    code = "not_yet_supported"


class UnknownFunction(ProgramError):
    code = "unknown_function"


class UsedBeforeAssignment(ProgramError):
    code = "used_before_assignment"


class BoundInOneBranch(ProgramError):
    """A name is used that only one branch of an ``if`` assigns."""

    code = "bound_in_one_branch"


class BadCall(ProgramError):
    """A function is called with arguments it does not take."""

    code = "bad_arguments"


class ShapeMismatch(ProgramError):
    code = "shape_mismatch"


class TypeMismatch(ProgramError):
    """A value is of a kind that does not fit its place: a tuple in a sum, say, or a number as a function."""

    code = "type_mismatch"


class NotConstant(ProgramError):
    """A shape, an axis or a count must be known when the program is compiled, and is not."""

    code = "not_constant"

    def __init__(self, message: str, *, depends: object = None, **where: Any) -> None:
        super().__init__(message, **where)
        self.depends = depends
        """The node that it depends on, where it is one."""


class IndexOutOfBounds(ProgramError):
    code = "index_out_of_bounds"


class JoinMismatch(ProgramError):
    """Paths through the program that join give a name values of different types."""

    def __init__(self, message: str, *, unrolls: bool = False, **where: Any) -> None:
        super().__init__(message, **where)
        self.unrolls = unrolls
        """True where the passes of a loop, one by one, may not meet this."""


class BranchMismatch(JoinMismatch):
    """The two branches of an ``if`` give a name values of different shapes."""

    code = "branch_mismatch"


class LoopMismatch(JoinMismatch):
    """A pass of a loop gives a name a value of another shape or kind than it had when the pass began."""

    code = "loop_mismatch"


class AssertionFailed(ProgramError):
    """A condition that the program asserts does not hold."""

    code = "assertion_failed"


class NotConverged(ProgramError):
    """The solver of an equation, or of a differential equation, does not come to an end."""

    code = "not_converged"


class ComplexResult(ProgramError):
    """A result is a complex number, where all numbers are real."""

    code = "complex_result"


class NotDifferentiable(ProgramError):
    """The derivative that was asked for goes through an op that has none."""

    code = "not_differentiable"


class NotExpressible(ProgramError):
    """A graph is asked for in a format that has no words for one of its operations."""

    code = "not_expressible"


class NoResult(ProgramError):
    """The program computes nothing that could be its result."""

    code = "no_result"


# --- what is asked


class UnknownOutput(InputError):
    code = "unknown_output"


class OutputNotScalar(InputError):
    """A gradient is asked of an output that is an array."""

    code = "output_not_scalar"


class SeveralOutputs(InputError):
    """A gradient is asked of a program with several outputs, without saying of which."""

    code = "several_outputs"


class UnknownDerivative(InputError):
    """A kind of derivative is asked for that does not exist, or one in a mode that it does not have."""

    code = "unknown_derivative"


class UnknownWrt(InputError):
    """A derivative is asked with respect to something that is no input."""

    code = "unknown_wrt"


# --- the inputs


class MissingInput(InputError):
    code = "missing_input"


class UnknownInput(InputError):
    code = "unknown_input"


class DuplicateInput(InputError):
    """An input is given twice, in two spellings of one name."""

    code = "duplicate_input"


class BadInputValue(InputError):
    """An input's value is no number and no regular array of numbers."""

    code = "bad_input_value"


class NumberOutOfRange(InputError):
    """A number is written that float64 cannot hold."""

    code = "number_out_of_range"


class NotWholeNumber(InputError):
    """An input that serves as a count, an index or a shape is not a whole number."""

    code = "not_a_whole_number"


class RepeatedName(InputError):
    """A list of names has one of them twice."""

    code = "repeated_name"


class BatchMismatch(InputError):
    """The inputs of a batch do not agree on the number of points."""

    code = "batch_mismatch"


# --- the limits


class SourceTooLong(LimitError):
    code = "source_too_long"


class TooManyParts(LimitError):
    """The program has more lines, elements and arguments than Python's parser takes a moment for."""

    code = "too_many_parts"


class NestingTooDeep(LimitError):
    code = "nesting_too_deep"


class GraphTooLarge(LimitError):
    code = "graph_too_large"


class ArrayTooLarge(LimitError):
    code = "array_too_large"


class BatchTooLarge(LimitError):
    code = "batch_too_large"


class MemoryTooLarge(LimitError):
    """An evaluation would hold more numbers at one time than it may."""

    code = "memory_too_large"


class TraceTooLarge(LimitError):
    """A trace would hold more numbers, all its rows together, than it may."""

    code = "trace_too_large"


class LoopTooLong(LimitError):
    """A loop runs more often than any is allowed to, and so perhaps for ever."""

    code = "loop_too_long"


class RecursionTooDeep(LimitError):
    """Functions call one another deeper than is allowed, and so perhaps for ever."""

    code = "recursion_too_deep"


class StackTooLarge(LimitError):
    """What calls would have to keep for their adjoint takes more memory than is allowed."""

    code = "stack_too_large"


class TooLong(LimitError):
    """Work that takes longer than its limit, in seconds; ``expected`` are those that one operation alone would take."""

    work: ClassVar[str]
    remedy: ClassVar[str]

    def __init__(self, limit: float, stage: str = "", expected: float | None = None) -> None:
        most = f"{limit:g} s, which is the most that is allowed"
        during = f"; the time was over while {stage}" if stage else ""
        super().__init__(
            f"{self.work} takes longer than {most}{during}"
            if expected is None
            else f"this operation alone would take about {expected:.2g} s; {self.work} would take longer than {most}",
            help=self.remedy,
        )


class EvaluationTooLong(TooLong):
    """An evaluation takes, or one of its operations would take, longer than it may."""

    code = "evaluation_too_long"
    work = "the evaluation"
    remedy = (
        "let loops run fewer times, replace loops over elements by operations on whole arrays, work on smaller arrays, "
        "or send a batch in parts"
    )


class CompilationTooLong(TooLong):
    """Compiling a program takes longer than it may."""

    code = "compilation_too_long"
    work = "compiling the program"
    remedy = "write repeated parts as a loop or as operations on whole arrays, and nest fewer derivatives"
