"""What an operator reads on the command line while the mail server is down; the progress of a long drain."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
from datetime import time
from pathlib import Path

import pytest

from config.settings import read_settings
from plans.words import words
from scheduler.app import open_app
from scheduler.clock import Clock
from scheduler.progress import mail_progress, number
from tests.scheduler.homes import Nhachan, objects
from tests.scheduler.test_cli import smtp_home

MORNING = "2026-11-19T10:00"


def test_doctor_says_why_no_mail_gets_through(nhachan: Nhachan, small: Path) -> None:
    smtp_home(small)
    nhachan("tick", home=small, now=MORNING)
    said = nhachan("doctor", home=small, now="2026-11-19T10:01")
    assert said.code == 3
    (line,) = [line for line in said.lines if "Không gửi được thư" in line]
    assert re.fullmatch(
        r"✗ Không gửi được thư từ 19/11/2026 10:00, 4 thư đang chờ và sẽ tự gửi lại\. "
        r"Không kết nối được máy chủ thư: .+ Chi tiết: .*127\.0\.0\.1.*",
        line,
    )
    found = nhachan("doctor", "--json", home=small, now="2026-11-19T10:01")
    assert '"code": "mail_down", "severity": "error", "n": 4, "since": "2026-11-19T03:00:00+00:00"' in found.out
    english = nhachan("doctor", home=small, now="2026-11-19T10:01", lang="en")
    assert "✗ No mail gets through since 19/11/2026 10:00; 4 wait" in english.out


def test_retry_says_that_the_server_is_down(nhachan: Nhachan, small: Path) -> None:
    smtp_home(small)
    assert nhachan("mail", "retry", home=small, now=MORNING).err == ""
    nhachan("tick", home=small, now=MORNING)
    said = nhachan("mail", "retry", "--state", "queued", home=small, now="2026-11-19T10:01")
    assert (said.code, said.lines) == (0, ["0 thư được xếp gửi lại."])
    assert said.err.startswith("Máy chủ thư đang không dùng được (xem “nhachan doctor”): thư tự đi khi dùng lại được.")


def test_tick_says_it_in_english_too(nhachan: Nhachan, small: Path) -> None:
    said = nhachan("tick", home=smtp_home(small), now=MORNING, lang="en")
    assert said.code == 3
    assert "4 mails are kept and will be sent later by themselves. The mail server can't be reached" in said.err


@pytest.mark.parametrize("outlet", ["maildir", "smtp"])
def test_settings_and_outlet_agree_on_its_name(small: Path, outlet: str) -> None:
    if outlet == "smtp":
        smtp_home(small)
    with open_app(small, Clock(), None) as app:
        assert app.outlet().name == app.settings.mail.outlet_name


# -- hours -----------------------------------------------------------------------------------------------------------


def with_hours(home: Path, hours: str) -> Path:
    file = home / "nhachan.toml"
    file.write_text(file.read_text("utf-8").replace('"08:00-17:00"', f'"{hours}"'), encoding="utf-8")
    return home


def test_hours_of_the_home_are_kept(nhachan: Nhachan, small: Path) -> None:
    with_hours(small, "07:30-16:00")
    assert read_settings(small).opens == time(7, 30)
    assert "16:00" not in nhachan("tick", home=small, now="2026-11-19T15:59").out
    closed = nhachan("tick", home=small, now="2026-11-19T16:00").lines[0]
    assert closed == "Ngoài giờ làm việc: thư đến hạn sẽ được xếp vào 20/11/2026 07:30."


def test_doctor_warns_of_stages_outside_the_hours(nhachan: Nhachan, small: Path) -> None:
    policy = "policies:\n  - id: theo-thang\n    stages: [{at: T0, time: 16:30}]\n"
    (small / "che-do.yaml").write_text(policy, encoding="utf-8")
    assert nhachan("load", small / "che-do.yaml", home=small, now=MORNING).code == 0
    codes = {str(o["code"]) for o in doctor(nhachan, small)}
    assert "stages_outside_hours" not in codes
    with_hours(small, "08:00-16:30")
    (found,) = [o for o in doctor(nhachan, small) if o["code"] == "stages_outside_hours"]
    assert found == {
        "code": "stages_outside_hours",
        "severity": "warning",
        "policies": "theo-thang",
        "first": "08:00",
        "last": "16:30",
    }


def test_doctor_warns_of_an_office_that_is_no_unit(nhachan: Nhachan, small: Path) -> None:
    file = small / "nhachan.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("[office]\n", '[office]\nunit = "khong-co"\n', 1), "utf-8")
    (found,) = [o for o in doctor(nhachan, small) if o["code"] == "office_unknown"]
    assert (found["severity"], found["unit"]) == ("warning", "khong-co")


def doctor(nhachan: Nhachan, home: Path) -> list[dict[str, object]]:
    return objects(nhachan("doctor", "--json", home=home, now=MORNING))


# -- progress --------------------------------------------------------------------------------------------------------


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("language", "line"), [("vi", "Đã gửi 1.200/50.000 thư"), ("en", "Sent 1,200/50,000 mails")])
def test_progress_is_one_line_that_is_wiped(monkeypatch: pytest.MonkeyPatch, language: str, line: str) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    with mail_progress(words(language)) as watch:
        watch(1200, 50_000)
        watch(1201, 50_000)  # too soon to be read
    assert screen.getvalue() == f"\r{line}\033[K\r\033[K"
    assert number(12, words(language)) == "12"


@pytest.mark.parametrize(("screen", "waiting"), [(Screen(), 200), (io.StringIO(), 50_000)])
def test_progress_is_for_long_drains_that_somebody_watches(
    monkeypatch: pytest.MonkeyPatch, screen: io.StringIO, waiting: int
) -> None:
    monkeypatch.setattr(sys, "stderr", screen)
    with mail_progress(words("vi")) as watch:
        watch(100, waiting)
        watch(waiting, waiting)
    assert screen.getvalue() == ""


def test_tick_shows_its_progress_on_a_terminal(small: Path, nhachan: Nhachan) -> None:
    more = "".join(f"  - {{id: xa-{n}, name: Xã {n}, kind: xa, mailbox: vt@xa-{n}.example}}\n" for n in range(220))
    units = small / "units.yaml"
    units.write_text(units.read_text("utf-8").replace("groups: [{id: khoi-1", f"{more}groups: [{{id: khoi-1"), "utf-8")
    assert nhachan("load", units, home=small, now="2026-11-03T09:00").code == 0
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "scheduler.cli", "--home", str(small), "--now", MORNING, "tick"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, timeout=120, check=False)
    os.close(theirs)
    said = b""
    while chunk := _read(ours):
        said += chunk
    os.close(ours)
    assert done.returncode == 0
    assert re.search(r"gửi 22[0-9], ", done.stdout.decode())
    shown = said.decode()
    assert re.search(r"\rĐã gửi \d+/22\d thư", shown)
    assert shown.endswith("\r\033[K")


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # the other end is closed
        return b""
