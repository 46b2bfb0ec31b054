"""The README, carried out: its examples are run and their output is compared with what is printed beneath them.

A fenced block is ``sh`` (what sets something up: the service is started with it), ``console`` (commands after ``$``
and their output) or ``python`` (output in comments behind the prints). Two tables are held against the code as well.
"""

import json
import math
import os
import re
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import dropwhile, takewhile
from pathlib import Path
from shutil import which

import numpy as np
import pytest

from app.settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PRINTED_ADDRESS = "127.0.0.1:8000"

SET_UP = "python3 -m venv .venv && .venv/bin/pip install"


@dataclass(frozen=True)
class Block:
    kind: str
    text: str
    line: int


BLOCKS = [
    Block(found[1], found[2], README.count("\n", 0, found.start()) + 1)
    for found in re.finditer(r"^```([^\n]*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
]


def blocks(kind: str) -> list["pytest.ParameterSet"]:
    return [pytest.param(block, id=f"line {block.line}") for block in BLOCKS if block.kind == kind]


# --- comparing


NUMBER = r"-?\d+\.\d+(?:e[-+]\d+)?"


def agree(shown: str, printed: str) -> bool:
    """Whether ``printed`` is what the README shows, where "..." stands for anything and where the last digits of a
    number may differ from one processor to the next."""
    pattern, numbers = "", []
    for piece in re.split(rf"(\.\.\.|{NUMBER})", shown.strip()):
        if piece == "...":
            pattern += ".*?"
        elif re.fullmatch(NUMBER, piece):
            pattern += f"({NUMBER})"
            numbers.append(float(piece))
        else:
            pattern += re.escape(piece)
    found = re.fullmatch(pattern, printed.strip(), re.DOTALL)
    return found is not None and all(
        math.isclose(a, float(b), rel_tol=1e-12) for a, b in zip(numbers, found.groups(), strict=True)
    )


@pytest.mark.parametrize(
    ("shown", "printed", "verdict"),
    [
        pytest.param('{"value":5.5}\n', '{"value":5.5}', True, id="the same"),
        pytest.param("0.30000000000000004", "0.30000000000000010", True, id="the last digits"),
        pytest.param("0.300", "0.301", False, id="another number"),
        pytest.param("x = 1", "x = 2", False, id="another whole number"),
        pytest.param('{"seconds":...}', '{"seconds":{"total":0.1}}', True, id="elided"),
        pytest.param('{"value":1.5,"seconds":...}', '{"value":2.5,"seconds":0.1}', False, id="beside the elision"),
        pytest.param("a", "a\nb", False, id="more output"),
    ],
)
def test_the_comparison(shown: str, printed: str, verdict: bool) -> None:
    assert agree(shown, printed) is verdict


# --- the service, started as the README says


def command(start: str) -> str:
    """The one line of the README's sh blocks that starts like this."""
    lines = [line for block in BLOCKS if block.kind == "sh" for line in block.text.splitlines()]
    [found] = [line for line in lines if line.startswith(start)]
    return found


def get(url: str, body: object = None) -> bytes:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        content: bytes = response.read()
    return content


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service that the README's first command started, on a port that the system chose."""
    start = command(f"{SET_UP} . && ").removeprefix(f"{SET_UP} . && ").split()
    assert start[0] == ".venv/bin/python"
    said = tmp_path_factory.mktemp("service") / "said"
    environment = os.environ | {"GRADSERVE_PORT": "0", "PYTHONUNBUFFERED": "1"}
    with said.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, *start[1:]], cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        while not (address := re.search(r"http://(127\.0\.0\.1:\d+)", said.read_text())):
            assert process.poll() is None, said.read_text()
            time.sleep(0.1)
        get(f"http://{address[1]}/health/ready")
        yield address[1]
    finally:
        process.terminate()
        process.wait(timeout=30)


# --- the blocks


def test_every_block_is_of_a_kind_that_is_run() -> None:
    assert {block.kind for block in BLOCKS} == {"sh", "console", "python"}


def test_the_test_command_is_what_ci_runs() -> None:
    tests = command(f"{SET_UP} '.[test]' && ").rpartition(" && ")[2]
    assert f"step {tests}" in (ROOT / ".ci/run").read_text().splitlines()


def test_the_docker_command_publishes_the_port_of_the_image() -> None:
    assert "-p 8000:8000 " in command("docker build ")
    assert "EXPOSE 8000\n" in (ROOT / "Dockerfile").read_text()


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a shell in which ``gradserve`` and ``python`` are this checkout and this interpreter."""
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    module, _, function = scripts["gradserve"].partition(":")
    programs = tmp_path_factory.mktemp("bin")
    for name, arguments in {
        "gradserve": f"-c 'import sys; from {module} import {function}; sys.exit({function}())'",
        "python": "",
    }.items():
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec {sys.executable} {arguments} "$@"\n')
        program.chmod(0o755)
    return os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "COLUMNS": "120"}


def run(arguments: list[str], folder: Path, environment: dict[str, str]) -> str:
    """What a command prints, on standard output and standard error together."""
    process = subprocess.run(
        arguments,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return process.stdout


@pytest.mark.parametrize("block", blocks("console"))
def test_console(block: Block, service: str, shell: dict[str, str], tmp_path: Path) -> None:
    if "curl" in block.text and not which("curl"):
        pytest.skip("there is no curl")
    for entry in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        # A command takes up its line, further lines after a backslash, and those down to END where it says <<'END'.
        found = re.match(r"(.*\\\n)*.*\n((?<=<<'END'\n)(?s:.*?)\nEND\n)?", entry)
        assert found is not None
        typed, shown = found[0], entry[found.end() :]
        printed = run(["sh", "-c", typed.replace(PRINTED_ADDRESS, service)], tmp_path, shell)
        printed = printed.replace(service, PRINTED_ADDRESS)
        assert agree(shown, printed), f"$ {typed}{printed}"


RUN_ALL = """
import contextlib, pathlib, runpy, sys
for name in sys.argv[1:]:
    with open(name + ".out", "w") as out, contextlib.redirect_stdout(out):
        runpy.run_path(name, run_name="__main__")
"""


def test_python(service: str, shell: dict[str, str], tmp_path: Path) -> None:
    """One interpreter runs all of the blocks, each in a module of its own: to import the packages takes a second."""
    examples = [block for block in BLOCKS if block.kind == "python"]
    names = [f"line_{block.line}.py" for block in examples]
    for name, block in zip(names, examples, strict=True):
        (tmp_path / name).write_text(block.text.replace(PRINTED_ADDRESS, service), encoding="utf-8")
    assert run([sys.executable, "-c", RUN_ALL, *names], tmp_path, shell) == ""
    for name, block in zip(names, examples, strict=True):
        shown = "\n".join(re.findall(r"^ *print\(.*\)  # (.*)$", block.text, re.MULTILINE))
        printed = (tmp_path / f"{name}.out").read_text()
        assert agree(shown, printed), f"{name}: {printed}"


# --- the tables


def table(heading: str) -> list[list[str]]:
    """The cells of the rows of the first table under a heading, without its two head rows."""
    section = README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = dropwhile(lambda line: not line.startswith("|"), section.splitlines())
    rows = list(takewhile(lambda line: line.startswith("|"), lines))
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def test_language_tour(service: str) -> None:
    rows = table("The language")
    assert rows
    for row in rows:
        program, inputs, value, gradients = (cell.strip("`") for cell in row)
        answer = json.loads(get(f"http://{service}/grad", {"program": program, "inputs": json.loads(inputs)}))
        assert answer["value"] == pytest.approx(float(value), rel=1e-12, abs=1e-12), program
        expected = json.loads(gradients)
        assert answer["gradients"].keys() == expected.keys(), program
        for name, gradient in expected.items():
            close = pytest.approx(np.array(gradient), rel=1e-12, abs=1e-12)
            assert np.array(answer["gradients"][name]) == close, program


@pytest.mark.parametrize("row", table("Compared with other tools"), ids=lambda row: row[0])
def test_comparison(row: list[str], service: str) -> None:
    found = re.fullmatch(r"`(.*)` at (-?\d+)", row[0])
    assert found is not None
    answer = json.loads(get(f"http://{service}/grad", {"program": found[1], "inputs": {"x": float(found[2])}}))
    assert answer["gradients"]["x"] == float(row[1].strip("`"))


def test_the_service_table_lists_all_requests(service: str) -> None:
    listed = {each for row in table("The service") for each in re.findall(r"`(.*?)`", row[0])}
    documented = {
        f"{method.upper()} {path}"
        for path, methods in json.loads(get(f"http://{service}/openapi.json"))["paths"].items()
        for method in methods
    }
    assert listed == documented | {"GET /docs", "GET /redoc", "GET /openapi.json"}
    for request in listed:
        method, _, path = request.partition(" ")
        if method == "GET":
            assert get(f"http://{service}{path}")


MEMORY = "half of what the machine has, at most three quarters of what its control group or `ulimit -v` leaves"


def test_the_settings_table_lists_all_settings() -> None:
    settings = Settings()
    values = {name: getattr(settings, name) for name in Settings.model_fields if name != "max"}
    values |= {f"max_{field.name}": getattr(settings.max, field.name) for field in fields(settings.max)}
    listed = {row[0].strip("`"): row[1].strip("`") for row in table("Settings")}
    assert listed.keys() == {f"GRADSERVE_{name.upper()}" for name in values}
    for name, value in values.items():
        default = listed[f"GRADSERVE_{name.upper()}"]
        told = {"threads": "one for each processor, at most 8", "memory_bytes": MEMORY}
        told |= {"cors_origins": "none", "hosts": "none"}
        assert default == told.get(name, str(value))
