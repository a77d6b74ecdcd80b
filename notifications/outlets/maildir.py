"""Letters as files of a Maildir, named after their Message-ID: a delivery repeated after a crash leaves one."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
from pathlib import Path
from types import TracebackType
from typing import Self

from notifications.outlets import UNTRIED, Done, Fault, Letter, Outcome, OutletDown, Take

_ENDING = ".nhachan"
_ALREADY = "was there already"


class MaildirOutlet:
    """Writes into the Maildir `root`, which it makes; safe for concurrent tasks and for several processes."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._read: frozenset[str] = frozenset()  # names in cur/, without the flags a reader has added
        self._read_at: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    @property
    def name(self) -> str:
        return "maildir"

    @property
    def lines(self) -> int:
        return 1

    async def deliver(self, take: Take, done: Done) -> None:
        """Put letters into new/, unless they are in new/ or cur/ already."""
        while (letter := take()) is not None:
            try:
                done(letter, await asyncio.to_thread(self._deliver, letter))
            except OSError as error:  # a full or missing disk
                done(letter, UNTRIED)
                raise OutletDown(Fault("folder", f"{error.strerror or error}: {self._root}")) from error

    def _deliver(self, letter: Letter) -> Outcome:
        for folder in ("tmp", "new", "cur"):
            (self._root / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        name = file_name(letter.message_id)
        target = self._root / "new" / name
        if target.exists() or name in self._names_read():
            return Outcome("sent", answer=_ALREADY)
        temporary = self._root / "tmp" / f"{name}.{os.getpid()}.{secrets.token_hex(4)}"
        try:
            with temporary.open("xb") as file:
                # Readers of a Maildir expect the line ends of the system, not those of the wire.
                file.write(letter.content.replace(b"\r\n", b"\n"))
                file.flush()
                os.fsync(file.fileno())
            temporary.rename(target)  # a twin written meanwhile holds the same bytes
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync(target.parent)
        return Outcome("sent", answer=str(target))

    def _names_read(self) -> frozenset[str]:
        """Read anew only when cur/ has changed: it may hold years of mail."""
        folder = self._root / "cur"
        changed = folder.stat().st_mtime_ns
        if changed != self._read_at:
            self._read = frozenset(entry.name.partition(":")[0] for entry in os.scandir(folder))
            self._read_at = changed
        return self._read


def file_name(message_id: str) -> str:
    """The name in new/ of the letter with this Message-ID."""
    return f"{hashlib.sha256(message_id.encode()).hexdigest()[:40]}{_ENDING}"


def is_kept(answer: str | None) -> bool:
    """Whether what is on record as the answer to a letter is this outlet's: nothing has left this machine."""
    return answer is not None and (answer == _ALREADY or answer.endswith(_ENDING))


def _sync(folder: Path) -> None:
    """The rename itself survives a power cut only once its directory is written."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
