"""Mail in English says all that mail in Vietnamese says, and nothing in Vietnamese but what people wrote."""

from __future__ import annotations

import re
from datetime import date, time
from functools import cache
from pathlib import Path

import pytest

from notifications.composing import compose_digest, compose_unrecorded
from notifications.items import Digest, Mail
from notifications.rendering import TEMPLATES
from plans.announcements import News
from plans.deadlines import Basis
from plans.plan import Kind
from plans.rules import Operator
from plans.status import Status
from plans.words import LANGUAGES, words
from tests.notifications.every_mail import every_mail, without_data
from tests.notifications.samples import CALENDAR, SETTINGS, digest, due, item

_VIETNAMESE = re.compile("[À-ÖØ-öø-ỹ]")
_MACRO = re.compile(r"{%-?\s*macro\s+(\w+)\(([^)]*)\)")
_KEY = re.compile(r'^  "(\w+)": ', re.MULTILINE)
_IMPORT = re.compile(r'{% from "(phrases|labels)\.txt" import ([^%]*) %}')
_ENGLISH = words("en")


@cache
def mails(language: str) -> dict[str, Mail]:
    return dict(every_mail(words(language)))


def compose(told: Digest, today: date) -> Mail:
    return compose_digest(told, today, CALENDAR, _ENGLISH, SETTINGS)


def test_no_mail_in_english_holds_a_vietnamese_letter() -> None:
    found = {
        line.strip(): name
        for name, mail in mails("en").items()
        for part in (mail.subject, mail.text, mail.html)
        for line in part.splitlines()
        if _VIETNAMESE.search(without_data(line))
    }
    assert found == {}


def test_data_alone_would_be_found_in_vietnamese_mail() -> None:
    silent = [name for name, mail in mails("vi").items() if not _VIETNAMESE.search(without_data(mail.text))]
    assert silent == []


def test_layout_is_the_same_in_both_languages() -> None:
    tag = re.compile(r"<[^>]*>")
    for name, mail in mails("vi").items():
        english = mails("en")[name].html
        assert tag.findall(mail.html.replace('lang="vi"', 'lang="en"')) == tag.findall(english), name


def test_digest_of_one_report() -> None:
    mail = compose(digest(item()), date(2026, 11, 19))
    assert mail.subject == "[Reminder] Báo cáo TĐKT, 2026: before 05/12/2026, 10 working days left"
    assert (
        mail.text
        == """\
Dear Văn thư đơn vị,

This is a reminder of 1 item to be done. If your unit has already sent what is
due, please disregard this reminder or press “Report sent” so that it is
recorded.

DUE AND COMING DUE

1. Báo cáo TĐKT, 2026
   Unit: Sở Y tế
   Due: before 05/12/2026
   Last day: Friday, 04/12/2026
   Status: 10 working days left.
   Document: 2458/UBND-NC, “trước ngày 05 tháng 12 hàng năm”
   Report sent:
   https://nhachan.dienbien.example/l/1-7-abc

--------
You receive this mail because you follow the tasks of Sở Y tế.
Contact: Ban Thi đua - Khen thưởng <tdkt@dienbien.example> (a reply to this
mail goes to this contact).
The unit's calendar, to subscribe to on computers and phones:
https://nhachan.dienbien.example/feeds/so-y-te/abc/
This mail was sent automatically by the deadline reminder system.
"""
    )


_BEFORE, _BY = due(date(2026, 12, 5)), due(date(2026, 12, 18), Operator.BY)


@pytest.mark.parametrize(
    ("today", "changes", "subject"),
    [
        (date(2026, 12, 4), {}, "[Due today] Báo cáo TĐKT, 2026: please send by the end of Friday, 04/12"),
        (date(2026, 12, 5), {}, "[Now due] Báo cáo TĐKT, 2026, due before 05/12/2026: please send now"),
        (date(2026, 12, 7), {"status": Status.OVERDUE}, "[Not recorded yet] Báo cáo TĐKT, 2026, due before 05/12/2026"),
        (date(2026, 12, 17), {"dates": _BY}, "[Reminder] Báo cáo TĐKT, 2026: by 18/12/2026, 1 working day left"),
        (
            date(2026, 12, 18),
            {"dates": due(date(2026, 12, 18), Operator.BY, time(16, 30)), "kind": Kind.WORK},
            "[Due today] Báo cáo TĐKT: please complete before 16:30 on Friday, 18/12",
        ),
        (
            date(2026, 12, 1),
            {"dates": _BY, "basis": Basis.EXTENSION},
            "[Reminder] Báo cáo TĐKT, 2026: by 18/12/2026 (extended), 13 working days left",
        ),
        (
            date(2026, 12, 1),
            {"dates": _BY, "basis": Basis.RESUBMISSION, "status": Status.RETURNED},
            "[Supplement requested] Báo cáo TĐKT, 2026: send again by 18/12/2026",
        ),
        (date(2026, 12, 1), {"stage": News.NEW.value}, "[New task] Báo cáo TĐKT, 2026: before 05/12/2026"),
        (date(2026, 12, 1), {"stage": News.TAKEN.value}, "[Assigned to you] Báo cáo TĐKT, 2026: before 05/12/2026"),
        (date(2026, 12, 1), {"stage": News.GIVEN.value}, "[No longer assigned to you] Báo cáo TĐKT, 2026"),
        (date(2026, 12, 1), {"stage": News.CANCELLED.value}, "[No longer required] Báo cáo TĐKT, 2026"),
        (date(2026, 12, 1), {"stage": News.RESTORED.value}, "[Required again] Báo cáo TĐKT, 2026: before 05/12/2026"),
        (date(2026, 12, 1), {"stage": News.ENDED.value}, "[Unit to take over needed] Báo cáo TĐKT, 2026: Sở Y tế"),
        (date(2026, 12, 1), {"coordinating": True}, "[Supporting] Báo cáo TĐKT, 2026: before 05/12/2026"),
        (date(2026, 11, 2), {"stage": "open"}, "[Tasks, 2026] Báo cáo TĐKT, 2026"),
    ],
)
def test_subject(today: date, changes: dict[str, object], subject: str) -> None:
    assert compose(digest(item(**changes)), today).subject == subject


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("unrecorded", "[Not recorded yet] 5 units, Báo cáo TĐKT, 2026, due before 03/12/2026 and 1 other item"),
        ("unrecorded one", "[Not recorded yet] 1 unit, Báo cáo TĐKT, 2026, due before 03/12/2026"),
        ("monday", "[Monday page 07/12] 2 units not recorded yet, 2 supplements not recorded yet"),
        ("monday one unreachable", "[Monday page 07/12] 1 address that does not work"),
        ("monday open_plans", "[Monday page 07/12] 2 plans to be confirmed as still applying"),
        ("opening both", "[Tasks, Q4 2026] 3 tasks to lead, 3 to support"),
        ("two", "[Supplement requested] Báo cáo TĐKT, 2026: send again before 20/12/2026 and 1 other item"),
    ],
)
def test_subject_of_several(name: str, subject: str) -> None:
    assert mails("en")[name].subject == subject


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("deputy", "Trưởng phòng, who is away."),
        ("deputy of one", "   Unit: Sở Y tế (in place of Trưởng phòng, who is away)"),
        ("question", "   - Sở Y tế: clerk, hoa@soyte.dienbien.example"),
        ("monday", "3 contacts have not yet confirmed the contact details in 2026. The list:"),
        ("monday contacts", "1 contact has not yet confirmed the contact details in 2026. The list: nhachan"),
        ("monday unreachable", "ADDRESSES THAT DO NOT WORK (1)"),
        ("monday open_plans", "   - Still applies: nhachan plans keep dien-bien-2458 --year 2027"),
        ("monday deputy", "You receive this mail in place of Trưởng phòng, who is away."),
        ("monday deputy too", "This page also holds what you receive in place of Trưởng phòng, who is away."),
        ("unrecorded deputy", "You receive this mail in place of Trưởng phòng, who is away."),
        ("unrecorded", "   - UBND xã 1 (supplement not recorded yet)"),
        ("long", "   … and 3 more."),
    ],
)
def test_line(name: str, line: str) -> None:
    assert line in mails("en")[name].text.splitlines()


def test_period_that_a_title_names_in_vietnamese_is_not_named_again() -> None:
    def title(text: str, period: str) -> str:
        return compose(digest(item(period=period, title=text)), date(2026, 11, 19)).text.splitlines()[8]

    assert title("Báo cáo quý IV năm 2026", "2026-Q4") == "1. Báo cáo quý IV năm 2026"
    assert title("Báo cáo quý IV", "2026-Q4") == "1. Báo cáo quý IV, 2026"
    assert title("Báo cáo định kỳ hằng quý", "2026-Q4") == "1. Báo cáo, Q4 2026"


def folder(language: str) -> dict[str, str]:
    return {f.name: f.read_text("utf-8") for f in sorted((TEMPLATES / language).iterdir())}


def test_languages_have_the_same_templates_macros_and_labels() -> None:
    vietnamese, english = folder("vi"), folder("en")
    assert list(vietnamese) == list(english)
    # What only a language needs for itself, like a plural, is its own.
    for name, own in (("phrases.txt", {("counted", "n, one")}), ("labels.txt", set())):
        assert set(_MACRO.findall(english[name])) - own == set(_MACRO.findall(vietnamese[name]))
        assert _KEY.findall(english[name]) == _KEY.findall(vietnamese[name])


def test_layout_holds_no_words_and_finds_what_it_asks_for() -> None:
    defined = {
        "phrases": {name for name, _ in _MACRO.findall(folder("en")["phrases.txt"])},
        "labels": set(re.findall(r"{% set (\w+) =", folder("en")["labels.txt"])),
    }
    for name, text in folder("layout").items():
        assert _VIETNAMESE.search(text) is None, name
        for source, wanted in _IMPORT.findall(text):
            asked = {one.split(" as ")[0].strip() for one in wanted.split(",")}
            assert asked - defined[source] == set(), name


def test_every_language_has_templates() -> None:
    assert sorted(f.name for f in Path(TEMPLATES).iterdir()) == sorted([*LANGUAGES, "layout"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_in_sentences_are_escaped(language: str) -> None:
    hostile = '<script>alert("1")</script>'
    said = words(language)
    one = item(product=hostile, instead_of=hostile, dates=_BEFORE)
    told = digest(one, name=hostile, units=(hostile,), deputy_for=hostile)
    composed = [
        compose_digest(told, date(2026, 12, 1), CALENDAR, said, SETTINGS),
        compose_unrecorded(told, date(2026, 12, 7), CALENDAR, said, SETTINGS),
    ]
    assert [mail.html for mail in composed if "<script" in mail.html] == []
    assert all("&lt;script&gt;" in mail.html for mail in composed)


def test_two_days_of_one_change_are_told() -> None:
    (name,) = (n for n in mails("en") if n.startswith("moved") and "2026, 12, 5" in n)
    assert "   Previously: before 05/12/2026" in mails("en")[name].text.splitlines()
    assert mails("en")[name].subject == "[Due date changed] Báo cáo TĐKT, 2026: now before 20/12/2026"
