"""The command line: what it prints, and how it fails."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from app.cli import main

TABLE_1 = "log(x1) + x1*x2 - sin(x2)"


def test_value_gradients_and_trace(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grad", "y = " + TABLE_1, "x1=2", "x2=5", "--trace", "--mode", "reverse"]) == 0
    assert (
        capsys.readouterr().out
        == """\
y = 11.652071455223084

gradients (reverse mode)
  x1  5.5
  x2  1.7163378145367738

primal
  v-1  x1        2.0
  v0   x2        5.0
  v1   log(v-1)  0.6931471805599453
  v2   v-1 * v0  10.0
  v3   sin(v0)   -0.9589242746631385
  v4   v1 + v2   10.693147180559945
  v5   v4 - v3   11.652071455223084

adjoint
  v5'   1                 1.0
  v4'   v5' * 1           1.0
  v3'   v5' * (-1)        -1.0
  v1'   v4' * 1           1.0
  v2'   v4' * 1           1.0
  v0'   v3' * cos(v0)     -0.28366218546322625
  v-1'  v2' * v0          5.0
  v0'   v0' + v2' * v-1   1.7163378145367738
  v-1'  v-1' + v1' / v-1  5.5
"""
    )


def test_the_program_from_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("r = x**2\nreturn sum(r)\n"))
    assert main(["grad", "-", "--mode", "reverse", "x=[1, 2, 3]"]) == 0
    assert "x  [2.0, 4.0, 6.0]" in capsys.readouterr().out


WORDS = [
    ("an array", ["sum(x**2)", "x=[[1, 2], [3, 4]]"], "x  [[2.0, 4.0], [6.0, 8.0]]"),
    ("a value after an option", ["a*b", "a=2", "--mode", "forward", "b=3"], "a  3.0\n  b  2.0"),
    ("only some inputs", ["a*b*c", "a=2", "b=3", "c=5", "--wrt", "a, c"], "a  15.0\n  c  6.0"),
    ("one of several outputs", ["u = x*x\nv = 3*x", "x=2", "--output", "v"], "v = 6.0"),
    ("infinity", ["1/x", "x=Infinity"], "0.0"),
    ("a program that starts with a minus", ["--", "-x**2", "x=3"], "= -9.0"),
    ("the same without the dashes", ["-x**2", "x=3"], "= -9.0"),
    ("the whole of a long array", ["sum(x)", f"x={[0] * 2000}"], f"x  {[1.0] * 2000}"),
    ("spaces around the equals sign", ["x*x", "x = 3"], "= 9.0"),
    ("a negative number", ["x*x", "x=-3"], "x  -6.0"),
]


@pytest.mark.parametrize(("why", "words", "told"), WORDS, ids=[row[0] for row in WORDS])
def test_what_it_takes(capsys: pytest.CaptureFixture[str], why: str, words: list[str], told: str) -> None:
    assert main(["grad", *words]) == 0
    assert told in capsys.readouterr().out


def test_an_error_shows_the_place_and_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grad", "y = x + sni(x)", "x=1"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert "(unknown_function)" in err
    assert "at line 1, column 9:\ny = x + sni(x)\n        ^^^\nhelp: " in err


FAULTS = [
    ("no equals sign", ["x", "x"], "name=value"),
    ("no name", ["x", "=1"], "name=value"),
    ("no number", ["x", "x=two"], "neither a number nor JSON"),
    ("no regular array", ["sum(x)", "x=[[1, 2], [3]]"], "x[1] has 1 elements"),
    ("a number past float64", ["x", "x=1e999"], "too large for float64"),
    ("an input missing", ["x*y", "x=1"], "y is missing"),
]


@pytest.mark.parametrize(("why", "words", "told"), FAULTS, ids=[row[0] for row in FAULTS])
def test_what_it_refuses(capsys: pytest.CaptureFixture[str], why: str, words: list[str], told: str) -> None:
    assert main(["grad", *words]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["grad"], ["grad", "x", "--wat"], ["--wat"], ["teapot"], ["grad", "x", "--mode", "up"]]
)
def test_wrong_usage_exits_with_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2


def test_wrong_settings_exit_with_2(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADSERVE_PORT", "http")
    assert main([]) == 2
    assert "port" in capsys.readouterr().err


def test_as_a_module() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "app", "grad", TABLE_1, "x1=2", "x2=5"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "11.652071455223084" in ran.stdout


def test_a_taken_port_is_told() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = subprocess.run(
            [sys.executable, "-m", "app", "--port", str(port)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ran.returncode != 0
    assert "address already in use" in ran.stderr


@pytest.mark.parametrize("program", ["root(lambda t: t^2 - x, 1.0)", "s, d = slogdet(x*eye(2)); d"])
def test_a_trace_shows_ops_of_several_results(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grad", program, "x=4", "--trace"]) == 0
    assert "[0]" in capsys.readouterr().out.replace("[1]", "[0]")
