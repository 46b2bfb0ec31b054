"""A graph in other people's formats, and in the language's own. A new format is one module, and one line here."""

from collections.abc import Mapping

from adcore.export.description import JSON as JSON
from adcore.export.dot import DOT as DOT
from adcore.export.format import Format as Format
from adcore.export.mermaid import MERMAID as MERMAID
from adcore.export.program import PROGRAM as PROGRAM

FORMATS: Mapping[str, Format] = {each.name: each for each in tuple(vars().values()) if isinstance(each, Format)}
"""Every format that is imported above, by its name."""
