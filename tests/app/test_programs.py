"""Some example programs of ``tests/programs``, through the service: one compilation serves all cases of each.

All of them run in ``tests/test_programs.py``, by the core itself.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import httpx
import pytest

FILES = sorted((Path(__file__).parent.parent / "programs").glob("*.toml"))[::6]


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_a_program_is_compiled_once(client: httpx.Client, file: Path) -> None:
    one = tomllib.loads(file.read_text(encoding="utf-8"))
    for i, case in enumerate(one["cases"]):
        body = {"program": one["program"], "inputs": case["inputs"], "wrt": list(case["gradients"])}
        answer = client.post("/grad", json=body).json()
        assert answer["value"] == pytest.approx(case["value"], rel=one["tolerance"], abs=one["tolerance"])
        assert answer["cached"] == (i > 0)
