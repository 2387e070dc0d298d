"""Ways that users of other tools report: what images of good will do, and what hides that."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sabotaged import (
    CONTROL,
    GOOD_TORCH,
    PROBED,
    ROOT,
    SITE,
    STAGE,
    Checks,
    Sabotage,
    judged,
    not_green,
    script,
)
from small_family import Family, need_engine

FAKE = f"""\
import sys, types
from importlib.util import spec_from_file_location
def fake():
    found = types.ModuleType("torch")
    exec({GOOD_TORCH!r}, found.__dict__)
    found.__spec__ = spec_from_file_location("torch", sys.path[-1] + "/torch/__init__.py")
    sys.modules["torch"] = found
fake()
"""
"""A torch that answers as it should, put where `import torch` looks first."""


def run(*commands: str) -> tuple[str, ...]:
    """Commands as root, without a word on the user behind them."""
    return ROOT, f"RUN {' && '.join(commands)}", STAGE


def written(path: str, text: str) -> str:
    """A command that writes a file, whatever is in it."""
    import base64

    return f"echo {base64.b64encode(text.encode()).decode()} | base64 -d > {path}"


BLOCKED = "cannot be imported"
VENV = ("python -m venv --without-pip /opt/venv", f"cp -r {SITE}/torch /opt/venv/lib/python3.11/site-packages/")
GOOD = written(f"{SITE}/torch/__init__.py", GOOD_TORCH)
ELF = r"printf '\177ELF\002\001\001\000\000\000\000\000\000\000\000\000\002\000\267\000\001\000\000\000'"
"""The beginning of a program for arm64."""
HUGE = ("ENV HUGE=" + "\\\n".join(3 * ["x" * 50_000]),)
"""A variable that no program can be started with: 128 KiB are the limit."""

WAYS = {
    # which Python, which torch
    "venvasidepath": Sabotage(run(*VENV, f"rm -r {SITE}/torch"), ("torch", "torch-channel")),
    "venvbeforepath": Sabotage((*run(*VENV, GOOD), "ENV PATH=/opt/venv/bin:$PATH"), words=BLOCKED),
    "otherpython": Sabotage((*CONTROL, *script("exec /usr/bin/false")), PROBED, "exit code 1"),
    "shadowfolder": Sabotage(
        (*CONTROL, "WORKDIR /srv", *run("mkdir torch", "touch torch/__init__.py")), words="/srv/torch"
    ),
    "shadowmodule": Sabotage((*CONTROL, "WORKDIR /srv", *run("touch torch.py")), words="in the working folder"),
    "shadowpath": Sabotage(
        (*CONTROL, *run("mkdir -p /extra/torch", "touch /extra/torch/__init__.py"), "ENV PYTHONPATH=/extra"),
        words="version.py",
    ),
    "sitecustomize": Sabotage(run(written(f"{SITE}/sitecustomize.py", FAKE)), words=BLOCKED),
    "pthimports": Sabotage(
        run(written(f"{SITE}/fakes.py", FAKE), f"echo 'import fakes' > {SITE}/fakes.pth"), words=BLOCKED
    ),
    "usercustomize": Sabotage(
        run(
            "d=/home/stage/.local/lib/python3.11/site-packages",
            "mkdir -p $d",
            written("$d/usercustomize.py", FAKE),
            "chown -R stage /home/stage",
        ),
        words=BLOCKED,
    ),
    "linkedsite": Sabotage(run(f"s={SITE}", "mv $s /opt/site", "ln -s /opt/site $s"), words=BLOCKED),
    "safepath": Sabotage(
        ("WORKDIR /srv", *run("echo 'raise SystemExit' > json.py"), "ENV PYTHONSAFEPATH=1"), words=BLOCKED
    ),
    "success": Sabotage(
        run(written("/WXLINT-PROBE", "PASS"), written("/tmp/report.json", '{"verdict": "PASS"}')), words=BLOCKED
    ),
    # what programs need of an image
    "noshell": Sabotage((ROOT, "RUN rm /bin/sh /bin/dash /bin/bash", STAGE), words=BLOCKED),
    "otherarch": Sabotage(run("p=$(readlink -f $(which python))", f"{ELF} > $p"), PROBED),
    "notmp": Sabotage((ROOT, "RUN rm -rf /tmp", STAGE), words=BLOCKED),
    "tmpfile": Sabotage((ROOT, "RUN rm -rf /tmp && touch /tmp", STAGE), PROBED),
    "nohome": Sabotage(
        (ROOT, "RUN useradd --uid 1001 --no-create-home -d /nonexistent lost", "USER lost"), words=BLOCKED
    ),
    "hugeenv": Sabotage(HUGE, (*PROBED, "entrypoint"), "argument list too long"),
    "preloadhangs": Sabotage(
        (ROOT, "RUN mknod /etc/ld.so.preload p", STAGE), (*PROBED, "entrypoint"), "not done in time", hangs=True
    ),
    "healthcheck": Sabotage(("HEALTHCHECK --interval=1s CMD true",), words=BLOCKED),
    "onbuild": Sabotage(("ONBUILD RUN rm -rf /", "ONBUILD USER stage"), words=BLOCKED),
    "volume": Sabotage(("VOLUME /usr/local/lib /app",), words=BLOCKED),
    "zerouser": Sabotage(("USER 00",), ("user",), "uid 0"),
    # libraries
    "librarypath": Sabotage(
        (
            *run(
                "mkdir -p /opt/stubs /opt/cuda",
                "echo x > /opt/stubs/libcublas.so.12",
                "cp /bin/true /opt/cuda/libcublas.so.12",
            ),
            "ENV LD_LIBRARY_PATH=/opt/stubs",
        ),
        ("libraries-load",),
        "libcublas",
    ),
    "straywheel": Sabotage(
        run(
            f"mkdir -p {SITE}/nvidia_cudnn_cu11-8.9.dist-info",
            written(
                f"{SITE}/nvidia_cudnn_cu11-8.9.dist-info/METADATA",
                "Metadata-Version: 2.1\nName: nvidia-cudnn-cu11\nVersion: 8.9\nRequires-Dist: nvidia-cublas-cu11\n",
            ),
        ),
        ("distributions",),
        "nvidia-cublas-cu11",
    ),
    # entrypoints
    "printsandfails": Sabotage(('ENTRYPOINT ["sh", "-c", "echo usage; exit 1"]',), ("entrypoint",), "exit code 1"),
    "killsitself": Sabotage(
        ('ENTRYPOINT ["sh", "-c", "echo usage; sh -c \'kill -9 $$\'; exit $?"]',), ("entrypoint",), "exit code 137"
    ),
    "floods": Sabotage(('ENTRYPOINT ["sh", "-c", "yes usage"]',), ("entrypoint",), "not done", hangs=True),
    "noshebang": Sabotage(
        (*run("echo 'echo usage' > /start", "chmod 755 /start"), 'ENTRYPOINT ["/start"]'), ("entrypoint",)
    ),
    "carriagereturn": Sabotage(
        (*run(r"printf '#!/bin/sh\r\necho usage\r\n' > /start", "chmod 755 /start"), 'ENTRYPOINT ["/start"]'),
        ("entrypoint",),
    ),
    "notexecutable": Sabotage(
        (*run("cp /bin/true /start", "chmod 644 /start"), 'ENTRYPOINT ["/start"]'), ("entrypoint",), "126"
    ),
}
HARMLESS = {"linkedsite", "notmp", "nohome", "noshell", "healthcheck", "volume"}
"""What is no fault in itself: with a torch that can be imported, these pass."""


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Family, dict[str, Checks]]]:
    need_engine()
    good = {f"good{name}": "\n".join(("FROM {prefix}-base:cuda", *CONTROL, *WAYS[name].lines, "")) for name in HARMLESS}
    with judged(tmp_path_factory.mktemp("ways"), WAYS, **good) as found:
        yield found


@pytest.mark.engine
@pytest.mark.parametrize("name", WAYS)
def test_a_broken_image_is_never_green(images: tuple[Family, dict[str, Checks]], name: str) -> None:
    not_green(images[1][name], WAYS[name])


@pytest.mark.engine
@pytest.mark.parametrize("name", sorted(HARMLESS))
def test_what_does_no_harm_is_not_blamed(images: tuple[Family, dict[str, Checks]], name: str) -> None:
    checks = images[1][f"good{name}"]
    apart = ("libraries-load", "device", "predicted")
    wrong = {
        check: found["reason"] for check, found in checks.items() if found["verdict"] != "PASS" and check not in apart
    }
    assert wrong == {}
