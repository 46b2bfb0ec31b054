"""The language: text to checked syntax to graph, and a graph back to text.

Python's syntax, never executed as Python; NumPy's names. Free names are inputs.
"""

from adcore.language.lowering.program import Lowered, lower
from adcore.language.syntax.program import Syntax, ends, parse
from adcore.language.syntax.scopes import InputName
from adcore.language.vocabulary import did_you_mean, normal

__all__ = ["InputName", "Lowered", "Syntax", "did_you_mean", "ends", "lower", "normal", "parse"]
