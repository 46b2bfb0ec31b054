"""A graph as a program of the language: what is read back computes the same."""

from __future__ import annotations

from adcore.export.format import Format
from adcore.language.printing.program import to_source

PROGRAM = Format("program", "text/x-python", to_source)
