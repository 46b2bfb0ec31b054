"""Random requests that are nearly right, and what must hold of the answer to any request.

``python -m tests.fuzzing`` runs it for as long as you like; ``tests/app/test_fuzzing.py`` for some seconds in CI.
"""
