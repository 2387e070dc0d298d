"""Ways to break an image that must never be green: each is built on a real engine, and gets its verdict.

All stages but `control` have a torch that says it is built for CUDA 12.1 and cannot be imported: whatever else is done
to hide it, `torch-channel` is never passed.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sabotaged import (
    GOOD_TORCH,
    OTHER_BASE,
    PROBED,
    ROOT,
    SITE,
    STAGE,
    Checks,
    Sabotage,
    judged,
    module,
    not_green,
    script,
    torch,
)
from small_family import Family, docker, need_engine

EXITS = "import os; os._exit(0)"
IN_WORKDIR = ("WORKDIR /evil", ROOT, f"RUN echo '{EXITS}' > /evil/json.py && cp /evil/json.py /evil/os.py", STAGE)
ANSWER = '{"schema": "wxlint-probe/1", "torch": null, "torch_runtime": null}'
CALLS = "import socket; socket.create_connection(('1.1.1.1', 53), 5); print('usage')"


SABOTAGES = {
    # the probe is kept from its answer
    "plain": Sabotage((), words="cannot be imported"),
    "workdir": Sabotage(IN_WORKDIR, words="cannot be imported"),
    "pythonhome": Sabotage(("ENV PYTHONHOME=/nonexistent",), ("torch-channel", "entrypoint"), "cannot be imported"),
    "pythonpath": Sabotage((*IN_WORKDIR, "ENV PYTHONPATH=/evil"), words="cannot be imported"),
    "pythonstartup": Sabotage(("ENV PYTHONSTARTUP=/app.py PYTHONINSPECT=1",), words="cannot be imported"),
    "exits3": Sabotage(script("exit 3"), PROBED, "exit code 3"),
    "exits0": Sabotage(script("exit 0"), PROBED, "exit code 0"),
    "exits127": Sabotage(script("exit 127"), (), ""),
    "canned": Sabotage(script(f"echo; echo 'WXLINT-PROBE {ANSWER}'"), PROBED, "exit code 0"),
    "damaged": Sabotage(script('echo; echo "WXLINT-PROBE $5 {"'), PROBED, "damaged"),
    "partial": Sabotage(script(f"echo; echo \"WXLINT-PROBE $5 \"'{ANSWER}'"), PROBED, "parts of it are missing"),
    "hangs": Sabotage(script("sleep 600"), PROBED, "not done in time", hangs=True),
    "noexec": Sabotage((ROOT, "RUN chmod 644 $(readlink -f $(which python))", STAGE), PROBED, "proves nothing"),
    "directory": Sabotage((ROOT, "RUN rm $(which python) && mkdir /usr/local/bin/python /usr/bin/python", STAGE), ()),
    "old": Sabotage(
        (*script("echo 'Unknown option: -I' >&2; exit 2"), *script("exit 9", "/usr/local/bin/python3")), PROBED
    ),
    "pth": Sabotage(module("x.pth", EXITS), PROBED, "exit code 0"),
    "flood": Sabotage(module("x.pth", "import sys; print(10_000_000 * chr(120))"), words="cannot be imported"),
    "stderrflood": Sabotage(module("x.pth", "import sys; sys.stderr.write(10_000_000 * chr(120))")),
    "marker": Sabotage(module("x.pth", f"import sys; print(); print('WXLINT-PROBE ' + '{ANSWER}')"), words="imported"),
    # torch hides
    "unreadable": Sabotage(
        (ROOT, f"RUN chmod 000 {SITE}/torch/version.py", STAGE), ("torch", "torch-channel"), "Permission"
    ),
    "folder": Sabotage(
        (ROOT, f"RUN rm {SITE}/torch/version.py && mkdir {SITE}/torch/version.py", STAGE), ("torch",), "IsADirectory"
    ),
    "noversion": Sabotage(
        (ROOT, f"RUN echo > {SITE}/torch/version.py", STAGE), ("torch", "torch-channel"), "no version"
    ),
    "dies": Sabotage(torch("import os; os._exit(0)"), words="ended without an answer"),
    "crashes": Sabotage(torch("import os; os.kill(os.getpid(), 11)"), words="signal 11"),
    "waits": Sabotage(torch("import time; time.sleep(600)"), words="no answer within", hangs=True),
    "compiledwithout": Sabotage(torch(GOOD_TORCH.replace("lambda: True", "lambda: False")), words="compiled without"),
    "leaves": Sabotage((ROOT, f"RUN rm -r {SITE}/torch", STAGE), ("torch", "torch-channel"), "requires"),
    "othercuda": Sabotage((ROOT, f"RUN sed -i s/12.1/11.8/ {SITE}/torch/version.py", STAGE)),
    # libraries, packages
    "garbage": Sabotage(
        (ROOT, f"RUN mkdir -p {SITE}/nvidia/cublas/lib && echo x > {SITE}/nvidia/cublas/lib/libcublas.so.12", STAGE),
        ("libraries-load",),
        "libcublas",
    ),
    "requirement": Sabotage(
        (
            ROOT,
            f"RUN mkdir {SITE}/a-1.dist-info && printf 'Metadata-Version: 2.1\\nName: a\\nVersion: 1\\n"
            f"Requires-Dist: nowhere-to-be-found\\n' > {SITE}/a-1.dist-info/METADATA",
            STAGE,
        ),
        ("distributions",),
        "nowhere-to-be-found",
    ),
    # users
    "nobodyhere": Sabotage(("USER nobodyhere",), ("user", *PROBED), "no such user"),
    "rootagain": Sabotage((ROOT,), ("user",), "uid 0"),
    "alias": Sabotage((ROOT, "RUN useradd -o -u 0 harmless", "USER harmless"), ("user",), "uid 0"),
    "rootnumber": Sabotage(("USER 0:0",), ("user",), "uid 0"),
    "keepsroot": Sabotage(("USER root",), ("user",), "the policy says stage"),
    # entrypoints
    "silent": Sabotage(('ENTRYPOINT ["true"]',), ("entrypoint",), "fits"),
    "fails": Sabotage(('ENTRYPOINT ["sh", "-c", "echo usage; exit 3"]',), ("entrypoint",), "exit code 3"),
    "waitsforever": Sabotage(
        ('ENTRYPOINT ["sh", "-c", "echo usage; sleep 600"]',), ("entrypoint",), "not done", hangs=True
    ),
    "missing": Sabotage(('ENTRYPOINT ["/nowhere"]',), ("entrypoint",), "exit code 127"),
    "writes": Sabotage(('ENTRYPOINT ["sh", "-c", "echo x > /etc/passwd && echo usage"]',), ("entrypoint",)),
    "calls": Sabotage((f'ENTRYPOINT ["python", "-c", "{CALLS}"]',), ("entrypoint",)),
}


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Family, dict[str, Checks]]]:
    need_engine()
    with judged(tmp_path_factory.mktemp("sabotage"), SABOTAGES, otherbase=OTHER_BASE) as found:
        yield found


@pytest.mark.engine
@pytest.mark.parametrize("name", SABOTAGES)
def test_a_sabotaged_image_is_never_green(images: tuple[Family, dict[str, Checks]], name: str) -> None:
    not_green(images[1][name], SABOTAGES[name])
    assert images[1][name]["torch-channel"]["verdict"] == "FAIL", images[1][name]["torch-channel"]


@pytest.mark.engine
def test_an_image_without_sabotage_passes(images: tuple[Family, dict[str, Checks]]) -> None:
    checks = images[1]["control"]
    shown_apart = ("libraries-load", "device", "predicted")
    verdicts = {check: found["verdict"] for check, found in checks.items() if check not in shown_apart}
    assert set(verdicts.values()) == {"PASS"}, {n: c["reason"] for n, c in checks.items() if c["verdict"] != "PASS"}


@pytest.mark.engine
def test_a_torch_that_no_install_brings_is_not_as_predicted(
    images: tuple[Family, dict[str, Checks]],
) -> None:
    found = images[1]["control"]["predicted"]
    assert (found["verdict"], "check says no torch, the image has torch 2.2.1" in found["reason"]) == ("FAIL", True)


@pytest.mark.engine
def test_another_base_is_seen(images: tuple[Family, dict[str, Checks]]) -> None:
    checks = images[1]["otherbase"]
    assert (checks["base"]["verdict"], checks["base"]["code"]) == ("FAIL", "other-base")
    assert checks["torch"]["verdict"] == "FAIL"


@pytest.mark.engine
def test_a_forbidden_tag_is_seen(images: tuple[Family, dict[str, Checks]]) -> None:
    assert images[1]["silent"]["forbidden-tag"]["verdict"] == "FAIL"
    assert images[1]["control"]["forbidden-tag"]["verdict"] == "PASS"


@pytest.mark.engine
def test_the_base_is_judged_when_one_image_is_selected(images: tuple[Family, dict[str, Checks]]) -> None:
    made, _ = images
    done = made.pytest("-q", "-k", "base", "--wx-select", "otherbase", "--wx-build", "never")
    assert done.returncode == 1, done.stdout
    docker("rmi", "-f", f"{made.prefix}-base:cuda")
    done = made.pytest("-q", "-k", "base", "--wx-select", "control", "--wx-build", "never")
    assert done.returncode == 1, done.stdout
    assert "cannot be had" in done.stdout
