"""Functions of other ops: expanded where they are called, so that graphs, derivatives and engines never meet them."""

from adcore.ops.composed import arrays, averages, integrals, libraries, matrices, splines

__all__ = ["arrays", "averages", "integrals", "libraries", "matrices", "splines"]
