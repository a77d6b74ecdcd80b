"""The settings check, and the trial letter to oneself."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from sqlalchemy import update
from starlette.requests import Request

from actions import doctor
from actions.doctor import Finding
from notifications.outlets import Outlet
from notifications.outlets.maildir import MaildirOutlet
from notifications.outlets.pipelining import Trace
from notifications.outlets.smtp import SmtpOutlet
from notifications.settings import SmtpSettings
from plans.problems import Severity
from store.database import Database
from store.events import OBLIGATION, wait
from store.marks import trail
from store.schema import feeds
from store.sizes import Preparing, read_engine, read_preparing
from tests.scheduler.test_mail_answers import listening
from tests.smtp_server import Scripted
from tests.web.browsing import token_of
from tests.web.scenes import ADMINISTRATOR, KEY, TDKT, WEB, Scene
from web.access import visit_of
from web.app import create_app
from web.cookies import SESSION, name_of
from web.pages.checking import read_checking

TRIAL = "/kiem-tra/thu-thu"
SIGN_IN = {"EHLO": "250-hello\r\n250 AUTH PLAIN", "AUTH": "235 2.7.0 welcome"}


def sending(scene: Scene, smtp: SmtpSettings | None) -> Scene:
    """The scene on an installation that mails through this server, or into its Maildir."""
    mail = replace(scene.desk.mail, outlet="smtp" if smtp else "maildir", smtp=smtp)

    def outlet(trace: Trace | None) -> Outlet:
        return SmtpOutlet(smtp, trace=trace) if smtp is not None else MaildirOutlet(mail.maildir)

    made = replace(scene)
    pages = create_app(scene.office, lambda: scene.now, scene.desk.secret, mail, WEB, outlet)
    vars(made)["app"] = pages
    return made


def trial(scene: Scene) -> tuple[int, str]:
    answer = scene.post_form(TRIAL, {"form_token": token_of(scene.get("/kiem-tra"))})
    return answer.status_code, answer.text


def test_checks_are_told_with_their_state_and_where_they_are_mended(played: Scene) -> None:
    page = played.get("/kiem-tra").text
    for said in (
        "1 thư không gửi được",
        'href="/thu?trangthai=khong-gui-duoc"',
        'href="/ngay-lam-viec?nam=2027"',
        "Chương trình nhắc đang chạy",
        "106 đơn vị, 2 kế hoạch",
        "SQLite",
    ):
        assert said in page
    assert page.index("Lỗi</span>") < page.index("Cần xem</span>") < page.index("Tốt</span>")
    assert TRIAL not in page  # this site opens no outlet


def test_coordinator_is_told_of_the_program_alone(replayed: Scene) -> None:
    page = replayed.seen_by(TDKT).get("/kiem-tra").text
    assert "Chương trình nhắc đang chạy" in page
    assert "106 đơn vị" not in page


def test_remedies_are_words_and_commands_are_for_who_has_the_machine(replayed: Scene) -> None:
    units = {"n": 2, "units": "so-y-te, khong-con"}
    said: dict[str, dict[str, object]] = {
        "daemon_never": {},
        "daemon_silent": {"seconds": 300, "holder": "x"},
        "daemon_stopped": {"seconds": 300},
        "mail_failed": {"n": 1},
        "mail_unknown": {"n": 1},
        "mail_stuck": {"n": 1, "at": replayed.now},
        "no_units": {},
        "no_plans": {},
        "unit_mute": units,
        "unit_unreachable": units,
        "people_unreachable": {"n": 1, "addresses": "a@b.example"},
        "office_unknown": {"unit": "so-cu"},
        "plans_uncoordinated": {"plans": KEY.plan},
        "plans_open_ended": {"plans": f"{KEY.plan}, khong-con", "year": 2027},
        "stages_outside_hours": {"policies": "dem", "first": "07:00", "last": "17:00"},
        "workdays_next_year": {"year": 2027},
    }
    by_themselves = {"mail_down", "mail_fine", "data_fine", "workdays_fine", "daemon_alive"}
    examined = set(re.findall(r'Finding\(\s*"(\w+)"', Path(doctor.__file__).read_text(encoding="utf-8")))
    assert examined == said.keys() | by_themselves
    found = tuple(Finding(code, Severity.WARNING, params) for code, params in said.items())
    for address, commands in ((ADMINISTRATOR, 11), (TDKT, 0)):
        site, replayed.visitor = replayed.site, address
        request = Request(
            {"type": "http", "headers": [(b"cookie", f"{name_of(site, SESSION)}={replayed.cookie(address)}".encode())]}
        )
        with replayed.office.database.read() as tx:
            visit = visit_of(tx, site, request, replayed.now)
            assert visit is not None
            page = replace(read_checking(tx, site, visit.rights, replayed.now), findings=found)
        shown = site.page("checking.html", replayed.now, visit=visit, page=page, trial=None, mail=site.mail, url="")
        checks = bytes(shown.body).decode().split('class="checks"')[1].split("</ul>")[0]
        assert checks.count("<code>nhachan ") == commands
        assert "nhachan " not in re.sub(r"<code>.*?</code>", "", checks)
        assert '<a href="/units/so-y-te">Sở Y tế</a>, <a href="/units/khong-con">khong-con</a>' in checks
        assert '/ket-thuc">2458/UBND-NC</a>' in checks


def test_trial_letter_goes_to_oneself_and_hides_what_signs_in(replayed: Scene) -> None:
    server = Scripted(**SIGN_IN)
    with listening(server) as port:
        smtp = SmtpSettings("127.0.0.1", port, "none", username="nhac-han", password="bi-mat")
        status, page = trial(sending(replayed, smtp))
    assert status == 200
    assert f"Máy chủ đã nhận thư thử gửi {ADMINISTRATOR}" in page
    assert "C: AUTH PLAIN …" in page
    assert "bi-mat" not in page
    assert f"RCPT TO:<{ADMINISTRATOR}>" in server.heard
    assert len(server.bodies) == 1
    with replayed.office.database.read() as tx:
        (entry,) = trail(tx, "mail/thu")
    assert (entry.action, dict(entry.detail)) == ("test_mail", {"to": ADMINISTRATOR, "state": "sent"})


def test_what_the_server_refuses_is_said_with_its_remedy(replayed: Scene) -> None:
    with listening(Scripted(RCPT="554 5.7.1 relay access denied")) as port:
        scene = sending(replayed, SmtpSettings("127.0.0.1", port, "none"))
        status, page = trial(scene)
        _, of_coordinator = trial(scene.seen_by(TDKT))
    assert status == 200
    assert "554 5.7.1 relay access denied" in page
    assert "Máy chủ không cho tài khoản" in page
    assert "RCPT TO" in page
    assert "relay access denied" in of_coordinator
    assert "RCPT TO" not in of_coordinator
    nobody = sending(replayed, SmtpSettings("127.0.0.1", 1, "none", timeout=2.0))
    assert "Không kết nối được máy chủ thư" in trial(nobody)[1]


def test_trial_letters_are_few(replayed: Scene) -> None:
    scene = sending(replayed, None)
    assert "đã được giữ lại trên máy này" in trial(scene)[1]
    assert [trial(scene)[0] for _ in range(3)] == [200, 200, 429]
    assert trial(scene.seen_by(TDKT))[0] == 200  # of each person


def test_what_is_still_prepared_is_counted(replayed: Scene, database: Database) -> None:
    with database.read() as tx:
        engine = read_engine(tx)
        assert read_preparing(tx) is None
    assert (engine.name == "SQLite") is database.is_sqlite
    assert engine.size > 10_000
    assert engine.version[0].isdecimal()
    with replayed.office.database.write() as tx:
        tx.execute(update(feeds).values(etag="x"))
        assert read_preparing(tx) is None
        tx.execute(update(feeds).where(feeds.c.id <= 30).values(etag=None))
        found = read_preparing(tx)
        assert found is not None
        assert (found.events, found.calendars, found.ready) == (0, 30, found.of - 30)
        wait(tx, OBLIGATION, [1, 2])
        assert read_preparing(tx) == Preparing(2, 30, found.of)
    for page in ("/kiem-tra", "/"):
        assert "Đang dựng lại lịch: còn 2 mục, rồi đến 30 lịch" in replayed.get(page).text
