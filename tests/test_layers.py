"""What the core may import from outside, and how its files are told apart from the service's.

The order of the layers themselves is a contract of import-linter's, in pyproject.toml.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tables import for_each

pytestmark = pytest.mark.untraced

ROOT = Path(__file__).parent.parent
CORE = sorted((ROOT / "adcore").rglob("*.py"))


def imported(module: Path) -> set[str]:
    """The top-level names of all packages that the module's text imports, inside functions as well."""
    names = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
    return names


@for_each(CORE)
def test_the_core_imports_only_numpy_and_scipy(module: Path) -> None:
    allowed = {"adcore", "numpy", "scipy", *sys.stdlib_module_names}
    if module.is_relative_to(ROOT / "adcore/engines/native"):
        allowed.add("llvmlite")
    assert imported(module) <= allowed


def test_importing_the_core_loads_no_web_framework() -> None:
    code = "import sys, adcore; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not {"app", "fastapi", "pydantic", "starlette"} & set(loaded.split())
