"""The conformance session of one pytest process: it prepares what the tests need before the first one, and clears up.

Under xdist every worker has one; they share a folder, so that each image is built and inspected once for all.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from wxlint.conformance.checks.evidence import Evidence
from wxlint.conformance.checks.messages import Message
from wxlint.conformance.checks.registry import Check, judge
from wxlint.conformance.checks.verdict import Outcome, Verdict
from wxlint.conformance.collect.collector import CollectOptions
from wxlint.conformance.container import gpu
from wxlint.conformance.container.build_report import explain
from wxlint.conformance.container.model import BuildResult, BuildStatus, Doing
from wxlint.conformance.plugin import workers
from wxlint.conformance.plugin.allowances import read_allowances
from wxlint.conformance.plugin.engines import Engines
from wxlint.conformance.plugin.interruption import Interruption
from wxlint.conformance.plugin.policies import Policies
from wxlint.conformance.plugin.preparation import Preparation
from wxlint.conformance.plugin.progress import SessionProgress, line_of
from wxlint.conformance.plugin.reaper import Reaper
from wxlint.conformance.plugin.session_id import session_name
from wxlint.conformance.plugin.sweep import sweep_all
from wxlint.conformance.plugin.workspace import Workspace, alive
from wxlint.core.errors import EngineError, UsageError
from wxlint.core.escape import escape
from wxlint.core.processes import Completed
from wxlint.core.supervisor import SUPERVISOR

if TYPE_CHECKING:
    from wxlint.policy.model import Expectation

Record = dict[str, Any]
"""What a report carries of one test, JSON only."""
_SESSION: pytest.StashKey[Session] = pytest.StashKey()
_HELD: pytest.StashKey[gpu.Gpu] = pytest.StashKey()
_OWN: pytest.StashKey[Record] = pytest.StashKey()
_NO_GPU = Verdict(Outcome.UNPROVEN, Message.NO_GPU_USED)


class TestedImage(NamedTuple):
    """What `wx_image` gives. digest: the image's id, by which it is run."""

    name: str
    reference: str
    digest: str
    expectation: Expectation
    evidence: Evidence


def session_of(config: pytest.Config) -> Session:
    """The session of this pytest process, created at the first call."""
    if _SESSION not in config.stash:
        config.stash[_SESSION] = Session(config)
        config.pluginmanager.register(config.stash[_SESSION], "wxlint-session")
    return config.stash[_SESSION]


class Session:
    """One process's part of a session. Its hooks are pytest's."""

    def __init__(self, config: pytest.Config) -> None:
        """The options make sense: pytest_plugin.py saw to that."""
        self.config = config
        self.worker = hasattr(config, "workerinput")
        name, self.owner = session_name(config)
        self.workspace = Workspace(name)
        args = tuple((text.partition("=")[0], text.partition("=")[2]) for text in config.getoption("wx_arg"))
        self.engines = Engines.named(config.getoption("wx_engine"), name, self.owner)
        mode = config.getoption("wx_build") or config.getini("wx_build")
        seconds = config.getoption("wx_timeout") or float(config.getini("wx_timeout"))
        pull = bool(config.getoption("wx_pull"))
        mode = "never" if pull else mode
        digests = dict(text.split("=", 1) for text in config.getoption("wx_digest"))
        self.options = CollectOptions(
            mode, args, bool(config.getoption("wx_gpu")), timeout=seconds, pull=pull, digests=digests
        )
        self.allowances = read_allowances([*config.getini("wx_allow"), *config.getoption("wx_allow")])
        from wxlint.plan.build_plan import words

        parts = {text.partition("=")[0]: text.partition("=")[2] for text in config.getoption("wx_part")}
        self.policies = Policies(config.rootpath, words(config.getoption("wx_select")), dict(args), parts)
        leave = words(config.getini("wx_leave"))
        self._preparation = Preparation(
            self.workspace, self.engines, self.options, self.policies.words, leave, self._progress, {}
        )
        self._no_engine = ""
        self._reaper: Reaper | None = None
        self._ended = threading.Event()
        self._evidence: dict[tuple[Path, str], Evidence] = {}
        self._checks: dict[Path, dict[str, set[str]]] = {}
        self._shown = SessionProgress(config)
        self._interruption = Interruption(name, self.owner, self.worker)
        config.pluginmanager.register(self._interruption, "wxlint-interruption")
        if self.worker:
            threading.Thread(target=self._interruption.watch, args=(self._ended,), daemon=True).start()
        elif config.pluginmanager.hasplugin("dsession"):
            self._interruption.catch_signals()
            threading.Thread(target=self._follow, daemon=True).start()

    # -- the engine

    def answers(self) -> bool:
        """Whether all engines answer; the reason is in `_no_engine` where one does not. They are asked once."""
        if not self.engines.abouts and not self._no_engine:
            try:
                self.engines.ask()
            except EngineError as error:
                self._no_engine = str(error)
                return False
            try:
                self.workspace.make()
                self.workspace.write("owner", self.owner)
            except OSError as error:
                pytest.exit(f"wxlint: the session's folder cannot be made: {error}", pytest.ExitCode.INTERNAL_ERROR)
            self._reaper = Reaper(self.engines, self.workspace)
            self._interruption.catch_signals()
            if self.worker:
                workers.enlist(self.workspace)
        return bool(self.engines.abouts)

    def engine_record(self, evidence: Evidence | None) -> Record:
        """For the report: the engine that evidence was collected on."""
        if not self.answers():
            return {"available": False, "reason": self._no_engine}
        about = self.engines.of(evidence.engine if evidence else "")[1]
        return {"available": True, **about._asdict(), "runtimes": list(about.runtimes)}

    # -- preparing

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Build and inspect before the first test: none of it counts against a test's time limit."""
        for item in session.items:
            for path, image, check in self._needed(item):
                self._checks.setdefault(path, {}).setdefault(image, set()).add(check)
        if self.config.option.collectonly or self._stops_here(session):
            return
        self.policies.refuse_unknown_words()
        self.policies.refuse_undeclared_arguments()
        self.policies.refuse_unknown_images("--wx-digest", self.options.digests)
        if self._checks and self.answers():
            for path, images in self._checks.items():
                wanted = {image: frozenset(names) for image, names in images.items()}
                try:
                    self._preparation.prepare(path, self.policies[path], self.engines.abouts, wanted)
                except UsageError as error:
                    raise pytest.UsageError(str(error)) from None
                finally:
                    self._shown.end()

    def _stops_here(self, session: pytest.Session) -> bool:
        """Whether pytest runs no test since a file could not be collected; a worker of xdist runs them all the same."""
        return bool(session.testsfailed) and not self.worker and not self.config.option.continue_on_collection_errors

    def _needed(self, item: pytest.Item) -> Iterator[tuple[Path, str, str]]:
        """(policy, image, name of a check or "") that a test is about."""
        check = getattr(item, "check", None)
        if check is not None:
            yield item.path, getattr(item, "expectation").image, check.name  # noqa: B009 - of a CheckItem
        for marker in item.iter_markers("wx_image"):
            for name in marker.args:
                path, expectation = self.policies.find(str(name))
                yield path, expectation.image, ""

    def _progress(self, image: str, what: str) -> None:
        if not self.worker:
            self._shown.note(image, what)
        elif not isinstance(what, Doing) or self.config.get_verbosity() > 0:
            self.workspace.log(line_of(image, what))

    def _follow(self) -> None:
        """In the controller: show what the workers log."""
        shown = 0
        while True:
            last = self._ended.wait(0.3)
            with suppress(OSError), open(self.workspace.path / "progress", "rb") as file:
                file.seek(shown)
                whole = file.read().rpartition(b"\n")[0]
                for line in whole.decode("utf-8", "replace").splitlines():
                    self._shown.line(escape(line))
                shown += len(whole) + 1 if whole else 0
            if last:
                return

    # -- judging

    def evidence(self, path: Path, image: str) -> Evidence:
        """What is known of an image; it is collected now when that was not done before."""
        if not self.answers():
            return Evidence(BuildResult(image, BuildStatus.NO_ENGINE, detail=self._no_engine), gpu=self.options.gpu)
        if (path, image) not in self._evidence:
            found = self._preparation.evidence(path, image)
            if found is None:
                checks = self._checks.get(path, {}).get(image, set())
                wanted = {image: frozenset(checks | {"exists"})}
                self._preparation.prepare(path, self.policies[path], self.engines.abouts, wanted)
                found = self._preparation.evidence(path, image)
            assert found is not None
            self._evidence[path, image] = found
        return self._evidence[path, image]

    def judge(self, path: Path, expectation: Expectation, check: Check) -> tuple[Verdict, Evidence]:
        """The verdict, and what it rests on."""
        evidence = self.evidence(path, expectation.image)
        judged = frozenset(image for image, names in self._checks.get(path, {}).items() if "exists" in names)
        verdict = judge(check, expectation, evidence, judged)
        if verdict.message is Message.NO_ENGINE and self.allowances.no_engine:
            verdict = Verdict(Outcome.SKIP, Message.NOT_WANTED, {"why": f"{verdict.reason} (--wx-allow no-engine)"})
        return verdict, evidence

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        """Give the report what the summary needs: under xdist it comes from another process."""
        outcome: Any = yield
        record = getattr(item, "record", None)
        if call.when == "call" and record is not None and (value := record()) is not None:
            report = outcome.get_result()
            report.wxlint = value
            if report.skipped and isinstance(report.longrepr, tuple):  # the policy's place, not this code's
                report.longrepr = (item.location[0], (item.location[1] or 0) + 1, report.longrepr[2])
        elif call.when == "setup" and _OWN in item.stash:
            outcome.get_result().wxlint = item.stash[_OWN]

    # -- people's own tests

    def image(self, name: str, item: pytest.Item) -> TestedImage:
        """An image for a test; the test fails when there is none, and is skipped where none is needed."""
        path, expectation = self.policies.find(name)
        evidence = self.evidence(path, name)
        if evidence.info is None:
            build = evidence.build
            why = f"{name}: {escape(evidence.fault or explain(build))}"
            optional = build.status is BuildStatus.MISSING and expectation.optional
            allowed = build.status is BuildStatus.NO_ENGINE and self.allowances.no_engine
            if optional or allowed or build.status in (BuildStatus.LEFT_OUT, BuildStatus.NO_DOCKERFILE):
                pytest.skip(why)
            pytest.fail(why, pytrace=False)
        item.user_properties.append(("wxlint.digest", evidence.info.digest))
        return TestedImage(name, expectation.reference, evidence.info.digest, expectation, evidence)

    def run(
        self,
        image: TestedImage,
        arguments: Iterable[str],
        item: pytest.Item,
        *,
        entrypoint: str | None = None,
        env: Mapping[str, str] | None = None,
        options: Iterable[str] = (),
        stdin: bytes = b"",
        timeout: float | None = None,
        network: str = "none",
        read_only: bool = True,
    ) -> Completed:
        """Run a container for a test."""
        held = item.stash.get(_HELD, None)
        engine, _ = self.engines.of(image.evidence.engine)
        given = held.options(engine.is_podman) if held else ["-e", "NVIDIA_VISIBLE_DEVICES=void"]
        given += ["--entrypoint", entrypoint] if entrypoint is not None else []
        given += [word for name, value in (env or {}).items() for word in ("-e", f"{name}={value}")]
        return engine.run(
            image.digest,
            tuple(arguments),
            options=[*given, *options],
            stdin=stdin,
            timeout=self.options.timeout if timeout is None else timeout,
            network=network,
            read_only=read_only,
        )

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """A test marked wx_gpu holds a GPU, and waits for it before its time limit starts."""
        with ExitStack() as stack:
            if any(item.iter_markers("wx_gpu")) and self.options.gpu and self.answers():
                item.stash[_HELD] = stack.enter_context(gpu.take(gpu.gpus(self.engines.with_gpu()[1])))
            yield

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Without a GPU, a test marked wx_gpu is unproven, as the check `device` is."""
        if not any(item.iter_markers("wx_gpu")):
            return
        if not self.options.gpu:
            item.stash[_OWN] = {"verdict": Outcome.UNPROVEN.value, "reason": _NO_GPU.reason}
            if self.allowances.accept("device", _NO_GPU):
                pytest.skip(f"{Outcome.UNPROVEN.value}: {_NO_GPU.reason}")
            pytest.fail(f"{_NO_GPU.reason}; --wx-allow unproven:device allows it", pytrace=False)
        if not self.answers():
            pytest.fail(f"the GPU was to be checked: {escape(self._no_engine)}", pytrace=False)
        lacking = gpu.missing(self.engines.with_gpu()[1])
        if lacking:
            pytest.fail("; ".join(lacking), pytrace=False)

    # -- the end

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Remove what this process left; the controller, or a worker without one, removes all of the session."""
        self._ended.set()
        SUPERVISOR.stop_all()
        last = not self.worker or not alive(self.owner)
        if self.workspace.path.is_dir():
            sweep_all(self.engines, self.workspace.name, process="" if last else str(os.getpid()))
            if last:
                self.workspace.remove()
        if self._reaper is not None:
            self._reaper.dismiss()
        self._interruption.give_back()
