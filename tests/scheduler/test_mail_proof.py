"""`mail proof`: who was reminded, as a file that Excel opens."""

from __future__ import annotations

import csv
import io
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reports.proof import Proven, proof_csv
from tests.scheduler.conftest import quietly
from tests.scheduler.homes import LIST, YEARLY, Nhachan, Said

LATER = "2026-12-10T08:00"
HEADINGS = [
    "Đơn vị",
    "Việc",
    "Mốc nhắc",
    "Người nhận",
    "Địa chỉ thư",
    "Gửi lúc",
    "Message-ID",
    "Trạng thái",
    "Máy chủ thư trả lời",
    "Ngày nhận kết quả",
    "Số, ký hiệu",
]


@pytest.fixture(scope="module")
def mailed(small_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small province after the first overdue day of the yearly report, nothing of it sent in; nobody changes it."""
    home = Path(shutil.copytree(small_template, tmp_path_factory.mktemp("mailed") / "home"))
    for now in ("2026-11-19T08:00", "2026-12-01T08:00", "2026-12-04T08:00", "2026-12-07T08:00", "2026-12-07T14:00"):
        quietly("--home", home, "--now", now, "tick")
    return home


def table(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.endswith(b"\r\n")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def proof(nhachan: Nhachan, home: Path, *what: str) -> list[list[str]]:
    file = home / "chung-cu.csv"
    said = nhachan("mail", "proof", *what, "-o", file, home=home, now=LATER)
    rows = table(file.read_bytes())
    file.unlink()
    assert said == Said(0, "", f"{len(rows) - 1} lần nhắc, ghi vào {file}.\n")
    assert rows[0] == HEADINGS
    return rows[1:]


def test_proof_of_a_unit_says_every_reminder_once(nhachan: Nhachan, mailed: Path) -> None:
    rows = proof(nhachan, mailed, YEARLY, "--unit", "so-y-te")
    assert [(r[0], r[2], r[4], r[5], r[7]) for r in rows] == [
        ("Sở Y tế", "15 ngày trước hạn", "an@syt.example", "19/11/2026 08:00", "Đã gửi"),
        ("Sở Y tế", "3 ngày làm việc trước hạn", "an@syt.example", "01/12/2026 08:00", "Đã gửi"),
        ("Sở Y tế", "Ngày đến hạn", "an@syt.example", "04/12/2026 08:00", "Đã gửi"),
        ("Sở Y tế", "Quá hạn 1 ngày làm việc", "an@syt.example", "07/12/2026 14:00", "Đã gửi"),
    ]
    assert {r[1] for r in rows} == {f"Báo cáo thi đua năm 2026 ({YEARLY})"}
    assert {r[3] for r in rows} == {"Chuyên viên Sở Y tế"}
    assert all(r[6].startswith("<") and r[6].endswith("@tinh.example>") for r in rows)


def test_proof_of_a_deadline_names_all_units_and_no_list_of_the_coordinator(nhachan: Nhachan, mailed: Path) -> None:
    rows = proof(nhachan, mailed, YEARLY)
    assert {r[0] for r in rows} == {"Sở Y tế", "Xã A", "Xã B"}
    assert {r[4] for r in rows} == {"an@syt.example", "chi@xa-a.example", "dung@xa-b.example"}


def test_proof_of_days_and_of_all_that_a_unit_owes(nhachan: Nhachan, mailed: Path) -> None:
    every = proof(nhachan, mailed, "--unit", "xa-a")
    assert {r[1].rpartition("(")[2].rstrip(")") for r in every} == {YEARLY, LIST}
    some = proof(nhachan, mailed, "--unit", "xa-a", "--from", "01/12/2026", "--to", "04/12/2026")
    assert some == [r for r in every if r[5][:10] in ("01/12/2026", "02/12/2026", "03/12/2026", "04/12/2026")]
    assert 0 < len(some) < len(every)


def test_proof_goes_to_standard_output_too(nhachan: Nhachan, mailed: Path) -> None:
    said = nhachan("mail", "proof", YEARLY, "--unit", "xa-b", home=mailed, now=LATER, lang="en")
    assert said.code == 0
    assert said.out.startswith("\ufeffUnit,Item,Stage,")


def test_proof_of_nothing_named_unknown_or_there_already_is_refused(nhachan: Nhachan, mailed: Path) -> None:
    nothing = nhachan("mail", "proof", home=mailed, now=LATER)
    assert nothing == Said(1, "", "Nêu thời hạn (kế-hoạch/nhiệm-vụ/kỳ), hoặc --unit và mã đơn vị.\n")
    unknown = nhachan("mail", "proof", "ke-hoach/bao-cao-nam/2031", home=mailed, now=LATER)
    assert (unknown.code, unknown.out) == (1, "")
    assert "không có thời hạn “ke-hoach/bao-cao-nam/2031”" in unknown.err
    assert "so-y-tee" in nhachan("mail", "proof", "--unit", "so-y-tee", home=mailed, now=LATER).err
    there = nhachan("mail", "proof", YEARLY, "-o", mailed / "units.yaml", home=mailed, now=LATER)
    assert (there.code, there.out) == (1, "")
    assert "không chép đè" in there.err


@pytest.mark.parametrize("evil", ["=1+1", "+84912345678", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(evil: str) -> None:
    at = datetime(2026, 12, 1, tzinfo=UTC)
    row = Proven(evil, evil, evil, evil, evil, at, evil, evil, evil, evil, evil, evil)
    (_, cells) = table(proof_csv(HEADINGS, [row]))
    assert cells == [f"'{evil}"] * 11


def test_cells_keep_their_commas_quotes_and_accents() -> None:
    at = datetime(2026, 12, 1, tzinfo=UTC)
    said = 'Sở "A", phòng B\nĐiện Biên'
    row = Proven(said, "", "", "", "a@b.example", at, "", "<1@x.example>", "", "550 =no")
    (_, cells) = table(proof_csv(HEADINGS, [row]))
    assert (cells[0], cells[4], cells[8]) == (said, "a@b.example", "550 =no")
