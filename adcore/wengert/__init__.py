"""The Wengert list of a run: its rows, their layout, and the straight line of a run with control flow."""

from adcore.wengert.layout import Layout, fill, layout_of
from adcore.wengert.trace import Row, SeedRows, Trace
from adcore.wengert.unfolding import Straight, is_straight, straighten

__all__ = ["Layout", "Row", "SeedRows", "Straight", "Trace", "fill", "is_straight", "layout_of", "straighten"]
