"""SMTP after sign-in, in groups of commands (RFC 2920): a letter costs one round trip.

A group is the body of one letter and MAIL, RCPT and DATA of the next. Replies come in the order of their commands, so
each is matched to its own; whatever cuts the conversation off leaves each letter with just one outcome.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from notifications.outlets import UNTRIED, Done, Letter, Outcome, OutletDown, Take
from notifications.outlets.replies import CLOSING, GO_AHEAD, Lost, Reply, addressed, envelope, final, unsayable

Who = Literal["C", "S"]  # client or server
Trace = Callable[[Who, str], None]

# RFC 5321, 4.5.3.2.6 grants a server ten minutes to say that it has a body; giving up early sends the letter twice.
PATIENCE = 10  # times the time allowed for other replies
_LONGEST = 64 * 1024  # octets of a reply
_LINE = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?", re.DOTALL)
_DOT = re.compile(rb"(?m)^\.")


@lru_cache(256)  # servers say the same few things
def _parsed(line: bytes) -> tuple[int, bool, str] | None:
    """Code of a line of a reply, whether more follow, and what it says; None for what is none."""
    found = _LINE.fullmatch(line)
    return None if found is None else (int(found[1]), found[2] == b"-", line[4:].decode("utf-8", "replace").strip())


class Dialogue(asyncio.Protocol):
    """Reads replies from a transport that somebody else has opened, and writes commands to it."""

    def __init__(self, trace: Trace | None = None) -> None:
        self._buffer = b""  # of a line that is not complete
        self._lines: list[str] = []  # of a reply that is not complete
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._deadline = 0.0  # of the reply that is waited for
        self._watch: asyncio.TimerHandle | None = None  # looks at the deadline now and then
        self._end: Lost | None = None
        self._transport: asyncio.Transport | None = None
        self._trace = trace

    def take_over(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        transport.set_protocol(self)
        if transport.is_closing():
            self._fail(Lost("connection lost"))

    @property
    def open(self) -> bool:
        return self._end is None

    def write(self, data: bytes) -> None:
        if self._transport is None or self._end is not None:
            return  # the reply that is waited for says so
        if self._trace is not None:
            for line in data.decode("utf-8", "replace").splitlines():
                self._trace("C", line)
        self._transport.write(data)

    def close(self) -> None:
        self._fail(Lost("closed"))
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        self._fail(Lost("closed"))
        if self._transport is not None:
            self._transport.abort()

    async def reply(self, timeout: float) -> Reply:
        """The next reply. Raises Lost."""
        if not self._replies:
            if self._end is not None:
                raise self._end
            loop = asyncio.get_running_loop()
            self._waiter = loop.create_future()
            # Nearly all replies come at once: a handle of its own for each costs more than looking again later.
            self._deadline = loop.time() + timeout
            if self._watch is None or self._watch.when() > self._deadline:
                self._look_at(self._deadline)
            try:
                await self._waiter
            finally:
                self._waiter = None
            if not self._replies:
                raise self._end or Lost(f"no answer within {timeout:g} seconds")
        return self._replies.popleft()

    # -- what the transport calls ------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            if self._end is not None:
                return
            self._read(line.rstrip(b"\r"))
        if len(self._buffer) > _LONGEST:
            self._fail(Lost("an answer without end"))

    def eof_received(self) -> bool:
        self._fail(Lost("connection lost"))
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(Lost(f"connection lost: {exc}" if exc else "connection lost"))

    def _read(self, line: bytes) -> None:
        if self._trace is not None:
            self._trace("S", line.decode("utf-8", "replace"))
        found = _parsed(line)
        if found is None or (self._lines and sum(map(len, self._lines)) > _LONGEST):
            self._fail(Lost(f"not an answer of SMTP: {line.decode('utf-8', 'replace')[:100]}"))
            return
        code, more, text = found
        if more or self._lines:
            self._lines.append(text)
        if not more:
            self._replies.append(Reply(code, " ".join(self._lines) if self._lines else text))
            self._lines = []
            self._wake()

    def _fail(self, end: Lost) -> None:
        if self._end is None:
            self._end = end
            self._wake()
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _look_at(self, moment: float) -> None:
        if self._watch is not None:
            self._watch.cancel()
        self._watch = asyncio.get_running_loop().call_at(moment, self._look)

    def _look(self) -> None:
        """Whether a reply has been waited for long enough."""
        self._watch = None
        if self._waiter is not None and asyncio.get_running_loop().time() >= self._deadline:
            self._wake()
        elif self._waiter is not None:
            self._look_at(self._deadline)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


@dataclass
class _Turn:
    """A letter whose commands have been written."""

    letter: Letter
    excused: bool  # they went along with others, or over a line that had been idle: no answer at all is nobody's fault
    owed: int = 0  # replies that come before its own
    heard: bool = False  # some of its commands was answered
    begun: bool = False  # its body is under way
    told: bool = False

    def cut_off(self, answer: str) -> Outcome:
        return cut_off(answer, begun=self.begun, untried=self.excused and not self.heard)


class PipelinedLine:
    """One signed-in connection to a server that offers PIPELINING."""

    def __init__(self, dialogue: Dialogue, timeout: float, *, utf8: bool) -> None:
        self._dialogue = dialogue
        self._timeout = timeout
        self.utf8 = utf8
        self._used = False  # a letter has been talked about: the server may have hung up since

    @property
    def open(self) -> bool:
        return self._dialogue.open

    async def converse(self, first: Letter, take: Take, done: Done) -> None:
        """Send `first` and what `take` gives; ends when it gives None or the connection is lost. Raises OutletDown."""
        turn = _Turn(first, excused=self._used)
        following: Letter | None = None
        self._used = True
        try:
            self._dialogue.write(_commands(first))
            while True:
                outcome, go_ahead = await self._envelope(turn)
                if outcome is None:
                    following = self._next(take, done)
                    turn.begun = True
                    self._dialogue.write(b"".join((*dotted(turn.letter.content), _commands(following))))
                    reply = await self._dialogue.reply(self._timeout * PATIENCE)
                    outcome = final(reply)
                    owed = 0
                    if reply.code == CLOSING:
                        self._dialogue.close()
                else:
                    following = self._next(take, done)
                    # RFC 2920, 3.1: after 354 to a refused envelope nothing but the end of a body may follow.
                    self._dialogue.write((b".\r\n" if go_ahead else b"") + _commands(following, reset=True))
                    owed = go_ahead + (following is not None)
                done(turn.letter, outcome)
                turn.told = True
                if following is None:
                    for _ in range(owed):
                        await self._dialogue.reply(self._timeout)
                    return
                turn, following = _Turn(following, excused=True, owed=owed), None
        except Lost as lost:
            self._dialogue.abort()
            if following is not None:
                done(following, UNTRIED)
            if not turn.told:
                done(turn.letter, turn.cut_off(str(lost)))
        except OutletDown:
            # The server may be waiting for a body.
            self._dialogue.abort()
            done(turn.letter, UNTRIED)
            raise
        except BaseException:
            # Cancelled in half a conversation: what the server would answer next belongs to these letters.
            self._dialogue.abort()
            raise

    async def quit(self, timeout: float) -> None:
        if self._dialogue.open:
            self._dialogue.write(b"QUIT\r\n")
            with suppress(Lost):
                await self._dialogue.reply(timeout)
        self._dialogue.close()

    async def _envelope(self, turn: _Turn) -> tuple[Outcome | None, bool]:
        """What became of MAIL, RCPT and DATA, None for a body that is waited for; and whether DATA was answered 354."""
        for _ in range(turn.owed):
            await self._dialogue.reply(self._timeout)
        replies: list[Reply] = []
        for _ in range(3):
            reply = await self._dialogue.reply(self._timeout)
            if reply.code == CLOSING:
                self._dialogue.close()
                if turn.excused and not replies:
                    raise Lost(reply.text)
                return final(reply), False
            turn.heard = True
            replies.append(reply)
        return envelope(replies), replies[-1].code == GO_AHEAD

    def _next(self, take: Take, done: Done) -> Letter | None:
        """The next letter whose addresses can be said."""
        if not self._dialogue.open:
            return None
        while (letter := take()) is not None:
            refused = unsayable(letter, utf8=self.utf8)
            if refused is None:
                return letter
            done(letter, refused)
        return None


def cut_off(answer: str, *, begun: bool, untried: bool) -> Outcome:
    """What became of a letter in the middle of which the connection was lost."""
    if begun:
        return Outcome("unknown", answer=answer)
    return UNTRIED if untried else Outcome("deferred", answer=answer)


def _commands(letter: Letter | None, *, reset: bool = False) -> bytes:
    if letter is None:
        return b""
    return (b"RSET\r\n" if reset else b"") + b"%b\r\n%b\r\nDATA\r\n" % addressed(letter)


def dotted(content: bytes) -> tuple[bytes, bytes]:
    """The body as DATA carries it (RFC 5321, 4.5.2), and its end."""
    if content.startswith(b".") or b"\n." in content:
        content = _DOT.sub(b"..", content)
    return content, b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n"
