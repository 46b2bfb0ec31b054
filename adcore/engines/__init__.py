"""Engines: a graph and its inputs' values to its outputs' values."""
