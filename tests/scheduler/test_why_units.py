"""`why` of units that have dates of their own, and of each kind of task."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from textwrap import wrap

import pytest

from tests.scheduler.homes import LIST, Nhachan, Said, objects
from tests.scheduler.test_event import PLAN as EVENT_PLAN

NOW = "2026-11-20T10:00"
SCREEN = 24


def wide(said: Said) -> int:
    """Lines on a terminal of 120 columns."""
    assert (said.code, said.err) == (0, "")
    return sum(len(wrap(line, 120) or [""]) for line in said.lines)


@pytest.fixture
def extended(small: Path, nhachan: Nhachan) -> Path:
    grant = (
        "extend",
        LIST,
        "--unit",
        "xa-a",
        "--until",
        "27/11/2026",
        "--document",
        "99/UBND-NC",
        "--reason",
        "mưa lũ",
    )
    assert nhachan(*grant, home=small, now=NOW).code == 0
    return small


def test_why_names_the_unit_that_was_granted_more_time(nhachan: Nhachan, extended: Path) -> None:
    said = nhachan("why", LIST, home=extended, now=NOW)
    assert said.lines[-2:] == [
        f"1 đơn vị có hạn riêng (chi tiết: nhachan why {LIST} --unit MÃ):",
        "  thứ Sáu, 27/11/2026: Xã A (xa-a): được gia hạn theo 99/UBND-NC (mưa lũ)",
    ]
    assert "  Ngày cuối cùng          thứ Sáu, 13/11/2026" in said.lines  # the rule's, as before
    (found,) = objects(nhachan("why", LIST, "--json", home=extended, now=NOW))
    assert found["last_day"] == "2026-11-13"
    (one,) = found["units"]  # type: ignore[misc]
    assert one == {
        "unit": "xa-a",
        "unit_name": "Xã A",
        "basis": "extension",
        "event_day": None,
        "document": "99/UBND-NC",
        "reason": "mưa lũ",
        "stated": "2026-11-27",
        "operator": "by",
        "last_day": "2026-11-27",
        "act_by": "2026-11-27",
        "late_after": "2026-11-27",
        "late_at": one["late_at"],
        "time": None,
        "judged_late_after": "2026-11-27",
    }
    assert datetime.fromisoformat(one["late_at"]) == datetime.fromisoformat("2026-11-28T00:00+07:00")


def test_why_of_the_unit_that_was_granted_more_time(nhachan: Nhachan, extended: Path) -> None:
    assert nhachan("why", LIST, "--unit", "xa-a", home=extended, now=NOW).lines == [
        "Danh sách đề nghị khen thưởng",
        "Theo 88/KH-UBND: Kế hoạch thi đua",
        "Của Xã A: được gia hạn theo 99/UBND-NC (mưa lũ)",
        "  Thời hạn mới            thứ Sáu, 27/11/2026",
        "  Ngày cuối cùng          thứ Sáu, 27/11/2026",
        "  Cần xong trong          thứ Sáu, 27/11/2026",
        "  Tính là chậm sau        thứ Sáu, 27/11/2026",
        "Hạn chung theo văn bản: thứ Sáu, 13/11/2026, ngày cuối cùng thứ Sáu, 13/11/2026",
        "  1. Thời hạn: chậm nhất ngày 27/11/2026 (thứ Sáu).",
        "  2. Ngày được nêu vẫn còn trong hạn: ngày cuối cùng là thứ Sáu, 27/11/2026.",
        "  3. Ngày cuối cùng là ngày làm việc nên cần hoàn thành chậm nhất trong thứ Sáu, 27/11/2026.",
        "  4. Chỉ tính là quá hạn khi đã hết ngày cuối cùng: thứ Sáu, 27/11/2026.",
    ]


def test_why_of_a_unit_without_dates_of_its_own_says_so(nhachan: Nhachan, extended: Path) -> None:
    said = nhachan("why", LIST, "--unit", "so-y-te", home=extended, now=NOW)
    assert said.lines[2:4] == ["Của Sở Y tế: theo hạn chung", "  Văn bản nêu             thứ Sáu, 13/11/2026"]
    (found,) = objects(nhachan("why", LIST, "--unit", "so-y-te", "--json", home=extended, now=NOW))
    assert found["unit"]["basis"] == "rule"  # type: ignore[index]
    assert nhachan("why", LIST, "--unit", "xa-b", home=extended, now=NOW) == Said(
        1, "", f"“xa-b” không phải thực hiện {LIST}; có phải “xa-a”?\n"
    )


def test_why_of_what_is_to_be_completed_keeps_apart_by_which_date_it_is_judged(nhachan: Nhachan, small: Path) -> None:
    one = (LIST, "--unit", "xa-a")
    assert nhachan("submit", *one, "--received", "13/11/2026", home=small, now=NOW).code == 0
    assert nhachan("return", *one, "--reason", "thiếu biểu 2", home=small, now=NOW).code == 0
    said = nhachan("why", *one, home=small, now=NOW).lines
    assert said[2:4] == [
        "Của Xã A: phải gửi lại bản bổ sung (thiếu biểu 2)",
        "  Thời hạn mới            thứ Năm, 26/11/2026",
    ]
    assert "Gửi đúng hạn hay chậm vẫn xét theo hạn của lần gửi đầu: chậm sau thứ Sáu, 13/11/2026" in said
    assert nhachan("why", LIST, home=small, now=NOW).lines[-1] == (
        "  thứ Năm, 26/11/2026: Xã A (xa-a): phải gửi lại bản bổ sung (thiếu biểu 2)"
    )


def test_why_of_a_unit_with_its_own_day_of_the_event(nhachan: Nhachan, small: Path) -> None:
    file = small / "plans" / "hoi-nghi.yaml"
    file.write_text(EVENT_PLAN, encoding="utf-8")
    assert nhachan("load", file, home=small, now=NOW).code == 0
    deadline = "hoi-nghi/bao-cao/dien-hinh"
    assert nhachan("event", "dien-hinh", "10/12/2026", home=small, now=NOW).code == 0
    assert nhachan("event", "dien-hinh", "14/12/2026", "--unit", "xa-a", home=small, now=NOW).code == 0
    everyone = nhachan("why", deadline, home=small, now=NOW).lines
    assert everyone[-1] == ("  thứ Hai, 28/12/2026: Xã A (xa-a): theo ngày sự kiện riêng của đơn vị, 14/12/2026")
    own = nhachan("why", deadline, "--unit", "xa-a", home=small, now=NOW)
    assert own.lines[2] == "Của Xã A: theo ngày sự kiện riêng của đơn vị, 14/12/2026"
    assert "  1. Ngày của sự kiện “Hội nghị điển hình tiên tiến”: thứ Hai, 14/12/2026." in own.lines
    assert "Hạn chung theo văn bản: thứ Năm, 24/12/2026, ngày cuối cùng thứ Năm, 24/12/2026" in own.lines
    assert wide(own) <= SCREEN
    (found,) = objects(nhachan("why", deadline, "--unit", "xa-a", "--json", home=small, now=NOW))
    assert (found["unit"]["event_day"], found["last_day"]) == ("2026-12-14", "2026-12-28")  # type: ignore[index]
    assert found["rule"]["last_day"] == "2026-12-24"  # type: ignore[index]


def test_of_many_units_with_other_dates_some_are_named_in_less_than_a_screen(nhachan: Nhachan, small: Path) -> None:
    units = [f"xa-{n}" for n in range(100, 120)]
    (small / "units.yaml").write_text(
        "units:\n" + "".join(f"  - {{id: {u}, name: Xã {u[3:]}, kind: xa, mailbox: {u}@x.example}}\n" for u in units),
        encoding="utf-8",
    )
    file = small / "plans" / "nhieu.yaml"
    file.write_text(
        "plan: {id: nhieu, title: Nhiều xã, issued: 05/01/2026}\ntasks:\n"
        f"  - {{id: bao-cao, title: Báo cáo, owed_by: [{', '.join(units)}], due: {{by: 30/11/2026}}}}\n",
        encoding="utf-8",
    )
    assert nhachan("load", small, home=small, now=NOW).code == 0
    deadline = "nhieu/bao-cao/once"
    together = [part for unit in units[:10] for part in ("--unit", unit)]
    assert nhachan("extend", deadline, *together, "--until", "04/12/2026", home=small, now=NOW).code == 0
    for n, unit in enumerate(units[10:16]):
        until = f"{date(2026, 12, 7 + n):%d/%m/%Y}"
        assert nhachan("extend", deadline, "--unit", unit, "--until", until, home=small, now=NOW).code == 0
    said = nhachan("why", deadline, home=small, now=NOW)
    assert said.lines[-6:] == [
        f"16 đơn vị có hạn riêng (chi tiết: nhachan why {deadline} --unit MÃ):",
        "  thứ Sáu, 04/12/2026: Xã 100 (xa-100), Xã 101 (xa-101), Xã 102 (xa-102) và 7 đơn vị khác: được gia hạn",
        "  thứ Hai, 07/12/2026: Xã 110 (xa-110): được gia hạn",
        "  thứ Ba, 08/12/2026: Xã 111 (xa-111): được gia hạn",
        "  thứ Tư, 09/12/2026: Xã 112 (xa-112): được gia hạn",
        "  và 3 đơn vị khác",
    ]
    assert wide(said) <= SCREEN
    (found,) = objects(nhachan("why", deadline, "--json", home=small, now=NOW))
    assert [one["unit"] for one in found["units"]] == units[:16]  # type: ignore[attr-defined]


# -- what each kind is said to be ------------------------------------------------------------------------------------

DUE = {"standing": "{standing: {review: {quarterly: {by: last}}}}"}
NAMES = {"milestone": "Mốc thời gian", "target": "Chỉ tiêu phấn đấu", "standing": "Thường xuyên"}


@pytest.mark.parametrize("kind", ["report", "work", "milestone", "target", "standing"])
def test_why_speaks_of_lateness_only_where_it_is_counted(nhachan: Nhachan, small: Path, kind: str) -> None:
    file = small / "plans" / "loai.yaml"
    file.write_text(
        "plan: {id: loai, title: Các loại việc, issued: 05/01/2026}\ntasks:\n"
        f"  - {{id: viec, title: Việc, kind: {kind}, owed_by: [xa-a], due: {DUE.get(kind, '{before: 05/12/2026}')}}}\n",
        encoding="utf-8",
    )
    assert nhachan("load", file, home=small, now=NOW).code == 0
    deadline = f"loai/viec/{'2026-Q4' if kind == 'standing' else 'once'}"
    for unit in ((), ("--unit", "xa-a")):
        lines = nhachan("why", deadline, *unit, home=small, now=NOW).lines
        found = json.loads(nhachan("why", deadline, *unit, "--json", home=small, now=NOW).out)
        of_lateness = [line for line in lines if "chậm sau" in line or "là quá hạn" in line]
        never = f"  Không bao giờ tính là chậm hay quá hạn (loại việc: {NAMES.get(kind)})."
        if kind in NAMES:
            review = [line for line in lines if "Đây là việc thường xuyên" in line]
            assert [line for line in of_lateness if line not in review] == []
            assert never in lines
            assert (found["late_after"], found["late_at"]) == (None, None)
        else:
            assert len(of_lateness) == 2
            assert never not in lines
            assert found["late_after"] == "2026-12-05"
