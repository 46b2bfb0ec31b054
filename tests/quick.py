"""The quick check, for people at work: style, types, layers, and the tests of what they touched.

Run it as ``python -m tests.quick``. Touched is what differs from where the branch left main, new files included. The
whole check is ``.ci/run``.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parent.parent
SCRIPTS = Path(sysconfig.get_path("scripts"))
CHECKS = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",), ("lint-imports",))
ALWAYS = ("tests/test_house.py", "tests/test_layers.py")
OF_THE_README = ("README.md", "Dockerfile", "pyproject.toml", ".ci/run")


def files_in(folder: Path, root: Path) -> list[Path]:
    return sorted(path.relative_to(root) for path in (root / folder).glob("test_*.py"))


def covering(file: Path, root: Path) -> list[Path]:
    """The test files, relative to ``root``, that say most about a file of the repository.

    A test file says it of itself. A module has ``test_<module>.py`` in the folder that mirrors its own or in one above
    that, or ``test_<folder>.py``; without one, it has all tests of the nearest folder. An op has all generated tests.
    """
    if str(file) in OF_THE_README:
        return [Path("tests/test_readme.py")]
    if file.parts[0] not in ("adcore", "app", "tests"):
        return []
    if file.parts[0] == "tests" and file.name.startswith("test_"):
        return [file] if (root / file).exists() else []
    mirrored = file.parent if file.parts[0] == "tests" else "tests" / file.parent
    folders = [mirrored, *(folder for folder in mirrored.parents if len(folder.parts) > 1)]
    named = [folder / f"test_{file.stem}.py" for folder in folders] + [mirrored.with_name(f"test_{mirrored.name}.py")]
    own = [path for path in named if (root / path).exists()][:1]
    nearest = next(filter(None, (files_in(folder, root) for folder in folders)), [])
    generated = files_in(Path("tests/adcore/ops"), root) if file.is_relative_to("adcore/ops") else []
    return [*(own or nearest), *generated]


def touched() -> list[Path]:
    """The files that differ from the last commit that the branch shares with main."""

    def git(*words: str) -> list[str]:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()

    mains = git("for-each-ref", "--format=%(refname)", "refs/remotes/origin/main", "refs/heads/main")
    base = git("merge-base", "HEAD", mains[-1])[0] if mains else "HEAD"
    names = {*git("diff", "--name-only", base), *git("ls-files", "--others", "--exclude-standard")}
    return [Path(name) for name in sorted(names)]


def run(command: Iterable[str | Path]) -> bool:
    """Whether a command succeeds."""
    words = [str(word) for word in command]
    print("==", Path(words[0]).name, *words[1:], flush=True)
    return subprocess.run(words, cwd=ROOT, check=False).returncode == 0


def main() -> int:
    start = time.monotonic()
    failed = [command[0] for command in CHECKS if not run((SCRIPTS / command[0], *command[1:]))]
    tests = sorted({*ALWAYS, *(str(test) for file in touched() for test in covering(file, ROOT))})
    if not run((sys.executable, "-m", "pytest", "-q", "-n", "logical", "--dist", "worksteal", *tests)):
        failed.append("pytest")
    print(f"== {time.monotonic() - start:.0f} s:", f"failed: {', '.join(failed)}" if failed else "all is well")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
