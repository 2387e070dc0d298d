"""Threads that work on several images at the same time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from wxlint.core.errors import EndedError
from wxlint.core.supervisor import SUPERVISOR


@contextmanager
def workers(jobs: int) -> Iterator[ThreadPoolExecutor]:
    """Lend threads, and wait for them in the end; where an error ends it early, what they run is stopped.

    Args:
        jobs: how many, 0 for a choice by the machine.
    """
    pool = ThreadPoolExecutor(jobs or max(2, min(4, os.cpu_count() or 2)))
    try:
        yield pool
    except EndedError:  # whoever ends the run clears up
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        SUPERVISOR.stop_all()
        raise
    pool.shutdown()
