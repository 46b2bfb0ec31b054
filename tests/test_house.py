"""The house rules that no linter has: how large modules and folders are, one name for one thing, and what is where.

``adcore/ARCHITECTURE.md`` tells the layers to people; that it tells those which import-linter checks is tested here.
"""

import ast
import re
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

from tests.tables import for_each

pytestmark = pytest.mark.untraced

ROOT = Path(__file__).parent.parent
MODULES = sorted(path for top in ("adcore", "app") for path in (ROOT / top).rglob("*.py"))
FOLDERS = sorted({path.parent for path in MODULES})
MOST_LINES, MOST_MODULES = 400, 12
SEQUENCES = {"adcore/language/lowering/trees.py", "adcore/language/lowering/values.py"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@for_each(MODULES)
def test_a_module_is_short_and_says_what_it_is(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    assert not text or ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("folder", FOLDERS, ids=relative)
def test_a_folder_is_small(folder: Path) -> None:
    assert len([path for path in folder.glob("*.py") if path.name != "__init__.py"]) <= MOST_MODULES


def test_no_two_classes_or_public_functions_of_the_core_have_one_name() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for module in MODULES:
        if relative(module).startswith("adcore/"):
            for statement in ast.parse(module.read_text(encoding="utf-8")).body:
                is_class = isinstance(statement, ast.ClassDef)
                if is_class or (isinstance(statement, ast.FunctionDef) and not statement.name.startswith("_")):
                    assert isinstance(statement, ast.ClassDef | ast.FunctionDef)
                    places[statement.name].append(relative(module))
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_only_the_trees_ask_whether_a_value_is_a_sequence() -> None:
    asking = [
        relative(module)
        for module in MODULES
        if re.search(r"isinstance\([^)]*\bSeveral\b|case Several\(", module.read_text(encoding="utf-8"))
    ]
    assert set(asking) <= SEQUENCES


def test_the_tests_mirror_the_packages() -> None:
    """Every package has a folder of tests, and every folder of tests a package. What tests many modules has a theme."""
    tested = {relative(path.parent).removeprefix("tests/") for path in (ROOT / "tests").rglob("test_*.py")} - {"tests"}
    assert tested == {relative(folder) for folder in FOLDERS}


def test_the_architecture_tells_the_layers_that_are_checked() -> None:
    """Each contract of the core's layers stands in the text as a list: a line a layer, in the contract's order."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    text = (ROOT / "adcore" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    layers = [each for each in settings["tool"]["importlinter"]["contracts"] if each["type"] == "layers"]
    assert layers
    for contract in layers:
        (container,) = contract["containers"]
        if container == "app":
            continue
        block = re.search(rf"^`{re.escape(container)}`[^\n]*\n+```\n(.*?)```", text, re.MULTILINE | re.DOTALL)
        assert block, f"{container} has no list of layers in ARCHITECTURE.md"
        told = [re.split(r"\s{2,}", line.strip())[0] for line in block[1].splitlines()]
        assert told == contract["layers"]
