"""Where letters go: a Maildir until SMTP is configured. An outlet says what became of a letter, no more."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Protocol, Self

Kind = Literal["sent", "deferred", "refused", "unknown", "outlet_down"]


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one person, as it goes over the wire."""

    message_id: str  # without angle brackets
    sender: str
    recipient: str
    content: bytes = field(repr=False)  # RFC 5322, CRLF


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a letter.

    sent: accepted. deferred: not accepted now; it may be rendered anew. refused: will never be accepted for this
    recipient. unknown: lost after the body, so it may have arrived; only the same bytes may go again. outlet_down:
    nothing of it was tried, nor would any other letter get through.
    """

    kind: Kind
    code: int | None = None  # of the SMTP reply
    answer: str = ""  # on one line
    bad_address: bool = False  # refused because the recipient's address is no good, not because of the letter


class Outlet(Protocol):
    """Delivers letters one at a time; opened and closed as a context. `deliver` raises nothing but cancellation."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def deliver(self, letter: Letter) -> Outcome: ...
