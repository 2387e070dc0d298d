"""Runs install commands in one process of an environment, and tells what is there after each: JSON lines in and out.

A line in: {"commands": [[argument, ...], ...], "variables": [{...}, ...]}; out: the versions after each command, up
to one that fails.
"""

import contextlib
import functools
import io
import json
import os
import shutil
import sys
import sysconfig

SITE = sysconfig.get_paths()["purelib"]
KEPT = set(os.listdir(SITE))


def clear() -> None:
    for name in set(os.listdir(SITE)) - KEPT:
        shutil.rmtree(os.path.join(SITE, name), ignore_errors=True)


def installed() -> dict[str, str]:
    """Distributions with their versions; of one that is there twice (--ignore-installed), the later one."""
    found = [name for name in os.listdir(SITE) if name.endswith(".dist-info") and name not in KEPT]
    found.sort(key=lambda name: os.stat(os.path.join(SITE, name)).st_mtime_ns)
    stems = [name[: -len(".dist-info")] for name in found]
    return {name.replace("_", "-"): version for name, _, version in (stem.partition("-") for stem in stems)}


def is_twice() -> bool:
    """Whether a distribution is there in two releases, as --ignore-installed leaves it."""
    names = [name.partition("-")[0] for name in os.listdir(SITE) if name.endswith(".dist-info") and name not in KEPT]
    return len(names) > len(set(names))


def keep_what_stays() -> None:
    """Keep what pip works out again in each command and cannot change in one process: the tags of this machine, what
    it says of itself to an index, and how a requirement is read. It took more than half of the time."""
    from pip._internal.network import session
    from pip._internal.utils import compatibility_tags
    from pip._vendor.packaging.requirements import Requirement

    supported, tags = compatibility_tags.get_supported, {}

    def get_supported(*args: object, **options: object) -> list[object]:
        asked = repr((args, options))
        if asked not in tags:
            tags[asked] = supported(*args, **options)
        return list(tags[asked])

    read = Requirement.__init__
    known = {}

    def requirement(self: Requirement, text: str) -> None:
        if text not in known:
            read(self, text)
            known[text] = dict(self.__dict__)
        self.__dict__.update(known[text], extras=set(known[text]["extras"]))

    compatibility_tags.get_supported = get_supported
    session.user_agent = functools.cache(session.user_agent)
    if not hasattr(Requirement, "__slots__"):  # those of newer releases have no dictionary to keep, and are read fast
        Requirement.__init__ = requirement


def main() -> None:
    keep_what_stays()
    from pip._internal.cli.main import main as pip

    out = sys.stdout
    for line in sys.stdin:
        asked = json.loads(line)
        clear()
        answers = []
        os.chdir(asked["folder"])
        for command, variables in zip(asked["commands"], asked["variables"]):
            os.environ.update(variables)
            if command[0] == "install":
                command = [*command, "--no-warn-conflicts"]  # which looks through all, to print it
            noise = io.StringIO()
            with contextlib.redirect_stdout(noise), contextlib.redirect_stderr(noise):
                code = pip(command)
            for name in variables:
                os.environ.pop(name, None)
            if code:
                answers.append({"failed": noise.getvalue()[-500:]})
                break
            answers.append(installed())
            if is_twice() and len(answers) < len(asked["commands"]):  # which one pip sees is chance
                answers.append({"failed": "a distribution is there twice"})
                break
        print(json.dumps(answers), file=out, flush=True)


if __name__ == "__main__":
    main()
