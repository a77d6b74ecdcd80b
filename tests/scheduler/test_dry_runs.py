"""`--dry-run` of each act on obligations: the same answer as the act itself gives next, and nothing written."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from actions.office import Act
from actions.receiving import Receipt, submit
from plans.deadlines import DeadlineKey
from scheduler.app import open_app
from scheduler.clock import Clock
from tests.scheduler.homes import LIST, Nhachan
from tests.scheduler.test_cli import stored

FRIDAY = "2026-11-20T10:00"
PREVIEW = "Chỉ xem trước: chưa có gì thay đổi."


@pytest.fixture
def declared(small: Path) -> Path:
    """A home in which Xã A has said on a page that it sent its list."""
    key = DeadlineKey.parse(LIST)
    assert key is not None
    with open_app(small, Clock(datetime.fromisoformat("2026-11-16T09:00+07:00")), "vi") as app:
        submit(
            app.office, Act("chi@xa-a.example", app.clock()), key, ["xa-a"], Receipt(date(2026, 11, 13)), by_unit=True
        )
    return small


ACTS = {
    "submit": (("submit", LIST, "--unit", "so-y-te"), [f"Sở Y tế: sẽ ghi, quá hạn ({LIST})"]),
    "accept": (("accept", LIST, "--unit", "xa-a"), [f"Xã A: sẽ ghi, đúng hạn ({LIST})"]),
    "accept-later": (
        ("accept", LIST, "--unit", "xa-a", "--received", "18/11/2026"),
        [f"Xã A: sẽ ghi, quá hạn ({LIST})"],
    ),
    "return": (
        ("return", LIST, "--unit", "xa-a", "--reason", "thiếu biểu"),
        [f"Xã A: đề nghị bổ sung, gửi lại chậm nhất thứ Năm, 26/11/2026 ({LIST})"],
    ),
    "extend": (
        ("extend", LIST, "--until", "30/11/2026", "--before"),
        [f"{unit}: gia hạn, ngày cuối cùng là Chủ nhật, 29/11/2026 ({LIST})" for unit in ("Sở Y tế", "Xã A")],
    ),
    "waive": (
        ("waive", LIST, "--unit", "so-y-te", "--reason", "không thuộc đối tượng"),
        [f"Sở Y tế: không phải thực hiện ({LIST})"],
    ),
    "close": (
        ("close", "ke-hoach", "--period", "once"),
        [
            f"Sở Y tế: chốt là “Không gửi” ({LIST})",
            f"Xã A: không đổi, đã gửi, chờ xác nhận ({LIST})",
            "Sở Nội vụ: không đổi, chưa quá hạn (ke-hoach/hoi-nghi/once)",
        ],
    ),
}


@pytest.mark.parametrize("name", ACTS)
def test_dry_run_says_what_the_act_then_does(nhachan: Nhachan, declared: Path, name: str) -> None:
    act, expected = ACTS[name]
    before = stored(declared)
    tried = nhachan(*act, "--dry-run", home=declared, now=FRIDAY)
    left = sum("không đổi" in line for line in expected)
    assert (tried.code, tried.err) == (0, "")
    assert tried.lines == [*expected, f"Sẽ đổi {len(expected) - left}, để nguyên {left}.", PREVIEW]
    assert stored(declared) == before
    done = nhachan(*act, home=declared, now=FRIDAY)
    assert done.lines == [
        *(line.replace("sẽ ghi", "đã ghi") for line in expected),
        f"Đã đổi {len(expected) - left}, để nguyên {left}.",
    ]
    assert stored(declared) != before


def test_dry_run_of_reopening(nhachan: Nhachan, declared: Path) -> None:
    assert nhachan("close", "ke-hoach", "--period", "once", home=declared, now=FRIDAY).code == 0
    before = stored(declared)
    reopen = ("close", "ke-hoach", "--period", "once", "--reopen", "--reason", "sót báo cáo")
    assert nhachan(*reopen, "--dry-run", home=declared, now=FRIDAY).lines == [
        f"Sở Y tế: mở lại ({LIST})",
        "Sẽ đổi 1, để nguyên 0.",
        PREVIEW,
    ]
    assert stored(declared) == before


@pytest.mark.parametrize("act", ["accept", "return"])
def test_dry_run_of_what_cannot_be_is_refused_as_the_act_is(nhachan: Nhachan, small: Path, act: str) -> None:
    tried = (act, LIST, "--unit", "xa-a", "--reason", "thiếu biểu", "--dry-run")
    assert nhachan(*tried, home=small, now=FRIDAY).lines == [
        f"Xã A: không đổi, chưa có bản đã gửi ({LIST})",
        "Sẽ đổi 0, để nguyên 1.",
        PREVIEW,
    ]
    assert nhachan(act, LIST, "--unit", "xa-b", *tried[4:], home=small, now=FRIDAY).code == 1
