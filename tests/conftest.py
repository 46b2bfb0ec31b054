"""Settings of the test run as a whole."""

import os

from hypothesis import HealthCheck, settings

# How long an example takes says nothing on a busy machine. HYPOTHESIS_PROFILE=thorough is for a change to the core.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("thorough", settings.get_profile("default"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
