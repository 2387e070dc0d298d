"""What can keep a stage from finishing, each with its exit code. `run` prints the message and leaves with it."""

from __future__ import annotations


class StageError(Exception):
    """The base of all of them; 1 is left to bugs, which show a traceback."""

    code = 1


class InputError(StageError):
    """The command line or the file it names cannot be used."""

    code = 2


class NotReadyError(StageError):
    """An earlier stage has not delivered what this one reads."""

    code = 3


class MissingError(StageError):
    """Something that must be provided from outside is not there: a model, a key, a GPU."""

    code = 4


class FailedError(StageError):
    """The work itself failed: a program or service returned an error."""

    code = 5


class BusyError(StageError):
    """Another run of the same stage is at work on the same film."""

    code = 6
