"""Derivatives, as functions from graphs to graphs: their results are ordinary graphs, and differentiate again."""
