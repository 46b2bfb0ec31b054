"""Kernels of large applications, which watch the clock while they run, or before.

What acts on each element alone runs in pieces, with a tick before each; its results are the same to the bit. What
cannot be parted is refused before it starts, where its predicted time is longer than what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from adcore.clock import current, expect, tick
from adcore.engines.cost import seconds_of
from adcore.graph import Node

PIECE = 2**16
"""The most elements of a piece: some 50 microseconds of an addition, and of most special functions 50 milliseconds."""
LONG_OPERATION = 0.1
"""Seconds up to which an operation is over before it could matter: pieces take less, and no prediction is asked for."""


def watched(kernel: Callable[..., Any], node: Node) -> Callable[..., Any]:
    """The kernel of a node, watching the clock where the application is a large one."""
    rules, facts = node.op.rules, node.op.facts
    if rules.structure is not None or (facts.elementwise and not node.types[0].shape):
        return kernel
    seconds = seconds_of(node)
    if facts.elementwise:
        piece = piece_of(node, seconds)
        return kernel if piece is None else _in_pieces(kernel, node, piece)
    if seconds < LONG_OPERATION:
        return kernel

    def run(*operands: Any) -> Any:
        expect(seconds)
        return kernel(*operands)

    return run


def piece_of(node: Node, seconds: float) -> int | None:
    """The elements of the pieces of an elementwise application of so many seconds; None where it runs as a whole."""
    size = node.type.size
    if size <= PIECE and (size < 2 or seconds <= LONG_OPERATION):
        return None
    return min(PIECE, int(LONG_OPERATION / 2 / seconds * size) + 1)


def _in_pieces(kernel: Callable[..., Any], node: Node, piece: int) -> Callable[..., Any]:
    shape, dtype = node.shape, node.type.dtype.value

    def run(*operands: Any) -> Any:
        if current() is None:
            return kernel(*operands)
        result = np.empty(shape, dtype)
        _fill(kernel, result, operands, piece)
        return result

    return run


def _fill(kernel: Callable[..., Any], result: Any, operands: Sequence[Any], piece: int) -> None:
    """Compute ``result``, at most ``piece`` elements at a time.

    It goes by rows of the first axis: many at once, or, where a row itself is large, each part by part. A piece has the
    strides of the whole, because kernels may round in other ways where these differ.
    """
    count = len(result)
    row = result.size // count
    step = max(1, piece // row)
    wide = [x.ndim == result.ndim and len(x) > 1 for x in operands]
    for start in range(0, count, step):
        tick()
        if row > piece:
            rows = [x[start if wide[i] else 0] if x.ndim == result.ndim else x for i, x in enumerate(operands)]
            _fill(kernel, result[start], rows, piece)
        else:
            part = slice(start, start + step)
            result[part] = kernel(*[x[part] if wide[i] else x for i, x in enumerate(operands)])
