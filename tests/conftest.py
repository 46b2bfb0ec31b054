"""Settings of the test run as a whole."""

import importlib
import os
import pkgutil
import sys
import threading
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

# The threads of the linear algebra library wait for one another by spinning. For matrices of three rows that costs more
# than it gives, above all where every processor runs tests already. The variable is read when NumPy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# How long an example takes says nothing on a busy machine. HYPOTHESIS_PROFILE=thorough draws a hundred times as many
# random programs, for a change to the core.
settings.register_profile(
    "default", max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("thorough", settings.get_profile("default"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


class Tracer:
    """The tracer of coverage in this process, which is switched off but for what it is to see.

    It more than doubles the time of Python code, that of pytest included. pytest-cov's own marker has no effect in the
    processes of pytest-xdist.
    """

    def __init__(self) -> None:
        self.tracer, self.of_threads = sys.gettrace(), threading.gettrace()

    def off(self) -> None:
        sys.settrace(None)
        threading.settrace(None)

    def on(self) -> None:
        sys.settrace(self.tracer)
        threading.settrace(self.of_threads)


_TRACER = pytest.StashKey[Tracer]()


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """What importing the packages runs is traced; collecting the tests is not, nor is anything between them."""
    tracer = session.config.stash[_TRACER] = Tracer()
    if tracer.tracer is not None:
        for name in ("adcore", "app"):
            package = importlib.import_module(name)
            for module in pkgutil.walk_packages(package.__path__, f"{name}."):
                if not module.name.endswith("__main__"):
                    importlib.import_module(module.name)
    tracer.off()
    return (yield)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Coverage finds its tracer as it left it."""
    try:
        return (yield)
    finally:
        session.config.stash[_TRACER].on()


def _is_traced(item: pytest.Item) -> bool:
    """Not where it is marked ``untraced``, and not where it draws random examples: what is covered must not depend on
    the draw."""
    drawn = getattr(getattr(item, "function", None), "is_hypothesis_test", False)
    return not drawn and item.get_closest_marker("untraced") is None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    return (yield from _traced(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    return (yield from _traced(item))


def _traced(item: pytest.Item) -> Generator[None, object, object]:
    if not _is_traced(item):
        return (yield)
    tracer = item.config.stash[_TRACER]
    tracer.on()
    try:
        return (yield)
    finally:
        tracer.off()
