"""Settings of the test run as a whole."""

import os
import sys
import threading
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

# The threads of the linear algebra library wait for one another by spinning. For matrices of three rows that costs more
# than it gives, above all where every processor runs tests already. The variable is read when NumPy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# How long an example takes says nothing on a busy machine. HYPOTHESIS_PROFILE=thorough draws forty times as many
# random programs, for a change to the core.
settings.register_profile(
    "default", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("thorough", settings.get_profile("default"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Tests marked ``untraced``, and those that draw random examples, run without the tracer of coverage.

    What they cover must not depend on the draw. pytest-cov's own marker has no effect in the processes of pytest-xdist.
    """
    drawn = getattr(getattr(item, "function", None), "is_hypothesis_test", False)
    if not drawn and not item.get_closest_marker("untraced"):
        return (yield)
    tracer, of_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracer)
        threading.settrace(of_threads)
