"""For every test: property tests without deadlines, since machines are noisy and speed belongs in bench/.

HYPOTHESIS_PROFILE=deep looks much further, for when a reader changes.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_CALM = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("usual", deadline=None, suppress_health_check=_CALM)
settings.register_profile("deep", deadline=None, suppress_health_check=_CALM, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))
