"""Operator overloading: a Python function, run on values that record, to a graph."""
