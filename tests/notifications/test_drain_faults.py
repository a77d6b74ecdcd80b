"""Whole deliveries to a mail server that is not as it should be: nothing is lost, and nobody is blamed for nothing."""

from __future__ import annotations

import logging
import ssl
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from notifications.deciding import Tally
from notifications.outlets import Fault
from store.outlets import FIRST_PAUSE, LONGEST_PAUSE
from tests.conftest import local
from tests.notifications.drains import (
    EMPTY,
    MORNING,
    PIPELINING,
    Route,
    addresses,
    arrived,
    once_each,
    queue,
    recipients,
    rows,
    states,
    stored,
)
from tests.smtp_server import DROP, GOOD, HALF, SILENCE, Scripted

CERTIFICATES = Path(__file__).parent / "certificates"
SIGN_IN = {"EHLO": "250-hello\r\n250 AUTH PLAIN", "username": "nhachan", "password": "bi-mat"}
NOON = "2026-12-01 12:00"


def alarms(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]


def assert_untouched(route: Route, letters: int) -> None:
    """All is queued as if it had never been tried."""
    assert [(r.state, r.attempts, r.code, r.uncertain, r.tried_since, r.next_at) for r in rows(route.town)] == [
        ("queued", 0, None, False, None, local(MORNING))
    ] * letters


# -- the outlet is down ----------------------------------------------------------------------------------------------

NO_SERVER: dict[str, Any] = {}


@pytest.mark.parametrize(
    ("answers", "code", "reply"),
    [
        pytest.param(NO_SERVER, "connection", None, id="refused"),
        pytest.param({"GREETING": DROP}, "connection", None, id="dropped"),
        pytest.param({"GREETING": SILENCE, "timeout": 0.2}, "timeout", None, id="silent"),
        pytest.param({"GREETING": "421 4.3.2 not now"}, "greeting", 421, id="busy"),
        pytest.param({"GREETING": "554 5.7.1 not you"}, "greeting", 554, id="unwelcome"),
        pytest.param({"EHLO": "what?"}, "greeting", -1, id="garbage"),
        pytest.param({"security": "starttls"}, "no_starttls", None, id="no TLS"),
        pytest.param({**SIGN_IN, "AUTH": "535 5.7.8 wrong"}, "password", 535, id="password"),
        pytest.param({"MAIL": "550 5.7.1 who are you"}, "sender_refused", 550, id="sender"),
        pytest.param(
            {"MAIL": "550 5.7.1 who are you", "EHLO": PIPELINING}, "sender_refused", 550, id="sender, pipelined"
        ),
        pytest.param({"RCPT": "530 5.7.0 sign in", "EHLO": PIPELINING}, "sign_in_required", 530, id="sign in"),
    ],
)
def test_outlet_that_is_down_blames_no_letter(
    route: Route, answers: dict[str, Any], code: str, reply: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    """One alarm, one row, all mail queued; tried again after a minute, then two; and all leaves once it works."""
    caplog.set_level(logging.INFO, "notifications")
    queue(route.town, 5)
    said = {verb: answer for verb, answer in answers.items() if verb.isupper()}
    settings = {name: value for name, value in answers.items() if name.islower()}
    began = local(MORNING)
    for tries, minutes in ((1, 0), (2, 1)):
        server = None if answers is NO_SERVER else Scripted(**said)
        done = route.drain(server, began + timedelta(minutes=minutes), connections=2, **settings)
        assert done.outlet_down is not None
        assert done == Tally(outlet_down=Fault(code, done.outlet_down.answer, reply))
        assert_untouched(route, 5)
        state = route.state()
        assert (state.down_since, state.next_try) == (began, began + timedelta(minutes=minutes + tries))
        assert (state.tries, state.fault, state.code, state.answer) == (tries, code, reply, done.outlet_down.answer)
        assert alarms(caplog) == [f"the mail server cannot be used ({code}): {done.outlet_down.answer}"]
        if server is not None:
            assert arrived(server) == {}
    paused = Scripted()
    assert route.drain(paused, began + timedelta(minutes=2, seconds=59)) == done
    assert paused.connections == 0
    server = Scripted()
    assert route.drain(server, began + timedelta(minutes=3), connections=2) == Tally(sent=5)
    assert arrived(server) == once_each(route.town)
    assert [r.attempts for r in rows(route.town)] == [1] * 5
    assert (route.state().down_since, route.state().next_try, route.state().tries) == (None, None, 0)
    assert len(alarms(caplog)) == 1


def _tls(certificate: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATES / certificate, CERTIFICATES / "server.key")
    return context


class _Secure:
    """An aiosmtpd with STARTTLS, in the place of a scripted server."""

    def __init__(self, certificate: str) -> None:
        self._context = _tls(certificate)
        self.taken: list[bytes] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.taken.append(envelope.content)
        return "250 2.0.0 taken"

    def protocol(self) -> SMTP:
        return SMTP(self, tls_context=self._context, require_starttls=True)


@pytest.mark.parametrize(
    ("certificate", "settings", "code", "says"),
    [
        ("expired.pem", {"ca_file": CERTIFICATES / "expired.pem"}, "certificate", "certificate has expired"),
        ("server.pem", {"ca_file": None}, "certificate", "certificate verify failed"),
        ("server.pem", {"ca_file": CERTIFICATES / "authority.pem", "host": "127.1"}, "other_host", "127.1"),
    ],
)
def test_outlet_whose_certificate_is_not_good_gets_nothing(
    route: Route, certificate: str, settings: dict[str, Any], code: str, says: str
) -> None:
    queue(route.town, 3)
    server = _Secure(certificate)
    done = route.drain(server, security="starttls", **settings)
    assert done.outlet_down is not None
    assert done.outlet_down.code == code
    assert says in done.outlet_down.answer
    assert_untouched(route, 3)
    assert server.taken == []
    good = _Secure("server.pem")
    later = "2026-12-01 08:01"
    assert route.drain(good, later, security="starttls", ca_file=CERTIFICATES / "authority.pem") == Tally(sent=3)
    assert len(good.taken) == 3


def test_outlet_down_for_two_days_loses_nothing_and_fails_nothing(
    route: Route, caplog: pytest.LogCaptureFixture
) -> None:
    queue(route.town, 5)
    now, pauses = local(MORNING), []
    for _ in range(7):
        assert route.drain(None, now).outlet_down is not None
        next_try = route.state().next_try
        assert next_try is not None
        pauses.append((next_try - now) / FIRST_PAUSE)
        now = next_try
    assert pauses == [1, 2, 4, 8, 10, 10, 10]
    while now < local(MORNING) + timedelta(days=2):
        now += timedelta(hours=4) + LONGEST_PAUSE
        assert route.drain(None, now).outlet_down is not None
    assert_untouched(route, 5)
    assert route.state().down_since == local(MORNING)
    assert len(alarms(caplog)) == 1
    server = Scripted(EHLO=PIPELINING)
    assert route.drain(server, now + LONGEST_PAUSE) == Tally(sent=5)
    assert arrived(server) == once_each(route.town)
    # Written when it leaves: three working days were left when it was queued.
    for body in server.bodies:
        subject = message_from_bytes(body, policy=policy.default)["Subject"]
        assert subject.endswith("còn 1 ngày làm việc")


def test_outlet_that_comes_back_is_asked_with_one_letter(route: Route) -> None:
    """While nobody knows whether it is up again, the rest stays free to be judged anew."""
    queue(route.town, 8)
    route.drain(None)
    claimed: list[int] = []

    async def before(verb: str) -> None:
        if verb == "RCPT":
            claimed.append(states(route.town)["sending"])

    assert route.drain(Scripted(before), "2026-12-01 08:01", connections=3) == Tally(sent=8)
    assert claimed[0] == 1
    assert max(claimed) > 1


# -- it has something against one letter -----------------------------------------------------------------------------


def test_each_letter_bears_its_own_answer_and_the_rest_leaves(route: Route, offers: dict[str, str]) -> None:
    """Put off: queued again with the answer. Refused: failed. The server was never down."""
    queue(route.town, 12)
    ok, taken = GOOD["RCPT"], GOOD["BODY"]
    # Bodies come from 1, 3, 5, 7 …; where commands are pipelined, an empty one from the refused 2 and 4 too.
    refused = [taken] if offers else []
    first = [taken, *refused, "451 4.3.0 try later", *refused, "452 4.3.1 disk full", taken]
    server = Scripted(
        RCPT=[ok, "450 4.2.0 greylisted", ok, "550 5.1.1 no such user", ok, "421 4.3.2 restarting", ok],
        BODY=[*first, "552 5.3.4 too big", "554 5.6.0 no", taken],
        **offers,
    )
    assert route.drain(server) == Tally(sent=5, again=4, failed=3)
    found = {r.to: r for r in rows(route.town)}
    got = [(r.state, r.code, r.enhanced) for r in (found[to] for to in addresses(range(1, 13)))]
    assert got == [
        ("sent", 250, "2.0.0"),
        ("queued", 450, "4.2.0"),
        ("queued", 451, "4.3.0"),
        ("failed", 550, "5.1.1"),
        ("queued", 452, "4.3.1"),
        ("queued", 421, "4.3.2"),
        ("sent", 250, "2.0.0"),
        ("failed", 552, "5.3.4"),
        ("failed", 554, "5.6.0"),
        *[("sent", 250, "2.0.0")] * 3,
    ]
    assert route.state().down_since is None
    again = [r for r in rows(route.town) if r.state == "queued"]
    began = local(MORNING)
    assert all(began + FIRST_PAUSE <= r.next_at <= began + FIRST_PAUSE * 1.25 for r in again)
    assert [(r.attempts, r.tried_since, r.uncertain) for r in again] == [(1, began, False)] * 4
    assert route.drain(Scripted(), "2026-12-01 08:00:59") == Tally()
    # What was greylisted is taken the second time.
    later = Scripted(**offers)
    assert route.drain(later, "2026-12-01 08:02") == Tally(sent=4)
    assert sorted(recipients(later)) == sorted(r.to for r in again)
    assert states(route.town) == {"sent": 9, "failed": 3}


@pytest.mark.parametrize(
    ("answers", "uncertain", "copies"),
    [
        pytest.param({"DATA": ["354 go on", HALF, "354 go on"]}, True, 1, id="in the body"),
        pytest.param({"BODY": ["250 2.0.0 queued", DROP, "250 2.0.0 queued"]}, True, 2, id="after the body"),
        pytest.param({"BODY": ["250 2.0.0 queued", "hm?", "250 2.0.0 queued"]}, True, 2, id="nonsense after the body"),
        pytest.param({"RCPT": ["250 ok", DROP, "250 ok"]}, False, 1, id="before the body"),
        pytest.param({"RCPT": ["250 ok", "hm?", "250 ok"]}, False, 1, id="nonsense before the body"),
    ],
)
def test_letter_that_is_cut_off_goes_again(
    route: Route, offers: dict[str, str], answers: dict[str, Any], uncertain: bool, copies: int
) -> None:
    """What may have arrived goes again in the same bytes, though its words are of the day before."""
    queue(route.town, 6)
    server = Scripted(**answers, **offers)
    assert route.drain(server) == Tally(sent=5, again=1)
    second = rows(route.town)[1]
    assert (second.state, second.attempts, second.uncertain) == ("queued", 1, uncertain)
    content = stored(route.town, second.id)
    later = Scripted(**offers)
    assert route.drain(later, "2026-12-02 08:00") == Tally(sent=1)
    assert arrived(server, later) == {**once_each(route.town), second.ref: copies}
    assert (later.bodies == [content]) is uncertain
    assert states(route.town) == {"sent": 6}


@pytest.mark.parametrize(
    ("verb", "answer", "uncertain"), [("DATA", HALF, True), ("BODY", DROP, True), ("MAIL", DROP, False)]
)
def test_server_that_always_hangs_up_is_left_alone_before_long(
    route: Route, offers: dict[str, str], verb: str, answer: str, uncertain: bool
) -> None:
    queue(route.town, 8)
    server = Scripted(**{verb: answer}, **offers)
    done = route.drain(server)
    assert done == Tally(again=3, outlet_down=Fault("lost", f"127.0.0.1:{route.port}"))
    assert [(r.state, r.attempts, r.uncertain) for r in rows(route.town)] == [
        *[("queued", 1, uncertain)] * 3,
        *[("queued", 0, False)] * 5,
    ]
    later = Scripted(**offers)
    assert route.drain(later, "2026-12-01 08:02") == Tally(sent=8)
    assert arrived(later) == once_each(route.town)


# -- a rule of the server --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["RCPT", "BODY"])
def test_server_that_relays_for_nobody_is_down(
    any_route: Route, offers: dict[str, str], verb: str, caplog: pytest.LogCaptureFixture
) -> None:
    route = any_route
    queue(route.town, 12)
    began = local(MORNING)
    for tries, minutes in ((1, 0), (2, 1)):
        server = Scripted(**{verb: "554 5.7.1 relay access denied"}, **offers)
        done = route.drain(server, began + timedelta(minutes=minutes), connections=2)
        assert done == Tally(outlet_down=Fault("relay_denied", "5.7.1 relay access denied", 554))
        assert [(r.state, r.attempts, r.uncertain) for r in rows(route.town)] == [("queued", 0, False)] * 12
        # Three convince; each line may hold one letter then, and have spoken of another.
        assert 3 <= len(set(recipients(server))) <= 3 + 2 * 2
        assert (route.state().tries, route.state().down_since, route.state().fault) == (tries, began, "relay_denied")
        assert len(alarms(caplog)) == 1
    server = Scripted(**offers)
    assert route.drain(server, began + timedelta(minutes=3)) == Tally(sent=12)
    assert arrived(server) == once_each(route.town)
    assert route.state().down_since is None


def test_rule_against_the_first_recipients_does_not_keep_the_others_waiting(
    route: Route, offers: dict[str, str]
) -> None:
    """Three convince that the server is shut; the next pass begins with others, and finds that it is not."""
    queue(route.town, 6)
    denied = Scripted(RCPT="550 5.7.1 not for you", **offers)
    assert route.drain(denied).outlet_down == Fault("relay_denied", "5.7.1 not for you", 550)
    first = set(recipients(denied))
    answers = Scripted(RCPT=[GOOD["RCPT"]] * (6 - len(first)) + ["550 5.7.1 not for you"], **offers)
    done = route.drain(answers, "2026-12-01 08:02")
    assert (done.sent, done.failed, done.outlet_down) == (6 - len(first), len(first), None)
    assert {r.to for r in rows(route.town) if r.state == "failed"} == first


@pytest.mark.parametrize("nth", [1, 4])
def test_rule_against_one_recipient_fails_that_letter(route: Route, offers: dict[str, str], nth: int) -> None:
    queue(route.town, 6)
    server = Scripted(RCPT=[*[GOOD["RCPT"]] * (nth - 1), "550 5.7.1 not for you", GOOD["RCPT"]], **offers)
    assert route.drain(server) == Tally(sent=5, failed=1)
    assert [r.to for r in rows(route.town) if r.state == "failed"] == addresses([nth])
    assert route.state().down_since is None


def test_rule_against_the_only_recipient_of_days_is_not_believed(route: Route, offers: dict[str, str]) -> None:
    """Nobody can tell whether it is the letter or the server; after a letter of the same day it is the letter."""
    queue(route.town, 1)
    denied = "550 5.7.1 not for you"
    assert route.drain(Scripted(RCPT=denied, **offers)) == Tally(again=1)
    assert route.state().down_since is None
    assert [(r.state, r.code, r.attempts) for r in rows(route.town)] == [("queued", 550, 1)]
    assert route.drain(Scripted(**offers), "2026-12-01 08:02") == Tally(sent=1)
    queue(route.town, 2, NOON)  # a village more
    assert route.drain(Scripted(RCPT=denied, **offers), NOON) == Tally(failed=1)
    assert [(r.state, r.code) for r in rows(route.town)] == [("sent", 250), ("failed", 550)]


def test_server_that_refuses_the_only_recipients_for_an_hour_is_down(
    route: Route, caplog: pytest.LogCaptureFixture
) -> None:
    queue(route.town, 2)
    began = local(MORNING)
    denied = "550 5.7.1 not for you"
    for minutes in (0, 2, 5, 10, 20, 40, 59):
        assert route.drain(Scripted(RCPT=denied), began + timedelta(minutes=minutes)).outlet_down is None
    assert (route.state().down_since, alarms(caplog)) == (None, [])
    later = began + timedelta(minutes=100)
    fault = Fault("relay_denied", "5.7.1 not for you", 550)
    assert route.drain(Scripted(RCPT=denied), later) == Tally(outlet_down=fault)
    assert (route.state().down_since, route.state().fault) == (later, "relay_denied")
    assert alarms(caplog) == ["the mail server cannot be used (relay_denied): 5.7.1 not for you"]
    # Nor does another refusal say that it can be used again.
    assert route.drain(Scripted(RCPT=denied), later + timedelta(minutes=2)).outlet_down == fault
    assert (route.state().down_since, route.state().tries, len(alarms(caplog))) == (later, 2, 1)
    assert {r.state for r in rows(route.town)} == {"queued"}
    assert route.drain(Scripted(), later + timedelta(minutes=10)) == Tally(sent=2)
    assert route.state().down_since is None


def test_empty_bodies_are_no_letters(route: Route) -> None:
    """A server may say 354 to an envelope without recipients (RFC 2920, 3.1)."""
    queue(route.town, 3)
    server = Scripted(RCPT=["250 ok", "550 5.1.1 no such user", "250 ok"], EHLO=PIPELINING)
    assert route.drain(server) == Tally(sent=2, failed=1)
    assert server.bodies.count(EMPTY) == 1
    assert arrived(server) == {r.ref: 1 for r in rows(route.town) if r.state == "sent"}
