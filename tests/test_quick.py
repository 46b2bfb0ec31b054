"""The quick check: which tests are of which file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.quick import covering

TREE = """
tests/test_readme.py tests/test_layers.py tests/test_programs.py
tests/adcore/test_errors.py tests/adcore/ops/test_table.py tests/adcore/ops/elementwise/test_special.py
tests/adcore/ops/elementwise/test_logic.py tests/adcore/passes/test_fold.py tests/app/test_grad.py
"""

MAPPED = [
    ("a module has the test of its name", "adcore/passes/fold.py", "adcore/passes/test_fold.py"),
    ("or of its name further up", "app/routes/grad.py", "app/test_grad.py"),
    ("else all of its folder", "adcore/passes/share.py", "adcore/passes/test_fold.py"),
    ("or of the nearest one", "adcore/wengert/layout.py", "adcore/test_errors.py"),
    ("a package is a folder", "adcore/passes/__init__.py", "adcore/passes/test_fold.py"),
    ("of an op, all that is generated", "adcore/ops/elementwise/special.py",
     "adcore/ops/elementwise/test_special.py adcore/ops/test_table.py"),
    ("a test file is its own", "tests/app/test_grad.py", "app/test_grad.py"),
    ("one that is gone has none", "tests/app/test_gone.py", ""),
    ("what tests share has those of its folder", "tests/adcore/graphs.py", "adcore/test_errors.py"),
    ("an example has the test of all examples", "tests/programs/newton.toml", "test_programs.py"),
    ("what the README speaks of", ".ci/run", "test_readme.py"),
    ("nothing tests a list of files to ignore", ".gitignore", ""),
]  # fmt: skip


@pytest.mark.parametrize(("file", "expected"), [row[1:] for row in MAPPED], ids=[row[0] for row in MAPPED])
def test_the_tests_of_a_file(file: str, expected: str, tmp_path: Path) -> None:
    for name in TREE.split():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [str(path) for path in covering(Path(file), tmp_path)] == [f"tests/{name}" for name in expected.split()]
