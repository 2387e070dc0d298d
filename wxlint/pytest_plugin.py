"""The pytest plugin's entry: every pytest where wxlint is installed imports it, so it imports nothing itself.

What it does is in wxlint/conformance, which is imported once a policy is collected or a fixture or marker of ours used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from wxlint.conformance.plugin.session import Record, Session, TestedImage
    from wxlint.core.processes import Completed

_MARKERS = (
    "wx_image(name): an image of the family that the test needs; it is built before any test runs",
    "wx_gpu: the test needs a GPU of its own; without --wx-gpu it is UNPROVEN",
)
_RECORDER = "wxlint-recorder"
_GPU_HELP = "GPU checks must run: a missing GPU is a failure that says what is missing"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options and ini options, all with a prefix of their own."""
    group = parser.getgroup("wxlint", "conformance of container images (wxlint)")
    group.addoption("--wx-gpu", action="store_true", dest="wx_gpu", help=_GPU_HELP)
    modes = "auto: build what is missing or changed; always; never (default: auto, or ini wx_build)"
    group.addoption("--wx-build", choices=("auto", "always", "never"), metavar="MODE", help=modes)
    pulled = "judge the published images: bring each from its registry, and build none"
    group.addoption("--wx-pull", action="store_true", help=pulled)
    digest = "which image of its registry it must be, with --wx-pull or --wx-build never: asr:cuda=sha256:..."
    group.addoption("--wx-digest", metavar="IMAGE=DIGEST", action="append", default=[], help=digest)
    engines = (
        "docker (the default) or podman; also addresses (unix://, tcp://, ssh://) and docker contexts: among several "
        "the images are spread, those that need a GPU to engines with one"
    )
    group.addoption("--wx-engine", metavar="ENGINE,...", action="append", default=[], help=engines)
    images = "these images only: asr:cuda, a stage, a variant or a glob"
    group.addoption("--wx-select", metavar="NAME,...", action="append", default=[], help=images)
    argument = "a build argument, for the Dockerfiles that declare it"
    group.addoption("--wx-arg", metavar="NAME=VALUE", action="append", default=[], help=argument)
    part = "the value of a part of the references, such as version=1.4.0"
    group.addoption("--wx-part", metavar="NAME=VALUE", action="append", default=[], help=part)
    allowed = "what may stay unproven: unproven:CHECK, skip:CHECK, no-engine (adds to ini wx_allow)"
    group.addoption("--wx-allow", metavar="WHAT,...", action="append", default=[], help=allowed)
    seconds = "limit of a container that has none of its own (default: 60, or ini wx_timeout)"
    group.addoption("--wx-timeout", metavar="SECONDS", type=float, help=seconds)
    group.addoption("--wx-report", metavar="FILE", help="write the verdicts as JSON")
    parser.addini("wx_build", "when images are built: auto, always or never", default="auto")
    parser.addini("wx_allow", "what may stay unproven, as --wx-allow takes it", type="args", default=[])
    parser.addini("wx_timeout", "seconds for a container that has no limit of its own", default="60")
    leave = (
        "images that are looked at where they are there, and built only for --wx-gpu or when --wx-select is given: "
        "names as in --wx-select"
    )
    parser.addini("wx_leave", leave, type="args", default=[])


@pytest.hookimpl(hookwrapper=True)
def pytest_load_initial_conftests(parser: pytest.Parser) -> Iterator[None]:
    """Once the repository's own options are known, `--gpu` is short for `--wx-gpu` where nobody else has it."""
    yield
    groups = [getattr(parser, "_anonymous", None), *getattr(parser, "_groups", ())]
    taken = {name for group in groups if group is not None for option in group.options for name in option.names()}
    if "--gpu" not in taken:
        group = parser.getgroup("wxlint")
        group.addoption("--gpu", action="store_true", dest="wx_gpu", help="the same as --wx-gpu")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse options that make no sense."""
    for option in ("wx_arg", "wx_part"):
        for text in config.getoption(option):
            if not text.partition("=")[0] or "=" not in text:
                raise pytest.UsageError(f"--{option.replace('_', '-')} {text!r}: NAME=VALUE is expected")
    if config.getoption("wx_engine"):
        _check_engines(config)
    try:
        given = config.getoption("wx_timeout")
        seconds = float(config.getini("wx_timeout")) if given is None else given
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e6:
        raise pytest.UsageError("--wx-timeout: a number of seconds above 0 is expected")
    if config.getoption("wx_pull") and config.getoption("wx_build") not in (None, "never"):
        raise pytest.UsageError("--wx-pull builds nothing; --wx-build does")
    if config.getoption("wx_digest"):
        _check_digests(config)
    if config.getoption("wx_allow"):
        _check_allowances(config)
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    config.pluginmanager.register(_Recorder(config), _RECORDER)


def _check_digests(config: pytest.Config) -> None:
    import re

    for text in config.getoption("wx_digest"):
        if not re.fullmatch(r"[^=]+=sha256:[0-9a-f]{64}", text):
            raise pytest.UsageError(
                f"--wx-digest {text!r}: IMAGE=sha256:... is expected, such as asr:cuda=sha256:0123..."
            )
    if not config.getoption("wx_pull") and config.getoption("wx_build") != "never":
        raise pytest.UsageError("--wx-digest is about published images: with --wx-pull, or --wx-build never")


def _check_engines(config: pytest.Config) -> None:
    from wxlint.conformance.container.client import read_clients
    from wxlint.core.errors import UsageError

    try:
        read_clients(config.getoption("wx_engine"))
    except UsageError as error:
        raise pytest.UsageError(f"--wx-engine: {error}") from None


def _check_allowances(config: pytest.Config) -> None:
    from wxlint.conformance.plugin.allowances import read_allowances
    from wxlint.core.errors import UsageError

    try:
        read_allowances(config.getoption("wx_allow"))
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None


class _Recorder:
    """Keeps what reports carry: under xdist they come from the workers. All processes of a run end together."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.records: dict[str, Record] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        record = getattr(report, "wxlint", None)
        if record is not None:
            self.records[report.nodeid] = record

    def pytest_keyboard_interrupt(self) -> None:
        """Ctrl-C in the controller or a worker alone: all are to end now."""
        if _is_worker(self.config) or self.config.pluginmanager.hasplugin("dsession"):
            from wxlint.conformance.plugin.session_id import session_name
            from wxlint.conformance.plugin.workers import end_all

            end_all(session_name(self.config)[0])


def _records(config: pytest.Config) -> list[Record]:
    recorder = config.pluginmanager.get_plugin(_RECORDER)
    return list(recorder.records.values()) if isinstance(recorder, _Recorder) else []


def _session(config: pytest.Config) -> Session:
    from wxlint.conformance.plugin.session import session_of
    from wxlint.core.errors import UsageError

    try:
        return session_of(config)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A YAML file that declares itself a policy."""
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
    """Tests that use a fixture or marker of ours start a session, as collected policies do."""
    ours = {"wx_image", "wx_run"}
    if any(
        ours.intersection(getattr(item, "fixturenames", ()))
        or any(item.iter_markers("wx_image"))
        or any(item.iter_markers("wx_gpu"))
        for item in items
    ):
        _session(config)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist, in the controller: all workers are one session."""
    from wxlint.conformance.plugin.session_id import session_name

    node.workerinput["wxlint_session"], node.workerinput["wxlint_owner"] = session_name(node.config)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: list[str]) -> None:
    """xdist, in the controller: a policy is among the tests, so their progress is to be shown and the end cleared."""
    if any(".yaml::" in each or ".yml::" in each for each in ids):
        _session(node.config)


def pytest_report_teststatus(report: Any) -> tuple[str, str, Any] | None:
    """UNPROVEN and ERROR have words of their own in pytest's summary."""
    record = getattr(report, "wxlint", None)
    if record is None:
        return None
    if record["verdict"] == "UNPROVEN" and report.skipped:
        return "unproven", "u", ("UNPROVEN", {"yellow": True})
    if record["verdict"] == "ERROR" and report.failed:
        return "error", "E", ("ERROR", {"red": True})
    return None


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The table, and the line that counts."""
    records = _records(config)
    if records:
        from wxlint.conformance.plugin.report import summarise

        summarise(terminalreporter, records)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the report; a run in which no image was there is no success."""
    config = session.config
    if _is_worker(config) or config.option.collectonly:
        return
    records, target = _records(config), config.getoption("wx_report")
    if records and not session.exitstatus:
        from wxlint.conformance.plugin.report import unseen_policies

        if unseen_policies(records):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
    if target:
        from wxlint.conformance.plugin.report import write_report
        from wxlint.core.errors import WxlintError

        try:
            write_report(target, records, keep=[record["policy"] for record in records if "policy" in record])
        except WxlintError as error:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
            _say(config, f"wxlint: --wx-report: {error}")


def _say(config: pytest.Config, text: str) -> None:
    """Write a line where the terminal is."""
    from wxlint.core.escape import escape

    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.ensure_newline()
        reporter.write_line(escape(text), red=True)


@pytest.fixture
def wx_image(request: pytest.FixtureRequest) -> Callable[[str], TestedImage]:
    """`wx_image("asr:cuda")`: the image of that name, with `reference`, `digest`, `expectation`.

    The test fails when there is none, and is skipped where none is needed. Name it in
    `@pytest.mark.wx_image("asr:cuda")` too, so that it is built before the tests and not within this one's time limit.
    """
    session = _session(request.config)
    return lambda name: session.image(name, request.node)


@pytest.fixture
def wx_run(request: pytest.FixtureRequest) -> Callable[..., Completed]:
    """`wx_run(image, *arguments, entrypoint=None, env={}, options=(), stdin=b"", timeout=…, network="none", …)`.

    Run a sealed container to its end. image: of `wx_image`, or a name of it. Gives code, out, err, timed_out.
    read_only=False lets it write to its own file system. A test marked wx_gpu gives its GPU along.
    """
    session = _session(request.config)

    def run(image: Any, *arguments: str, **settings: Any) -> Completed:
        found = session.image(image, request.node) if isinstance(image, str) else image
        return session.run(found, arguments, request.node, **settings)

    return run
