"""`nhachan people`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.scheduler.homes import Nhachan

AN, TDKT, MOI = "an@syt.example", "tdkt@snv.example", "moi@syt.example"
NOW = "2026-11-03T09:00"


def listed(nhachan: Nhachan, home: Path, *options: str, now: str = NOW) -> dict[str, dict[str, Any]]:
    said = nhachan("people", "list", "--json", *options, home=home, now=now)
    assert (said.code, said.err) == (0, "")
    return {found["address"]: found for found in map(json.loads, said.lines)}


def test_people_are_listed_with_what_they_are_to_whom(nhachan: Nhachan, small: Path) -> None:
    found = listed(nhachan, small)
    assert list(found) == sorted(found)
    assert found[AN] == {
        "address": AN,
        "name": "Chuyên viên Sở Y tế",
        "posts": [{"unit": "so-y-te", "unit_name": "Sở Y tế", "role": "officer"}],
        "absent": None,
        "stands_in_for": [],
        "unreachable_since": None,
        "unreachable_answer": None,
        "confirmed_on": "2026-11-02",
        "asked_on": None,
        "digest_at": None,
        "upcoming": "all",
    }
    assert [p["role"] for p in found["chi@xa-a.example"]["posts"]] == ["mailbox"]
    assert list(listed(nhachan, small, "--unit", "so-y-te")) == [AN, "giamdoc@syt.example"]
    assert listed(nhachan, small, "--unconfirmed") == {}
    assert len(listed(nhachan, small, "--unconfirmed", now="2027-01-04T09:00")) == len(found)
    said = nhachan("people", "list", "--unit", "so-y-te", home=small, now=NOW)
    assert said.lines[-1] == "2 người."
    assert nhachan("people", "list", "--unit", "so-y", home=small, now=NOW).code == 1


def test_absence_is_previewed_noted_and_ended(nhachan: Nhachan, small: Path) -> None:
    away = ("people", "absent", AN.upper(), "--from", "03/11/2026", "--to", "20/11/2026", "--deputy", TDKT)
    preview = nhachan(*away, "--dry-run", home=small, now=NOW)
    assert (preview.code, preview.err) == (0, "")
    assert preview.lines[0] == f"{AN} vắng mặt từ 03/11/2026 đến 20/11/2026; người nhận thay: {TDKT}."
    stages = (
        "3 ngày làm việc trước hạn 10/11/2026 08:00; Ngày đến hạn 13/11/2026 08:00; "
        "Quá hạn 1 ngày làm việc 16/11/2026 14:00; Quá hạn 3 ngày làm việc 18/11/2026 14:00"
    )
    assert f"ke-hoach/danh-sach/once (Sở Y tế): {stages} → {TDKT}" in preview.lines
    assert listed(nhachan, small)[AN]["absent"] is None
    assert nhachan(*away, home=small, now=NOW).lines == preview.lines[:-1]
    found = listed(nhachan, small)
    assert found[AN]["absent"] == {"from": "2026-11-03", "to": "2026-11-20", "deputy": TDKT}
    assert found[TDKT]["stands_in_for"] == [AN]
    said = nhachan("people", "back", AN, home=small, now=NOW)
    assert said.lines == [f"{AN} đã có mặt trở lại (vắng mặt đã ghi: từ 03/11/2026 đến 20/11/2026)."]
    assert listed(nhachan, small)[AN]["absent"] is None


def test_hand_over_moves_the_post_and_warns_of_the_file(nhachan: Nhachan, small: Path) -> None:
    said = nhachan("people", "hand-over", AN, MOI, "--name", "Chuyên viên mới", home=small, now=NOW)
    assert (said.code, said.lines[0]) == (0, f"so-y-te: Chuyên viên, {AN} → {MOI}")
    assert said.lines[-1] == f"Đề nghị sửa cả tệp danh bạ: thay {AN} bằng {MOI}. Nạp lại tệp cũ sẽ bị từ chối."
    refused = nhachan("load", small / "units.yaml", home=small, now="2026-11-04T09:00")
    line = next(n for n, text in enumerate((small / "units.yaml").read_text("utf-8").splitlines(), 1) if AN in text)
    assert refused.code == 1
    assert refused.err.startswith(f"{small / 'units.yaml'}:{line}:")
    assert f"đã bàn giao cho {MOI} ngày 03/11/2026" in refused.err
    assert nhachan("load", small / "units.yaml", "--replace", home=small, now="2026-11-04T09:00").code == 0


def test_confirmation_and_preferences(nhachan: Nhachan, small: Path) -> None:
    later = "2027-01-04T09:00"
    assert nhachan("people", "confirm", "--unit", "so-y-te", home=small, now=later).lines == [
        f"{AN}: đã xác nhận.",
        "giamdoc@syt.example: đã xác nhận.",
    ]
    assert AN not in listed(nhachan, small, "--unconfirmed", now=later)
    said = nhachan("people", "set", AN, "--digest-at", "10h30", "--upcoming", "last", home=small, now=later)
    assert said.lines == [
        f"{AN}: thư trong ngày từ 10:30; trước hạn chỉ nhận lần nhắc cuối. Thư quá hạn không thay đổi."
    ]
    found = listed(nhachan, small, now=later)[AN]
    assert (found["digest_at"], found["upcoming"]) == ("10:30", "last")


def test_what_is_asked_for_wrongly_is_refused_in_a_sentence(nhachan: Nhachan, small: Path) -> None:
    for arguments, expected in (
        (("set", AN, "--digest-at", "14:00"), "phải từ 08:00 đến 13:00"),
        (("set", AN, "--digest-at", "sáng"), "sáng"),
        (("set", AN), "--digest-at hoặc --upcoming"),
        (("confirm",), "--unit"),
        (("reachable", AN), "đang dùng được"),
        (("back", "am@syt.example"), f"có phải “{AN}”?"),
        (("absent", AN, "--from", "hôm nay"), "--from"),
    ):
        said = nhachan("people", *arguments, home=small, now=NOW)
        assert (said.code, said.out) == (1, "")
        assert expected in said.err
