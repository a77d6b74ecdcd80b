"""Every form of the site with values that no page of ours sends: a page answers, and what it refuses changes nothing.

`FORMS` names the fields of each form with values that are right; one after the other they are replaced by odd ones, all
of them at once, and sent twice or as files. A change is undone before the next form is sent.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from datetime import date
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import quote_from_bytes

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from httpx import Response

from actions.receiving import Receipt, submit
from actions.requesting import Asker, ask_extension
from actions.tokens import make_token
from calendars.working import WorkingCalendar
from store.database import Database
from store.obligations import of_deadline
from store.people import people_ids
from tests.actions.province import AN, CHI, UNITS
from tests.conftest import load_text, local, make_desk, make_office
from tests.web.browsing import token_of
from tests.web.form_table import FORMS, KEY, OTHER_PLAN, PLAN, Odd
from tests.web.scenes import Post, Scene, act
from web.app import ROUTES
from web.cookies import BROWSER, form_token, name_of
from web.plan_forms import TASK_FIELDS

LETTERS = "x" * 3_000
# What is sent in a field, as the bytes of an encoded form hold it.
ODD: dict[str, bytes] = {
    "empty": b"",
    "blank": b" \t ",
    "long": LETTERS.encode(),
    "zero byte": b"a\0b",
    "lone surrogate": b"\xed\xa0\x80",
    "no UTF-8": b"\xff\xfe\xfa",
    "hundreds of digits": b"9" * 400,
    "beyond 64 bits": b"9223372036854775808",
    "negative": b"-1",
    "infinite": b"1e999",
    "digits of others": "٣٢".encode(),
    "raised digit": "²".encode(),
    "no such day": b"31/02/2027",
    "first of days": b"01/01/0001",
    "last of days": b"31/12/9999",
    "year of five digits": b"1/1/99999",
    "no such hour": b"25:61",
    "unknown choice": b"khong-co",
    "markup": b'"><script>alert(1)</script>',
    "lines": b"a\r\nSet-Cookie: b=c\r\n\r\n",
    "turned": "\u202e\u2066\ufeff\x1b[31m".encode(),
    "a path": b"../../../etc/passwd\\..\\x",
    "template": b"{{ 7*7 }}${7*7}%(x)s{0}%s",
    "YAML": b"{a: &a [*a], b: !!python/name:os.system }",
    "list": b"[1, 2]",
    "formula": b"=HYPERLINK(1)",
    "undecided": b"@chua-xac-dinh",
}
BROWSING = "b" * 43
# Whoever owes in the plan, and coordinates another one; and who has nothing to do with it.
OUTSIDERS = (CHI, "vanthu@phuong-d.example")
OWN = ("/phien", "/dang-xuat", "/phien/khoa")  # what concerns the visitor alone


class Tried:
    """A small office of which every change is seen, and undone."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        self.scene, self.token = scene, token_of(scene.get("/phien"))  # signed in before anything is kept
        url = scene.office.database.url.database
        assert url is not None
        self.live = sqlite3.connect(url, isolation_level=None)
        self.kept = sqlite3.connect(folder / "kept.db")
        self.live.backup(self.kept)
        self.held = list(self.kept.iterdump())
        self.seen = self.version()
        with scene.office.database.read() as tx:
            owed, sent = of_deadline(tx, KEY, ["so-y-te"])[0], of_deadline(tx, KEY, ["xa-b"])[0]
            people = people_ids(tx, [AN])
        self.names = {
            "<one>": str(owed.id),
            "<sent>": str(sent.id),
            "<an>": str(people[AN]),
            "<link>": scene.link("so-y-te", KEY).removeprefix("/l/"),
            "<mail>": "1",
        }
        self.browser = form_token(BROWSING)
        self.odd = cycle(ODD.items())  # no form is sent all of them, and each of them is sent to many
        self.malformed = cycle(MALFORMED.items())

    def version(self) -> int:
        """Another one after whatever any other connection has changed."""
        (number,) = self.live.execute("PRAGMA data_version").fetchone()
        return int(number)

    def changed(self) -> bool:
        """Whether anything is otherwise since; it is undone. What is tried and rolled back is another version, too."""
        if self.version() == self.seen:
            return False
        changed = list(self.live.iterdump()) != self.held
        if changed:
            self.kept.backup(self.live)
        self.seen = self.version()
        return changed

    def close(self) -> None:
        self.live.close()
        self.kept.close()

    def named(self, text: str) -> str:
        for name, value in self.names.items():
            text = text.replace(name, value)
        return text

    def send(self, form: Odd, fields: list[tuple[str, bytes]]) -> Response:
        return self.post(form, self.encoded(fields), "application/x-www-form-urlencoded")

    def encoded(self, fields: list[tuple[str, bytes]]) -> bytes:
        pairs = (f"{quote_from_bytes(self.named(n).encode())}={quote_from_bytes(v)}" for n, v in fields)
        return "&".join(pairs).encode()

    def post(self, form: Odd, body: bytes, kind: str, visitor: Scene | None = None) -> Response:
        visitor = visitor or (self.scene if form.signed_in else self.scene.seen_by(None))
        cookies = {} if form.signed_in else {name_of(self.scene.site, BROWSER): BROWSING}
        return visitor.request(
            "POST", self.named(form.path), content=body, headers={"Content-Type": kind}, cookies=cookies
        )

    def right(self, form: Odd) -> list[tuple[str, bytes]]:
        """The fields as a page of ours would send them."""
        held = [(name, self.named(value).encode()) for name, value in form.fields.items()]
        return [*held, ("form_token", (self.token if form.signed_in else self.browser).encode())]


@pytest.fixture(scope="module")
def tried(
    sqlite_template: Path, calendar: WorkingCalendar, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Tried]:
    folder = tmp_path_factory.mktemp("odd")
    shutil.copyfile(sqlite_template, folder / "store.db")
    office = make_office(Database(f"sqlite:///{folder / 'store.db'}"), calendar)
    load_text(office, local("2026-10-01 09:00"), UNITS, PLAN, OTHER_PLAN)
    scene = Scene(office, make_desk(office, folder), Post(AN), local("2026-12-02 09:00"))
    scene.tick("2026-12-01 08:00")
    with office.database.read() as tx:
        other, people = of_deadline(tx, KEY, ["xa-a"])[0].id, people_ids(tx, [AN, CHI])
    ask_extension(office, act("2026-12-01 09:00"), other, Asker(people[CHI]), date(2026, 12, 20), "Chờ số liệu")
    submit(office, act("2026-12-01 09:00"), KEY, ["xa-b"], Receipt(date(2026, 12, 1)), by_unit=True)
    make_token(office, act("2026-12-01 09:00"), people[AN], "Máy", date(2027, 3, 1), writes=True)
    for who in OUTSIDERS:
        scene.cookie(who)
    found = Tried(scene, folder)
    yield found
    found.close()
    office.database.close()


def flat(dependant: Dependant) -> set[str]:
    """The names of all fields that a route declares."""
    found: set[str] = set()
    for param in dependant.body_params:
        of = getattr(param.field_info.annotation, "model_fields", None)
        found |= set(of) if of else {param.alias}
    return found.union(*(flat(one) for one in dependant.dependencies))


def test_table_names_every_form_and_field(tried: Tried) -> None:
    posts = {
        r.path: r
        for make in ROUTES
        for r in make(tried.scene.site).routes
        if isinstance(r, APIRoute) and "POST" in (r.methods or ())
    }
    assert set(FORMS) == set(posts)
    for path, route in posts.items():
        for form in FORMS[path]:
            assert flat(route.dependant) - {"form_token"} <= set(form.fields), path
    adding = FORMS["/plans/{slug}/viec/them"]
    assert set(TASK_FIELDS) <= {name for form in adding for name in form.fields}


def check(tried: Tried, answer: Response, what: str) -> None:
    """That a page has answered which helps, and that nothing was changed where it refuses."""
    status, changed = answer.status_code, tried.changed()
    assert status in (200, 303, 400, 403, 404, 409, 410, 413, 422, 429), what
    assert status in (200, 303) or not changed, what
    if status == 303:
        assert answer.headers["location"].startswith("/"), what
        assert not answer.headers["location"].startswith(("//", "/\\")), what
        return
    if answer.headers["content-type"] == "message/rfc822":  # a letter as it was sent, which was asked for
        return
    assert answer.headers["content-type"] == "text/html; charset=utf-8", what
    page = answer.text
    assert "<h1" in page, what
    assert "<script>alert" not in page, what
    assert "Traceback" not in page, what
    assert "set-cookie: b=c" not in str(answer.headers).lower(), what


@pytest.mark.parametrize("route", FORMS)
def test_odd_values(tried: Tried, route: str) -> None:
    for number, form in enumerate(FORMS[route]):
        right = tried.right(form)
        first = tried.send(form, right)
        assert (first.status_code in (200, 303)) is form.works, form.path
        check(tried, first, f"{form.path}: as it should be")
        for name, value in islice(tried.odd, 2 if number else 7):
            check(tried, tried.send(form, [(n, value) for n in form.fields] + right[-1:]), f"{form.path}: all {name}")
        for field in form.alone or form.fields:
            for name, value in islice(tried.odd, 1 if number else 2):
                sent = [(n, value if n == field else v) for n, v in right]
                check(tried, tried.send(form, sent), f"{form.path}: {field} {name}")


MALFORMED = {
    "nothing": (b"", "application/x-www-form-urlencoded"),
    "no form": (b'{"a": [1]}', "application/json"),
    "no kind": (b"a=b", ""),
    "no boundary": (b"--b\r\n\r\n", "multipart/form-data"),
    "no end": (b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1', "multipart/form-data; boundary=b"),
    "no name": (b"--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--\r\n", "multipart/form-data; boundary=b"),
    "many fields": (b"a=1&" * 15_000, "application/x-www-form-urlencoded"),
    "cut code": (b"a=%E1%BA&b=%&c=%zz", "application/x-www-form-urlencoded"),
}


@pytest.mark.parametrize("route", FORMS)
def test_malformed_bodies_and_files_for_fields(tried: Tried, route: str) -> None:
    form = FORMS[route][0]
    for what, (body, kind) in islice(tried.malformed, 3):
        answer = tried.post(form, body, kind)
        check(tried, answer, f"{form.path}: {what}")
        assert answer.status_code != 200 or form.path == "/ngon-ngu", what
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{tried.named(name)}"; filename="{name}.txt"\r\n'
        f"Content-Type: text/plain\r\n\r\n".encode()
        + value
        + b"\r\n"
        for name, value in tried.right(form)[:-1]
    ]
    token = b'--b\r\nContent-Disposition: form-data; name="form_token"\r\n\r\n' + tried.right(form)[-1][1] + b"\r\n"
    whole = b"".join(parts) + token + b"--b--\r\n"
    check(tried, tried.post(form, whole, "multipart/form-data; boundary=b"), f"{form.path}: files")
    right = tried.right(form)
    check(tried, tried.send(form, right * 3), f"{form.path}: thrice")
    other = [(n, b"khac") for n, _ in right[:-1]]
    check(tried, tried.send(form, [*other, *right]), f"{form.path}: each twice")
    check(tried, tried.send(form, right[-1:]), f"{form.path}: none")


@pytest.mark.parametrize("who", OUTSIDERS)
def test_what_is_not_theirs_is_changed_by_nobody(tried: Tried, who: str) -> None:
    visitor = tried.scene.seen_by(who)
    token = token_of(visitor.get("/phien")).encode()
    for route, forms in FORMS.items():
        for form in forms:
            if not form.signed_in or route in OWN:
                continue
            fields = [*tried.right(form)[:-1], ("form_token", token)]
            answer = tried.post(form, tried.encoded(fields), "application/x-www-form-urlencoded", visitor)
            assert not tried.changed(), form.path
            assert answer.status_code in (303, 404, 422), form.path
