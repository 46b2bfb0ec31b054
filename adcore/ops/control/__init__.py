"""Structured control flow: ops whose parameters are graphs."""

from adcore.ops.control import assertions, call, cond, loop, stacks

__all__ = ["assertions", "call", "cond", "loop", "stacks"]
