"""Compound commands: lists, branches, loops, `case`."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.shell.bash.assigned_names import assigned
from wxlint.shell.bash.conditions import arithmetic_test, case_match, expression
from wxlint.shell.bash.expansion import Expander
from wxlint.shell.bash.tree import (
    AndOr,
    Arith,
    Case,
    For,
    Function,
    Group,
    If,
    Node,
    Param,
    Pipe,
    Redir,
    Redirected,
    Seq,
    Test,
    Text,
    While,
)  # fmt: skip
from wxlint.shell.state import (
    MAX_COMMANDS,
    MAX_STEPS,
    MAYBE,
    RAN,
    YES,
    Option,
    Refine,
    Status,
    opposite,
    resting,
)
from wxlint.shell.values import NO_ARGUMENTS, Arguments, assumptions, hole, merged

GLOB = late(r"[*?]|\[[^\]]+\]")


class Flow(Expander):
    """Walks the tree. The subclass runs simple commands."""

    functions: dict[str, Function]

    def run(self, node: Node) -> Status:
        raise NotImplementedError

    def redirected(self, redirects: tuple[Redir, ...]) -> None:
        raise NotImplementedError

    @classmethod
    @lru_cache(maxsize=4)
    def walkers(cls) -> dict[type, Callable[..., Status]]:
        """By the type of a node, functions of the class: methods bound to each walk would keep it alive until the collector comes."""
        return {
            Seq: cls._seq, AndOr: cls._and_or, Pipe: cls._pipe, If: cls._if, For: cls._for, While: cls._while, Case: cls._case,
            Group: cls._group, Function: cls._define, Test: cls._test, Arith: cls._arith, Redirected: cls._redirected,
        }  # fmt: skip

    def inside(self, node: Node) -> Status:
        """In a subshell: the variables come back as they were."""
        mark = self.mark()
        status = self.run(node)
        self.undo(mark)
        return status

    # -- lists

    def _seq(self, node: Seq) -> Status:
        status = YES
        for item in node.items:
            status = self.run(item)
            if self.flow:
                break
        return status

    def _and_or(self, node: AndOr) -> Status:
        status = self.run(node.first)
        for operator, item in node.rest:
            if self.flow:
                break
            wanted = operator == "&&"
            if status.certain:
                if status.truth == wanted:
                    status = self.run(item)
            elif wanted and status.ran:
                status = self.run(item)
            else:
                status = self._perhaps(status, wanted, item)
        return status

    def _perhaps(self, status: Status, wanted: bool, item: Node) -> Status:
        """`A && B`, `A || B` where A is not known."""
        likely = None if status.truth is None else 0 if status.truth == wanted else 1
        here = status.refine if status.refine and status.refine[2] == wanted else None
        there = status.refine if status.refine and status.refine[2] != wanted else None
        second = self.alternatives([(here, partial(self.run, item)), (there, None)], likely, status.assumed)[0]
        if status.ran:
            return RAN
        if status.truth is not None and status.truth != wanted:
            return Status(status.truth, False, status.assumed)
        if status.truth is not None and second.truth is not None:
            return Status(second.truth, False, (*status.assumed, *second.assumed))
        return RAN if not wanted and second.ran else MAYBE

    def _pipe(self, node: Pipe) -> Status:
        if len(node.items) == 1:
            status = self.run(node.items[0])
        else:
            for item in node.items:
                status = self.inside(item)
        return opposite(status) if node.negated else status

    def _group(self, node: Group) -> Status:
        return self.inside(node.body) if node.subshell else self.run(node.body)

    def _redirected(self, node: Redirected) -> Status:
        self.redirected(node.redirects)
        return self.run(node.body)

    def _test(self, node: Test) -> Status:
        return expression(self, node.expression)

    def _arith(self, node: Arith) -> Status:
        return arithmetic_test(self, node.raw)

    def _define(self, node: Function) -> Status:
        self.functions[node.name] = node
        return YES

    # -- branches

    def _if(self, node: If) -> Status:
        options: list[Option] = []
        likely: int | None = None
        known = True  # every condition so far is at least presumed
        assumed: tuple[Reason, ...] = ()
        refine: Refine | None = None
        for condition, body in node.branches:
            status = self.run(condition)
            if self.flow:
                return RAN
            if status.certain:
                if not status.truth:
                    continue
                if not options:
                    return self.run(body)
                return self._branches(
                    [*options, (None, body)], len(options) if likely is None and known else likely, assumed
                )
            if likely is None and known:
                known = status.truth is not None
                assumed = (*assumed, *status.assumed)
                if status.truth:
                    likely = len(options)
            refine = status.refine
            options.append((refine if refine and refine[2] else None, partial(self.run, body)))
        if not options:
            return self.run(node.otherwise) if node.otherwise is not None else YES
        if likely is None and known:
            likely = len(options)
        only = refine if len(options) == 1 and refine and not refine[2] else None
        return self._branches([*options, (only, node.otherwise)], likely, assumed if likely is not None else ())

    def _branches(
        self,
        options: list[tuple[Refine | None, Callable[[], Status] | Node | None]],
        likely: int | None,
        assumed: tuple[Reason, ...],
    ) -> Status:
        ready: list[Option] = [(r, b if b is None or callable(b) else partial(self.run, b)) for r, b in options]
        statuses = self.alternatives(ready, likely, assumed)
        return statuses[0] if all(s == statuses[0] for s in statuses) else MAYBE

    def _case(self, node: Case) -> Status:
        presume, self.presume = self.presume, True
        value = self.value(node.word)
        self.presume = presume
        arms = case_match(self, value, node)
        if isinstance(arms, int):
            status = YES
            for _, body, mark in node.arms[arms:]:
                status = self.run(body)
                if mark == ";;" or self.flow:
                    break
            return status
        if not arms.options:
            return YES
        return self._branches(list(arms.options), arms.likely, assumptions(value) if arms.likely is not None else ())

    # -- loops

    def _for(self, node: For) -> Status:
        items: list[tuple[Value, bool]] = []  # with whether it is one word for certain
        everything = (Text(node.start, node.start, (Param("@", "", (), (), None, True, "$@"),), None, True),)
        for word in node.words if node.words is not None else everything:
            values = self.fields(word)
            exact = not self.inexact
            for value in values:
                globbed = not word.quoted and bool(GLOB.search(value.text))
                items.append((_unglobbed(value) if globbed else value, exact and not globbed))
        if node.chosen:
            items = [(hole(f"${{{node.name}}}"), False)]
        if not items:
            return YES
        known = [value for value, exact in items if exact]
        unknown = [value for value, exact in items if not exact]
        if known and not self._each(node, known):
            unknown = [hole(f"${{{node.name}}}")]
        if unknown:
            item = unknown[0] if len(unknown) == 1 else hole(f"${{{node.name}}}")
            none = (
                not known
                and NO_ARGUMENTS not in self.refuted
                and self.args.script
                and all(value.holes in (("$@",), ("$*",), ("${@}",)) for value in unknown)
            )
            shown = f"for {node.name} in {item.shown()[:60]}"
            note = Reason("loop", shown, *self.where(self.place(node.start)), node.name)
            self._once(node.body, node.name, item, note, (NO_ARGUMENTS,) if none else ())
        return RAN

    def _each(self, node: For, values: list[Value]) -> bool:
        """The body once for each item. False, with everything undone, when that gives too many commands."""
        if self.full:
            return False
        count, mark, because = len(self.commands), self.mark(), self.because
        place = self.where(self.place(node.start))
        for value in values:
            note = Reason("loop", f"for {node.name}={value.shown()[:80]}", *place, node.name)
            self.set(node.name, Value(value.text, value.holes, merged(value.because, (note,))))
            self.because = (*because, note)
            self.steps += 1
            self.run(node.body)
            self.because = because
            if self.full or len(self.commands) > MAX_COMMANDS or self.steps > MAX_STEPS:
                self.full = True
                del self.commands[count:]
                self.undo(mark)
                return False
            if self.flow in ("break", "continue"):
                stop, self.flow = self.flow == "break", ""
                if stop:
                    break
            elif self.flow:
                break
        return True

    def _once(
        self, body: Node, name: str, item: Value | None, note: Reason | None, assumed: tuple[Reason, ...]
    ) -> None:
        """A loop whose rounds are unknown: its body once, with what it sets unknown.

        assumed: under these it has no round, and the values from before go on.
        """
        base = self.mark()
        names = set() if self.steps > 2 * MAX_STEPS else assigned(body, self.functions)
        for each in sorted(names):
            if not each.isdigit():
                self.set(each, hole(f"${{{each}}}"))
        if "0" in names:
            self.args = Arguments((), True)
        if item is not None:
            names.add(name)
            self.set(name, item)
        conditional, because = self.conditional, self.because
        self.conditional = True
        if note:
            self.because = (*because, note)
        self.run(body)
        self.conditional, self.because = conditional, because
        names.update(self.changes(base))
        self.undo(base)
        for each in sorted(names):
            old = self.vars.get(each)
            if each.isdigit():
                self.args = self.args if assumed else Arguments((), True)
            elif not assumed:
                self.set(each, hole(f"${{{each}}}"))
            elif old is not None:
                self.set(each, resting(each, old, assumed))

    def _while(self, node: While) -> Status:
        status = MAYBE
        if node.condition is not None:
            status = self.run(node.condition)
            if self.flow or (status.certain and status.truth == node.until):
                return RAN
        none = status.assumed if status.truth is not None and status.truth == node.until else ()
        self._once(node.body, "", None, None, none)
        if node.condition is not None and not none:
            for each in sorted(assigned(node.condition, self.functions)):
                if not each.isdigit():
                    self.set(each, hole(f"${{{each}}}"))
        return RAN


def _unglobbed(value: Value) -> Value:
    """A glob that stands for file names: its stars are unknown."""
    if value.holes:
        return value
    return Value(GLOB.sub(HOLE, value.text), tuple(m[0] for m in GLOB.finditer(value.text)), value.because)
