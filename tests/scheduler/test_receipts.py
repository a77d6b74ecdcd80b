"""Receipts, returns, extensions and closings on the command line, in the words of the catalogue."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook

from tests.scheduler.homes import LIST, Nhachan, Said
from tests.scheduler.test_cli import stored

FRIDAY = "2026-11-20T10:00"


@pytest.fixture
def register(tmp_path: Path) -> Path:
    path = tmp_path / "so-den.csv"
    path.write_bytes(
        "SỔ VĂN BẢN ĐẾN;;\n"
        "Nơi gửi;Ngày đến;Số, ký hiệu\n"
        "Sở Y tế tỉnh Mẫu;13/11/2026;12/BC-SYT\n"
        "UBND xã A;17/11/2026;7/BC-UBND\n".encode("utf-8-sig")
    )
    return path


def test_register_is_recorded_row_by_row(nhachan: Nhachan, small: Path, register: Path) -> None:
    before = stored(small)
    tried = nhachan("submit", LIST, "--register", register, "--dry-run", home=small, now=FRIDAY)
    lines = [f"Sở Y tế: đã ghi, đúng hạn ({LIST})", f"Xã A: đã ghi, quá hạn ({LIST})", "Đã đổi 2, để nguyên 0."]
    assert tried == Said(
        0,
        "\n".join(
            [
                *(line.replace("đã ghi", "sẽ ghi") for line in lines[:-1]),
                "Sẽ đổi 2, để nguyên 0.",
                "Chỉ xem trước: chưa có gì thay đổi.",
                "",
            ]
        ),
        "",
    )
    assert stored(small) == before
    assert nhachan("submit", LIST, "--register", register, home=small, now=FRIDAY) == Said(
        0, "\n".join([*lines, ""]), ""
    )
    again = nhachan("submit", LIST, "--register", register, home=small, now=FRIDAY)
    assert (again.code, again.lines[-1], again.err) == (0, "Đã đổi 0, để nguyên 2.", "")


def test_workbook_with_faults_is_refused_whole_or_taken_in_part(nhachan: Nhachan, small: Path, tmp_path: Path) -> None:
    book, file = Workbook(), tmp_path / "so.xlsx"
    sheet = book.active
    assert sheet is not None
    for row in (
        ["Ngày nhận", "Đơn vị gửi"],
        ["13/11/2026", "Sở Y tế"],
        ["16/11/2026", "Sở Y tế"],
        ["21/11/2026", "Xã A"],
        ["13/11/2026", "Xã B"],
        ["13/11/2026", "Sở Y tê 1"],
        [None, "Xã A"],
    ):
        sheet.append(row)
    book.save(file)
    faults = [
        f"{file}:4:1: ngày đến 21/11/2026 ở tương lai: ghi ngày đã nhận",
        f"{file}:5:2: “Xã B” (xa-b) không phải thực hiện {LIST}: đề nghị bỏ dòng này hoặc kiểm tra lại thời hạn",
        f"{file}:6:2: không có đơn vị nào tên là “Sở Y tê 1”: đề nghị ghi đúng tên hoặc mã trong danh bạ; "
        "gần giống: Sở Y tế (so-y-te)",
        f"{file}:7:1: chưa ghi ngày đến: đề nghị bổ sung, ví dụ 04/12/2026",
    ]
    before = stored(small)
    assert nhachan("submit", LIST, "--register", file, home=small, now=FRIDAY) == Said(
        1, "", "".join(f"{line}\n" for line in faults)
    )
    assert stored(small) == before
    note = f"{file}:3:2: cảnh báo: Sở Y tế đã có ở dòng 2, ngày đến 13/11/2026: bỏ qua dòng này"
    assert nhachan("submit", LIST, "--register", file, "--skip", home=small, now=FRIDAY) == Said(
        0,
        f"Sở Y tế: đã ghi, đúng hạn ({LIST})\nĐã đổi 1, để nguyên 0.\n",
        "".join(f"{line}\n" for line in (note, *faults)),
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--register", "khong-co.csv"), "khong-co.csv: "),
        (("--register", "x.csv", "--number", "1/BC"), "--number không dùng cùng --register"),
        (("--unit", "xa-a", "--skip"), "--skip chỉ dùng cùng --register"),
    ],
)
def test_options_that_do_not_go_together(
    nhachan: Nhachan, small: Path, options: tuple[str, ...], sentence: str
) -> None:
    said = nhachan("submit", LIST, *options, home=small, now=FRIDAY)
    assert (said.code, said.out, said.err[: len(sentence)]) == (1, "", sentence)


def test_register_and_unit_exclude_each_other(nhachan: Nhachan, small: Path, register: Path) -> None:
    assert nhachan("submit", LIST, "--register", register, "--unit", "xa-a", home=small, now=FRIDAY).code == 2
    assert nhachan("submit", LIST, home=small, now=FRIDAY).code == 2


def test_file_without_the_columns_says_which(nhachan: Nhachan, small: Path, tmp_path: Path) -> None:
    file = tmp_path / "so.csv"
    file.write_text("Đơn vị,Số đến\nXã A,1\n", encoding="utf-8")
    assert nhachan("submit", LIST, "--register", file, home=small, now=FRIDAY) == Said(
        1, "", f"{file}: không thấy cột ngày đến: đặt tiêu đề cột là “Ngày đến” hoặc “Ngày nhận”\n"
    )


def test_return_confirms_the_day_of_what_is_sent_back(nhachan: Nhachan, small: Path) -> None:
    one = (LIST, "--unit", "xa-a")
    assert nhachan("return", *one, home=small, now=FRIDAY) == Said(
        1, "", 'cho biết nội dung cần bổ sung, đơn vị sẽ đọc trong thư: --reason "…"\n'
    )
    assert nhachan("submit", *one, "--received", "13/11/2026", home=small, now=FRIDAY).code == 0
    back = ("--received", "16/11/2026", "--reason", "thiếu biểu 2")
    assert nhachan("return", *one, *back, home=small, now=FRIDAY).code == 0
    late = nhachan("overdue", home=small, now="2026-11-27T10:00").lines
    (line,) = [line for line in late if "Xã A" in line]
    assert line.split("  ")[-3:] == [" Xã A (chưa gửi bản bổ sung)", LIST, "–"]
    assert nhachan("submit", *one, home=small, now="2026-11-27T10:00").lines[0] == f"Xã A: đã ghi, quá hạn ({LIST})"
    assert nhachan("accept", *one, "--received", "26/11/2026", home=small, now="2026-11-27T11:00").code == 0


def test_same_extension_again_changes_nothing(nhachan: Nhachan, small: Path) -> None:
    asked = ("extend", LIST, "--until", "27/11/2026", "--document", "99/UBND-NC", "--reason", "mưa lũ")
    assert nhachan(*asked, home=small, now=FRIDAY).lines[-1] == "Đã đổi 2, để nguyên 0."
    before = stored(small)
    assert nhachan(*asked, home=small, now=FRIDAY) == Said(
        1,
        f"Sở Y tế: không đổi, đã có thời hạn này ({LIST})\nXã A: không đổi, đã có thời hạn này ({LIST})\n"
        "Đã đổi 0, để nguyên 2.\n",
        "",
    )
    assert stored(small) == before


def test_closed_period_is_reopened(nhachan: Nhachan, small: Path) -> None:
    period = ("close", "ke-hoach", "--period", "once")
    assert nhachan(*period, home=small, now=FRIDAY).code == 0
    assert nhachan("submit", LIST, "--unit", "xa-a", home=small, now=FRIDAY) == Said(
        1,
        "",
        "Xã A: kỳ once của kế hoạch ke-hoach đã chốt nên không ghi nhận được nữa; nếu cần, đề nghị mở lại kỳ trước: "
        'nhachan close ke-hoach --period once --reopen --reason "…"\n',
    )
    assert nhachan(*period, "--reopen", home=small, now=FRIDAY) == Said(
        1, "", 'cho biết lý do mở lại kỳ: --reason "…"\n'
    )
    assert nhachan(*period, "--reopen", "--reason", "sót báo cáo", home=small, now=FRIDAY) == Said(
        0, f"Sở Y tế: mở lại ({LIST})\nXã A: mở lại ({LIST})\nĐã đổi 2, để nguyên 0.\n", ""
    )
    assert nhachan("submit", LIST, "--unit", "xa-a", home=small, now=FRIDAY).code == 0
    assert nhachan("close", "ke-hoach", "--period", "2031", home=small, now=FRIDAY).err == (
        "kế hoạch ke-hoach không có kỳ “2031”; có: 2026, 2027, once\n"
    )
