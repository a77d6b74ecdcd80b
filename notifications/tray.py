"""The tray: letters that are claimed and not yet told of, and who may take them when."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Container, Iterable, Mapping
from contextlib import suppress

from notifications.claiming import Ready
from notifications.outlets import Letter

_GLANCE = 0.2  # seconds at most between two looks at what nobody announces: the hour, the wish to stop


class Pace:
    """At most so many letters a minute, evenly; None: as fast as can be."""

    def __init__(self, per_minute: int | None) -> None:
        self._interval = 60 / per_minute if per_minute else 0.0
        self._next = 0.0

    def wait(self, now: float) -> float:
        """Seconds until the next letter may leave."""
        return max(0.0, self._next - now)

    def spend(self, now: float) -> None:
        self._next = max(self._next, now) + self._interval


class Tray:
    """Letters in hand; `may_send` is asked before each is taken."""

    def __init__(self, pace: Pace, may_send: Callable[[], bool]) -> None:
        self._pace = pace
        self._may_send = may_send
        self._waiting: deque[Letter] = deque()
        self._in_hand: dict[str, Ready] = {}  # by Message-ID: waiting, or with a line
        self._changed = asyncio.Event()  # for those who wait for letters
        self.last = False  # nothing more will be put in
        self.closed = False  # nothing more may leave
        self.held = False  # nothing may leave for the moment

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def in_hand(self) -> Mapping[str, Ready]:
        return self._in_hand

    @property
    def open(self) -> bool:
        if not self.closed and not self._may_send():
            self.close()
        return not self.closed

    def put(self, ready: Iterable[Ready]) -> None:
        for one in ready:
            self._in_hand[one.letter.message_id] = one
            self._waiting.append(one.letter)
        self.announce()

    def take(self, pace: Pace) -> Letter | None:
        """The next letter for a line with a pace of its own; None when there is none for it now."""
        now = asyncio.get_running_loop().time()
        if not self.open or self.held or not self._waiting or self._pace.wait(now) or pace.wait(now):
            return None
        self._pace.spend(now)
        pace.spend(now)
        return self._waiting.popleft()

    def give_back(self, letter: Letter) -> None:
        self._waiting.appendleft(letter)
        self.announce()

    def drop(self) -> None:
        """Let go of what waits: whoever claims it next sends it."""
        for letter in self._waiting:
            self._in_hand.pop(letter.message_id, None)
        self._waiting.clear()
        self.last = False

    def forget(self, messages: Container[int]) -> None:
        """Let go of those that wait and are another's by now; what a line has is under way."""
        gone = {a.message_id for a in self._waiting if self._in_hand[a.message_id].message in messages}
        self._waiting = deque(a for a in self._waiting if a.message_id not in gone)
        for message_id in gone:
            del self._in_hand[message_id]
        self.announce()

    def told(self, letter: Letter) -> Ready | None:
        """The letter's row, which is out of hand now; None if it was already."""
        ready = self._in_hand.pop(letter.message_id, None)
        if self.last and not self._in_hand:
            self.announce()  # nothing can come back any more
        return ready

    def close(self) -> None:
        self.closed = True
        self.announce()

    async def ready(self, pace: Pace) -> bool:
        """Wait until a line may take a letter; False when there will be none for it."""
        while self.open:
            if self._waiting and not self.held:
                now = asyncio.get_running_loop().time()
                wait = max(self._pace.wait(now), pace.wait(now))
                if wait == 0:
                    return True
                await asyncio.sleep(min(wait, _GLANCE))
            elif self.last and not self._in_hand:
                return False
            else:
                await self.change()
        return False

    async def change(self, timeout: float = _GLANCE) -> None:
        """Wait until something has changed, or it is time for a look at the clock."""
        changed = self._changed
        with suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), timeout)

    def announce(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
