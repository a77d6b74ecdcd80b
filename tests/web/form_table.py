"""Every form of the site with values that are right, in a small office; tests send it otherwise."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from plans.deadlines import DeadlineKey
from tests.actions.province import AN, COORDINATOR, plan, task, yearly
from web.pages.deeds import DEEDS
from web.pages.link_acts import DEEDS as LINK_DEEDS
from web.plan_forms import DOCUMENT_FIELDS, DUE_FIELDS, HEAD_FIELDS, TASK_FIELDS

YEARLY = DeadlineKey.parse("ke-hoach/bao-cao-nam/2026")
WAITING = DeadlineKey.parse("ke-hoach/hop/hop-hdtdkt")
assert YEARLY is not None
assert WAITING is not None
KEY: DeadlineKey = YEARLY
PLAN = plan(
    yearly("[so-y-te, xa-a, xa-b]"),
    task("hop", "{after: {event: hop-hdtdkt, name: Họp Hội đồng, days: 5}}", "[so-y-te]"),
)
OTHER_PLAN = plan(task("rieng", "{by: 20/12/2026}", "[xa-a]"), slug="cua-xa", coordinator="xa-a")
FILE = f"plan: {{id: khac, title: Khác, coordinator: so-noi-vu}}\ntasks:\n{task('a', '{by: 20/12/2026}')}"


@dataclass(frozen=True)
class Odd:
    """A form: where it is sent, with what fields, and which of them are files."""

    path: str
    fields: dict[str, str]
    signed_in: bool = True
    works: bool = True  # sent like this it is accepted, or shown what it would do
    alone: tuple[str, ...] = ()  # fields that are odd one after the other; none: all of them


def filled(names: tuple[str, ...], known: dict[str, str]) -> dict[str, str]:
    return {name: known.get(name, "") for name in names}


_TASK = filled(
    (
        *(f for f in TASK_FIELDS if f not in DUE_FIELDS),
        "id",
        "revision",
        "ly-do",
        "chac-chan",
        "sua-lai",
        "owed_by-chon",
    ),
    {
        "title": "Việc mới",
        "kind": "report",
        "owed_by": "Sở Y tế",
        "due": "once",
        "id": "viec-moi",
        "revision": "1",
        "ly-do": "Theo công văn",
        "chac-chan": "1",
    },
)
# Of a task that is there; its other fields are read as those of a new one are.
_ALIKE = ("title", "kind", "owed_by", "with", "collects", "due", "once-day", "revision", "chac-chan", "sua-lai")
_ONCE = {"once-operator": "by", "once-day": "20/12/2026", "once-time": "16:30"}
# Of each kind of due date, what its fields say.
_DUE: dict[str, dict[str, str]] = {
    "once": {"operator": "by", "day": "20/12/2026", "time": "16:30"},
    "yearly": {"operator": "before", "days": "05/06; 05/12", "of": "", "time": ""},
    "quarterly": {"operator": "by", "number": "15", "of": "", "time": ""},
    "monthly": {"operator": "by", "number": "15", "of": "", "time": ""},
    "weekly": {"operator": "by", "weekday": "thu-nam", "of": "", "time": "15:00"},
    "half_yearly": {"operator": "by", "first": "20/06", "second": "20/12", "time": ""},
    "nine_monthly": {"operator": "by", "day": "20/09", "time": ""},
    "within": {"part": "quarter", "number": "1", "year": "2027"},
    "from": {"from": "01/12/2026", "to": "20/12/2026", "time": ""},
    "after": {"number": "5", "count": "days", "event": "hop-hdtdkt", "name": "Họp", "operator": "", "time": ""},
    "before_event": {"number": "5", "count": "days", "event": "hop-hdtdkt", "name": "Họp", "operator": "", "time": ""},
    "standing": {},
    "undetermined": {},
    "other": {"text": "{by: 20/12/2026}"},
}
_DEED = {
    "viec": "<one>",
    "tat-ca": "",
    "xem": "",
    "sua": "",
    "chac-chan": "1",
    "ngay": "20/12/2026",
    "van-ban": "1/CV",
    "ly-do": "Vì",
    "loi-nhan": "Đề nghị",
}
_RECEIPTS = {
    "nhan": "",
    "dan": "",
    "danh-dau": "",
    "viec": "<one>",
    "so-<one>": "1/BC",
    "ngay-<one>": "1/12/2026",
    "cu-<one>": "",
    "ghi-<one>": "Sở Y tế",
    "thay-<one>": "<one>",
    "le-ten": "Sở Y",
    "le-so": "2",
    "le-ngay": "1/12",
    "le-viec": "<one>",
    "chung": "1/12/2026",
    "tay": "1",
}
_LINK = filled(
    ("who", "text", "until", "to", "name", "first", "last", "deputy", "old"),
    {"text": "Vì", "until": "20/12/2026", "to": "moi@syt.example", "name": "Mới", "first": "10/12/2026"},
)
_SURE = {"chac-chan": "1"}
# route → the form; `<one>` is an obligation, `<sent>` one that was declared, `<an>` a person, `<link>` a token,
# `<mail>` a letter that failed.
FORMS: dict[str, list[Odd]] = {
    "/l/{token}": [
        Odd(
            "/l/<link>",
            filled(("number", "day", "note", "who", "sua"), {"number": "1/BC", "day": "1/12/2026"}),
            signed_in=False,
        )
    ],
    "/l/{token}/{deed}": [
        Odd(f"/l/<link>/{deed}", _LINK, signed_in=False, works=deed != "rut-lai") for deed in sorted(LINK_DEEDS)
    ],
    "/dang-nhap": [Odd("/dang-nhap", {"address": AN, "ve": "/"}, signed_in=False)],
    "/dang-nhap/{token}": [Odd("/dang-nhap/khong-co", {}, signed_in=False)],
    "/ngon-ngu": [Odd("/ngon-ngu", {"language": "en", "ve": "/units"}, signed_in=False)],
    "/phien": [Odd("/phien", {})],
    "/dang-xuat": [Odd("/dang-xuat", {})],
    "/phien/khoa": [Odd("/phien/khoa", {"ten": "Máy", "den": "01/06/2027", "quyen": "ghi"})],
    "/phien/khoa/{number}/thu-hoi": [Odd("/phien/khoa/1/thu-hoi", {})],
    "/de-nghi/{deed}": [
        Odd(
            f"/de-nghi/{deed}",
            {**filled(tuple(_DEED), {}), "viec": "1", "ngay": "20/12/2026", "ly-do": "Vì", "chac-chan": "1"},
        )
        for deed in ("dong-y", "tu-choi")
    ],
    "/viec/{deed}": [
        Odd(f"/viec/{deed}", _DEED | ({"viec": "<sent>"} if deed in ("xac-nhan", "tra-lai") else {}))
        for deed in sorted(DEEDS)
    ],
    "/deadlines/{plan}/{task}/{period}/ghi-nhan": [
        Odd(f"/deadlines/{KEY}/ghi-nhan", _RECEIPTS),
        Odd(f"/deadlines/{KEY}/ghi-nhan", {"nhan": "dan", "dan": "Sở Y tế\t1/BC\t1/12/2026"}),
        Odd(f"/deadlines/{KEY}/ghi-nhan", {"nhan": "tep", "tep": "Đơn vị;Số;Ngày\nSở Y tế;1;1/12/2026"}, works=False),
    ],
    "/deadlines/{plan}/{task}/{period}/su-kien": [
        Odd(f"/deadlines/{WAITING}/su-kien", {"ngay": "15/12/2026", "bo": "", **_SURE})
    ],
    "/plans/moi": [
        Odd(
            "/plans/moi",
            {
                "tep": "",
                "ten": "khac.yaml",
                "noi-dung": FILE,
                "theo-doi-tu": "01/12/2026",
                "chep-de": "",
                "sua-lai": "",
                **_SURE,
            },
        )
    ],
    "/plans/moi/van-ban": [
        Odd(
            "/plans/moi/van-ban",
            {
                **dict(zip(DOCUMENT_FIELDS, ("9/KH-SNV", "Kế hoạch mới", "01/12/2026", "Sở Nội vụ"), strict=False)),
                "coordinator": "so-noi-vu",
                "until": "31/12/2027",
                "id": "",
                "sua-lai": "",
                **_SURE,
            },
        )
    ],
    "/plans/{slug}/sua": [
        Odd(
            "/plans/ke-hoach/sua",
            filled(
                (*HEAD_FIELDS, "id", "revision", "ly-do", "chac-chan", "sua-lai"),
                {"title": "Tên khác", "coordinator": "so-noi-vu", "revision": "1", "issued": "01/01/2020", **_SURE},
            ),
        )
    ],
    "/plans/{slug}/viec/them": [
        Odd("/plans/ke-hoach/viec/them", {**_TASK, **_ONCE}, alone=tuple(_TASK)),
        *(
            Odd("/plans/ke-hoach/viec/them", {**_TASK, "due": kind, "chac-chan": "", **of_kind}, alone=tuple(of_kind))
            for kind in _DUE
            for of_kind in [{f"{kind}-{name}": value for name, value in _DUE[kind].items()}]
            if of_kind
        ),
    ],
    "/plans/{slug}/viec/{task}/sua": [
        Odd(f"/plans/ke-hoach/viec/{KEY.task}/sua", {**_TASK, **_ONCE, "id": KEY.task}, alone=_ALIKE)
    ],
    "/plans/{slug}/viec/{task}/huy": [
        Odd(f"/plans/ke-hoach/viec/{KEY.task}/huy", {"id": "", "revision": "1", "ly-do": "Vì", "sua-lai": "", **_SURE})
    ],
    "/plans/{slug}/ket-thuc": [
        Odd(
            "/plans/ke-hoach/ket-thuc",
            {"until": "31/12/2027", "id": "", "revision": "1", "ly-do": "Vì", "sua-lai": "", **_SURE},
        )
    ],
    "/plans/{slug}/con-ap-dung": [Odd("/plans/ke-hoach/con-ap-dung", {"nam": "2027", "ly-do": "Vì"})],
    "/plans/{slug}/dong-ky": [Odd("/plans/ke-hoach/dong-ky", {"ky": "2026", "ly-do": "Vì", **_SURE})],
    "/plans/{slug}/mo-lai": [Odd("/plans/ke-hoach/mo-lai", {"ky": "2026", "ly-do": "Vì", **_SURE}, works=False)],
    "/thu/gui-lai": [Odd("/thu/gui-lai", {"viec": "<mail>", **_SURE})],
    "/thu/{number}/nguyen-ban": [Odd("/thu/<mail>/nguyen-ban", {})],
    "/ngay-lam-viec": [
        Odd("/ngay-lam-viec", {"cach": "nghi", "tu": "04/01/2027", "den": "", "ten": "Nghỉ", "can-cu": "TB 1", **_SURE})
    ],
    "/kiem-tra/thu-thu": [Odd("/kiem-tra/thu-thu", {}, works=False)],
    "/units/{slug}/dau-moi": [
        Odd("/units/so-y-te/dau-moi", {"old": AN, "new": "moi@syt.example", "name": "Mới", **_SURE})
    ],
    "/units/{slug}/ke-thua": [
        Odd("/units/xa-a/ke-thua", {"successors": "xa-b", "on": "31/12/2026", "reason": "Vì", **_SURE})
    ],
    "/nguoi/{number}/tuy-chon": [Odd("/nguoi/<an>/tuy-chon", {"digest_at": "09:00", "upcoming": "last"})],
    "/nguoi/{number}/vang-mat": [
        Odd(
            "/nguoi/<an>/vang-mat",
            {"first": "10/12/2026", "last": "12/12/2026", "deputy": COORDINATOR, "reason": "Phép", **_SURE},
        )
    ],
    "/nguoi/{number}/tro-lai": [Odd("/nguoi/<an>/tro-lai", {}, works=False)],
    "/nguoi/{number}/ban-giao": [
        Odd(
            "/nguoi/<an>/ban-giao",
            {"to": "moi@syt.example", "name": "Mới", "unit": "so-y-te", "reason": "Đổi việc", **_SURE},
        )
    ],
    "/nguoi/{number}/xac-nhan": [Odd("/nguoi/<an>/xac-nhan", {})],
    "/nguoi/{number}/dung-duoc": [Odd("/nguoi/<an>/dung-duoc", {}, works=False)],
    "/danh-ba": [
        Odd(
            "/danh-ba",
            {
                "file": "",
                "kept": base64.urlsafe_b64encode(b"Don vi,Ten\nSo,A\n").decode(),
                "name": "danh-ba.csv",
                "complete": "",
                "again": "",
                "seen": "x",
                "reason": "Vì",
                **_SURE,
            },
            works=False,
        )
    ],
}
