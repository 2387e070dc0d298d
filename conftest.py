"""For every test: property tests without deadlines, since machines are noisy and speed belongs in bench/; a cache of
the test session's own, so that no test reads what an earlier program wrote.

HYPOTHESIS_PROFILE=deep looks much further, for when a reader changes; quick looks at the same few examples each time.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

try:
    from hypothesis import HealthCheck, settings
except ImportError:  # the images' own tests do without it: `pip install .[conformance]`, `pytest policies`
    pass
else:
    _CALM = [HealthCheck.too_slow, HealthCheck.data_too_large]
    settings.register_profile("usual", deadline=None, suppress_health_check=_CALM)
    settings.register_profile("deep", deadline=None, suppress_health_check=_CALM, max_examples=2000)
    settings.register_profile("quick", deadline=None, suppress_health_check=_CALM, max_examples=20, derandomize=True)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))


@pytest.fixture(scope="session", autouse=True)
def cache_of_this_session() -> Iterator[None]:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("WXLINT_CACHE_DIR", str(Path(folder) / "cache"))
        yield


@pytest.fixture
def signals_by_default() -> Iterator[None]:
    """Let started programs be ended by signals that whoever started the tests ignores, as `nohup` and `&` do."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGHUP)}
    for number, handler in kept.items():
        if handler is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)
