"""A mistake put into a program that is already loaded, or into one that is yet to be."""

from __future__ import annotations

import ast
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from pathlib import Path
from types import CodeType, FunctionType


def loaded_functions(folder: Path) -> list[FunctionType]:
    """Return every function that is made from a file below a folder, whatever wraps it."""
    prefix = f"{folder}/"
    functions = [
        one for one in gc.get_objects() if type(one) is FunctionType
    ]  # isinstance asks proxies of what is gone
    return [one for one in functions if one.__code__.co_filename.startswith(prefix)]


def patch(functions: list[FunctionType], path: Path, tree: ast.Module, name: str, line: int) -> None:
    """Give a loaded function the code that it has in another tree of its file.

    name: as a mutant has it. line: of the mistake, where a class has several functions of that name.
    """
    code = compile(tree, str(path), "exec")
    for part in name.split("."):
        code = _part(code, part, line)
    same = [f for f in functions if f.__code__.co_filename == str(path)]
    found = [f for f in same if (f.__code__.co_name, f.__code__.co_firstlineno) == (code.co_name, code.co_firstlineno)]
    if not found:
        raise LookupError(f"{path} has no function {name}")
    for function in found:
        function.__code__ = code


def _part(code: CodeType, name: str, line: int) -> CodeType:
    parts = [part for part in code.co_consts if isinstance(part, CodeType) and part.co_name == name]
    return max((part for part in parts if part.co_firstlineno <= line), key=lambda part: part.co_firstlineno)


def module_name(path: Path) -> str:
    """Return the name of the module in a file, by its path below the root."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


class Finder(importlib.abc.MetaPathFinder, importlib.machinery.SourceFileLoader):
    """Finds one module, with other code than its file has."""

    def __init__(self, root: Path, path: Path, tree: ast.Module) -> None:
        super().__init__(module_name(path.relative_to(root)), str(path))
        self.code = compile(tree, str(path), "exec")

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_file_location(name, self.path, loader=self) if name == self.name else None

    def get_code(self, _: str) -> CodeType:
        return self.code

    def install(self) -> None:
        sys.meta_path.insert(0, self)
