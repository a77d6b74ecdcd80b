"""`event`: what is awaited, what a day brings about, and what cannot be entered."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scheduler.homes import Nhachan, Said, objects

NOW = "2026-11-02T09:00"
PLAN = """
plan: {id: hoi-nghi, title: Hội nghị điển hình tiên tiến, coordinator: so-noi-vu}
tasks:
  - id: bao-cao
    title: Báo cáo sau hội nghị
    owed_by: [so-y-te, xa-a]
    due: {after: {event: dien-hinh, name: Hội nghị điển hình tiên tiến, working_days: 10}}
"""


@pytest.fixture
def awaiting(nhachan: Nhachan, small: Path) -> Path:
    file = small / "plans" / "hoi-nghi.yaml"
    file.write_text(PLAN, encoding="utf-8")
    assert nhachan("load", file, home=small, now=NOW).code == 0
    return small


def test_events_that_are_awaited(nhachan: Nhachan, awaiting: Path) -> None:
    assert objects(nhachan("event", "--json", home=awaiting, now=NOW)) == [
        {
            "event": "dien-hinh",
            "name": "Hội nghị điển hình tiên tiến",
            "day": None,
            "units": {},
            "tasks": ["hoi-nghi/bao-cao"],
        }
    ]
    listed = nhachan("event", home=awaiting, now=NOW)
    assert listed.lines[1].split("  ")[0] == "dien-hinh"


def test_day_is_tried_entered_and_given_to_one_unit(nhachan: Nhachan, awaiting: Path) -> None:
    made = (
        "Thời hạn mới: 1; việc mới: 2; việc hủy: 0.\n  hoi-nghi/bao-cao/dien-hinh: cần xong trong thứ Năm, 26/11/2026"
    )
    tried = nhachan("event", "dien-hinh", "11/11/2026", "--dry-run", home=awaiting, now=NOW)
    assert tried == Said(0, f"{made}\nChỉ xem trước: chưa có gì thay đổi.\n", "")
    assert nhachan("event", "dien-hinh", "11/11/2026", home=awaiting, now=NOW) == Said(0, f"{made}\n", "")
    own = nhachan("event", "dien-hinh", "18/11/2026", "--unit", "xa-a", home=awaiting, now=NOW)
    assert own.lines[1:] == [
        "Xã A: hoi-nghi/bao-cao/dien-hinh cần xong trong thứ Năm, 26/11/2026 → thứ Năm, 03/12/2026"
    ]
    (awaited,) = objects(nhachan("event", "--json", home=awaiting, now=NOW))
    assert (awaited["day"], awaited["units"]) == ("2026-11-11", {"xa-a": "2026-11-18"})


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("dien-hin", "11/11/2026"),
            "không có kế hoạch nào tính thời hạn theo sự kiện “dien-hin”; có phải “dien-hinh”?",
        ),
        (("dien-hinh",), "sự kiện “dien-hinh” cần một ngày (dd/mm/yyyy), hoặc --clear để bỏ ngày đã nhập"),
        (("dien-hinh", "11/11/2026", "--clear"), "chỉ ghi một trong hai: ngày của “dien-hinh”, hoặc --clear"),
        (
            ("dien-hinh", "11/11/2026", "--unit", "so-noi-vu"),
            "Sở Nội vụ không có việc nào tính theo sự kiện “dien-hinh”",
        ),
        (
            ("tet-nguyen-dan", "06/02/2027"),
            "ngày của “tet-nguyen-dan” do lịch quy định hằng năm, không phải nhập",
        ),
    ],
)
def test_what_cannot_be_entered(nhachan: Nhachan, awaiting: Path, arguments: tuple[str, ...], sentence: str) -> None:
    assert nhachan("event", *arguments, home=awaiting, now=NOW) == Said(1, "", f"{sentence}\n")
