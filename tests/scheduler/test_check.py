"""`check`, and what `load` refuses: every fault of the files at once, each with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from plans.problems import Problem
from plans.words import words
from tests.plans.files.test_sentences import TABLE
from tests.scheduler.homes import PLAN, UNITS, Nhachan, Said
from tests.scheduler.test_cli import change, stored


@pytest.mark.parametrize(("content", "sentences"), TABLE, ids=range(len(TABLE)))
def test_check_of_a_bad_file_names_every_place(
    nhachan: Nhachan, tmp_path: Path, content: str | bytes, sentences: list[str]
) -> None:
    file = tmp_path / "k.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    said = nhachan("check", file, home=tmp_path)
    found = [line.replace(": cảnh báo: ", ": ") for line in said.lines if line.startswith(str(file))]
    assert found == [f"{tmp_path}/{sentence}" for sentence in sentences]
    wrong = sum(1 for line in said.lines if line.startswith(str(file)) and ": cảnh báo: " not in line)
    if wrong:
        assert (said.code, said.lines[-1]) == (1, f"{wrong} lỗi trong 1 tệp.")
    else:
        assert (said.code, said.lines[-1]) == (0, f"1 tệp, không có lỗi ({len(found)} cảnh báo).")


def test_check_of_a_plan_looks_into_the_units_beside_it(nhachan: Nhachan, small: Path) -> None:
    file = change(small, "to: ubnd\n", "to: ubnd-tinh\n")
    assert nhachan("check", file, home=small) == Said(
        1,
        f"{file}:13:9: Không có đơn vị “ubnd-tinh” trong danh bạ; có phải “ubnd”?\n1 lỗi trong 1 tệp.\n",
        "",
    )


def test_check_of_a_plan_elsewhere_looks_into_the_units_of_the_home(
    nhachan: Nhachan, small: Path, tmp_path: Path
) -> None:
    file = tmp_path / "khac.yaml"
    file.write_text(PLAN.replace("to: ubnd\n", "to: ubnd-tinh\n"), encoding="utf-8")
    assert nhachan("check", file, home=small).lines == [
        f"{file}:13:9: Không có đơn vị “ubnd-tinh” trong danh bạ; có phải “ubnd”?",
        f"Tên đơn vị được đối chiếu với danh bạ của {small}.",
        "1 lỗi trong 1 tệp.",
    ]
    assert nhachan("check", file, home=tmp_path / "nowhere") == Said(
        0,
        "Chưa có tệp đơn vị đi cùng nên chưa kiểm tra được tên đơn vị.\n1 tệp, không có lỗi (0 cảnh báo).\n",
        "",
    )


def test_check_names_every_file_and_folder_that_is_none(nhachan: Nhachan, tmp_path: Path) -> None:
    (tmp_path / "trong").mkdir()
    said = nhachan("check", tmp_path / "mất.yaml", tmp_path / "trong", home=tmp_path)
    assert said == Said(
        1,
        "",
        f"{tmp_path}/mất.yaml: không có tệp này: kiểm tra lại tên và thư mục\n"
        f"thư mục {tmp_path}/trong không có tệp .yaml nào\n",
    )


def test_check_of_a_plan_elsewhere_looks_into_the_unit_file_of_a_home_that_loaded_none(
    nhachan: Nhachan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, file = tmp_path / "nhachan-home", tmp_path / "khac.yaml"
    file.write_text(PLAN.replace("to: ubnd\n", "to: ubnd-tinh\n"), encoding="utf-8")
    assert nhachan("init", home=home).code == 0
    nothing = nhachan("check", file, home=home).lines
    assert nothing[0] == "Chưa có tệp đơn vị đi cùng nên chưa kiểm tra được tên đơn vị."
    (home / "units.yaml").write_text(UNITS, encoding="utf-8")
    expected = f"{file}:13:9: Không có đơn vị “ubnd-tinh” trong danh bạ; có phải “ubnd”?"
    assert nhachan("check", file, home=home).lines[:2] == [
        expected,
        f"Tên đơn vị được đối chiếu với danh bạ của {home}.",
    ]
    assert not (home / "nhachan.db").exists()
    monkeypatch.chdir(tmp_path)  # the home that commands take by default
    assert nhachan("check", file).lines[:2] == [expected, "Tên đơn vị được đối chiếu với danh bạ của nhachan-home."]


def test_units_beside_a_plan_come_before_those_of_the_home(nhachan: Nhachan, small: Path, tmp_path: Path) -> None:
    (tmp_path / "rieng").mkdir()
    (tmp_path / "rieng" / "units.yaml").write_text(UNITS.replace("id: ubnd,", "id: ubnd-tinh,"), encoding="utf-8")
    file = tmp_path / "rieng" / "khac.yaml"
    file.write_text(PLAN.replace("to: ubnd\n", "to: ubnd-tinh\n"), encoding="utf-8")
    assert nhachan("check", file, home=small).lines == ["1 tệp, không có lỗi (0 cảnh báo)."]


# -- all faults at once ----------------------------------------------------------------------------------------------

FAULTY = """\
plan: {id: ke-hoach, title: Kế hoạch thi đua, issued: 32/01/2026, coordinator: so-noi-v, revision: 1}
tasks:
  - {id: bao-cao, title: Báo cáo, owed_by: [xa-a, xa-c], due: {by: 31/02/2026}}
  - {id: hop, title: Họp, kind: work, lead: [xa-d], due: {yearly: {before: 05/13}}, with: }
  - {id: quy, title: Báo cáo quý, owed_by: [xa-a, xa-b], due: {quarterly: {by: 15}}}
  - {id: tong, title: Tổng hợp, owed_by: "@chua-xac-dinh", to: khoi-1, due: {quarterly: {by: 20}}, collects: [quy]}
"""
FAULTS = [
    "1:55: Không có ngày 32/01/2026; đề nghị kiểm tra lại mục “issued”.",
    "1:80: Không có đơn vị “so-noi-v” trong danh bạ; có phải “so-noi-vu”?",
    "3:51: Không có đơn vị, nhóm hay đối tượng “xa-c” trong danh bạ; có phải “xa-b”?",
    "3:68: Không có ngày 31/02/2026; đề nghị kiểm tra lại mục “by”.",
    "4:46: Không có đơn vị, nhóm hay đối tượng “xa-d” trong danh bạ; có phải “xa-b”?",
    "4:76: Không có ngày 05/13; đề nghị kiểm tra lại mục “before”.",
    "4:85: cảnh báo: Ô đơn vị phối hợp (with) của nhiệm vụ “hop” để trống; đề nghị bổ sung, hoặc bỏ mục này.",
    "6:42: cảnh báo: Chưa xác định đơn vị thực hiện (owed_by); đề nghị người phụ trách quyết định.",
    "6:64: “khoi-1” là một nhóm hoặc đối tượng, nhưng nơi nhận (to) phải là đúng một đơn vị.",
    "6:111: cảnh báo: Nhiệm vụ “tong” tổng hợp từ “quy”, nhưng việc ấy đến thứ Ba, 15/12/2026 mới hết hạn, trong khi "
    "“tong” cần xong trong thứ Sáu, 18/12/2026. Đề nghị đặt hạn của “quy” chậm nhất thứ Sáu, 11/12/2026 (trước 5 ngày "
    "làm việc), hoặc sửa số ngày làm việc cần trước (ahead).",
]


def test_check_and_load_name_faults_of_dates_units_and_chains_together(
    nhachan: Nhachan, small: Path, tmp_path: Path
) -> None:
    file = tmp_path / "loi.yaml"
    file.write_text(FAULTY, encoding="utf-8")
    expected = [f"{file}:{line}" for line in FAULTS]
    now = "2026-11-09T10:00"
    checked = nhachan("check", file, home=small, now=now)
    assert (checked.code, checked.lines[: len(expected)]) == (1, expected)
    before = stored(small)
    loaded = nhachan("load", file, home=small, now=now)
    assert (loaded.code, loaded.out, loaded.err.splitlines()) == (1, "", expected)
    assert stored(small) == before


def test_load_names_a_plan_that_is_older_together_with_its_faults(nhachan: Nhachan, small: Path) -> None:
    change(small, "title: Hội nghị tổng kết", "title: Hội nghị cuối năm")
    assert nhachan("load", small, home=small, now="2026-11-09T09:00").code == 0
    change(small, "id: ke-hoach\n", "id: ke-hoach\n  revision: 1\n")
    change(small, "title: Hội nghị cuối năm", "title: Hội nghị")
    file = change(small, "due: {by: 13/11/2026}", "due: {by: 31/11/2026}")
    said = nhachan("load", file, home=small, now="2026-11-09T10:00").err.splitlines()
    assert [line.partition(": ")[0] for line in said] == [f"{file}:2:3", f"{file}:22:15"]
    assert "bản 1" in said[0]
    assert "31/11/2026" in said[1]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_key_without_words_is_named_alone(language: str) -> None:
    problem = Problem("reference.undetermined", {"key": "nao-do"})
    assert "“nao-do”" in words(language).problem(problem)
