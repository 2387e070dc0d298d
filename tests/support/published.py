"""A family whose images are published in a real registry, and pulls of them that stall or break off."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ended_runs import LIMIT, Ended, started_run, wait_for
from own_registry import OwnRegistry, own_registry, way_to
from small_family import POLICY, STAGE, Family, docker, family

MIDWAY = 300_000
"""Bytes of the images after which something happens: less than the layer of one:cpu has."""


class Published(NamedTuple):
    """A family whose images are in a registry, and in the engine under no name. digest: of one:cpu there."""

    registry: OwnRegistry
    made: Family
    digest: str

    def run(self, *arguments: str, host: str = "") -> tuple[int, dict[str, str], str]:
        """(exit code, verdict of `exists` by image, output); host: another way to the registry."""
        done = self.made.pytest(
            *("-q", "-k", "exists or entrypoint", "--wx-report", "report.json", *arguments),
            env={"TEST_REGISTRY": f"{host or self.registry.host}/t"},
        )
        if not (self.made.folder / "report.json").is_file():
            return done.returncode, {}, done.stdout + done.stderr
        report = json.loads((self.made.folder / "report.json").read_text())
        found = {i["image"]: c["verdict"] for i in report["images"] for c in i["checks"] if c["name"] == "exists"}
        return done.returncode, found, done.stdout + done.stderr

    def ended_while_pulling(self, number: signal.Signals) -> Ended:
        """Send a signal to a run while the registry makes its engine wait for a layer."""
        sent, goes_on = 0, threading.Event()

        def stalls(piece: bytes) -> bytes:
            nonlocal sent
            sent += len(piece)
            if sent > MIDWAY:
                goes_on.wait(LIMIT)
            return piece

        try:
            with (
                way_to(self.registry.host, stalls) as host,
                started_run(self.made, "--wx-pull", env={"TEST_REGISTRY": f"{host}/t"}) as run,
            ):
                assert wait_for(lambda: sent > MIDWAY, LIMIT), run.output()
                return run.end(number)
        finally:
            goes_on.set()

    def without_registry(self) -> tuple[float, tuple[int, dict[str, str], str]]:
        """(seconds until the run ends, what `run` says) of a registry that ends for good while a layer comes."""
        sent, end = 0, 0.0

        def dies(piece: bytes) -> bytes | None:
            nonlocal sent, end
            sent += len(piece)
            if sent <= MIDWAY:
                return piece
            end = end or time.monotonic()
            self.registry.stop()
            return None

        try:
            with way_to(self.registry.host, dies) as host:
                found = self.run("--wx-pull", host=host)
                return time.monotonic() - end, found
        finally:
            self.registry.start()

    def forget(self) -> None:
        """Remove the family's images from the engine, whatever way they came."""
        listing = ("images", "--digests", "--format", "{{.Repository}} {{.Tag}} {{.Digest}}")
        for line in docker(*listing).splitlines():
            name, tag, digest = line.split()
            if self.made.prefix in name:
                for each in (f"{name}:{tag}", f"{name}@{digest}"):
                    subprocess.run(["docker", "rmi", "-f", each], capture_output=True)


@contextmanager
def published_family(folder: Path) -> Iterator[Published]:
    """Skips where no registry can be had."""
    policy = POLICY.replace(
        'image: "{prefix}-', 'registry: r\nregistry-env: TEST_REGISTRY\nimage: "{{registry}}/{prefix}-'
    )
    with (
        own_registry(folder / "registry") as registry,
        family(folder / "family", {"one": STAGE}, policy) as made,
    ):
        made.write("noise.bin", "".join(f"{number}\n" for number in range(1_000_000)))
        text = STAGE.replace("{prefix}-base", "${REGISTRY}/{prefix}-base").replace("{prefix}", made.prefix)
        made.write("docker/one/Dockerfile", f"ARG REGISTRY={registry.host}/t\n{text}COPY noise.bin /noise.bin\n")
        env = {"TEST_REGISTRY": f"{registry.host}/t"}
        # The older builder keeps no layers of an image that is removed: they are to come from the registry.
        done = made.pytest("-q", "-k", "exists", env={**env, "DOCKER_BUILDKIT": "0"})
        assert done.returncode == 0, done.stdout
        for image in ("base:cpu", "one:cpu"):
            pushed = docker("push", f"{registry.host}/t/{made.prefix}-{image}")
        digest = re.search(r"digest: (sha256:[0-9a-f]{64})", pushed)
        assert digest is not None, pushed
        published = Published(registry, made, digest[1])
        try:
            yield published
        finally:
            published.forget()
