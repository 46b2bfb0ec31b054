"""Convolutions of long vectors by the fast Fourier transform, block by block (the overlap-add method).

A direct convolution of n by m numbers takes n m products, this one about n log m. An element's error is at most some
``eps * log2(m)`` times the product of the Euclidean norms of the shorter vector and of the part of the longer one that
it is transformed with, whereas the direct sum's is relative to the sum of the absolute products of the element itself.
So small elements beside large ones have fewer correct digits. The operands are scaled by powers of 2 before, so that
nothing overflows that the result does not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import fft

from adcore.clock import tick
from adcore.graph import Array

DIRECT = 2**25
"""Products up to which a convolution is computed directly: some 30 ms."""
BLOCK = 2**16
"""The least elements of the longer vector that are transformed together."""


def is_direct(a: int, v: int) -> bool:
    """Whether vectors of these lengths are convolved directly."""
    return a * v <= DIRECT


def fast_work(a: int, v: int) -> int:
    """Scalar operations of a fast convolution: three transforms of each block, twice as long as it."""
    return 15 * (a + v) * max(BLOCK, 4 * min(a, v)).bit_length()


def fast_scratch(a: int, v: int) -> int:
    """The numbers that a fast convolution holds besides: scaled operands, the sum and transforms of two blocks."""
    a, v = max(a, v), min(a, v)
    return 3 * (a + v) + 7 * (min(max(BLOCK, 4 * v), a) + v)


def convolved(a: Array, v: Array) -> Array:
    """The full convolution of two vectors of finite numbers, by transforms."""
    if len(a) < len(v):
        a, v = v, a
    (a, a_exponent), (v, v_exponent) = _scaled(a), _scaled(v)
    block = max(BLOCK, 4 * len(v))
    length = fft.next_fast_len(min(block, len(a)) + len(v) - 1, real=True)
    kernel = fft.rfft(v, length)
    result = np.zeros(len(a) + len(v) - 1)
    for start in range(0, len(a), block):
        tick()
        part = a[start : start + block]
        count = len(part) + len(v) - 1
        result[start : start + count] += fft.irfft(fft.rfft(part, length) * kernel, length)[:count]
    return np.ldexp(result, a_exponent + v_exponent)


def _scaled(x: Array) -> tuple[Array, int]:
    """A vector whose largest element is about 1, and the exponent of the power of 2 to multiply it by."""
    exponent = int(np.frexp(np.abs(x).max())[1])
    return np.ldexp(x, -exponent), exponent


def selected(full: Any, a: int, v: int, mode: str) -> Any:
    """The part of the full convolution, of vectors of these lengths, that a mode selects."""
    start, count = extent(a, v, mode)
    return full[start : start + count]


def extent(a: int, v: int, mode: str) -> tuple[int, int]:
    """The start and the length of the part of a full convolution that a mode selects."""
    short, long = min(a, v), max(a, v)
    return {"full": (0, a + v - 1), "same": ((short - 1) // 2, long), "valid": (short - 1, long - short + 1)}[mode]
