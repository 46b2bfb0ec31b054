"""The op table: each op is one frozen declaration, which the parser, the shape rule, both modes of differentiation,
the printers, the engines, the list of ops and the generated tests all read."""

from adcore.graph import OPS, Op
from adcore.ops import (
    arrays,
    composed,
    control,
    elementwise,
    functionals,
    linalg,
    products,
    special_functions,
    stats,
)

__all__ = [
    "OPS",
    "Op",
    "arrays",
    "composed",
    "control",
    "elementwise",
    "functionals",
    "linalg",
    "products",
    "special_functions",
    "stats",
]
