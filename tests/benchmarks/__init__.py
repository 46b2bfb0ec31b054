"""Figures of speed, each a ratio measured in one run; run by hand, not by the tests."""
