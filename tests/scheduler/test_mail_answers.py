"""`mail list` with what servers answered, and `mail retry`: after a pass through a server that refuses and puts off."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.scheduler.homes import Nhachan, Said, objects
from tests.smtp_server import Scripted

MORNING, LATER = "2026-11-19T08:00", "2026-11-19T08:30"


@contextmanager
def listening(server: Scripted) -> Iterator[int]:
    """A server in a thread of its own, so that commands can run in this one; its port."""
    loop = asyncio.new_event_loop()
    found = loop.run_until_complete(asyncio.start_server(server.serve, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield found.sockets[0].getsockname()[1]
    finally:
        found.close()
        asyncio.run_coroutine_threadsafe(found.wait_closed(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def smtp_home(home: Path, port: int, more: str = "") -> Path:
    file = home / "nhachan.toml"
    text = file.read_text(encoding="utf-8").replace('outlet = "maildir"', 'outlet = "smtp"')
    text += f'host = "127.0.0.1"\nport = {port}\nsecurity = "none"\nconnections = 1\n{more}'
    file.write_text(text, encoding="utf-8")
    return home


def address_of(mail: dict[str, object]) -> str:
    return str(mail["address"])


@pytest.fixture
def mixed(nhachan: Nhachan, small: Path) -> Path:
    """Of four letters one was taken, one refused, one put off, one taken."""
    ok = "250 2.1.5 ok"
    server = Scripted(RCPT=[ok, "552 5.2.2 mailbox full", "450 4.2.0 greylisted", ok], BODY="250 2.0.0 queued as 1A")
    with listening(server) as port:
        said = nhachan("tick", home=smtp_home(small, port), now=MORNING.replace("2026", "2020"))
        assert said.out.startswith("Xếp 0 thư")
        # The time goes on from the past: a future one is refused where mail is real.
        done = nhachan("tick", home=small, now=MORNING)
    assert (done.code, done.out) == (0, "Xếp 4 thư; gửi 2, chờ gửi lại 1, lỗi 1, không cần gửi 0.\n")
    return small


def listed(nhachan: Nhachan, home: Path, *options: str) -> list[dict[str, object]]:
    return objects(nhachan("mail", "list", *options, "--json", home=home, now=LATER))


def test_list_has_the_answer_and_the_tries(nhachan: Nhachan, mixed: Path) -> None:
    (failed,) = listed(nhachan, mixed, "--state", "failed")
    assert {k: failed[k] for k in ("code", "enhanced", "answer", "attempts", "next_at")} == {
        "code": 552,
        "enhanced": "5.2.2",
        "answer": "5.2.2 mailbox full",
        "attempts": 1,
        "next_at": None,
    }
    (queued,) = listed(nhachan, mixed, "--state", "queued")
    assert (queued["code"], queued["enhanced"], queued["attempts"]) == (450, "4.2.0", 1)
    assert str(queued["next_at"]) >= "2026-11-19T08:01:00+07:00"
    sent = listed(nhachan, mixed, "--state", "sent")
    assert [(m["code"], m["enhanced"], m["answer"]) for m in sent] == [(250, "2.0.0", "2.0.0 queued as 1A")] * 2
    lines = nhachan("mail", "list", "--state", "failed", home=mixed, now=LATER).lines
    assert lines[0].split("  ")[0] == "Số"
    assert lines[1].endswith("552 5.2.2 mailbox full")
    waits = nhachan("mail", "list", "--state", "queued", home=mixed, now=LATER).lines[1]
    assert "Chờ gửi (19/11/2026 08:01)" in waits
    assert waits.endswith("450 4.2.0 greylisted")


def test_list_by_unit_person_and_days(nhachan: Nhachan, mixed: Path) -> None:
    everything = listed(nhachan, mixed)
    assert len(everything) == 4
    # The coordinator's list names the unit too.
    of_unit = ["an@syt.example", "tdkt@snv.example"]
    assert [address_of(m) for m in listed(nhachan, mixed, "--unit", "so-y-te")] == of_unit
    assert [address_of(m) for m in listed(nhachan, mixed, "--unit", "xa-b")] == ["dung@xa-b.example"]
    assert [address_of(m) for m in listed(nhachan, mixed, "--person", "AN@syt.example")] == ["an@syt.example"]
    assert listed(nhachan, mixed, "--from", "19/11/2026", "--to", "19/11/2026") == everything
    assert listed(nhachan, mixed, "--from", "20/11/2026") == listed(nhachan, mixed, "--to", "18/11/2026") == []
    wrong = nhachan("mail", "list", "--from", "20/11/2026", "--to", "19/11/2026", home=mixed, now=LATER)
    assert wrong == Said(1, "", "Ngày ở --to (19/11/2026) trước ngày ở --from (20/11/2026).\n")


def test_retry_of_a_person_and_of_what_was_put_off(nhachan: Nhachan, mixed: Path) -> None:
    (failed,) = listed(nhachan, mixed, "--state", "failed")
    other = "an@syt.example" if address_of(failed) != "an@syt.example" else "dung@xa-b.example"
    assert nhachan("mail", "retry", "--person", other, home=mixed, now=LATER).out == "0 thư được xếp gửi lại.\n"
    again = nhachan("mail", "retry", "--person", address_of(failed).upper(), home=mixed, now=LATER)
    assert again.out == "1 thư được xếp gửi lại.\n"
    early = "2026-11-19T08:00:30"
    (put_off,) = [m for m in listed(nhachan, mixed, "--state", "queued") if m["code"] == 450]
    hastened = nhachan("mail", "retry", put_off["id"], "--state", "queued", home=mixed, now=early)
    assert hastened.out == "1 thư được xếp gửi lại.\n"
    (put_off,) = [m for m in listed(nhachan, mixed, "--state", "queued") if m["code"] == 450]
    assert put_off["next_at"] == "2026-11-19T08:00:30+07:00"
    assert nhachan("mail", "retry", "--state", "queued", home=mixed, now=early).out != ""
    assert nhachan("mail", "retry", "--state", "unknown", home=mixed, now=LATER).out == "0 thư được xếp gửi lại.\n"
