"""What a request says of its answer besides the path: in which language, and which deed of before is still to be told.

Pages are drawn deep below the request, by whoever answers it; what every page needs is kept beside the call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Flash:
    """A sentence that waits to be told."""

    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as all pages see it."""

    path: str = "/"  # with its query
    reads: bool = True  # GET or HEAD: its path can be opened again
    language: str | None = None  # of the cookie, unchecked; None: the office's
    flash: Flash | None = None  # told on whatever page comes next


_asked: ContextVar[Asked] = ContextVar("asked", default=Asked())  # noqa: B039 - it is frozen


def asked() -> Asked:
    """The request that is being answered."""
    return _asked.get()


@contextmanager
def answering(request: Asked) -> Iterator[None]:
    """Threads that answer for it see the same: Starlette runs them in a copy of this context."""
    token = _asked.set(request)
    try:
        yield
    finally:
        _asked.reset(token)
