"""NamedTuple without what only type checkers need.

A run makes over a hundred such classes, and typing.NamedTuple compiles a constructor for each, gives each its own copy
of the other methods, and checks its annotations: a tenth of the instructions of a small check. Here classes with the
same number of fields share one compiled constructor, under other names, and all share the methods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    from _collections import _tuplegetter
    from types import FunctionType

    _CONSTRUCTORS = {}  # by number of fields

    def _constructor(fields, defaults):
        code = _CONSTRUCTORS.get(len(fields))
        if code is None:
            names = "".join(f"_{number}, " for number in range(len(fields)))
            code = eval(f"lambda _cls, {names}: _new(_cls, ({names}))").__code__
            _CONSTRUCTORS[len(fields)] = code
        code = code.replace(co_varnames=("_cls", *fields), co_name="__new__")
        return FunctionType(code, {"_new": tuple.__new__}, "__new__", defaults)

    class _Record(tuple):
        __slots__ = ()
        _fields = ()

        @classmethod
        def _make(cls, values):
            made = tuple.__new__(cls, values)
            if len(made) != len(cls._fields):
                raise TypeError(f"{cls.__name__} has {len(cls._fields)} fields, not {len(made)}")
            return made

        def _replace(self, /, **values):
            replaced = list(self)
            try:
                for field in values:
                    replaced[self._fields.index(field)] = values[field]
            except ValueError:
                unknown = ", ".join(values.keys() - set(self._fields))
                raise TypeError(f"{type(self).__name__} has no field {unknown}") from None
            return tuple.__new__(type(self), replaced)

        def _asdict(self):
            return dict(zip(self._fields, self))

        def __repr__(self):
            shown = ", ".join(f"{field}={value!r}" for field, value in zip(self._fields, self))
            return f"{type(self).__name__}({shown})"

        def __getnewargs__(self):
            return tuple(self)

    class _Meta(type):
        def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(mcs, name, bases, body)
            fields = tuple(body["__annotations__"])  # there as texts: every module postpones their evaluation
            defaults = tuple([body.pop(field) for field in fields if field in body])
            body["__slots__"] = ()
            body["_fields"] = body["__match_args__"] = fields
            body["__new__"] = _constructor(fields, defaults)
            for number, field in enumerate(fields):
                body[field] = _tuplegetter(number, None)
            return type(name, (_Record,), body)

    class NamedTuple(metaclass=_Meta):
        """As typing.NamedTuple, for classes that name nothing but it as their base."""
