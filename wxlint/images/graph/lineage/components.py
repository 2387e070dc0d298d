"""The order in which things that need each other can be settled, circles found on the way."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


def components(start: T, needs: Callable[[T], Iterable[T]]) -> Iterator[list[T]]:
    """Yield what `start` needs, directly or not, and `start` itself, each after what it needs.

    Things that need each other come in one list (Tarjan's strongly connected components, without recursion).
    `needs` is called once for each.
    """
    numbers: dict[T, int] = {start: 0}
    lowest: dict[T, int] = {start: 0}
    waiting: list[T] = [start]
    in_waiting: set[T] = {start}
    path: list[tuple[T, Iterator[T]]] = [(start, iter(needs(start)))]
    while path:
        node, rest = path[-1]
        for other in rest:
            if other not in numbers:
                numbers[other] = lowest[other] = len(numbers)
                waiting.append(other)
                in_waiting.add(other)
                path.append((other, iter(needs(other))))
                break
            if other in in_waiting:
                lowest[node] = min(lowest[node], numbers[other])
        else:
            path.pop()
            if path:
                above = path[-1][0]
                lowest[above] = min(lowest[above], lowest[node])
            if lowest[node] == numbers[node]:
                found = waiting[waiting.index(node) :] if waiting[-1] != node else [node]
                del waiting[len(waiting) - len(found) :]
                in_waiting.difference_update(found)
                yield found
