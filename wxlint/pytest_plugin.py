"""The pytest plugin's entry: it is imported by every pytest that runs where wxlint is installed, so it imports nothing itself.

What it does is in wxlint/conformance, which is imported once a policy is collected or one of the fixtures or markers is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wxlint.conformance.plugin.session import Image, Kit
    from wxlint.core.processes import Completed

_MARKERS = (
    "wx_image(name): an image of the family that the test needs; it is built before any test runs",
    "wx_gpu: the test needs a GPU of its own; without --gpu it is UNPROVEN",
)
_RECORDER = "wxlint-recorder"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("wxlint", "conformance of container images (wxlint)")
    group.addoption(
        "--gpu",
        action="store_true",
        dest="wx_gpu",
        help="GPU checks must run: a missing GPU is a failure that says what is missing",
    )
    modes = "auto: build what is missing or changed; always; never (default: auto, or ini wx_build)"
    group.addoption("--wx-build", choices=("auto", "always", "never"), metavar="MODE", help=modes)
    group.addoption(
        "--wx-engine",
        metavar="PROGRAM",
        default="docker",
        help="docker or podman (default: docker); contexts and DOCKER_HOST count",
    )
    group.addoption(
        "--wx-select",
        metavar="NAME,...",
        action="append",
        default=[],
        help="these images only: asr:cuda, a stage, a variant or a glob",
    )
    group.addoption(
        "--wx-arg",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a build argument, for the Dockerfiles that declare it",
    )
    group.addoption("--wx-report", metavar="FILE", help="write the verdicts as JSON")
    parser.addini("wx_build", "when images are built: auto, always or never", default="auto")
    leave = "images that are looked at where they are there, and built only for --gpu or when --wx-select is given: names as in --wx-select"
    parser.addini("wx_leave", leave, type="args", default=[])


def pytest_configure(config: pytest.Config) -> None:
    for text in config.getoption("wx_arg"):
        if not text.partition("=")[0] or "=" not in text:
            raise pytest.UsageError(f"--wx-arg {text!r}: NAME=VALUE is expected")
    engine = config.getoption("wx_engine").replace("\\", "/").rpartition("/")[2].removesuffix(".exe")
    if engine not in ("docker", "podman"):
        raise pytest.UsageError(f"--wx-engine: unknown engine {engine!r}; known are docker and podman")
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    config.pluginmanager.register(_Recorder(), _RECORDER)


class _Recorder:
    """Keeps what reports carry: under xdist they come from the workers."""

    def __init__(self) -> None:
        self.told: dict[str, dict[str, Any]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        told = getattr(report, "wxlint", None)
        if told is not None:
            self.told[report.nodeid] = told


def _told(config: pytest.Config) -> list[dict[str, Any]]:
    recorder = config.pluginmanager.get_plugin(_RECORDER)
    return list(recorder.told.values()) if isinstance(recorder, _Recorder) else []


def _kit(config: pytest.Config) -> Kit:
    from wxlint.conformance.plugin.session import kit_of

    return kit_of(config)


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.suffix not in (".yaml", ".yml"):
        return None
    try:
        with open(file_path, encoding="utf-8", errors="replace") as file:
            text = file.read(1 << 20)
    except OSError:
        return None
    if "wxlint" not in text:
        return None
    from wxlint.policy.find import is_policy

    if not is_policy(text):
        return None
    from wxlint.conformance.plugin.items import PolicyFile

    return PolicyFile.from_parent(parent, path=file_path)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that use a fixture or marker of ours bring the kit in, as collected policies do."""
    ours = {"wx_image", "wx_run"}
    if any(
        ours.intersection(getattr(item, "fixturenames", ()))
        or any(item.iter_markers("wx_image"))
        or any(item.iter_markers("wx_gpu"))
        for item in items
    ):
        _kit(config)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist, in the controller: all workers are one session."""
    from wxlint.conformance.plugin.session_id import session_name

    node.workerinput["wxlint_session"], node.workerinput["wxlint_owner"] = session_name(node.config)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: list[str]) -> None:
    """xdist, in the controller: a policy is among the tests, so their progress is to be shown and the end to be cleared."""
    if any(".yaml::" in each or ".yml::" in each for each in ids):
        _kit(node.config)


def pytest_report_teststatus(report: Any) -> tuple[str, str, Any] | None:
    told = getattr(report, "wxlint", None)
    if told is not None and told["verdict"] == "UNPROVEN" and report.skipped:
        return "unproven", "u", ("UNPROVEN", {"yellow": True})
    return None


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    told = _told(config)
    if told:
        from wxlint.conformance.plugin.report import summarise

        summarise(terminalreporter, told)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    target = session.config.getoption("wx_report")
    if target and not _is_worker(session.config) and not session.config.option.collectonly:
        from wxlint.conformance.plugin.report import write_report

        write_report(target, _told(session.config))


@pytest.fixture
def wx_image(request: pytest.FixtureRequest) -> Callable[[str], Image]:
    """`wx_image("asr:cuda")`: the image of that name, with `reference`, `digest`, `expectation`; the test is skipped when there is none.

    Name it in `@pytest.mark.wx_image("asr:cuda")` too, so that it is built before the tests and not within this one's time limit.
    """
    kit = _kit(request.config)
    return lambda name: kit.image(name, request.node)


@pytest.fixture
def wx_run(request: pytest.FixtureRequest) -> Callable[..., Completed]:
    """`wx_run(image, *arguments, entrypoint=None, env={}, options=(), stdin=b"", timeout=60)`: run a container to its end.

    image: of `wx_image`, or a name of it. Gives code, out, err, timed_out. A test marked wx_gpu gives its GPU along.
    """
    kit = _kit(request.config)

    def run(image: Any, *arguments: str, **settings: Any) -> Completed:
        return kit.run(
            kit.image(image, request.node) if isinstance(image, str) else image, arguments, request.node, **settings
        )

    return run
