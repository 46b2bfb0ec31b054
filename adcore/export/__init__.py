"""A graph in other people's formats."""

from adcore.export.description import GraphDescription, describe_graph
from adcore.export.drawing import to_dot, to_mermaid

__all__ = ["GraphDescription", "describe_graph", "to_dot", "to_mermaid"]
