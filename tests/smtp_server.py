"""An SMTP server on loopback that follows a script."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

DROP, SILENCE = "drop", "silence"
HALF = "half"  # of DATA: the body is cut off after its first line
GOOD = {
    "GREETING": "220 ready",
    "EHLO": "250 hello",
    "RSET": "250 ok",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    "BODY": "250 2.0.0 queued",
    "QUIT": "221 bye",
}

Before = Callable[[str], Awaitable[None]]


async def _at_once(_verb: str) -> None:
    """Answers are not held back."""


async def _body(reader: asyncio.StreamReader) -> bytes:
    """With its last line, the dot: an empty one is nothing else."""
    lines = [await reader.readuntil(b"\r\n")]
    while lines[-1] != b".\r\n":
        lines.append(await reader.readuntil(b"\r\n"))
    return b"".join(lines)


class Scripted:
    """Answers each command as told; a list is worked off, its last answer stays.

    `before` is awaited before each answer with its verb: "BODY" when a whole letter has come in and is not yet taken.
    """

    def __init__(self, before: Before = _at_once, **answers: str | list[str]) -> None:
        self._answers = {verb: [a] if isinstance(a, str) else list(a) for verb, a in {**GOOD, **answers}.items()}
        self._before = before
        self.heard: list[str] = []
        self.bodies: list[bytes] = []
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            verb = "GREETING"
            while await self._answer(verb, reader, writer):
                line = await reader.readline()
                if not line:
                    break
                verb = line[:4].decode().strip().upper()
                self.heard.append(line.decode().strip())
                if verb == "DATA" and self._answers["DATA"][0].startswith("354"):
                    if not await self._answer(verb, reader, writer):
                        break
                    self.bodies.append(await _body(reader))
                    verb = "BODY"
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, verb: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        await self._before(verb)
        answers = self._answers[verb]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer == DROP:
            return False
        if answer == SILENCE:  # from now on
            await reader.read(-1)
            return False
        if answer == HALF:
            writer.write(b"354 go on\r\n")
            await reader.readline()
            return False
        writer.write(answer.encode(errors="surrogateescape") + b"\r\n")
        await writer.drain()
        return not answer.startswith(("221", "421"))
