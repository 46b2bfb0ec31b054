"""What an export format is: a name, a media type, and a writer of graphs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adcore.graph import Graph


@dataclass(frozen=True, slots=True)
class Format:
    """A format that a graph can be written in.

    ``write`` gives a text, or, where the media type is JSON's, dataclasses that are still to be encoded. It raises
    NotExpressible where the format has no words for an operation of the graph.
    """

    name: str
    media_type: str
    write: Callable[[Graph], Any]
