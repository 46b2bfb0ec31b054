"""The language: text to checked syntax to graph, and a graph back to text.

Python's syntax, never executed as Python; NumPy's names. Free names are inputs.
"""

from adcore.language.names import did_you_mean, normal
from adcore.language.program import Lowered, lower
from adcore.language.scopes import InputName
from adcore.language.syntax import Syntax, ends, parse

__all__ = ["InputName", "Lowered", "Syntax", "did_you_mean", "ends", "lower", "normal", "parse"]
