"""Programs, compiled: from a text and a query to what an engine runs."""

from adcore.compiler.cache import CacheInfo
from adcore.compiler.compiled import Answer, Compiled
from adcore.compiler.compiler import Compiler, program_id
from adcore.compiler.cost import answer_bytes, evaluation_bytes, evaluation_seconds, least_seconds
from adcore.compiler.query import Query, normalised
from adcore.derivatives.jacobian import Mode

__all__ = [
    "Answer",
    "CacheInfo",
    "Compiled",
    "Compiler",
    "Mode",
    "Query",
    "answer_bytes",
    "evaluation_bytes",
    "evaluation_seconds",
    "least_seconds",
    "normalised",
    "program_id",
]
