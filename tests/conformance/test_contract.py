"""The image contract on a real engine: an image that keeps it in everything, and one that breaks it in everything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from small_family import Family, family, need_engine

POLICY = """\
wxlint: 1
name: contract
image: "{prefix}-{{stage}}"
expect:
  files:
    /app.py: {{mode: "0644", owner: "0:0", content: ['(?m)^import'], no-content: [password]}}
    /etc/os-release: {{content: [debian]}}
    /etc/shadow: {{mode: "0640"}}
    /usr: true
    /root/.ssh: false
  env: {{APP: one, PATH: {{pattern: '^/usr/local'}}, TOKEN: false}}
  labels: {{team: asr, org.x: true, secret: false}}
  workdir: /srv
  ports: {{"8080": true, "22": false}}
  volumes: {{/data: true, /tmp: false}}
  cmd: [--help]
  exec: [python, /app.py]
  packages: {{pip: ">=20", torch: false}}
  commands:
    - {{command: [sh, -c, "echo out; echo er >&2; exit 3"], exit-code: 3, stdout: [out], stderr: [er], no-stdout: [er]}}
    - {{command: [python, -c, "import os; print(os.environ['A'])"], env: {{A: "5"}}, stdout: ["^5$"]}}
    - {{command: [sh, -c, "touch /new && chown 5 /new"], writable: true, capabilities: [CHOWN]}}
variants:
  cpu: {{torch-channel: cpu, accelerator: cpu, upstream: ["python:3.11-slim*"], stages: [{stages}]}}
stages:
  started: {{expect: {{entrypoint: {{timeout: 20, writable: true, capabilities: [CHOWN]}}}}}}
"""
GOOD = """\
FROM python:3.11-slim
COPY --chmod=0644 app.py /app.py
ENV APP=one
LABEL team=asr org.x=1
WORKDIR /srv
EXPOSE 8080
VOLUME /data
ENTRYPOINT ["python", "/app.py"]
CMD ["--help"]
"""
BAD = """\
FROM python:3.11-slim
COPY app.py /app.py
RUN echo password > /app.py && chmod 600 /app.py && chown 5 /app.py && mkdir /root/.ssh && rm -r /etc/os-release \\
 && chmod 600 /etc/shadow && rm -f /bin/sh
ENV APP=two TOKEN=x PATH=/bin:/usr/bin
LABEL team=tts secret=1
EXPOSE 22
VOLUME /tmp
ENTRYPOINT ["python3", "/app.py"]
"""
STARTED = GOOD + 'ENTRYPOINT ["sh", "-c", "touch /x && chown 5 /x && echo usage"]\n'
CONTRACT = ("files", "env", "labels", "workdir", "ports", "volumes", "cmd", "exec", "packages", "commands")


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Family, dict[str, dict[str, Any]]]]:
    need_engine()
    stages = {"good": GOOD, "bad": BAD, "started": STARTED}
    with family(tmp_path_factory.mktemp("contract"), stages, POLICY) as made:
        (made.folder / "docker/base/Dockerfile").unlink()
        done = made.pytest("-q", "--wx-report", "report.json", timeout=300)
        assert done.returncode == 1, done.stdout[-3000:]
        report = json.loads((made.folder / "report.json").read_text())
        yield (
            made,
            {
                each["image"].partition(":")[0]: {one["name"]: one for one in each["checks"]}
                for each in report["images"]
            },
        )


@pytest.mark.engine
def test_an_image_that_keeps_it(judged: tuple[Family, dict[str, dict[str, Any]]]) -> None:
    checks = judged[1]["good"]
    assert {n: checks[n]["reason"] for n in CONTRACT if checks[n]["verdict"] != "PASS"} == {}


@pytest.mark.engine
def test_an_image_that_breaks_it(judged: tuple[Family, dict[str, dict[str, Any]]]) -> None:
    checks = judged[1]["bad"]
    held = ("packages",)
    assert {n: checks[n]["reason"] for n in CONTRACT if n not in held and checks[n]["verdict"] != "FAIL"} == {}
    for words in ("mode 0600, not 0644", "belongs to 5:0", "'password' is in it", "/root/.ssh is there", "is missing"):
        assert words in checks["files"]["reason"]
    assert "APP is 'two', not 'one'" in checks["env"]["reason"]
    assert "TOKEN is set" in checks["env"]["reason"] and "without '^/usr/local'" in checks["env"]["reason"]
    assert "22/tcp is exposed" in checks["ports"]["reason"]
    assert checks["cmd"]["reason"].endswith("CMD is [], not ['--help']")


@pytest.mark.engine
def test_an_entrypoint_may_be_allowed_to_write_and_chown(judged: tuple[Family, dict[str, dict[str, Any]]]) -> None:
    made, judged_images = judged
    assert judged_images["started"]["entrypoint"]["verdict"] == "PASS", judged_images["started"]["entrypoint"]["reason"]
    text = made.policy.read_text()
    for taken in (", writable: true, capabilities: [CHOWN]}}}", ", capabilities: [CHOWN]}}}"):
        made.policy.write_text(text.replace(taken, "}}}"))
        done = made.pytest("-q", "-k", "started and entrypoint", "--wx-build", "never")
        assert done.returncode == 1, done.stdout
    made.policy.write_text(text)
