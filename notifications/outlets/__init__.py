"""Where letters go: a Maildir until SMTP is configured. An outlet says what became of a letter, no more.

A further channel is one file beside these: a class with the members of `Outlet`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Protocol, Self

from plans.letters import Alike

Kind = Literal["sent", "deferred", "refused", "unknown", "untried"]


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one person, as it goes over the wire."""

    message_id: str  # without angle brackets
    sender: str
    recipient: str
    body: bytes | Alike = field(repr=False)  # RFC 5322, CRLF; of what is alike the bytes are made as they leave

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else self.body.letter()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a letter.

    sent: accepted. deferred: not accepted now; it may be rendered anew. refused: will never be accepted for this
    recipient. unknown: lost after the body, so it may have arrived; only the same bytes may go again. untried: nothing
    of it was decided, and it can go at once over another line.
    """

    kind: Kind
    code: int | None = None  # of the SMTP reply
    answer: str = ""  # on one line
    enhanced: str | None = None  # status code of RFC 3463, "5.1.1"
    bad_address: bool = False  # refused because the recipient's address is no good, not because of the letter


UNTRIED = Outcome("untried")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why no letter gets through: `code` names its sentence (`outlet.<code>`)."""

    code: str
    answer: str = ""  # what the server or the system said, on one line
    reply: int | None = None  # of SMTP


class OutletDown(Exception):
    """No letter would get through now; none is to blame."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"{fault.code}: {fault.answer}")
        self.fault = fault


Take = Callable[[], Letter | None]
Done = Callable[[Letter, Outcome], None]


class Outlet(Protocol):
    """Delivers letters; opened and closed as a context."""

    @property
    def name(self) -> str:
        """What this outlet is known by: whether it is down is kept under this name."""
        ...

    @property
    def lines(self) -> int:
        """How many calls of `deliver` may run at once, each over a line of its own."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def deliver(self, take: Take, done: Done) -> None:
        """Send what `take` gives until it gives None, and tell `done` what became of each letter.

        Raises OutletDown once every letter taken has been told of. Cancelled, it says nothing of the letters in hand.
        """
        ...


async def deliver_one(outlet: Outlet, letter: Letter) -> Outcome:
    """Send one letter by itself; an outlet that may want it a second time is offered it twice. Raises OutletDown."""
    found: list[Outcome] = []
    given = 0

    def take() -> Letter | None:
        nonlocal given
        # One that is in hand is not offered: a line that sends ahead would send it twice.
        if given == 2 or given > len(found) or any(o.kind != "untried" for o in found):
            return None
        given += 1
        return letter

    await outlet.deliver(take, lambda _, outcome: found.append(outcome))
    return found[-1]
