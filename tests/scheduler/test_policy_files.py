"""`check` and `load` of policy files, in the words of the catalogue."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scheduler.homes import PLAN, UNITS, Nhachan, Said

NOW = "2026-11-20T10:00"
POLICIES = """\
policies:
  - id: report
    stages:
      - {at: T-3wd}
      - {at: T0}
  - id: rieng
    stages: [{at: T0, time: 09:00}]
    for: [{audience: khoi-1, stages: [{at: T-1wd}]}]
quiet: {after_tet: false, days: [31/12, 30/04/2027]}
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "tep"
    folder.mkdir()
    for name, text in (("units", UNITS), ("plan", PLAN), ("che-do-nhac", POLICIES)):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_check_names_faults_of_policies_and_of_what_they_refer_to(nhachan: Nhachan, files: Path) -> None:
    policies, plan = files / "che-do-nhac.yaml", files / "plan.yaml"
    policies.write_text(POLICIES.replace("khoi-1", "khoi-2").replace("T-3wd", "T+3"), encoding="utf-8")
    plan.write_text(PLAN.replace("    product: hồ sơ\n", "    policy: rieg\n"), encoding="utf-8")
    said = nhachan("check", str(files))
    assert (said.code, said.lines[:-1]) == (
        1,
        [
            f"{policies}:4:14: Mốc nhắc quá hạn tính theo ngày làm việc; đề nghị ghi “T+3wd” thay cho “T+3”.",
            f"{policies}:8:22: Không có đơn vị, nhóm hay đối tượng “khoi-2” trong danh bạ; có phải “khoi-1”?",
            f"{plan}:19:13: Không có chế độ nhắc “rieg”; có phải “rieng”?",
        ],
    )


def test_check_knows_the_policies_of_the_home(nhachan: Nhachan, files: Path, small: Path) -> None:
    plan = files / "plan.yaml"
    plan.write_text(PLAN.replace("    product: hồ sơ\n", "    policy: rieng\n"), encoding="utf-8")
    assert nhachan("check", str(plan), home=small, now=NOW).code == 1
    assert nhachan("load", str(files / "che-do-nhac.yaml"), home=small, now=NOW).code == 0
    assert nhachan("check", str(plan), home=small, now=NOW).code == 0


def test_load_says_what_policies_change(nhachan: Nhachan, files: Path, small: Path) -> None:
    lines = [
        "Chế độ nhắc “report” thay đổi: 2 mốc, 2 nhiệm vụ dùng",
        "Chế độ nhắc mới “rieng”: 1 mốc, 0 nhiệm vụ dùng",
        "Ngày không gửi thư thay đổi: 31/12, 30/04/2027",
    ]
    tried = nhachan("load", str(files / "che-do-nhac.yaml"), "--dry-run", home=small, now=NOW)
    assert (tried.code, tried.lines[:3]) == (0, lines)
    assert tried.lines[3].startswith("  thư nhắc sắp tới: ")
    done = nhachan("load", str(files / "che-do-nhac.yaml"), home=small, now=NOW)
    assert done == Said(0, "\n".join([*lines, tried.lines[3]]) + "\n", "")
    again = nhachan("load", str(files / "che-do-nhac.yaml"), home=small, now=NOW)
    assert again == Said(0, "Không có gì thay đổi.\n", "")


def test_load_says_when_no_day_is_quiet_any_more(nhachan: Nhachan, small: Path, tmp_path: Path) -> None:
    file = tmp_path / "quiet.yaml"
    for text, said in (("{after_tet: false}", "không có"), ("[]", "ngày làm việc đầu tiên sau Tết")):
        file.write_text(f"quiet: {text}\n", encoding="utf-8")
        lines = nhachan("load", str(file), home=small, now=NOW).lines
        assert lines[0] == f"Ngày không gửi thư thay đổi: {said}"


def test_quiet_days_loaded_are_kept_by_the_next_command(nhachan: Nhachan, small: Path, tmp_path: Path) -> None:
    file = tmp_path / "quiet.yaml"
    file.write_text("quiet: [04/12]\n", encoding="utf-8")
    nhachan("load", str(file), home=small, now=NOW)
    rehearsed = nhachan("rehearse", "--from", "03/12/2026", "--to", "04/12/2026", "--json", home=small, now=NOW)
    assert rehearsed.code == 0
    assert {line.split('"at": "')[1][:10] for line in rehearsed.lines} == {"2026-12-03"}
