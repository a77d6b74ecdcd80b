"""Why a mail failed, in plain words; what a report covers; and a report as mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from notifications.undeliverable import (
    LOOK_BACK,
    UndeliverablePage,
    Undelivered,
    compose_undeliverable,
    concerning,
    why,
    window,
)
from plans.words import LANGUAGES, words
from store.undelivered import Failure, Report
from tests.notifications.samples import SETTINGS

NOW = datetime(2026, 12, 1, 1, tzinfo=UTC)
FAILURE = Failure(1, 7, "An", "an@syt.example", False, "x", NOW, 550, None, "no", frozenset(), ())


@pytest.mark.parametrize(
    ("code", "enhanced", "unreachable", "reason"),
    [
        (550, "5.1.1", True, "address"),
        (550, None, True, "address"),
        (550, None, False, "other"),  # said of the letter
        (550, "5.1.1", False, "other"),  # of the sender, or mended since
        (550, "5.2.1", True, "address"),
        (552, "5.2.2", False, "full"),
        (552, None, False, "full"),
        (552, "5.3.4", False, "too_long"),
        (554, "5.2.3", True, "too_long"),
        (550, "5.7.1", False, "policy"),
        (554, None, False, "other"),
        (554, "5.6.0", False, "other"),
        (451, "4.7.1", False, "gave_up"),
        (452, "4.2.2", True, "gave_up"),
        (None, None, False, "unwritten"),
        (None, None, True, "address"),  # it can't even be said to a server
    ],
)
def test_reason_is_plain(code: int | None, enhanced: str | None, unreachable: bool, reason: str) -> None:
    assert why(replace(FAILURE, code=code, enhanced=enhanced, unreachable=unreachable)) == reason
    for language in LANGUAGES:
        assert words(language).has(f"undelivered.why.{reason}")
        assert words(language).has(f"undelivered.do.{reason}")


def test_failures_concern_the_coordinators_of_their_plans() -> None:
    of_a = replace(FAILURE, message=1, coordinators=frozenset({"a"}))
    of_both = replace(FAILURE, message=2, coordinators=frozenset({"a", "b"}))
    of_none, own = replace(FAILURE, message=3), replace(FAILURE, message=4, person=9)
    found = [of_a, of_both, of_none, own]
    assert [f.message for f in concerning(found, 9, frozenset({"a"}))] == [1, 2, 3]
    assert [f.message for f in concerning(found, 9, frozenset({"b"}))] == [2, 3]


def report(number: int, hours: int, state: str, *, uncertain: bool = False) -> Report:
    return Report(number, 9, NOW + timedelta(hours=hours), state, uncertain, None, date(2026, 12, 1), number)


@pytest.mark.parametrize(
    ("others", "since"),
    [
        ([], NOW - LOOK_BACK),
        ([report(1, -5, "sent"), report(2, -3, "unknown")], NOW - timedelta(hours=3)),
        ([report(1, -5, "sent"), report(2, -3, "failed"), report(4, -2, "superseded")], NOW - timedelta(hours=5)),
        ([report(1, -5, "queued", uncertain=True)], NOW - timedelta(hours=5)),
        ([report(1, -5, "queued")], NOW - LOOK_BACK),
        ([report(1, 1, "sent")], None),
        ([report(3, 1, "sent")], NOW - LOOK_BACK),  # itself
    ],
)
def test_report_covers_what_failed_since_the_last_that_may_have_arrived(
    others: list[Report], since: datetime | None
) -> None:
    assert window(3, NOW, others) == (None if since is None else (since, NOW))


def line(number: int, **more: object) -> Undelivered:
    found = Undelivered(
        number, f"Người {number}", f"a{number}@x.example", "Sở Y tế", "Thư", NOW, "address", "550 no", answered=True
    )
    return replace(found, **more)  # type: ignore[arg-type]


def page(*lines: Undelivered, **more: object) -> UndeliverablePage:
    found = UndeliverablePage("Hoa", "hoa@snv.example", lines, "https://nhachan.example/")
    return replace(found, **more)  # type: ignore[arg-type]


def test_empty_report_is_not_sent() -> None:
    with pytest.raises(ValueError, match="empty"):
        compose_undeliverable(page(), words("vi"), SETTINGS)


def test_long_report_is_cut_and_names_the_command_for_all() -> None:
    mail = compose_undeliverable(page(*(line(n) for n in range(1, 251))), words("vi"), SETTINGS)
    assert mail.subject == "[Thư không gửi được] 250 thư: Người 1 (Sở Y tế) và 249 người nhận khác"
    assert "100. Người 100 (Sở Y tế), a100@x.example" in mail.text
    assert "Người 101" not in mail.text + mail.html
    assert "và 150 thư khác: xem bảng theo dõi hoặc “nhachan mail list --state failed”" in mail.text
    assert "nhachan mail retry --state failed" in mail.text


def test_steps_are_those_that_help() -> None:
    lines = line(3, why="full"), line(2, why="unwritten", answer="TypeError: x", answered=False, subject=None)
    mail = compose_undeliverable(page(*lines), words("vi"), SETTINGS)
    assert mail.text.split("Đề nghị:\n")[1].split("\n\n")[0].splitlines() == [
        "- Đề nghị người nhận dọn hộp thư.",
        "- Chuyển câu ở mục “Lỗi” cho người vận hành hệ thống.",
        "- Sau đó gửi lại: nhachan mail retry 2 3",
        "- Hạn đã gần thì gọi điện cho đơn vị, không chờ thư.",
    ]
    assert "   Lỗi: TypeError: x" in mail.text.splitlines()


def test_what_people_wrote_is_escaped_and_stays_on_its_line() -> None:
    evil = line(1, name="<b>An</b>", answer="550 <script>\r\nBcc: x@y.example")
    mail = compose_undeliverable(page(evil), words("vi"), SETTINGS)
    assert "&lt;b&gt;An&lt;/b&gt;" in mail.html
    assert "<script>" not in mail.html
    assert "\nBcc:" not in mail.text
