"""`nhachan units`: who there is and was, and who comes after whom."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.scheduler.homes import LIST, Nhachan

NOW = "2026-11-16T09:00"


def test_units_list_has_one_line_each(nhachan: Nhachan, small: Path) -> None:
    said = nhachan("units", "list", home=small, now=NOW)
    assert said.code == 0
    assert [line.split()[0] for line in said.lines[1:]] == ["ubnd", "so-noi-vu", "so-y-te", "xa-a", "xa-b"]
    assert nhachan("units", "list", "--ended", home=small, now=NOW).out == "Không có đơn vị nào.\n"


def test_units_succeed_passes_what_is_owed(nhachan: Nhachan, small: Path) -> None:
    tried = nhachan("units", "succeed", "xa-a", "xa-b", "--on", "16/11/2026", "--dry-run", home=small, now=NOW)
    done = nhachan("units", "succeed", "xa-a", "xa-b", "--on", "16/11/2026", home=small, now=NOW)
    assert (tried.code, done.code) == (0, 0)
    assert done.lines[0] == "Xã A: hoạt động đến hết ngày 15/11/2026; đơn vị kế thừa: xa-b"
    assert f"  {LIST}: Xã A chuyển cho Xã B" in done.lines
    assert "  ke-hoach/bao-cao-nam/2026: việc của Xã A gộp vào Xã B" in done.lines
    assert done.lines[-1].startswith("Đề nghị ghi “until: 15/11/2026” và “successors: [xa-b]” của xa-a vào tệp đơn vị")
    assert tried.lines[:-1] == done.lines[:-1]
    (ended,) = nhachan("units", "list", "--ended", "--json", home=small, now=NOW).lines
    assert json.loads(ended) == {
        "unit": "xa-a",
        "name": "Xã A",
        "kind": "xa",
        "from": None,
        "until": "2026-11-15",
        "ended": True,
        "successors": ["xa-b"],
    }
    late = [json.loads(line) for line in nhachan("overdue", "--json", home=small, now=NOW).lines]
    assert {(o["unit"], o["unit_name"], o["formerly"]) for o in late if o["unit"].startswith("xa")} == {
        ("xa-b", "Xã B", "Xã A")
    }
    assert "Xã B (trước là Xã A)" in nhachan("overdue", home=small, now=NOW).out


def test_load_says_what_passes(nhachan: Nhachan, small: Path) -> None:
    file = small / "units.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace(
            "id: xa-a,", "id: xa-a, until: 15/11/2026, successors: [xa-b, so-y-te],"
        ),
        encoding="utf-8",
    )
    said = nhachan("load", file, "--dry-run", home=small, now=NOW)
    assert f"  {LIST}: Xã A không còn, chưa rõ đơn vị tiếp nhận; sẽ hỏi đầu mối" in said.lines
    assert any(line.startswith("Việc của đơn vị đã kết thúc: 0 chuyển, 0 gộp, ") for line in said.lines)


@pytest.mark.parametrize(
    ("words", "code"),
    [(["xa-a", "xa-khac"], 1), (["xa-a", "xa-a"], 1), (["xa-a"], 2), (["xa-a", "xa-b", "--on", "mai"], 1)],
)
def test_units_succeed_refuses_with_a_sentence(nhachan: Nhachan, small: Path, words: list[str], code: int) -> None:
    said = nhachan("units", "succeed", *words, home=small, now=NOW)
    assert said.code == code
    assert said.err
    assert "Traceback" not in said.err


def test_units_are_exported_and_imported(nhachan: Nhachan, small: Path, tmp_path: Path) -> None:
    file, listing = tmp_path / "danh-ba.xlsx", tmp_path / "dau-moi.csv"
    said = nhachan("units", "export", file, home=small, now=NOW)
    assert (said.code, said.out) == (0, f"Đã ghi 5 đơn vị, 4 người vào {file}.\n")
    assert nhachan("units", "import", file, "--complete", home=small, now=NOW).out == "Danh bạ không thay đổi.\n"
    listing.write_text("Đơn vị;Loại;Người phụ trách;E-mail\nXã A;;Văn phòng;vp@xa-a.example\n", encoding="utf-8")
    tried = nhachan("units", "import", listing, "--dry-run", home=small, now=NOW)
    assert tried.lines[:2] == [
        "Thêm người: Văn phòng <vp@xa-a.example>, Chuyên viên, Xã A",
        "Thư từ nay gửi vp@xa-a.example (Xã A): 3 việc đang mở",
    ]
    done = nhachan("units", "import", listing, home=small, now=NOW)
    assert (done.code, done.lines) == (0, tried.lines[:-1])
    assert "vp@xa-a.example" in nhachan("people", "list", "--unit", "xa-a", home=small, now=NOW).out


def test_import_names_every_fault_at_its_cell(nhachan: Nhachan, small: Path, tmp_path: Path) -> None:
    file = tmp_path / "sai.csv"
    file.write_text("Đơn vị;Loại;Người phụ trách;E-mail\nXã D;;Văn phòng;khong phai\n;;;;\n", encoding="utf-8")
    said = nhachan("units", "import", file, home=small, now=NOW)
    assert (said.code, said.out) == (1, "")
    assert [line.split(" ")[0] for line in said.err.splitlines()] == ["sai.csv!B2:", "sai.csv!D2:"]
    assert nhachan("units", "import", tmp_path / "khong-co.xlsx", home=small, now=NOW).code == 1
