"""`workdays list|off|work|clear`: what people read before a change, and what it leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.database import Database
from store.marks import trail
from tests.actions.province import everything
from tests.scheduler.homes import YEARLY, Nhachan, Said, objects

NOW = "2026-11-02T09:00"
OFF = ("workdays", "off", "2026-12-04", "--reason", "Nghỉ do bão")
MOVED = [
    "thứ Sáu, 04/12/2026: nghỉ – Nghỉ do bão",
    "Thời hạn và mốc nhắc thay đổi:",
    "  ke-hoach/bao-cao-nam/2026 (3 việc còn mở)",
    "    cần xong trong: thứ Sáu, 04/12/2026 → thứ Năm, 03/12/2026",
    "    15 ngày trước hạn: 19/11/2026 08:00 → 18/11/2026 08:00",
    "    3 ngày làm việc trước hạn: 01/12/2026 08:00 → 30/11/2026 08:00",
    "    Ngày đến hạn: 04/12/2026 08:00 → 03/12/2026 08:00",
    "    Ngày đến hạn, báo thủ trưởng: 04/12/2026 14:00 → 03/12/2026 14:00",
    "Cộng: 1 hạn, 3 việc còn mở, 4 mốc nhắc.",
]


def opened(home: Path) -> Database:
    return Database(f"sqlite:///{home / 'nhachan.db'}")


def stored(home: Path) -> dict[str, list[tuple[object, ...]]]:
    database = opened(home)
    try:
        return everything(database)
    finally:
        database.close()


def act_by(nhachan: Nhachan, home: Path) -> object:
    return objects(nhachan("why", YEARLY, "--json", home=home, now=NOW))[0]["act_by"]


def test_dry_run_lists_what_would_move_and_writes_nothing(nhachan: Nhachan, small: Path) -> None:
    before = stored(small)
    said = nhachan(*OFF, "--dry-run", home=small, now=NOW)
    assert (said.code, said.err, said.lines) == (0, "", [*MOVED, "Chỉ xem trước: chưa có gì thay đổi."])
    assert stored(small) == before


def test_off_moves_it_and_the_trail_has_it(nhachan: Nhachan, small: Path) -> None:
    said = nhachan(*OFF, "--source", "Thông báo 12/TB-UBND", home=small, now=NOW)
    assert (said.code, said.err, said.lines) == (0, "", MOVED)
    assert act_by(nhachan, small) == "2026-12-03"
    database = opened(small)
    with database.read() as tx:
        found = [(e.actor, e.action, e.subject, e.reason) for e in trail(tx) if e.action in ("workdays", "move")]
    database.close()
    assert found == [
        ("cli", "move", YEARLY, "Nghỉ do bão"),
        ("cli", "workdays", "workdays/2026-12-04", "Nghỉ do bão"),
    ]


def test_changes_as_json_are_one_object_for_each_deadline(nhachan: Nhachan, small: Path) -> None:
    (found,) = objects(nhachan(*OFF, "--dry-run", "--json", home=small, now=NOW))
    stages = found.pop("stages")
    assert found == {
        "deadline": YEARLY,
        "basis": "rule",
        "open": 3,
        "stated": ["2026-12-05", "2026-12-05"],
        "last_day": ["2026-12-04", "2026-12-04"],
        "act_by": ["2026-12-04", "2026-12-03"],
        "late_on": ["2026-12-05", "2026-12-05"],
    }
    assert isinstance(stages, list)
    assert stages[0] == {"stage": "T-15", "old": "2026-11-19T08:00:00+07:00", "new": "2026-11-18T08:00:00+07:00"}


def test_clear_gives_the_day_back(nhachan: Nhachan, small: Path) -> None:
    nhachan(*OFF, home=small, now=NOW)
    said = nhachan("workdays", "clear", "04/12/2026", home=small, now=NOW)
    assert said.lines[0] == "thứ Sáu, 04/12/2026: làm việc"
    assert said.lines[3] == "    cần xong trong: thứ Năm, 03/12/2026 → thứ Sáu, 04/12/2026"
    assert act_by(nhachan, small) == "2026-12-04"


def test_saturday_is_worked(nhachan: Nhachan, small: Path) -> None:
    said = nhachan("workdays", "work", "2026-12-12", "--reason", "Làm bù ngày 04/12", home=small, now=NOW)
    assert said.lines[0] == "thứ Bảy, 12/12/2026: làm việc – Làm bù ngày 04/12"
    days = {row["day"]: row for row in objects(nhachan("workdays", "list", "--json", home=small, now=NOW))}
    assert days["2026-12-12"] == {
        "day": "2026-12-12",
        "weekday": 6,
        "working": True,
        "name": "Làm bù ngày 04/12",
        "source": None,
        "from": "own",
        "confirmed": True,
    }


def test_list_of_this_year_tells_where_each_day_comes_from(nhachan: Nhachan, small: Path) -> None:
    rows = objects(nhachan("workdays", "list", "--json", home=small, now=NOW))
    assert [row["day"] for row in rows[:4]] == ["2026-01-01", "2026-01-02", "2026-01-10", "2026-02-16"]
    assert {(row["from"], row["confirmed"]) for row in rows} == {("shipped", True)}
    beyond = objects(nhachan("workdays", "list", "--year", 2028, "--json", home=small, now=NOW))
    assert {(row["from"], row["confirmed"], row["source"]) for row in beyond} == {("reckoned", False, None)}


def test_list_for_people_says_whether_the_year_is_announced(nhachan: Nhachan, small: Path) -> None:
    this = nhachan("workdays", "list", home=small, now=NOW).lines
    assert this[0].split() == ["Ngày", "Thứ", "Làm", "việc", "Tên", "Nguồn", "Căn", "cứ"]
    assert this[-1] == "Ngày nghỉ năm 2026: đã có thông báo chính thức."
    coming = nhachan("workdays", "list", "--year", "2027", home=small, now=NOW).lines
    assert "04/02/2027" in coming[2]
    assert coming[2].endswith("chưa có thông báo chính thức")
    assert coming[-1].startswith("Ngày nghỉ Tết năm 2027 chưa có thông báo chính thức")


def test_tet_entered_in_one_go_quiets_doctor(nhachan: Nhachan, small: Path) -> None:
    warned = nhachan("doctor", home=small, now=NOW).lines[-1]
    assert warned == (
        "! Chưa có thông báo chính thức về ngày nghỉ Tết năm 2027: khi có, nhập bằng “nhachan workdays off NGÀY "
        '--to NGÀY --reason "…" --source "…"”'
    )
    tet = ("workdays", "off", "04/02/2027", "--to", "10/02/2027", "--reason", "Nghỉ Tết")
    said = nhachan(*tet, home=small, now=NOW)
    assert (said.code, said.lines[-1]) == (0, "Không có thời hạn hay mốc nhắc nào thay đổi.")
    assert len(said.lines) == 8
    assert nhachan("doctor", home=small, now=NOW).lines[-1] == "✓ Lịch làm việc năm 2026: có"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            ("off", "2026-12-05", "--reason", "x"),
            "thứ Bảy, 05/12/2026 đã là ngày nghỉ, không cần thêm; xem “nhachan workdays list”",
        ),
        (
            ("work", "2026-12-04", "--reason", "x"),
            "thứ Sáu, 04/12/2026 đã là ngày làm việc, không cần thêm; xem “nhachan workdays list”",
        ),
        (
            ("clear", "2026-12-04"),
            "thứ Sáu, 04/12/2026: không có dòng nào đã thêm để bỏ; bảng đi kèm sửa bằng “nhachan workdays off” "
            "hoặc “work”",
        ),
        (
            ("off", "2026-12-04", "--reason", " "),
            '04/12/2026: chưa ghi lý do; đề nghị ghi bằng --reason, ví dụ --reason "Nghỉ bù ngày 30/4"',
        ),
        (
            ("off", "2026-12-04", "--to", "2026-12-01", "--reason", "x"),
            "ngày cuối 01/12/2026 trước ngày đầu 04/12/2026: đề nghị đổi lại hai ngày",
        ),
        (
            ("off", "2026-12-04", "--to", "2027-12-05", "--reason", "x"),
            "từ 04/12/2026 đến 05/12/2027 dài quá 31 ngày: đề nghị kiểm tra lại năm, hoặc nhập thành nhiều lần",
        ),
        (
            ("off", "2101-01-01", "--reason", "x"),
            "NGÀY: không hiểu ngày “01/01/2101”: viết như 05/12/2026 hoặc 2026-12-05",
        ),
        (("list", "--year", "2101"), "không có bảng của năm 2101: chọn năm từ 1970 đến 2100"),
    ],
)
def test_fault_is_a_sentence_with_its_remedy(
    nhachan: Nhachan, small: Path, given: tuple[str, ...], sentence: str
) -> None:
    before = stored(small)
    assert nhachan("workdays", *given, home=small, now=NOW) == Said(1, "", sentence + "\n")
    assert stored(small) == before


def test_reason_is_asked_for(nhachan: Nhachan, small: Path) -> None:
    assert nhachan("workdays", "off", "2026-12-04", home=small, now=NOW).code == 2
