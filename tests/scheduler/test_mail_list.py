"""What a long stop leaves in the log: one mail for each person, and every stage passed over with its reason."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.scheduler.homes import Nhachan, objects

STOPPED, AGAIN = "2026-11-19T08:00", "2026-12-29T08:00"  # forty days


def test_forty_days_without_the_daemon(nhachan: Nhachan, small: Path) -> None:
    assert nhachan("tick", home=small, now=STOPPED).code == 0
    assert nhachan("tick", home=small, now=AGAIN).code == 0
    sent = objects(nhachan("mail", "list", "--on", "2026-12-29", "--state", "sent", "--json", home=small, now=AGAIN))
    assert sent
    assert set(Counter(m["address"] for m in sent if m["kind"] == "digest").values()) <= {1}
    passed_over = objects(nhachan("mail", "list", "--state", "superseded", "--json", home=small, now=AGAIN))
    yearly = [
        (m["at"], item["stage"], m["reason"], m["id"])
        for m in passed_over
        for item in m["items"]  # type: ignore[attr-defined]
        if m["address"] == "an@syt.example"
        and item["stage"].startswith("T")
        and item["deadline"] == "ke-hoach/bao-cao-nam/2026"
    ]
    assert yearly == [
        ("2026-12-01T08:00:00+07:00", "T-3wd", "later_stage", None),
        ("2026-12-04T08:00:00+07:00", "T0", "later_stage", None),
        ("2026-12-07T14:00:00+07:00", "T+1wd", "later_stage", None),
        ("2026-12-09T14:00:00+07:00", "T+3wd", "later_stage", None),
    ]
    only = ("--person", "an@syt.example", "--state", "superseded")
    listed = nhachan("mail", "list", *only, home=small, now=AGAIN)
    assert "Quá hạn 1 ngày làm việc: ke-hoach/bao-cao-nam/2026 (so-y-te)" in listed.out
    assert "đã có lần nhắc sau thay thế" in listed.out
