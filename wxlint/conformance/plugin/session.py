"""The kit inside one pytest process: it prepares what the tests need before the first one runs, and clears up after the last.

Under xdist every worker has one; they share the session's folder, so that each image is built and looked at once for all.
"""

from __future__ import annotations

import hashlib
import os
import signal
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from wxlint.conformance.checks.evidence import Evidence
from wxlint.conformance.checks.registry import CHECKS, Verdict, judge
from wxlint.conformance.checks.verdict import UNPROVEN
from wxlint.conformance.collect.collector import Options, look_at
from wxlint.conformance.container import gpu
from wxlint.conformance.container.builder import Result
from wxlint.conformance.container.engine import About, Engine
from wxlint.conformance.plugin.session_id import session_name
from wxlint.conformance.plugin.workspace import Folder, Keeper, alive, sweep
from wxlint.core.errors import EngineError, UsageError, WxlintError
from wxlint.core.escape import escape
from wxlint.core.processes import Completed

if TYPE_CHECKING:
    from wxlint.conformance.plugin.items import CheckItem
    from wxlint.policy.model import Expectation, Policy

_KIT: pytest.StashKey[Kit] = pytest.StashKey()
_HELD: pytest.StashKey[gpu.Gpu] = pytest.StashKey()
_OWN: pytest.StashKey[dict[str, Any]] = pytest.StashKey()
_BY_NAME = {check.name: check for check in CHECKS}


class Image(NamedTuple):
    """What `wx_image` gives. digest: the image's id, by which it is run."""

    name: str
    reference: str
    digest: str
    expectation: Expectation
    evidence: Evidence


def kit_of(config: pytest.Config) -> Kit:
    """The kit of this pytest process, made when it is first asked for."""
    if _KIT not in config.stash:
        config.stash[_KIT] = Kit(config)
        config.pluginmanager.register(config.stash[_KIT], "wxlint-kit")
    return config.stash[_KIT]


class Kit:
    """One process's part of a session. Its hooks are pytest's."""

    def __init__(self, config: pytest.Config) -> None:
        """The options make sense: pytest_plugin.py saw to that."""
        self.config = config
        self.worker = hasattr(config, "workerinput")
        name, owner = session_name(config)
        self.folder = Folder(name)
        args = tuple((text.partition("=")[0], text.partition("=")[2]) for text in config.getoption("wx_arg"))
        self.engine = Engine(config.getoption("wx_engine"), name, owner)
        mode = config.getoption("wx_build") or config.getini("wx_build")
        self.options = Options(mode, args, bool(config.getoption("wx_gpu")))
        self.policies: dict[Path, Policy] = {}
        self._selected: set[str] = set()
        self._about: About | None = None
        self._no_engine = ""
        self._keeper: Keeper | None = None
        self._ended = threading.Event()
        self._seen: dict[str, Evidence] = {}
        self._judged_exists: frozenset[str] = frozenset()
        self._before: Any = None
        if not self.worker and config.pluginmanager.hasplugin("dsession"):
            threading.Thread(target=self._follow, daemon=True).start()

    # -- policies

    def policy(self, path: Path) -> Policy:
        """Raises PolicyError or InputError."""
        if path not in self.policies:
            from wxlint.documents.source import read
            from wxlint.plan.build_plan import with_registry
            from wxlint.policy.load import load_policy

            shown = os.path.relpath(path).replace(os.sep, "/")
            self.policies[path] = with_registry(load_policy(read(path, shown), path))
        return self.policies[path]

    def select(self, policy: Policy) -> list[Expectation]:
        """The images of a policy that --wx-select chooses; words that fit none are remembered as such."""
        from wxlint.plan.build_plan import selected

        expectations = list(policy.expectations())
        words = self._words()
        if not words:
            return expectations
        found: set[str] = set()
        for word in words:
            with suppress(UsageError):
                found.update(e.image for e in selected(expectations, [word], policy.path))
                self._selected.add(word)
        return [e for e in expectations if e.image in found]

    def _words(self) -> list[str]:
        from wxlint.plan.build_plan import words

        return words(self.config.getoption("wx_select"))

    # -- the engine

    def about(self) -> About | None:
        """The engine; None when none answers, with the reason in `_no_engine`. Asked once."""
        if self._about is None and not self._no_engine:
            try:
                self._about = self.engine.about()
            except EngineError as error:
                self._no_engine = str(error)
                return None
            self.folder.make()
            self.folder.write("owner", self.engine.owner)
            self._keeper = Keeper(self.engine, self.folder)
            self._catch_sigterm()
        return self._about

    def engine_told(self) -> dict[str, Any]:
        """For the report."""
        about = self.about()
        if about is None:
            return {"available": False, "reason": self._no_engine}
        return {"available": True, **about._asdict(), "runtimes": list(about.runtimes)}

    def _catch_sigterm(self) -> None:
        """A polite end is taken as Ctrl-C, so that pytest clears up and reports."""
        with suppress(ValueError):  # not in the main thread: somebody else decides
            if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
                self._before = signal.signal(signal.SIGTERM, _interrupt)

    # -- preparing

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Build and look before the first test: none of it counts against a test's time limit."""
        if self.config.option.collectonly or (
            session.testsfailed and not self.config.option.continue_on_collection_errors
        ):
            return
        unknown = [word for word in self._words() if word not in self._selected]
        if unknown and self.policies:
            raise pytest.UsageError(f"--wx-select: no image is called {', '.join(map(escape, unknown))}")
        wanted: dict[Path, dict[str, set[str]]] = {}
        for item in session.items:
            for path, image, check in self._asked(item):
                wanted.setdefault(path, {}).setdefault(image, set()).add(check)
        exists = {image for images in wanted.values() for image, names in images.items() if "exists" in names}
        self._judged_exists = frozenset(exists)
        if wanted and self.about() is not None:
            for path, images in wanted.items():
                try:
                    self._prepare(path, {image: frozenset(names) for image, names in images.items()})
                except UsageError as error:
                    raise pytest.UsageError(str(error)) from None

    def _asked(self, item: pytest.Item) -> Iterator[tuple[Path, str, str]]:
        check = getattr(item, "check", None)
        if check is not None:
            yield item.path, getattr(item, "expectation").image, check.name  # noqa: B009 - a CheckItem, which imports this
        for marker in item.iter_markers("wx_image"):
            for name in marker.args:
                path, _, expectation = self._find(str(name))
                yield path, expectation.image, ""

    def _prepare(self, path: Path, wanted: Mapping[str, frozenset[str]]) -> None:
        """See to it that there is Evidence of each image; the first process does it, the others wait."""
        policy, about = self.policies[path], self.about()
        assert about is not None
        with self.folder.lock("prepare"):
            missing = {
                image: names - {""} for image, names in wanted.items() if self.folder.read(_key(path, image)) is None
            }
            if not missing:
                return

            named = {*self._words(), *(image for image, names in wanted.items() if "" in names)}

            def done(image: str, seen: Evidence) -> None:
                self.folder.write(_key(path, image), seen.to_json())

            try:
                options = self.options._replace(leave=self._left(policy, named))
                look_at(policy, missing, _BY_NAME, self.engine, about, options, self.folder.path, self._progress, done)
            except WxlintError as error:
                if isinstance(error, UsageError):
                    raise
                for image in missing:
                    done(image, Evidence(Result(image, "failed", reason=str(error)), gpu=self.options.gpu))

    def _left(self, policy: Policy, named: set[str]) -> Mapping[str, str]:
        """Images that are looked at where they are there, and not built, each with the reason. named: what was asked for by name."""
        from wxlint.plan.build_plan import selected, words

        expectations = list(policy.expectations())
        left = {e.image: "it is optional" for e in expectations if e.optional and not {e.image, e.stage} & named}
        if not self.options.gpu and not self._words():
            for word in words(self.config.getini("wx_leave")):
                with suppress(UsageError):  # of another policy
                    found = selected(expectations, [word], policy.path)
                    left.update(
                        {
                            e.image: f"wx_leave leaves it out; --gpu and --wx-select {e.image} build it"
                            for e in found
                            if e.image not in left
                        }
                    )
        return {image: why for image, why in left.items() if image not in named}

    def _progress(self, image: str, what: str) -> None:
        line = escape(f"wxlint: {image}: {what}")
        if self.worker:
            self.folder.log(line)
        else:
            self._show(line)

    def _show(self, line: str) -> None:
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None and self.config.get_verbosity() >= 0:
            reporter.ensure_newline()
            reporter.write_line(line)

    def _follow(self) -> None:
        """In the controller: show what the workers log."""
        shown = 0
        while True:
            last = self._ended.wait(0.3)
            with suppress(OSError), open(self.folder.path / "progress", encoding="utf-8", errors="replace") as file:
                file.seek(shown)
                text = file.read()
                whole = text.rpartition("\n")[0]
                for line in whole.splitlines():
                    self._show(escape(line))
                shown += len((whole + "\n").encode("utf-8", "replace")) if whole else 0
            if last:
                return

    # -- judging

    def evidence(self, path: Path, image: str) -> Evidence:
        """What was seen of an image; it is looked at now when nobody did before."""
        if self.about() is None:
            return Evidence(Result(image, "skipped", reason=self._no_engine), gpu=self.options.gpu)
        key = _key(path, image)
        if key not in self._seen:
            told = self.folder.read(key)
            if told is None:
                self._prepare(path, {image: frozenset({"exists"})})
                told = self.folder.read(key)
            self._seen[key] = Evidence.from_json(told)
        return self._seen[key]

    def judge(self, item: CheckItem) -> tuple[Verdict, str]:
        """(the verdict, the image's digest)"""
        seen = self.evidence(item.path, item.expectation.image)
        verdict = judge(item.check, item.expectation, seen, self._judged_exists - {item.expectation.image})
        return verdict, seen.info.digest if seen.info else ""

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        outcome: Any = yield
        told = getattr(item, "told", None)
        if call.when == "call" and told is not None and (value := told()) is not None:
            report = outcome.get_result()
            report.wxlint = value
            if report.skipped and isinstance(report.longrepr, tuple):  # the policy's place, not this code's
                report.longrepr = (item.location[0], (item.location[1] or 0) + 1, report.longrepr[2])
        elif call.when == "setup" and _OWN in item.stash:
            outcome.get_result().wxlint = item.stash[_OWN]

    # -- people's own tests

    def _find(self, name: str) -> tuple[Path, Policy, Expectation]:
        if not self.policies:
            from wxlint.policy.find import find_policy

            path = find_policy(self.config.rootpath)
            if path is not None:
                self.policy(path)
        for path, policy in self.policies.items():
            for expectation in policy.expectations():
                if expectation.image == name:
                    return path, policy, expectation
        known = sorted(e.image for policy in self.policies.values() for e in policy.expectations())
        raise pytest.UsageError(f"no policy has an image {name!r}; there are {', '.join(known[:10]) or 'none'}")

    def image(self, name: str, item: pytest.Item) -> Image:
        path, _, expectation = self._find(name)
        seen = self.evidence(path, name)
        if seen.info is None:
            if seen.build.status in ("failed", "blocked"):
                pytest.fail(f"{name}: {escape(seen.build.reason)}", pytrace=False)
            pytest.skip(f"{name}: {escape(seen.build.reason)}")
        item.user_properties.append(("wxlint.digest", seen.info.digest))
        return Image(name, expectation.reference, seen.info.digest, expectation, seen)

    def run(
        self,
        image: Image,
        arguments: Iterable[str],
        item: pytest.Item,
        *,
        entrypoint: str | None = None,
        env: Mapping[str, str] | None = None,
        options: Iterable[str] = (),
        stdin: bytes = b"",
        timeout: float = 60.0,
    ) -> Completed:
        given = ["--pull", "never"]
        held = item.stash.get(_HELD, None)
        given += held.options(self.engine.is_podman) if held else ["-e", "NVIDIA_VISIBLE_DEVICES=void"]
        given += ["--entrypoint", entrypoint] if entrypoint is not None else []
        given += [word for name, value in (env or {}).items() for word in ("-e", f"{name}={value}")]
        return self.engine.run(image.digest, tuple(arguments), options=[*given, *options], stdin=stdin, timeout=timeout)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """A test marked wx_gpu holds a GPU, and waits for it before its time limit starts."""
        with ExitStack() as stack:
            if any(item.iter_markers("wx_gpu")) and self.options.gpu and (about := self.about()) is not None:
                item.stash[_HELD] = stack.enter_context(gpu.take(gpu.gpus(about)))
            yield

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if not any(item.iter_markers("wx_gpu")):
            return
        if not self.options.gpu:
            reason = "no GPU was used; --gpu runs it"
            item.stash[_OWN] = {"verdict": UNPROVEN, "reason": reason}
            pytest.skip(f"{UNPROVEN}: {reason}")
        about = self.about()
        if about is None:
            pytest.fail(f"the GPU was to be checked: {escape(self._no_engine)}", pytrace=False)
        lacking = gpu.missing(about)
        if lacking:
            pytest.fail("; ".join(lacking), pytrace=False)

    # -- the end

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        self._ended.set()
        last = not self.worker or not alive(
            self.engine.owner
        )  # a worker leaves the rest to its controller, if that lives
        if self.folder.path.is_dir():
            with suppress(EngineError):
                sweep(self.engine, self.folder.name, process="" if last else str(os.getpid()))
            if last:
                self.folder.remove()
        if self._keeper is not None:
            self._keeper.dismiss()
        if self._before is not None:
            with suppress(ValueError):
                signal.signal(signal.SIGTERM, self._before)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt("SIGTERM")


def _key(path: Path, image: str) -> str:
    return f"{hashlib.sha256(str(path).encode('utf-8', 'surrogateescape')).hexdigest()[:12]}-{image}"
