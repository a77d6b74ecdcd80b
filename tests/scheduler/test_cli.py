"""What each command answers, in the words of the catalogue, and with which exit code."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, date, datetime
from email import message_from_binary_file, policy
from pathlib import Path

import pytest

from plans.audiences import resolve
from plans.files.unit_file import read_units
from store.database import Database
from store.feeds import find_feed, note_reads
from store.schema import messages
from tests.actions.province import everything
from tests.conftest import SAMPLES
from tests.scheduler.homes import LIST, PLAN, UNITS, YEARLY, Nhachan, Said, objects

FRIDAY = "2026-11-20T10:00"


def stored(home: Path) -> dict[str, list[tuple[object, ...]]]:
    database = Database(f"sqlite:///{home / 'nhachan.db'}")
    try:
        return everything(database)
    finally:
        database.close()


def change(home: Path, old: str, new: str) -> Path:
    """Change the plan file of a home."""
    file = home / "plans" / "ke-hoach.yaml"
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file


# -- init -----------------------------------------------------------------------------------------------------------


def test_init_writes_the_commented_settings_and_a_folder_for_plans(nhachan: Nhachan, tmp_path: Path) -> None:
    home = tmp_path / "nha"
    said = nhachan("init", home=home)
    assert said == Said(
        0,
        f"Đã tạo {home}. Sửa nhachan.toml, viết units.yaml và plans/*.yaml, rồi chạy: "
        f"nhachan --home {home} check {home}\n",
        "",
    )
    assert sorted(p.name for p in home.iterdir()) == ["nhachan.toml", "plans"]
    assert (home / "nhachan.toml").read_bytes() == (SAMPLES.parent / "nhachan.toml").read_bytes()


@pytest.mark.parametrize("sample", ["bac-kan", "dien-bien", "dien-bien-phu", "lai-chau"])
def test_init_with_a_sample_copies_it_whole_and_it_checks(nhachan: Nhachan, tmp_path: Path, sample: str) -> None:
    home = tmp_path / "nha"
    assert nhachan("init", "--sample", sample, home=home).lines[1:] == [
        f"Có sẵn tỉnh mẫu. Nạp bằng lệnh: nhachan --home {home} load {home}"
    ]
    files = {p.relative_to(SAMPLES / sample): p.read_bytes() for p in (SAMPLES / sample).rglob("*.yaml")}
    assert {p.relative_to(home): p.read_bytes() for p in home.rglob("*.yaml")} == files
    said = nhachan("check", home, home=home)
    assert (said.code, said.err) == (0, "")
    warnings = len(said.lines) - 1
    assert said.lines[-1] == f"{len(files)} tệp, không có lỗi ({warnings} cảnh báo)."
    assert [line for line in said.lines[:-1] if ": cảnh báo: " not in line] == []


def test_init_without_a_name_takes_dien_bien(nhachan: Nhachan, tmp_path: Path) -> None:
    assert nhachan("init", "--sample", home=tmp_path / "nha").code == 0
    assert (tmp_path / "nha" / "plans" / "dien-bien-2458.yaml").is_file()


def test_init_keeps_what_is_there(nhachan: Nhachan, tmp_path: Path) -> None:
    (tmp_path / "units.yaml").write_text("của tôi", encoding="utf-8")
    assert nhachan("init", "--sample", home=tmp_path).code == 0
    assert (tmp_path / "units.yaml").read_text(encoding="utf-8") == "của tôi"


def test_init_of_an_existing_home_is_refused(nhachan: Nhachan, small: Path) -> None:
    (small / "nhachan.toml").write_text("# của tôi\n", encoding="utf-8")
    assert nhachan("init", "--sample", home=small) == Said(
        1, "", f"{small} đã có nhachan.toml: chọn thư mục khác, hoặc xóa tệp ấy nếu muốn làm lại\n"
    )
    assert (small / "nhachan.toml").read_text(encoding="utf-8") == "# của tôi\n"


def test_init_with_an_unknown_sample_names_those_there_are_and_makes_nothing(nhachan: Nhachan, tmp_path: Path) -> None:
    assert nhachan("init", "--sample", "hue", home=tmp_path / "nha") == Said(
        1, "", "không có tỉnh mẫu “hue”; có: bac-kan, dien-bien, dien-bien-phu, lai-chau\n"
    )
    assert list(tmp_path.iterdir()) == []


# -- load ------------------------------------------------------------------------------------------------------------


def test_load_says_what_it_adds_and_how_many_mails_follow(nhachan: Nhachan, tmp_path: Path) -> None:
    home = tmp_path / "nha"
    nhachan("init", home=home)
    (home / "units.yaml").write_text(UNITS, encoding="utf-8")
    plan = home / "plans" / "ke-hoach.yaml"
    plan.write_text(PLAN, encoding="utf-8")
    said = nhachan("load", plan, home=home, now="2026-11-16T09:00")
    assert said == Said(
        0,
        f"""\
Hệ thống chưa có đơn vị nào: nạp kèm {home}/units.yaml.
Đơn vị: thêm 5, đổi 0.
Kế hoạch mới ke-hoach: Kế hoạch thi đua (theo dõi từ 16/11/2026)
  3 nhiệm vụ mới, 4 thời hạn mới; việc phải thực hiện: thêm 9, hủy 0
  thứ Năm, 19/11/2026: 3 thư nhắc
  thứ Ba, 01/12/2026: 3 thư nhắc
  thứ Sáu, 04/12/2026: 4 thư nhắc
  thứ Hai, 07/12/2026: 4 thư nhắc
  thứ Tư, 09/12/2026: 4 thư nhắc
  thứ Tư, 16/12/2026: 5 thư nhắc
  thứ Hai, 28/12/2026: 1 thư nhắc
  thứ Năm, 18/11/2027: 3 thư nhắc
  và 19 thư nữa trong 5 ngày, đến 15/12/2027
""",
        "",
    )


def test_load_of_the_same_again_changes_nothing(nhachan: Nhachan, small: Path) -> None:
    before = stored(small)
    assert nhachan("load", small, home=small, now="2026-11-02T10:00") == Said(
        0, "Kế hoạch ke-hoach: không đổi.\nKhông có gì thay đổi.\n", ""
    )
    assert stored(small) == before


def test_load_prints_the_difference_and_a_dry_run_writes_nothing(nhachan: Nhachan, small: Path) -> None:
    change(small, "Hội nghị tổng kết", "Hội nghị điển hình")
    change(small, "by: 13/11/2026", "by: 20/11/2026")
    change(
        small,
        "  - {id: hoi-nghi",
        "  - {id: them, title: Thêm, owed_by: [xa-b], due: {by: 01/07/2026}}\n  - {id: hoi-nghi",
    )
    change(small, "title: Kế hoạch thi đua", "title: Kế hoạch thi đua 2026")
    expected = [
        "Kế hoạch ke-hoach thay đổi (theo dõi từ 02/11/2026):",
        "  đổi title: Kế hoạch thi đua → Kế hoạch thi đua 2026",
        "  thêm nhiệm vụ them: Thêm",
        "  đổi nhiệm vụ danh-sach: due",
        "  đổi nhiệm vụ hoi-nghi: title",
        "  ke-hoach/danh-sach/once: cần xong trong ngày 13/11/2026 → 20/11/2026",
        "  1 nhiệm vụ mới, 1 thời hạn mới; việc phải thực hiện: thêm 1, hủy 0",
    ]
    before = stored(small)
    rehearsed = nhachan("load", small, "--dry-run", home=small, now="2026-11-02T10:00")
    assert (rehearsed.code, rehearsed.lines[:7]) == (0, expected)
    assert rehearsed.lines[-1] == "Chỉ xem trước: chưa có gì thay đổi."
    assert stored(small) == before
    done = nhachan("load", small, home=small, now="2026-11-02T10:00")
    assert done == Said(0, "".join(f"{line}\n" for line in rehearsed.lines[:-1]), "")
    assert nhachan("overdue", home=small, now="2026-11-23T10:00").lines[-1] == "2 việc quá hạn của 2 đơn vị."


def test_load_of_a_task_taken_out_cancels_it(nhachan: Nhachan, small: Path) -> None:
    change(small, PLAN[PLAN.index("  - {id: hoi-nghi") :], "")
    assert nhachan("load", small, home=small, now="2026-11-02T10:00").lines[:3] == [
        "Kế hoạch ke-hoach thay đổi (theo dõi từ 02/11/2026):",
        "  bỏ nhiệm vụ hoi-nghi: Hội nghị tổng kết (việc chưa xong được hủy, lịch sử còn giữ)",
        "  0 nhiệm vụ mới, 0 thời hạn mới; việc phải thực hiện: thêm 0, hủy 1",
    ]


def test_load_of_an_older_revision_is_refused_unless_it_replaces(nhachan: Nhachan, small: Path) -> None:
    change(small, "Hội nghị tổng kết", "Hội nghị điển hình")
    assert nhachan("load", small, home=small, now="2026-11-02T10:00").code == 0
    file = change(small, "Hội nghị điển hình", "Hội nghị tổng kết")
    change(small, "  id: ke-hoach\n", "  id: ke-hoach\n  revision: 1\n")
    before = stored(small)
    assert nhachan("load", file, home=small, now="2026-11-02T11:00") == Said(
        1,
        "",
        f"{file}:2:3: tệp của kế hoạch ke-hoach là bản 1, hệ thống đang có bản 2; khác ở: hoi-nghi. "
        "Tải bản mới về sửa lại, hoặc thêm --replace để chép đè\n",
    )
    assert stored(small) == before
    said = nhachan("load", file, "--replace", home=small, now="2026-11-02T11:00")
    assert (said.code, said.lines[1]) == (0, "  đổi nhiệm vụ hoi-nghi: title")


def test_load_of_a_bad_file_names_its_faults_and_takes_nothing(nhachan: Nhachan, small: Path) -> None:
    change(small, "lead: [so-noi-vu]", "lead: [so-noi-vụ]")
    file = change(small, "to: ubnd\n", "to: ubnd-tinh\n")
    before = stored(small)
    said = nhachan("load", small, home=small, now="2026-11-02T10:00")
    assert (said.code, said.out) == (1, "")
    assert [line.partition(": ")[0] for line in said.err.splitlines()] == [
        f"{file}:13:9",
        f"{file}:22:58",  # a warning: without the unit nobody leads it
        f"{file}:22:65",
    ]
    assert stored(small) == before


# -- jobs, overdue, why ----------------------------------------------------------------------------------------------


def job(deadline: str, next_run: str, stage: str, still_open: int) -> dict[str, object]:
    plan, task, period = deadline.split("/")
    return {
        "id": deadline,
        "next_run": f"{next_run}:00+07:00",
        "stage": stage,
        "plan": plan,
        "task": task,
        "period": period,
        "open": still_open,
    }


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        # Nobody was told of the list: its stages wait, and the latest of them is what will be said.
        ("2026-11-16T14:30", [job(LIST, "2026-11-16T14:30", "T+1wd", 2), job(YEARLY, "2026-11-19T08:00", "T-15", 3)]),
        ("2026-11-16T17:00", [job(LIST, "2026-11-17T08:00", "T+1wd", 2), job(YEARLY, "2026-11-19T08:00", "T-15", 3)]),
        # The job of the report loads seven days before its stage.
        ("2026-11-12T07:59", [job(LIST, "2026-11-12T08:00", "T-3wd", 2)]),
        ("2026-11-12T08:01", [job(LIST, "2026-11-12T08:01", "T-3wd", 2), job(YEARLY, "2026-11-19T08:00", "T-15", 3)]),
    ],
)
def test_jobs_are_one_for_each_deadline_with_a_stage_in_the_window(
    nhachan: Nhachan, small: Path, now: str, expected: list[dict[str, object]]
) -> None:
    assert objects(nhachan("jobs", "--json", home=small, now=now)) == expected


def test_jobs_for_people(nhachan: Nhachan, small: Path) -> None:
    assert nhachan("jobs", home=small, now="2026-11-16T14:30").lines == [
        "Lúc               Mốc    Chưa xong  Thời hạn",
        "16/11/2026 14:30  T+1wd  2          ke-hoach/danh-sach/once",
        "19/11/2026 08:00  T-15   3          ke-hoach/bao-cao-nam/2026",
    ]
    shutil.rmtree(small / "plans")
    (small / "nhachan.db").unlink()
    assert nhachan("jobs", home=small) == Said(0, "Bảy ngày tới không có mốc nhắc nào.\n", "")


def test_overdue_object_has_every_key(nhachan: Nhachan, small: Path) -> None:
    expected = {
        "unit": "so-y-te",
        "unit_name": "Sở Y tế",
        "formerly": None,
        "deadline": LIST,
        "title": "Danh sách đề nghị khen thưởng",
        "stated": "2026-11-13",
        "last_day": "2026-11-13",
        "days_late": 5,
        "sent_back": False,
        "last_reminder": None,
    }
    one = ("overdue", "--unit", "so-y-te", "--json")
    assert objects(nhachan(*one, home=small, now=FRIDAY)) == [expected]
    assert nhachan("tick", home=small, now=FRIDAY).code == 0
    told = {**expected, "last_reminder": "2026-11-20T10:00:00+07:00"}
    assert objects(nhachan(*one, home=small, now=FRIDAY)) == [told]


@pytest.mark.parametrize(
    ("options", "units"),
    [
        ((), ["so-y-te", "xa-a"]),
        (("--group", "khoi-1"), ["so-y-te"]),
        (("--unit", "xa-a"), ["xa-a"]),
        (("--unit", "xa-a", "--unit", "so-y-te"), ["so-y-te", "xa-a"]),
        (("--plan", "ke-hoach"), ["so-y-te", "xa-a"]),
        (("--on", "16/11/2026"), ["so-y-te", "xa-a"]),
        (("--on", "13/11/2026"), []),
    ],
)
def test_overdue_is_filtered(nhachan: Nhachan, small: Path, options: tuple[str, ...], units: list[str]) -> None:
    found = objects(nhachan("overdue", "--json", *options, home=small, now=FRIDAY))
    assert [o["unit"] for o in found] == units


def test_overdue_for_people(nhachan: Nhachan, small: Path) -> None:
    assert nhachan("overdue", home=small, now=FRIDAY).lines == [
        "Ngày cuối   Chậm (ngày làm việc)  Đơn vị   Thời hạn                 Nhắc gần nhất",
        "13/11/2026  5                     Sở Y tế  ke-hoach/danh-sach/once  –",
        "13/11/2026  5                     Xã A     ke-hoach/danh-sach/once  –",
        "2 việc quá hạn của 2 đơn vị.",
    ]
    assert nhachan("overdue", home=small, now="2026-11-13T23:59").lines == ["Không có việc nào quá hạn."]


def test_overdue_with_names_that_are_not_there_suggests_the_nearest(nhachan: Nhachan, small: Path) -> None:
    options = ("--unit", "so-y-t", "--unit", "zzz", "--plan", "ke-hoac", "--group", "khoi-2")
    assert nhachan("overdue", *options, home=small) == Said(
        1,
        "",
        "không có đơn vị “so-y-t”; có phải “so-y-te”?\n"
        "không có đơn vị “zzz”; xem “nhachan feeds” để biết các mã đơn vị\n"
        "không có kế hoạch “ke-hoac”; có phải “ke-hoach”?\n"
        "không có khối, cụm “khoi-2”; có phải “khoi-1”?\n",
    )


def test_overdue_in_2020_is_every_unit_once_the_stated_day_is_over(nhachan: Nhachan, dien_bien: Path) -> None:
    file = SAMPLES / "dien-bien" / "units.yaml"
    roster = read_units(file.name, file.read_bytes()).roster
    owing = resolve(["moi-don-vi"], roster, date(2020, 3, 30), excluding=("so-noi-vu", "ubnd-tinh"))
    assert len(owing) > 40
    found = objects(nhachan("overdue", "--json", "--on", "2020-04-02", home=dien_bien))
    late = [o for o in found if o["deadline"] == "dien-bien-88-2020/ke-hoach-don-vi/once"]
    assert sorted(str(o["unit"]) for o in late) == sorted(owing)
    assert {(o["stated"], o["last_day"], o["days_late"]) for o in late} == {("2020-03-31", "2020-03-30", 1)}
    assert objects(nhachan("overdue", "--json", "--on", "2020-03-31", home=dien_bien)) == []


def test_overdue_without_tracking_from_then_is_nobody(nhachan: Nhachan, tmp_path: Path) -> None:
    sample = SAMPLES / "dien-bien"
    nhachan("init", home=tmp_path)
    files = (sample / "units.yaml", sample / "plans" / "dien-bien-88-2020.yaml")
    assert nhachan("load", *files, home=tmp_path, now="2026-06-01T09:00").code == 0
    for on in ("2020-04-02", "2020-12-31", "2026-06-01"):
        assert objects(nhachan("overdue", "--json", "--on", on, home=tmp_path)) == []


WHY_2026 = """\
Báo cáo kết quả thực hiện phong trào thi đua hằng năm (năm 2026)
Theo 2458/UBND-NC: Triển khai thực hiện Chỉ thị số 19/CT-TTg của Thủ tướng Chính phủ
  Văn bản nêu             thứ Bảy, 05/12/2026
  Ngày cuối cùng          thứ Sáu, 04/12/2026
  Cần xong trong          thứ Sáu, 04/12/2026
  Tính là chậm sau        thứ Bảy, 05/12/2026
Trích dòng 63: “trước ngày 05 tháng 12 hàng năm”
  1. Thời hạn: trước ngày 05/12/2026 (thứ Bảy).
  2. Chữ “trước” không tính chính ngày được nêu: ngày cuối cùng là thứ Sáu, 04/12/2026.
  3. Ngày cuối cùng là ngày làm việc nên cần hoàn thành chậm nhất trong thứ Sáu, 04/12/2026.
  4. Chỉ tính là quá hạn khi đã hết chính ngày được nêu: thứ Bảy, 05/12/2026.
Quy tắc lặp: FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=5
"""
WHY_2022 = """\
Báo cáo kết quả thực hiện phong trào thi đua hằng năm (năm 2022)
Theo 2458/UBND-NC: Triển khai thực hiện Chỉ thị số 19/CT-TTg của Thủ tướng Chính phủ
  Văn bản nêu             thứ Hai, 05/12/2022
  Ngày cuối cùng          Chủ nhật, 04/12/2022
  Cần xong trong          thứ Sáu, 02/12/2022
  Tính là chậm sau        thứ Hai, 05/12/2022
Trích dòng 63: “trước ngày 05 tháng 12 hàng năm”
  1. Thời hạn: trước ngày 05/12/2022 (thứ Hai).
  2. Chữ “trước” không tính chính ngày được nêu: ngày cuối cùng là Chủ nhật, 04/12/2022.
  3. Ngày 04/12/2022 (Chủ nhật) là ngày nghỉ hằng tuần nên cần hoàn thành chậm nhất vào ngày làm việc liền trước: \
thứ Sáu, 02/12/2022.
  4. Chỉ tính là quá hạn khi đã hết chính ngày được nêu: thứ Hai, 05/12/2022.
Quy tắc lặp: FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=5
"""


@pytest.mark.parametrize(("period", "expected"), [("2026", WHY_2026), ("2022", WHY_2022)])
def test_why_says_each_step(nhachan: Nhachan, dien_bien: Path, period: str, expected: str) -> None:
    assert nhachan("why", f"dien-bien-2458/bao-cao-nam/{period}", home=dien_bien) == Said(0, expected, "")


def test_why_before_tracking_and_beyond_the_horizon_says_so(nhachan: Nhachan, small: Path) -> None:
    assert nhachan("why", "ke-hoach/bao-cao-nam/2040", home=small).lines[-1] == (
        "Chưa lập thành việc phải thực hiện (ngoài khoảng đang theo dõi)."
    )
    change(small, "by: 13/11/2026", "by: 20/10/2026")
    nhachan("load", small, home=small, now="2026-11-02T10:00")
    assert nhachan("why", LIST, home=small).lines[-1] == "Trước khi theo dõi: không nhắc, không tính quá hạn."


def test_why_as_an_object_has_every_date(nhachan: Nhachan, dien_bien: Path) -> None:
    (found,) = objects(nhachan("why", "--json", "dien-bien-2458/bao-cao-nam/2026", home=dien_bien))
    steps = found.pop("steps")
    assert found == {
        "deadline": "dien-bien-2458/bao-cao-nam/2026",
        "title": "Báo cáo kết quả thực hiện phong trào thi đua hằng năm",
        "stated": "2026-12-05",
        "operator": "before",
        "last_day": "2026-12-04",
        "act_by": "2026-12-04",
        "late_after": "2026-12-05",
        "late_at": "2026-12-05T17:00:00+00:00",
        "time": None,
        "quote": "trước ngày 05 tháng 12 hàng năm",
        "line": 63,
        "rrule": "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=5",
        "units": [],
        "collects": [],
        "tracked": True,
    }
    assert isinstance(steps, list)
    assert len(steps) == 4


@pytest.mark.parametrize(
    ("deadline", "sentence"),
    [
        (
            "ke-hoach",
            "“ke-hoach” không phải một thời hạn: viết kế-hoạch/nhiệm-vụ/kỳ, ví dụ dien-bien-2458/bao-cao-nam/2026",
        ),
        ("ke-hoach/bao-cao-na/2026", f"không có thời hạn “ke-hoach/bao-cao-na/2026”; có phải “{YEARLY}”?"),
        ("zzz/zzz/zzz", "không có thời hạn “zzz/zzz/zzz”; xem “nhachan jobs” hoặc trang kế hoạch"),
    ],
    ids=["form", "near", "far"],
)
@pytest.mark.parametrize(
    "command",
    [("why",), ("submit", "--unit", "xa-a"), ("waive", "--unit", "xa-a", "--reason", "x")],
    ids=lambda c: c[0],
)
def test_a_deadline_that_is_not_there_is_named(
    nhachan: Nhachan, small: Path, command: tuple[str, ...], deadline: str, sentence: str
) -> None:
    assert nhachan(*command, deadline, home=small) == Said(1, "", f"{sentence}\n")


# -- acts ------------------------------------------------------------------------------------------------------------


def test_submit_is_judged_by_the_day_of_receipt(nhachan: Nhachan, small: Path) -> None:
    early = ("--unit", "so-y-te", "--received", "13/11/2026", "--number", "12/BC-SYT")
    assert nhachan("submit", LIST, *early, home=small, now=FRIDAY) == Said(
        0, f"Sở Y tế: đã ghi, đúng hạn ({LIST})\nĐã đổi 1, để nguyên 0.\n", ""
    )
    assert nhachan("submit", LIST, "--unit", "xa-a", home=small, now=FRIDAY) == Said(
        0, f"Xã A: đã ghi, quá hạn ({LIST})\nĐã đổi 1, để nguyên 0.\n", ""
    )
    assert nhachan("submit", LIST, "--unit", "xa-a", home=small, now=FRIDAY) == Said(
        1, f"Xã A: không đổi, đã được xác nhận ({LIST})\nĐã đổi 0, để nguyên 1.\n", ""
    )
    assert nhachan("overdue", home=small, now=FRIDAY).lines == ["Không có việc nào quá hạn."]


@pytest.mark.parametrize(
    ("arguments", "sentences"),
    [
        (
            ("submit", LIST, "--unit", "xa-b", "--unit", "so-y-t"),
            [
                f"“xa-b” không phải thực hiện {LIST}; có phải “xa-a”?",
                f"“so-y-t” không phải thực hiện {LIST}; có phải “so-y-te”?",
            ],
        ),
        (("accept", LIST, "--unit", "12345"), [f"“12345” không phải thực hiện {LIST}"]),
        (
            ("submit", LIST, "--unit", "xa-a", "--received", "21/11/2026"),
            ["ngày đến 21/11/2026 ở tương lai: ghi ngày đã nhận"],
        ),
        (
            ("accept", LIST, "--unit", "xa-a", "--received", "21/11/2026"),
            ["ngày đến 21/11/2026 ở tương lai: ghi ngày đã nhận"],
        ),
        (
            ("submit", LIST, "--unit", "xa-a", "--received", "hôm qua"),
            ["--received: không hiểu ngày “hôm qua”: viết như 05/12/2026 hoặc 2026-12-05"],
        ),
        (
            ("extend", LIST, "--until", "31/02/2026"),
            ["--until: không hiểu ngày “31/02/2026”: viết như 05/12/2026 hoặc 2026-12-05"],
        ),
        (
            ("extend", LIST, "--until", "13/11/2026", "--unit", "xa-a"),
            ["Xã A: 13/11/2026 không muộn hơn hạn đang có (ngày cuối 13/11/2026)"],
        ),
        (
            ("return", LIST, "--unit", "xa-a", "--until", "19/11/2026", "--reason", "thiếu biểu"),
            ["ngày gửi lại 19/11/2026 đã qua: chọn ngày sau hôm nay"],
        ),
        (("waive", LIST, "--unit", "xa-a"), ['cho biết lý do: --reason "…"']),
        (("close", "ke-hoac"), ["không có kế hoạch “ke-hoac”; có: ke-hoach"]),
    ],
)
def test_acts_that_cannot_be_say_why_and_change_nothing(
    nhachan: Nhachan, small: Path, arguments: tuple[str, ...], sentences: list[str]
) -> None:
    before = stored(small)
    assert nhachan(*arguments, home=small, now=FRIDAY) == Said(1, "", "".join(f"{s}\n" for s in sentences))
    assert stored(small) == before


def test_return_then_accept_after_another_submission(nhachan: Nhachan, small: Path) -> None:
    one = (LIST, "--unit", "xa-a")
    assert nhachan("accept", *one, home=small, now=FRIDAY) == Said(
        1, f"Xã A: không đổi, chưa có bản đã gửi ({LIST})\nĐã đổi 0, để nguyên 1.\n", ""
    )
    assert nhachan("submit", *one, "--received", "13/11/2026", home=small, now=FRIDAY).code == 0
    assert nhachan("return", *one, "--until", "25/11/2026", "--reason", "thiếu biểu", home=small, now=FRIDAY) == Said(
        0, f"Xã A: đề nghị bổ sung, gửi lại chậm nhất thứ Tư, 25/11/2026 ({LIST})\nĐã đổi 1, để nguyên 0.\n", ""
    )
    # What came in time the first time stays in time.
    assert nhachan("submit", *one, home=small, now="2026-11-25T10:00").lines[0] == f"Xã A: đã ghi, đúng hạn ({LIST})"
    again = ("--void", "--until", "30/11/2026", "--reason", "chưa ký")
    voided = nhachan("return", *one, *again, home=small, now="2026-11-26T10:00")
    assert voided.code == 0
    assert nhachan("submit", *one, home=small, now="2026-11-26T11:00").lines[0] == f"Xã A: đã ghi, quá hạn ({LIST})"


def test_extend_moves_what_is_overdue(nhachan: Nhachan, small: Path) -> None:
    said = nhachan("extend", LIST, "--until", "27/11/2026", "--document", "99/UBND-NC", home=small, now=FRIDAY)
    granted = f"gia hạn, ngày cuối cùng là thứ Sáu, 27/11/2026 ({LIST})"
    assert said == Said(0, f"Sở Y tế: {granted}\nXã A: {granted}\nĐã đổi 2, để nguyên 0.\n", "")
    assert nhachan("overdue", home=small, now="2026-11-27T10:00").lines == ["Không có việc nào quá hạn."]
    found = objects(nhachan("overdue", "--json", home=small, now="2026-11-30T10:00"))
    assert [(o["unit"], o["last_day"], o["days_late"]) for o in found] == [
        ("so-y-te", "2026-11-27", 1),
        ("xa-a", "2026-11-27", 1),
    ]


def test_extend_before_a_day_ends_the_day_before(nhachan: Nhachan, small: Path) -> None:
    assert nhachan("extend", LIST, "--until", "27/11/2026", "--before", home=small, now=FRIDAY).code == 0
    found = objects(nhachan("overdue", "--json", home=small, now="2026-11-30T10:00"))
    assert {(o["stated"], o["last_day"]) for o in found} == {("2026-11-27", "2026-11-26")}


def test_waive_and_close(nhachan: Nhachan, small: Path) -> None:
    assert nhachan(
        "waive", LIST, "--unit", "xa-a", "--reason", "không thuộc đối tượng", home=small, now=FRIDAY
    ) == Said(0, f"Xã A: không phải thực hiện ({LIST})\nĐã đổi 1, để nguyên 0.\n", "")
    before = stored(small)
    tried = nhachan("close", "ke-hoach", "--period", "once", "--dry-run", home=small, now=FRIDAY)
    assert (tried.code, stored(small) == before) == (0, True)
    assert nhachan("close", "ke-hoach", "--period", "once", home=small, now=FRIDAY) == Said(
        0,
        f"Sở Y tế: chốt là “Không gửi” ({LIST})\nSở Nội vụ: không đổi, chưa quá hạn (ke-hoach/hoi-nghi/once)\n"
        "Đã đổi 1, để nguyên 1.\n",
        "",
    )
    assert nhachan("close", "ke-hoach", "--period", "2026", home=small, now=FRIDAY).code == 1
    assert nhachan("overdue", home=small, now=FRIDAY).lines == ["Không có việc nào quá hạn."]


# -- publish and feeds -----------------------------------------------------------------------------------------------


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_publish_twice_writes_the_same_bytes_once(nhachan: Nhachan, small: Path, tmp_path: Path) -> None:
    folder = tmp_path / "lich"
    count = len(objects(nhachan("feeds", "--json", home=small)))
    said = nhachan("publish", folder, home=small, now=FRIDAY)
    assert (said.code, said.lines[0]) == (0, f"{folder}: ghi {count} lịch, giữ nguyên 0, xóa 0.")
    index = Path(said.lines[1].partition(": ")[2])
    first = files(folder)
    assert str(index.relative_to(folder)) in first
    (folder / "xa-cu.ics").write_bytes(next(c for p, c in first.items() if p.startswith("xa-a/")))
    (folder / "nguoi-khac.ics").write_bytes(b"BEGIN:VCALENDAR\r\n")
    again = nhachan("publish", folder, home=small, now="2026-11-20T16:00")
    assert again.lines[0] == f"{folder}: ghi 0 lịch, giữ nguyên {count}, xóa 1."
    assert files(folder) == {**first, "nguoi-khac.ics": b"BEGIN:VCALENDAR\r\n"}
    other = tmp_path / "lich-2"
    assert nhachan("publish", "--gzip", other, home=small, now="2026-11-20T16:00").code == 0
    assert {p: c for p, c in files(other).items() if p.endswith((".ics", ".html"))} == {
        p: c for p, c in first.items() if p.endswith((".ics", ".html"))
    }
    assert len([p for p in files(other) if p.endswith(".ics.gz")]) == count


def test_publish_says_what_the_day_has_made_overdue(nhachan: Nhachan, small: Path, tmp_path: Path) -> None:
    nhachan("publish", tmp_path / "truoc", home=small, now="2026-11-13T10:00")
    nhachan("publish", tmp_path / "sau", home=small, now="2026-11-16T10:00")
    before, after = (
        next((tmp_path / name / "xa-a").glob("*/*.ics")).read_bytes().replace(b"\r\n ", b"").decode()
        for name in ("truoc", "sau")
    )
    assert re.findall(r"SUMMARY:(\[Quá hạn\] [^\r]*)", before) == []
    assert re.findall(r"SUMMARY:(\[Quá hạn\] [^\r]*)", after) == ["[Quá hạn] Danh sách đề nghị khen thưởng"]


def test_feeds_lists_every_address_by_kind(nhachan: Nhachan, small: Path) -> None:
    found = objects(nhachan("feeds", "--kind", "unit", "--json", home=small))
    assert [(f["owner"], f["kind"], f["name"], f["revoked"], f["fetched"], f["client"]) for f in found] == [
        ("ubnd", "unit", "UBND tỉnh", False, None, None),
        ("so-noi-vu", "unit", "Sở Nội vụ", False, None, None),
        ("so-y-te", "unit", "Sở Y tế", False, None, None),
        ("xa-a", "unit", "Xã A", False, None, None),
        ("xa-b", "unit", "Xã B", False, None, None),
    ]
    pattern = r"http://127\.0\.0\.1:8088/feeds/([a-z0-9.-]+)/[\w-]{32}/[a-z0-9-]+\.ics"
    every = objects(nhachan("feeds", "--json", home=small))
    assert [m and m[1] for f in every if (m := re.fullmatch(pattern, str(f["url"]))) or True] == [
        f["owner"] for f in every
    ]
    assert {f["kind"] for f in every} >= {"unit", "person", "plan", "all", "workdays"}
    line = nhachan("feeds", "--kind", "unit", home=small).lines[3]
    assert re.split(r"  +", line) == ["so-y-te", "Sở Y tế", found[2]["url"], "–", "–"]


def test_feeds_says_who_fetched_one_last(nhachan: Nhachan, small: Path) -> None:
    database = Database(f"sqlite:///{small / 'nhachan.db'}")
    with database.write() as tx:
        feed = find_feed(tx, "xa-a")
        assert feed is not None
        note_reads(tx, {(feed.id, "thunderbird"): datetime(2026, 11, 20, 1, 30, tzinfo=UTC)})
    database.close()
    line = next(line for line in nhachan("feeds", home=small).lines if line.startswith("xa-a "))
    assert re.split(r"  +", line)[3:] == ["20/11/2026 08:30", "Thunderbird"]
    (found,) = [f for f in objects(nhachan("feeds", "--json", home=small)) if f["owner"] == "xa-a"]
    assert (found["fetched"], found["client"]) == ("2026-11-20T08:30:00+07:00", "thunderbird")


def test_feed_is_rotated_revoked_and_given_an_address_again(nhachan: Nhachan, small: Path) -> None:
    def url() -> object:
        return next(f["url"] for f in objects(nhachan("feeds", "--json", home=small)) if f["owner"] == "xa-a")

    first = url()
    said = nhachan("feeds", "rotate", "xa-a", home=small)
    assert said == Said(0, f"Lịch nhắc hạn: Xã A. Địa chỉ mới: {url()}\n", "")
    assert url() != first
    assert nhachan("feeds", "revoke", "xa-a", home=small).code == 0
    assert url() is None
    assert "(đã thu hồi)" in nhachan("feeds", home=small).out
    assert nhachan("feeds", "rotate", "xa-a", home=small).code == 0
    assert url() not in (None, first)
    assert nhachan("feeds", "rotate", "xa-la", home=small) == Said(
        1, "", "không có lịch “xa-la”; xem “nhachan feeds” để biết các lịch\n"
    )


def test_feeds_rendered_anew_are_the_same_to_the_byte(nhachan: Nhachan, small: Path, tmp_path: Path) -> None:
    nhachan("publish", tmp_path / "truoc", home=small, now=FRIDAY)
    said = nhachan("feeds", "render", home=small, now="2026-11-20T16:00")
    assert (said.code, said.err) == (0, "")
    assert re.fullmatch(r"Đã so lại \d+ việc; \d+ lịch được cập nhật\.\n", said.out)
    nhachan("publish", tmp_path / "sau", home=small, now="2026-11-20T16:00")
    assert files(tmp_path / "truoc") == files(tmp_path / "sau")


def test_feeds_of_an_empty_home_says_what_to_do(nhachan: Nhachan, tmp_path: Path) -> None:
    nhachan("init", home=tmp_path)
    assert nhachan("feeds", home=tmp_path) == Said(
        0, "Chưa có lịch nào. Nạp tệp đơn vị trước: nhachan load units.yaml\n", ""
    )


def test_tick_writes_the_files_that_the_settings_ask_for(nhachan: Nhachan, small: Path) -> None:
    settings = small / "nhachan.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace('# publish = "lich"', 'publish = "lich"'), "utf-8")
    assert nhachan("tick", home=small, now=FRIDAY).code == 0
    (before,) = (small / "lich" / "xa-a").glob("*/*.ics")
    content = before.read_bytes()
    nhachan("submit", "ke-hoach/bao-cao-nam/2026", "--unit", "xa-a", home=small, now=FRIDAY)
    assert before.read_bytes() == content
    assert nhachan("tick", home=small, now=FRIDAY).code == 0
    assert before.read_bytes() != content
    (small / "hong").write_text("")
    settings.write_text(settings.read_text(encoding="utf-8").replace('publish = "lich"', 'publish = "hong"'), "utf-8")
    said = nhachan("tick", home=small, now=FRIDAY)
    assert said.code == 0, "what can't be written keeps no mail back"


# -- tick and mail ---------------------------------------------------------------------------------------------------


def test_tick_queues_and_sends_once(nhachan: Nhachan, small: Path) -> None:
    done = "Xếp {0} thư; gửi {0}, chờ gửi lại 0, lỗi 0, không cần gửi 0.\n"
    assert nhachan("tick", home=small, now=FRIDAY) == Said(0, done.format(4), "")
    assert nhachan("tick", home=small, now="2026-11-20T10:05") == Said(0, done.format(0), "")
    letters = []
    for path in (small / "maildir" / "new").iterdir():
        with path.open("rb") as file:
            letters.append(message_from_binary_file(file, policy=policy.default))
    assert sorted(letter["To"].addresses[0].addr_spec for letter in letters) == [
        "an@syt.example",
        "chi@xa-a.example",
        "dung@xa-b.example",
        "tdkt@snv.example",
    ]


def test_tick_outside_office_hours_says_when_it_will(nhachan: Nhachan, small: Path) -> None:
    assert nhachan("tick", home=small, now="2026-11-20T17:00").lines == [
        "Ngoài giờ làm việc: thư đến hạn sẽ được xếp vào 23/11/2026 08:00.",
        "Xếp 0 thư; gửi 0, chờ gửi lại 0, lỗi 0, không cần gửi 0.",
    ]


def smtp_home(home: Path, port: int = 1) -> Path:
    """Have mail go to a mail server, by default one that is not there."""
    text = (home / "nhachan.toml").read_text(encoding="utf-8").replace('outlet = "maildir"', 'outlet = "smtp"')
    text += f'host = "127.0.0.1"\nport = {port}\nsecurity = "none"\n'
    (home / "nhachan.toml").write_text(text, encoding="utf-8")
    return home


def test_tick_without_the_mail_server_keeps_the_mail_and_says_so(nhachan: Nhachan, small: Path) -> None:
    said = nhachan("tick", home=smtp_home(small), now="2025-11-20T10:00")
    assert (said.code, said.err) == (0, "")  # nothing is due in that year: the server is not asked
    with_mail = nhachan("tick", home=small, now="2026-11-19T10:00")
    assert (with_mail.code, with_mail.lines) == (
        3,
        ["Xếp 4 thư; gửi 0, chờ gửi lại 0, lỗi 0, không cần gửi 0."],
    )
    assert re.fullmatch(
        r"4 thư được giữ lại và sẽ tự gửi sau\. Không kết nối được máy chủ thư: .+ Chi tiết: .* 127\.0\.0\.1 .+\n",
        with_mail.err[with_mail.err.index("4 thư") :],
    )


def test_mail_list_object_has_every_key(nhachan: Nhachan, small: Path) -> None:
    nhachan("tick", home=small, now="2026-11-19T08:00")
    (found,) = objects(nhachan("mail", "list", "--unit", "xa-b", "--json", home=small, now=FRIDAY))
    number, answer = found.pop("id"), str(found.pop("answer"))
    assert found == {
        "at": "2026-11-19T08:00:00+07:00",
        "sent_at": "2026-11-19T08:00:00+07:00",
        "person": "Xã B",
        "address": "dung@xa-b.example",
        "kind": "digest",
        "subject": "[Nhắc hạn] Báo cáo thi đua năm 2026: trước ngày 05/12/2026, còn 10 ngày làm việc",
        "state": "sent",
        "reason": None,
        "code": None,
        "enhanced": None,
        "attempts": 1,
        "next_at": None,
        "items": [
            {"obligation": 3, "deadline": YEARLY, "unit": "xa-b", "stage": "T-15", "state": "sent", "reason": None}
        ],
    }
    shown = nhachan("mail", "show", number, home=small)
    assert Path(answer).read_text("utf-8") == shown.out.replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("options", "addresses"),
    [
        (("--person", "An@syt.example"), {"an@syt.example"}),
        (("--unit", "so-y-te"), {"an@syt.example", "tdkt@snv.example"}),
        (("--state", "failed"), set()),
        (("--on", "19/11/2026"), set()),
        (
            ("--on", "20/11/2026", "--state", "sent"),
            {"an@syt.example", "tdkt@snv.example", "chi@xa-a.example", "dung@xa-b.example"},
        ),
    ],
)
def test_mail_list_is_filtered(nhachan: Nhachan, small: Path, options: tuple[str, ...], addresses: set[str]) -> None:
    nhachan("tick", home=small, now=FRIDAY)
    found = objects(nhachan("mail", "list", "--json", *options, home=small, now=FRIDAY))
    assert {m["address"] for m in found} == addresses
    if not addresses:
        assert nhachan("mail", "list", *options, home=small, now=FRIDAY).lines == ["Không có thư nào."]


def test_mail_list_for_people(nhachan: Nhachan, small: Path) -> None:
    nhachan("tick", home=small, now="2026-11-19T08:00")
    assert nhachan("mail", "list", "--person", "dung@xa-b.example", home=small, now=FRIDAY).lines == [
        "Số  Lúc               Người nhận         Trạng thái  Lần gửi  Tiêu đề"
        "                                                                           Máy chủ trả lời",
        "2   19/11/2026 08:00  dung@xa-b.example  Đã gửi      1        "
        "[Nhắc hạn] Báo cáo thi đua năm 2026: trước ngày 05/12/2026, còn 10 ngày làm việc  –",
    ]


@pytest.mark.parametrize("number", [99, 2**31, 2**70, -1])
def test_mail_show_of_no_mail_says_so(nhachan: Nhachan, small: Path, number: int) -> None:
    assert nhachan("mail", "show", "--", number, home=small) == Said(
        1, "", f"thư số {number} không có, hoặc chưa được soạn\n"
    )


def test_mail_retry_queues_what_failed(nhachan: Nhachan, small: Path) -> None:
    nhachan("tick", home=small, now=FRIDAY)
    assert nhachan("mail", "retry", home=small) == Said(0, "0 thư được xếp gửi lại.\n", "")
    database = Database(f"sqlite:///{small / 'nhachan.db'}")
    with database.write() as tx:
        tx.execute(messages.update().where(messages.c.id < 4).values(state="failed"))
    database.close()
    assert nhachan("mail", "retry", 3, 2**70, home=small, now=FRIDAY).out == "1 thư được xếp gửi lại.\n"
    assert nhachan("mail", "retry", home=small, now=FRIDAY).out == "2 thư được xếp gửi lại.\n"
    found = objects(nhachan("mail", "list", "--state", "queued", "--json", home=small, now=FRIDAY))
    assert sorted(str(m["id"]) for m in found) == ["1", "2", "3"]


def test_mail_test_sends_a_letter(nhachan: Nhachan, small: Path) -> None:
    said = nhachan("mail", "test", "a@b.example", home=small, now=FRIDAY)
    (file,) = (small / "maildir" / "new").iterdir()
    assert said == Said(0, f"Đã gửi đến a@b.example: {file}\n", "")
    with file.open("rb") as opened:
        letter = message_from_binary_file(opened, policy=policy.default)
    assert (letter["Subject"], letter["To"]) == ("[Nhắc hạn] Thư thử", "a@b.example")


def test_mail_test_that_fails_says_so_on_stderr(nhachan: Nhachan, small: Path) -> None:
    refused = nhachan("mail", "test", "khong-phai-dia-chi", home=small)
    assert refused == Said(1, "", "“ĐỊA-CHỈ” phải là địa chỉ thư, không phải “khong-phai-dia-chi”\n")
    said = nhachan("mail", "test", "a@b.example", home=smtp_home(small))
    assert (said.code, said.out) == (3, "")
    assert said.err.startswith("Không gửi được đến a@b.example. Không kết nối được máy chủ thư: ")
    assert "Chi tiết: Error connecting to 127.0.0.1 on port 1" in said.err


# -- rehearse, doctor, migrate, demo ---------------------------------------------------------------------------------


def test_rehearse_tells_every_mail_and_sends_none(nhachan: Nhachan, small: Path) -> None:
    assert nhachan("submit", LIST, "--unit", "so-y-te", "--unit", "xa-a", home=small, now=FRIDAY).code == 0
    before = stored(small)
    span = ("--from", "01/12/2026", "--to", "04/12/2026")
    found = objects(nhachan("rehearse", *span, "--unit", "xa-b", "--json", home=small, now=FRIDAY))
    assert [(m["at"], m["address"], m["state"]) for m in found] == [
        ("2026-12-01T08:00:00+07:00", "dung@xa-b.example", "sent"),
        ("2026-12-04T08:00:00+07:00", "dung@xa-b.example", "sent"),
    ]
    assert [[i["stage"] for i in m["items"]] for m in found] == [["T-3wd"], ["T0"]]  # type: ignore[attr-defined]
    assert stored(small) == before
    assert not (small / "maildir").exists()
    head = objects(nhachan("rehearse", *span, "--person", "GiamDoc@syt.example", "--json", home=small, now=FRIDAY))
    assert [(m["at"], m["address"]) for m in head] == [("2026-12-04T14:00:00+07:00", "giamdoc@syt.example")]
    assert nhachan("rehearse", *span, "--person", "an@syt.exampl", home=small, now=FRIDAY) == Said(
        1, "", "không có ai nhận thư ở địa chỉ “an@syt.exampl”; có phải “an@syt.example”?\n"
    )
    assert nhachan("rehearse", "--from", "05/12/2026", "--to", "06/12/2026", home=small, now=FRIDAY).lines == [
        "Không có thư nào trong những ngày ấy."
    ]


def test_rehearse_of_an_impossible_span_is_refused(nhachan: Nhachan, small: Path) -> None:
    for first, last in (("02/12/2026", "01/12/2026"), ("01/01/2026", "01/02/2028")):
        assert nhachan("rehearse", "--from", first, "--to", last, home=small) == Said(
            1,
            "",
            f"khoảng diễn tập từ {first} đến {last} không hợp lệ: ngày đầu trước ngày cuối, dài nhất 732 ngày\n",
        )


def test_doctor_of_a_home_nobody_serves(nhachan: Nhachan, small: Path) -> None:
    assert nhachan("doctor", home=small, now=FRIDAY).lines == [
        f"✓ Cơ sở dữ liệu: sqlite:///{small}/nhachan.db",
        "! Chưa chạy “nhachan serve” lần nào: không có gì tự nhắc",
        "✓ Thư: đã gửi 0, đang chờ 0",
        "✓ 5 đơn vị, 1 kế hoạch",
        "! Kế hoạch không ghi ngày kết thúc, cần xác nhận còn áp dụng năm 2027: ke-hoach (“nhachan plans keep” hoặc "
        "“nhachan plans end”)",
        "! Chưa có thông báo chính thức về ngày nghỉ Tết năm 2027: khi có, nhập bằng “nhachan workdays off NGÀY "
        '--to NGÀY --reason "…" --source "…"”',
    ]
    assert objects(nhachan("doctor", "--json", home=small, now=FRIDAY))[1:] == [
        {"code": "daemon_never", "severity": "warning"},
        {"code": "mail_fine", "severity": None, "sent": 0, "queued": 0},
        {"code": "data_fine", "severity": None, "units": 5, "plans": 1},
        {"code": "plans_open_ended", "severity": "warning", "plans": "ke-hoach", "year": 2027},
        {"code": "workdays_next_year", "severity": "warning", "year": 2027},
    ]


def test_doctor_fails_for_mail_that_did(nhachan: Nhachan, small: Path) -> None:
    nhachan("tick", home=small, now=FRIDAY)
    database = Database(f"sqlite:///{small / 'nhachan.db'}")
    with database.write() as tx:
        tx.execute(messages.update().values(state="failed"))
    database.close()
    said = nhachan("doctor", home=small, now=FRIDAY)
    assert (said.code, said.lines[2]) == (3, "✗ 4 thư không gửi được: xem “nhachan mail list --state failed”")


def test_migrate_makes_the_schema_once(nhachan: Nhachan, tmp_path: Path) -> None:
    nhachan("init", home=tmp_path)
    assert nhachan("migrate", home=tmp_path) == Said(0, "Cơ sở dữ liệu đã ở phiên bản 0012.\n", "")
    assert nhachan("migrate", home=tmp_path) == Said(0, "Cơ sở dữ liệu đang ở phiên bản 0012, không phải làm gì.\n", "")


def test_demo_once_prints_where_everything_is(nhachan: Nhachan, tmp_path: Path) -> None:
    home = tmp_path / "thu"
    said = nhachan("demo", "--once", "--port", 18088, home=home, now="2026-12-08T09:00")
    assert (said.code, said.err) == (0, "")
    board, *links, _, _, _, maildir, _overdue, _stop = said.lines[-9:]
    feeds = said.lines[-6:-3]
    assert board == "Bảng theo dõi: http://127.0.0.1:18088/"
    assert [re.sub(r"/[\w-]{43}", "/…", line) for line in links] == [
        "Đăng nhập:     http://127.0.0.1:18088/dang-nhap/…  (người của đơn vị đầu mối; dùng một lần, trong 24 giờ)",
        "Đăng nhập:     http://127.0.0.1:18088/dang-nhap/…"
        "  (chuyên viên hoặc văn thư của một đơn vị; dùng một lần, trong 24 giờ)",
    ]
    assert [re.sub(r"/[\w-]{32}/", "/…/", line) for line in feeds] == [
        "Lịch:          http://127.0.0.1:18088/feeds/so-noi-vu/…/so-noi-vu.ics  (Sở Nội vụ)",
        "Lịch:          http://127.0.0.1:18088/feeds/so-giao-duc-va-dao-tao/…/so-giao-duc-va-dao-tao.ics"
        "  (Sở Giáo dục và Đào tạo)",
        "Lịch:          http://127.0.0.1:18088/feeds/so-y-te/…/so-y-te.ics  (Sở Y tế)",
    ]
    assert maildir == f"Thư (Maildir): {home}/maildir"
    sent = next(line for line in said.lines if line.startswith("Đã ghi"))
    letters = len(list((home / "maildir" / "new").iterdir()))
    assert letters > 20
    assert sent == f"Đã ghi {letters} thư nhắc."
    # Again: what is there is kept, and a port that is asked for is the one used.
    again = nhachan("demo", "--once", "--port", 18099, home=home, now="2026-12-08T09:05")
    assert again.lines[1:3] == ["Đã ghi 0 thư nhắc.", "Bảng theo dõi: http://127.0.0.1:18099/"]


def test_demo_with_a_port_that_is_none_is_refused(nhachan: Nhachan, small: Path) -> None:
    assert nhachan("demo", "--once", "--port", 99999, home=small) == Said(
        1, "", f"{small}/nhachan.toml: “web.port” phải là số nguyên từ 1 đến 65535\n"
    )
