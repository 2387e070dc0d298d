"""Why something is as it is: typed facts with their places. Their text is made where they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from wxlint.core.tuples import NamedTuple

if TYPE_CHECKING:
    from wxlint.core.span import Span

Kind = Literal[
    "arg",  # an ARG of a Dockerfile, with or without a default
    "env",  # an ENV of a Dockerfile
    "variable",  # a variable that a script, an .env file or a configuration file sets
    "default",  # the default of a variable that is not set
    "assumed",  # taken to be so as long as nothing says otherwise: "NAME is not set"
    "platform",  # the platform that a build is for
    "build-arg",  # a build argument that a build gives
    "base",  # a fact about an upstream image
    "build",  # who builds the image
    "way",  # what is presumed of the arguments or the environment of a script. name: of the variable
    "loop",  # a round of a loop. name: the loop's variable
    "call",  # a call of a function or script. name: what is called
    "image",  # an image or stage that is used: FROM, COPY --from
    "install",  # something that an install command takes
    "name",  # a name that says what an image is for
    "policy",  # what the policy says
    "reading",  # how a text is read: a number without quotes
    "group",  # places and images that share the finding
]

INSTALLER = "installer"
"""The name of the reason that says which command installs what a finding is about; in that very file it says nothing
new."""


class Reason(NamedTuple):
    """One fact.

    text: in the words of the source ("ARG TAG=latest"). path, line: where it stands; line 0 is the whole file, an empty
    path no place. name: what sets it apart from others of its kind, where code has to know (see Kind).
    """

    kind: Kind
    text: str
    path: str = ""
    line: int = 0
    name: str = ""

    def shown(self, path: str = "") -> str:
        """Return the text with its place: "(line 3)" in the file `path`, "(PATH:3)" elsewhere."""
        if self.line:
            return f"{self.text} (line {self.line})" if self.path == path else f"{self.text} ({self.path}:{self.line})"
        return f"{self.text} ({self.path})" if self.path else self.text


def reason_at(kind: Kind, text: str, span: Span | None, name: str = "") -> Reason:
    """Return a reason that stands at a span; without one it has no place."""
    return Reason(kind, text, span.path, span.line, name) if span is not None else Reason(kind, text, name=name)
