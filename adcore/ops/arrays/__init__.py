"""Ops that arrange, choose, join and reduce the elements of arrays."""

from adcore.ops.arrays import (
    creation,
    dynamic_indexing,
    indexing,
    interpolation,
    joining,
    projections,
    reductions,
    reshaping,
    scans,
    sorting,
    statistics,
)

__all__ = [
    "creation",
    "dynamic_indexing",
    "indexing",
    "interpolation",
    "joining",
    "projections",
    "reductions",
    "reshaping",
    "scans",
    "sorting",
    "statistics",
]
