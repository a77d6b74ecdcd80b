from __future__ import annotations

from pathlib import Path

from plans.files.plan_file import read_plan
from plans.problems import errors
from tests.conftest import SAMPLES
from tests.scheduler.homes import Nhachan, Said

NOW = "2026-11-02T10:00"
OF_2020 = SAMPLES / "dien-bien" / "plans" / "dien-bien-88-2020.yaml"


def test_roll_over_of_a_stored_plan_prints_a_file_and_its_marks_beside_it(nhachan: Nhachan, small: Path) -> None:
    said = nhachan("roll-over", "ke-hoach", "--year", 2027, home=small, now=NOW)
    assert said.code == 0
    assert said.lines[:11] == [
        "# XEM LẠI: số, ngày ban hành để trống: ghi khi văn bản mới đã ký.",
        "# XEM LẠI: có nhiệm vụ lặp lại hằng năm (hằng quý, hằng tháng …). Nếu kế hoạch cũ còn được theo dõi thì các",
        "# việc ấy bị nhắc hai lần: ghi ngày kết thúc (until) hoặc kế hoạch thay thế (replaced_by) cho kế hoạch cũ,",
        "# hoặc bỏ nhiệm vụ ấy ở đây.",
        "plan:",
        "  id: ke-hoach-2027",
        "  title: Kế hoạch thi đua",
        "  coordinator: so-noi-vu",
        "tasks:",
        "  - id: bao-cao-nam",
        "    title: Báo cáo thi đua",
    ]
    # 13/11/2027 is a Saturday.
    assert "  # XEM LẠI: thứ Bảy, 13/11/2027 là ngày nghỉ (thứ Bảy): giữ ngày này hay đổi?" in said.lines
    assert said.err.splitlines()[:2] == [
        "Kế hoạch ke-hoach chuyển sang năm 2027 thành ke-hoach-2027: 3 nhiệm vụ.",
        "3 chỗ cần xem lại (trong tệp, sau chữ “XEM LẠI”):",
    ]
    read = read_plan("moi.yaml", said.out)
    assert (errors(read.problems), read.plan and read.plan.slug) == ([], "ke-hoach-2027")


def test_roll_over_of_a_file_needs_no_home_and_repeats_itself(nhachan: Nhachan, tmp_path: Path) -> None:
    new, again = tmp_path / "2021.yaml", tmp_path / "again.yaml"
    said = nhachan("roll-over", OF_2020, "--year", 2021, "-o", new, home=tmp_path / "nowhere")
    assert (said.code, said.out) == (0, "")
    assert said.err.splitlines()[:2] == [
        "Kế hoạch dien-bien-88-2020 chuyển sang năm 2021 thành dien-bien-88-2021: 36 nhiệm vụ.",
        f"Đã ghi vào {new}. Xem lại, rồi “nhachan check” và “nhachan load”.",
    ]
    assert "  # Kế hoạch cũ ghi: “chậm nhất trước ngày 31/3/2020”" in new.read_text(encoding="utf-8").splitlines()
    checked = nhachan("check", new, SAMPLES / "dien-bien" / "units.yaml", home=tmp_path / "nowhere")
    assert checked.code == 0
    assert nhachan("roll-over", new, "--year", 2021, "-o", again, home=tmp_path / "nowhere").code == 0
    assert read_plan("a", again.read_bytes()).plan == read_plan("b", new.read_bytes()).plan


def test_roll_over_overwrites_nothing_and_names_what_is_wrong(nhachan: Nhachan, small: Path, tmp_path: Path) -> None:
    there = tmp_path / "there.yaml"
    there.write_text("của người khác", encoding="utf-8")
    assert nhachan("roll-over", "ke-hoach", "--year", 2027, "-o", there, home=small, now=NOW) == Said(
        1, "", f"Tệp {there} đã có, không chép đè: chọn tên khác hoặc xóa tệp ấy trước.\n"
    )
    assert there.read_text(encoding="utf-8") == "của người khác"
    assert nhachan("roll-over", "ke-hoac", "--year", 2027, home=small, now=NOW) == Said(
        1, "", "không có kế hoạch “ke-hoac”; có phải “ke-hoach”?\n"
    )
    missing = tmp_path / "khong-co.yaml"
    assert nhachan("roll-over", missing, "--year", 2027, home=small, now=NOW).code == 1
    assert nhachan("roll-over", "ke-hoach", "--year", 3000, home=small, now=NOW) == Said(
        1, "", "Năm 3000 nằm ngoài khoảng hệ thống tính được (1970 đến 2100).\n"
    )
    assert nhachan("roll-over", "ke-hoach", "--year", 2027, home=tmp_path / "nowhere", now=NOW).code == 1
