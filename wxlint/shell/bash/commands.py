"""Simple commands: the script's own functions, builtins, programs that only print, other shells, and all the rest."""

from __future__ import annotations

from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.shell.bash.builtins import BASH_ONLY, BUILTINS, SILENT, SPECIAL, Builtin
from wxlint.shell.bash.child_shells import MAY_RUN_TEXT, child_of
from wxlint.shell.bash.outcomes import outcome
from wxlint.shell.bash.text_programs import (
    FILTERS,
    OF_THE_MACHINE,
    SOURCES,
    filtered,
    grep_finds,
    machine_name,
    printed,
    repository_root,
)
from wxlint.shell.bash.tree import Simple
from wxlint.shell.bash.walker import Env, Walker
from wxlint.shell.branches import alternatives
from wxlint.shell.model import Redirect, Word
from wxlint.shell.state import (
    INPUT,
    NO,
    OPEN,
    RAN,
    YES,
    Status,
)
from wxlint.shell.values import ROOT, assumptions, is_open, merged, resting_on
from wxlint.shell.wrappers import EXECS

_READS = frozenset(
    "cat ssh tee grep sort head tail xargs ffmpeg awk python python3 perl sh bash dash zsh ksh sed tr cut wc uniq jq"
    " node ruby php lua mysql psql sqlite3 nc socat gpg openssl base64 gzip gunzip sha256sum md5sum less more dd"
    " patch".split()
)
"""Programs that read their standard input, as a rule."""
_ENGINES = frozenset(("docker", "podman", "nerdctl", "docker-compose"))
_INTERACTIVE = frozenset("-i -it -ti -dit -itd -tid -id --interactive - --password-stdin load import compose".split())
_GREPS = frozenset(("grep", "egrep", "fgrep"))


def _is_interactive(word: Word) -> bool:
    """Whether a word of a container engine's command has it read from standard input, or may."""
    return word.value.text in _INTERACTIVE or (word.value.text == HOLE and not word.quoted)


def _may_read(words: list[Word]) -> bool:
    """Whether a program may read from its standard input: most do not."""
    name = words[0].value.text
    if name in _ENGINES:
        return name == "docker-compose" or any(_is_interactive(word) for word in words)
    return name in _READS or "/" in name or HOLE in name


class Commands:
    """Runs simple commands.

    rooted: words may have ROOT.
    """

    def __init__(self, walk: Walker) -> None:
        self.walk = walk
        self.rooted = False

    def run(self, node: Simple) -> Status:
        walk, state = self.walk, self.walk.state
        if not node.words:
            return self._assignments(node)
        state.steps += (node.end - node.start) // 40
        words = self._words(node)
        if state.flow:
            return RAN
        if not words:
            return YES
        walk.exact = min(walk.exact, len(words))
        doubts = len(state.may_end) + state.leaves
        redirects = tuple([walk.redirect(r) for r in node.redirects]) if node.redirects else ()
        name = words[0].value.text
        program = name not in BUILTINS and name not in walk.functions
        if state.flow:  # an error in a redirection is one of the program that does not start
            state.flow = "" if program else state.flow
            return NO
        if len(state.may_end) + state.leaves > doubts and program:
            return self._doubtful(node, words, redirects)
        env: Env = ()
        if node.assigns:
            env = tuple([(a.name, walk.words.value(a.value)) for a in node.assigns if a.value is not None])
        walk.redirects = redirects
        if not redirects or state.output is None or not walk.elsewhere(redirects):
            return self._dispatch(node, words, env, redirects)
        written, state.output = state.output, []
        status = self._dispatch(node, words, env, redirects)
        state.output = written
        return status

    def _doubtful(self, node: Simple, words: list[Word], redirects: tuple[Redirect, ...]) -> Status:
        """A program that may not start, for an error in a redirection."""
        state = self.walk.state
        conditional, state.conditional = state.conditional, True
        self.walk.redirects = redirects
        self._dispatch(node, words, (), redirects)
        state.conditional = conditional
        state.write(None)
        return OPEN

    def _assignments(self, node: Simple) -> Status:
        """`A=b C=d` without a command."""
        walk = self.walk
        status = YES
        for assign in node.assigns:
            walk.substituted = None
            walk.assign(assign)
            status = walk.substituted or status
        for redirect in node.redirects:
            walk.redirect(redirect)
        if any(redirect.operator == "<" for redirect in node.redirects):
            walk.state.write(None)
        return status

    def _words(self, node: Simple) -> list[Word]:
        """The words of a command; `walk.exact` says how many of them stand where they seem to stand."""
        walk, state = self.walk, self.walk.state
        expander = walk.words
        words: list[Word] = []
        presume = expander.presume
        expander.presume = node.words[0].literal in ("[", "test")
        plain, shift = not (expander.private or expander.resting or state.fixed), state.shift
        exact = -1
        self.vanished: tuple[Reason, ...] = ()
        for number, text in enumerate(node.words):
            if number in node.declared:
                continue
            start, end, _, literal, quoted = text
            if literal is not None and plain:
                words.append(Word(Value(literal), start + shift, end + shift, quoted))
                continue
            found = expander.fields(text)
            if state.flow:
                break
            if expander.vanished:
                self.vanished = merged(self.vanished, expander.vanished)
            if expander.inexact and exact < 0:
                exact = len(words) + next((index for index, value in enumerate(found) if is_open(value)), 0)
            span = state.span(start, end)
            for value in found:
                words.append(Word(value, *span, quoted))
                state.volume += len(value.text) + 20
        expander.presume = presume
        if self.vanished and words:  # how many words there are rests on it
            name = words[0].value
            words[0] = words[0]._replace(value=name._replace(because=merged(name.because, self.vanished)))
        walk.exact = exact if exact >= 0 else len(words)
        return words

    def _dispatch(self, node: Simple, words: list[Word], env: Env, redirects: tuple[Redirect, ...]) -> Status:
        """A function, a builtin, a program."""
        walk = self.walk
        name = words[0].value.text
        variables = walk.state.vars
        if (walk.flavor != "bash" or "shopt -s expand_aliases" in variables) and f"alias {name}" in variables:
            from wxlint.shell.bash.aliases import aliased

            words = aliased(walk, node, words)
            name = words[0].value.text
        if name in walk.functions:
            from wxlint.shell.bash.function_calls import call_function

            entered = call_function(walk, name, words, env, node.start)
            if entered is not None:
                return entered
        builtin = BUILTINS.get(name)
        if name in BASH_ONLY and walk.flavor != "bash":
            return self._not_everywhere(node, words, builtin)
        if builtin is not None:
            done = self._assigned(builtin, node, words, env) if env else builtin(walk, node, words)
            if done is not None:
                return done
        if name == "exec" and len(words) == 1:
            return YES  # only redirections
        status = self._program(node, words, env, redirects)
        if name == "exec":
            walk.leaving = status
            walk.state.flow = "exit"
        return status

    def _assigned(self, builtin: Builtin, node: Simple, words: list[Word], env: Env) -> Status | None:
        """A builtin behind assignments: `A=b eval ...`. Those before a special one stay in force, but for bash."""
        walk, name = self.walk, words[0].value.text
        if walk.flavor == "bash" and name not in ("eval", ".", "source"):
            return builtin(walk, node, words)
        if name not in SPECIAL and name != "source":
            return builtin(walk, node, words)
        old = {each: walk.state.vars.get(each) for each, _ in env}
        for assign in node.assigns:
            walk.assign(assign)
        done = builtin(walk, node, words)
        for each, value in old.items() if walk.flavor == "bash" else ():
            walk.state.put(each, value)
        return done

    def _not_everywhere(self, node: Simple, words: list[Word], builtin: Builtin | None) -> Status:
        """A command of bash in a plain sh: dash does not find it, another sh may."""
        walk = self.walk
        if walk.flavor == "dash":
            return NO
        if builtin is None:
            return OPEN

        def known() -> Status:
            return builtin(walk, node, words) or OPEN

        alternatives(walk.state, [(None, known), (None, None)], None, ())
        return OPEN

    # -- programs

    def _program(self, node: Simple, words: list[Word], env: Env, redirects: tuple[Redirect, ...]) -> Status:
        walk, state = self.walk, self.walk.state
        name = words[0].value.text
        if state.output is not None and self._prints(name, words, redirects, node):
            return YES
        if name == "xargs" and walk.exact == len(words):
            from wxlint.shell.bash.xargs import fed, listed

            given = self._given(redirects)
            runs = fed(words, given) if given is not None else listed(words, redirects, state.vars.get(INPUT))
            if runs is not None:
                assumed = assumptions(given) if given is not None else ()
                return self._fed(node, runs, env, (*assumptions(words[0].value), *assumed))
        command = state.command(node.start, node.end, tuple(words), env, redirects)
        if name == "find" and any(word.value.text in EXECS for word in words):  # once for what it finds, or never
            command = command._replace(conditional=True)
        if name in MAY_RUN_TEXT or "/" in name:
            child = child_of(command)
            if child is not None:
                from wxlint.shell.bash.nested_texts import child_shell

                status = child_shell(walk, child, node)
                if status is not None:
                    return status
        given = self._given(redirects) if name in _GREPS else None
        if name not in SILENT:
            state.write(None)
        if INPUT in state.vars and _may_read(words):
            state.give(None)
        if not walk.quiet or name != "cd":
            state.commands.append(command)
        if given is not None and walk.exact == len(words):
            found = grep_finds([word.value for word in words], given)
            if found is not None:
                reasons = [assumptions(value) for value in (given, *[word.value for word in words])]
                return Status(found, False, tuple(dict.fromkeys(each for some in reasons for each in some)))
        return outcome(words)

    def _fed(self, node: Simple, runs: list[tuple[Word, ...]], env: Env, assumed: tuple[Reason, ...]) -> Status:
        """The programs that xargs runs, one by one. assumed: on which it rests how many words and programs they are."""
        state = self.walk.state
        status = YES
        state.give(Value(""))
        conditional, state.conditional = state.conditional, state.conditional or bool(assumed)
        for words in runs:
            state.volume += 100 * len(words)
            self.walk.exact = len(words) - (words[-1].value.text == HOLE and not words[-1].quoted)
            first = words[0]._replace(value=resting_on(words[0].value, assumed))
            status = self._program(node, [first, *words[1:]], env, ())
        state.conditional = conditional
        return status if len(runs) == 1 else OPEN if runs else YES

    def _given(self, redirects: tuple[Redirect, ...]) -> Value | None:
        """What a program reads from its standard input; None when that is not known."""
        if any(redirect.operator[:1] == "<" for redirect in redirects):
            return self.walk.input_of(redirects)
        return self.walk.state.given

    def _prints(self, name: str, words: list[Word], redirects: tuple[Redirect, ...], node: Simple) -> bool:
        """Whether what the program prints is known, and was handed on."""
        walk, state = self.walk, self.walk.state
        values = [word.value for word in words]
        text: Value | None = None
        if name not in SOURCES and name not in FILTERS and name not in OF_THE_MACHINE and name != "git":
            return False
        if walk.exact == len(words) or name == "echo":
            if name == "git":
                text = repository_root(values, state.cwd, walk.words.script)
            elif name in SOURCES:
                text = printed(words, state.cwd, walk.flavor == "bash")
            elif name in OF_THE_MACHINE:
                text = machine_name(values, state.around.machine)
            else:
                given = self._given(redirects)
                text = filtered(values, given) if given is not None else None
        if text is None:
            return False
        if self.vanished:
            text = text._replace(because=merged(text.because, self.vanished))
        if not walk.quiet:
            state.emit(node.start, node.end, tuple(words), (), redirects)
        self.rooted = self.rooted or ROOT in text.holes
        state.write(text)
        return True
