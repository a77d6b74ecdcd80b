"""The audit trail as a page and as files: who sees what of it, and that every entry is said in words."""

from __future__ import annotations

import ast
import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from plans.access import Rights
from plans.words import LANGUAGES, words
from store.marks import AuditEntry, record
from tests.conftest import local
from tests.web.scenes import KEY, NOW, TDKT, Scene
from web.auditing import TOPICS, Known, about, tell_entry
from web.pages import audit
from web.pages.audit import ACTIONS, audit_asked, sought

ROOT = Path(__file__).parents[2]
ROWS = re.compile(r'<td class="main">')


def table(scene: Scene, path: str) -> list[list[str]]:
    content = scene.get(path).content
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))[1:]


def test_entries_are_told_in_words_and_chosen_by_the_address(played: Scene) -> None:
    page = played.get("/nhat-ky?viec=extend").text
    assert len(ROWS.findall(page)) == 1
    for said in ("Gia hạn", "theo văn bản 311/SNV", "Sáp nhập đơn vị", "Đài Phát thanh - Truyền hình tỉnh", TDKT):
        assert said in page
    assert f'href="/deadlines/{KEY}"' in page
    by_link = table(played, "/nhat-ky.csv?nguoi=vanthu.vien-thong@dienbien.example")
    assert [(row[1], row[2], row[4]) for row in by_link] == [
        ("vanthu.vien-thong@dienbien.example, qua liên kết trong thư", "Ghi nhận đã gửi", "Viễn thông Điện Biên")
    ]
    assert "Không có mục nào như vậy" in played.get("/nhat-ky?ve=workdays").text
    day = table(played, "/nhat-ky.csv?tu=07/12/2026&den=07/12/2026")
    assert {row[0][:10] for row in day} == {"07/12/2026"}
    assert len(day) == len(ROWS.findall(played.get("/nhat-ky?tu=07/12/2026&den=07/12/2026").text))


def test_coordinator_sees_what_concerns_the_own_plans(replayed: Scene) -> None:
    entries = [("login_link", "person/a@b.example"), ("change", "khac"), ("submit", "khac/viec/2026/so-y-te")]
    entries += [("submit", f"{KEY}/so-y-te"), ("load", KEY.plan), ("submit", f"{KEY.plan}-khac/viec/2026")]
    with replayed.office.database.write() as tx:
        record(tx, [AuditEntry(NOW, TDKT, action, subject, None, {}) for action, subject in entries])
    today = "/nhat-ky.csv?tu=09/12/2026"
    assert {row[7] for row in table(replayed, today)} == {subject for _, subject in entries}
    coordinator = replayed.seen_by(TDKT)
    assert {row[7] for row in table(coordinator, today)} == {f"{KEY}/so-y-te", KEY.plan}
    for asked in ("khac", "person", f"{KEY.plan}-khac", "khac/viec/2026"):
        assert table(coordinator, f"{today}&ve={asked}") == []
    assert len(table(coordinator, f"{today}&ve={KEY}")) == 1


def test_plan_called_like_a_topic_opens_no_topic(played: Scene) -> None:
    rights = Rights(coordinates=frozenset({"people", "ke-hoach"}))
    assert sought(played.office, rights, audit_asked([])).subjects == {"ke-hoach"}
    assert sought(played.office, rights, audit_asked([("ve", "people/a@b.example")])).subjects == frozenset()


def test_files_hold_all_of_the_filter_up_to_a_limit(
    replayed: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with replayed.office.database.write() as tx:
        some = [AuditEntry(NOW + timedelta(seconds=n), TDKT, "load", "x", f"=1+{n}", {}) for n in range(25)]
        record(tx, some)
    monkeypatch.setattr(audit, "_AT_ONCE", 10)
    rows = table(replayed, "/nhat-ky.csv?tu=09/12/2026")
    assert [row[6] for row in rows] == [f"'=1+{n}" for n in reversed(range(25))]
    monkeypatch.setattr(audit, "MOST", 12)
    rows = table(replayed, "/nhat-ky.csv?tu=09/12/2026")
    assert len(rows) == 13
    assert rows[-1] == ["Chỉ gồm 12 mục mới nhất; chọn khoảng ngày ngắn hơn để lấy các mục trước đó"]
    answer = replayed.get("/nhat-ky.xlsx?tu=09/12/2026")
    assert answer.headers["content-disposition"].startswith('attachment; filename="nhat-ky.xlsx"')
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    assert sheet.max_row == 14
    assert sheet["A1"].value == "Lúc"
    assert sheet["A2"].is_date
    assert sheet["G2"].value == "'=1+24"
    assert sheet["G2"].data_type == "s"


def test_subject_without_a_plan_of_that_name_is_told_as_it_is() -> None:
    say = words("vi")
    assert about("xyz/1/2", say, Known()).text == "xyz/1/2"
    assert about("workdays/2027-02-08", say, Known()).text == "Ngày làm việc: thứ Hai, 08/02/2027"
    known = Known(plans={"ke": "12/KH"}, tasks={("ke", "viec"): ("Báo cáo", "report")})
    deadline = about("ke/viec/2026/xa-a", say, known)
    assert (deadline.text, deadline.path, deadline.unit) == ("Báo cáo năm 2026", "/deadlines/ke/viec/2026", "xa-a")
    assert about("ke", say, known).text == "Kế hoạch 12/KH"
    for topic in TOPICS:
        for language in LANGUAGES:
            assert words(language).has(f"audit.about.{topic}"), topic


def noted() -> Iterator[tuple[str, str]]:
    """(file, action) of every entry that the program writes by name."""
    for folder in ("actions", "web", "scheduler", "store"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and len(node.args) > 1:
                    action = node.args[1]
                    if node.func.attr in ("note", "note_all") and isinstance(action, ast.Constant):
                        yield str(path.relative_to(ROOT)), str(action.value)


def test_every_action_has_words_and_can_be_chosen() -> None:
    found = list(noted())
    assert len(found) > 30
    missing = [(path, a) for path, a in found if not all(words(name).has(f"audit.{a}") for name in LANGUAGES)]
    assert missing == []
    assert {a for _, a in found} <= set(ACTIONS)
    assert len(ACTIONS) == len(set(ACTIONS))


@pytest.mark.parametrize(("minutes", "said"), [(15, "15 phút"), (90, "90 phút"), (60, "1 giờ"), (1440, "24 giờ")])
def test_life_of_a_link_is_told_as_people_say_it(minutes: int, said: str) -> None:
    entry = AuditEntry(local("2026-12-09 09:00"), "cli", "login_link", "person/a@b.example", None, {"minutes": minutes})
    assert tell_entry(entry, "", words("vi")).said == (f"dùng được trong {said}",)
