"""Calls: of ops, of the program's own functions, and of functions of functions."""
