"""Letters to a mail server over lasting connections. Never falls back to plain text where TLS is configured."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol, Self

from aiosmtplib import SMTPException

from notifications.outlets import UNTRIED, Done, Fault, Letter, Outcome, OutletDown, Take
from notifications.outlets.connecting import Client, connect
from notifications.outlets.pipelining import PATIENCE, Dialogue, PipelinedLine, Trace, cut_off, dotted
from notifications.outlets.replies import CLOSING, Lost, Reply, addressed, envelope, final, one_line, unsayable
from notifications.settings import SmtpSettings

_QUIT = 5.0  # seconds: a server that does not answer to QUIT may not hold up the end of the program
_LOSSES = 3  # connections lost one after the other before any letter is accepted: the server is at fault


class Line(Protocol):
    """One signed-in connection."""

    utf8: bool  # whether the server takes addresses with other letters than ASCII (RFC 6531)

    @property
    def open(self) -> bool: ...

    async def converse(self, first: Letter, take: Take, done: Done) -> None:
        """Send `first` and what `take` gives, until it gives None or the connection is lost. Raises OutletDown."""
        ...

    async def quit(self, timeout: float) -> None: ...


class SmtpOutlet:
    """Delivers over as many connections as there are calls of `deliver` at once; `hello` is the name given in EHLO."""

    def __init__(self, settings: SmtpSettings, hello: str | None = None, trace: Trace | None = None) -> None:
        self._settings = settings
        self._hello = hello
        self._trace = trace
        self._idle: list[tuple[asyncio.Task[Any] | None, Line]] = []  # with the task that used it last

    @property
    def name(self) -> str:
        return f"smtp {self._settings.host}:{self._settings.port}"

    @property
    def lines(self) -> int:
        return self._settings.connections

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        idle, self._idle = self._idle, []
        await asyncio.gather(*(line.quit(_QUIT) for _, line in idle))

    async def deliver(self, take: Take, done: Done) -> None:
        losses = 0

        def told(letter: Letter, outcome: Outcome) -> None:
            nonlocal losses
            losses = 0 if outcome.kind in ("sent", "refused") else losses
            done(letter, outcome)

        while (letter := take()) is not None:
            refused = unsayable(letter, utf8=True)
            if refused is not None:
                done(letter, refused)
                continue
            try:
                line = self._again() or await self._open()
            except OutletDown:
                done(letter, UNTRIED)
                raise
            refused = unsayable(letter, utf8=line.utf8)
            if refused is not None:
                done(letter, refused)
            else:
                await line.converse(letter, take, told)
            if line.open:
                self._idle.append((asyncio.current_task(), line))
            else:
                losses += 1
                if losses >= _LOSSES:
                    raise OutletDown(Fault("lost", f"{self._settings.host}:{self._settings.port}"))

    def _again(self) -> Line | None:
        """The connection that this task used last, or one that nobody goes on with: each keeps its caller's pace."""
        mine = [kept for kept in self._idle if kept[0] is asyncio.current_task()]
        free = [kept for kept in self._idle if kept[0] is None or kept[0].done()]
        for kept in (*mine, *free):
            self._idle.remove(kept)
            return kept[1]
        return None

    async def _open(self) -> Line:
        settings = self._settings
        client = await connect(settings, self._hello, self._trace)
        transport = client.transport
        if settings.pipelining and client.supports_extension("pipelining") and isinstance(transport, asyncio.Transport):
            dialogue = Dialogue(self._trace)
            dialogue.take_over(transport)
            utf8 = client.supports_extension("smtputf8")
            client.transport = client.protocol = None  # it is ours now
            client.close()
            return PipelinedLine(dialogue, settings.timeout, utf8=utf8)
        return PlainLine(client, settings.timeout)


class PlainLine:
    """A connection to a server without PIPELINING, spoken to by the library command by command."""

    def __init__(self, client: Client, timeout: float) -> None:
        self._client = client
        self._timeout = timeout
        self.utf8 = client.supports_extension("smtputf8")
        self._used = False

    @property
    def open(self) -> bool:
        return self._client.is_connected

    async def converse(self, first: Letter, take: Take, done: Done) -> None:
        letter: Letter | None = first
        reset, idle = self._used, self._used  # what has been idle may have been closed
        try:
            while letter is not None:
                outcome = unsayable(letter, utf8=self.utf8) or await self._send(letter, reset=reset, idle=idle)
                done(letter, outcome)
                reset, idle = outcome.kind != "sent", False
                letter = take() if self.open else None
        except OutletDown:
            self._client.close()
            if letter is not None:
                done(letter, UNTRIED)
            raise
        except BaseException:
            # Cancelled in half a conversation: what the server would answer next belongs to this letter.
            self._client.close()
            raise

    async def quit(self, timeout: float) -> None:
        with suppress(SMTPException, OSError):
            await self._client.quit(timeout=timeout)
        self._client.close()

    async def _send(self, letter: Letter, *, reset: bool, idle: bool) -> Outcome:
        """One transaction, step by step: whether the body had begun decides between "deferred" and "unknown"."""
        begun = False
        self._used = True
        try:
            if reset:
                reply = await self._command(b"RSET")
                if reply.code == CLOSING:
                    raise Lost(reply.text)
                idle = False
            replies: list[Reply] = []
            for command in (*addressed(letter), b"DATA"):
                replies.append(await self._command(command))
                outcome = envelope(replies)
                if outcome is not None:
                    return outcome
            if self._client.protocol is None:
                raise Lost("connection lost")
            begun = True
            self._client.protocol.write(b"".join(dotted(letter.content)))
            response = await self._client.protocol.read_response(timeout=self._timeout * PATIENCE)
            self._client.watch_reply(response)
            if response.code == CLOSING:
                self._client.close()
            return final(Reply(response.code, response.message))
        except (Lost, SMTPException, OSError) as error:
            self._client.close()
            return cut_off(one_line(str(getattr(error, "message", error))), begun=begun, untried=idle)

    async def _command(self, command: bytes) -> Reply:
        code, text = await self._client.execute_command(command)
        return Reply(code, text)
