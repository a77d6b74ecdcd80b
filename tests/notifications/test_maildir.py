from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from notifications.outlets import Fault, Letter, Outcome, OutletDown, deliver_one
from notifications.outlets.maildir import MaildirOutlet, file_name

LETTER = Letter("1@n.example", "a@n.example", "b@n.example", b"Subject: x\r\n\r\nmot\r\n.hai\r\n")


def deliver(outlet: MaildirOutlet, *letters: Letter) -> list[Outcome]:
    """Each letter by itself, all at once."""

    async def run() -> list[Outcome]:
        async with outlet:
            return list(await asyncio.gather(*(deliver_one(outlet, letter) for letter in letters)))

    return asyncio.run(run())


def names(root: Path) -> dict[str, list[str]]:
    return {folder: sorted(path.name for path in (root / folder).iterdir()) for folder in ("cur", "new", "tmp")}


def test_maildir_is_made_and_holds_the_letter(tmp_path: Path) -> None:
    root = tmp_path / "deep" / "mail"
    assert deliver(MaildirOutlet(root), LETTER) == [
        Outcome("sent", answer=str(root / "new" / file_name("1@n.example")))
    ]
    assert names(root) == {"cur": [], "new": [file_name("1@n.example")], "tmp": []}
    assert (root / "new" / file_name("1@n.example")).read_bytes() == b"Subject: x\n\nmot\n.hai\n"


def test_maildir_repeated_after_a_crash_leaves_one(tmp_path: Path) -> None:
    deliver(MaildirOutlet(tmp_path), LETTER)
    assert deliver(MaildirOutlet(tmp_path), LETTER) == [Outcome("sent", answer="was there already")]
    assert names(tmp_path) == {"cur": [], "new": [file_name("1@n.example")], "tmp": []}


def test_maildir_repeated_after_it_was_read_leaves_one(tmp_path: Path) -> None:
    outlet = MaildirOutlet(tmp_path)
    deliver(outlet, LETTER)
    name = file_name("1@n.example")
    (tmp_path / "new" / name).rename(tmp_path / "cur" / f"{name}:2,RS")
    assert deliver(outlet, LETTER) == [Outcome("sent", answer="was there already")]
    assert names(tmp_path) == {"cur": [f"{name}:2,RS"], "new": [], "tmp": []}


def test_maildir_takes_many_at_once(tmp_path: Path) -> None:
    letters = [Letter(f"{n % 20}@n.example", "a@n.example", "b@n.example", b"x\r\n") for n in range(60)]
    assert {outcome.kind for outcome in deliver(MaildirOutlet(tmp_path), *letters)} == {"sent"}
    assert names(tmp_path) == {"cur": [], "new": sorted(file_name(f"{n}@n.example") for n in range(20)), "tmp": []}


def test_maildir_that_cannot_be_made_is_down(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutletDown) as down:
        deliver(MaildirOutlet(tmp_path / "file"), LETTER)
    assert down.value.fault.code == "folder"
    assert str(tmp_path / "file") in down.value.fault.answer


def test_maildir_that_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OutletDown) as down:
            deliver(MaildirOutlet(tmp_path), LETTER)
    assert down.value.fault == Fault("folder", f"No space left on device: {tmp_path}")
    assert names(tmp_path) == {"cur": [], "new": [], "tmp": []}
