"""What the daemon does for calendars beside the mail: what waited, entity tags, files."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from actions import events as rendering
from actions.receiving import Receipt, submit
from config.settings import FeedSettings
from scheduler.app import App, open_app
from scheduler.clock import Clock
from scheduler.feed_keeping import FeedKeeping
from store.events import count_waiting
from store.feeds import count_unbound, revoke
from tests.actions.province import YEARLY, act
from tests.conftest import local

assert YEARLY is not None


def test_step_renders_binds_and_writes_what_changed(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "lich"
    with open_app(small, Clock(local("2026-11-20 10:00")), None) as opened:
        app: App = replace(opened, settings=replace(opened.settings, feeds=FeedSettings(publish=folder)))
        keeping = FeedKeeping(app)
        keeping.step(stopped=lambda: True)
        assert not folder.exists()
        keeping.step()
        (file,) = folder.glob("xa-a/*/*.ics")
        assert "[Đã gửi]" not in file.read_text(encoding="utf-8")
        monkeypatch.setattr(rendering, "MOST", 0)
        with caplog.at_level(logging.INFO):
            submit(app.office, act("2026-11-20 10:00"), YEARLY, ["xa-a"], Receipt(date(2026, 11, 20)))
            keeping.step()
        assert "calendars: 3 items rendered that had waited" in caplog.messages
        assert "[Đã gửi]" in file.read_text(encoding="utf-8")
        with app.database.read() as tx:
            assert (count_waiting(tx), count_unbound(tx)) == (0, 0)
        stamp = file.stat().st_mtime_ns
        (folder / ".nhachan-feeds.json").unlink()
        keeping.step()
        assert file.stat().st_mtime_ns == stamp, "nothing changed: the folder is not even looked at"
        with app.database.write() as tx:
            revoke(tx, "xa-a", local("2026-11-20 10:00"))
        keeping.step()
        assert not file.exists()


def test_folder_that_cannot_be_written_is_told_once_and_left_alone(
    small: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    taken = tmp_path / "lich"
    taken.write_text("a file")
    with open_app(small, Clock(local("2026-11-20 10:00")), None) as opened:
        app = replace(opened, settings=replace(opened.settings, feeds=FeedSettings(publish=taken)))
        keeping = FeedKeeping(app)
        for _ in range(2):
            keeping.step()
    assert [m for m in caplog.messages if "không ghi được lịch" in m] == [
        f"không ghi được lịch vào {taken}: File exists"
    ]
