from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

from notifications.outlets import Letter, Outcome
from notifications.outlets.smtp import SmtpOutlet, is_bad_address
from notifications.settings import SmtpSettings
from tests.smtp_server import DROP, GOOD, SILENCE, Scripted

CERTIFICATES = Path(__file__).parent / "certificates"
BODY = b"Subject: x\r\n\r\n.mot\r\n..hai\r\n"


def letter(recipient: str = "hoa@soyte.example", content: bytes = BODY) -> Letter:
    return Letter("1@n.example", "nhac-han@n.example", recipient, content)


def settings(port: int, **changes: Any) -> SmtpSettings:
    return SmtpSettings(**{"host": "127.0.0.1", "port": port, "security": "none", "timeout": 5.0, **changes})


# -- a server that follows a script ----------------------------------------------------------------------------------


def run(server: Scripted, steps: Callable[[SmtpOutlet], Awaitable[list[Outcome]]], **changes: Any) -> list[Outcome]:
    async def main() -> list[Outcome]:
        listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        async with listening:
            port = listening.sockets[0].getsockname()[1]
            async with SmtpOutlet(settings(port, **changes), "n.example") as outlet:
                return await steps(outlet)

    return asyncio.run(main())


def deliver(server: Scripted, *letters: Letter, **changes: Any) -> list[Outcome]:
    async def steps(outlet: SmtpOutlet) -> list[Outcome]:
        return [await outlet.deliver(one) for one in letters or (letter(),)]

    return run(server, steps, **changes)


def test_smtp_sends_over_one_connection() -> None:
    server = Scripted()
    assert deliver(server, letter(), letter("binh@soyte.example")) == [Outcome("sent", 250, "2.0.0 queued")] * 2
    assert server.connections == 1
    assert server.heard == [
        "EHLO n.example",
        "MAIL FROM:<nhac-han@n.example>",
        "RCPT TO:<hoa@soyte.example>",
        "DATA",
        "RSET",
        "MAIL FROM:<nhac-han@n.example>",
        "RCPT TO:<binh@soyte.example>",
        "DATA",
        "QUIT",
    ]
    assert server.bodies == [b"Subject: x\r\n\r\n..mot\r\n...hai\r\n.\r\n"] * 2


def test_smtp_shared_by_tasks_takes_turns() -> None:
    server = Scripted()

    async def steps(outlet: SmtpOutlet) -> list[Outcome]:
        return list(await asyncio.gather(*(outlet.deliver(letter()) for _ in range(10))))

    assert {outcome.kind for outcome in run(server, steps)} == {"sent"}
    assert (server.connections, len(server.bodies)) == (1, 10)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"MAIL": "451 4.3.0 later"}, Outcome("deferred", 451, "4.3.0 later")),
        ({"MAIL": "553 5.7.1 not your address"}, Outcome("outlet_down", 553, "5.7.1 not your address")),
        ({"MAIL": "530 5.7.0 authenticate first"}, Outcome("outlet_down", 530, "5.7.0 authenticate first")),
        ({"RCPT": "450 4.2.0 greylisted"}, Outcome("deferred", 450, "4.2.0 greylisted")),
        ({"RCPT": "550 5.1.1 no such user"}, Outcome("refused", 550, "5.1.1 no such user", bad_address=True)),
        ({"RCPT": "550 5.7.1 not from you"}, Outcome("refused", 550, "5.7.1 not from you")),
        ({"DATA": "550 5.1.1 no such user"}, Outcome("refused", 550, "5.1.1 no such user")),
        ({"RCPT": "530 5.7.0 authenticate first"}, Outcome("outlet_down", 530, "5.7.0 authenticate first")),
        ({"DATA": "451 4.3.0 later"}, Outcome("deferred", 451, "4.3.0 later")),
        ({"DATA": "554 5.5.1 no valid recipients"}, Outcome("refused", 554, "5.5.1 no valid recipients")),
        ({"BODY": "452 4.3.1 disk full"}, Outcome("deferred", 452, "4.3.1 disk full")),
        ({"BODY": "554-5.7.1 looks\r\n554 like spam"}, Outcome("refused", 554, "5.7.1 looks like spam")),
    ],
)
def test_smtp_after_an_answer_goes_on(answers: dict[str, str], expected: Outcome) -> None:
    server = Scripted(**{verb: [answer, GOOD[verb]] for verb, answer in answers.items()})
    assert deliver(server, letter(), letter()) == [expected, Outcome("sent", 250, "2.0.0 queued")]
    assert server.connections == 1


@pytest.mark.parametrize(
    ("verb", "answer", "kind"),
    [
        ("MAIL", DROP, "deferred"),
        ("RCPT", DROP, "deferred"),
        ("DATA", DROP, "deferred"),
        ("BODY", DROP, "unknown"),
        ("BODY", SILENCE, "unknown"),
        ("RCPT", SILENCE, "deferred"),
        ("RCPT", "421 4.3.2 shutting down", "deferred"),
        ("BODY", "421 4.3.2 shutting down", "deferred"),
        ("RCPT", "what?", "deferred"),
        ("BODY", "what?", "unknown"),
    ],
)
def test_smtp_after_a_loss_opens_a_new_connection(verb: str, answer: str, kind: str) -> None:
    server = Scripted(**{verb: [answer, GOOD[verb]]})
    first, second = deliver(server, letter(), letter(), timeout=0.5)
    assert (first.kind, second) == (kind, Outcome("sent", 250, "2.0.0 queued"))
    assert server.connections == 2


def test_smtp_lost_while_idle_is_opened_anew() -> None:
    server = Scripted(RSET=[DROP, "250 ok"])
    assert [outcome.kind for outcome in deliver(server, letter(), letter())] == ["sent", "sent"]
    assert server.connections == 2


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"GREETING": "554 5.7.1 not you"}, (554, "5.7.1 not you")),
        ({"GREETING": "421 4.7.0 too many"}, (421, "4.7.0 too many")),
        ({"GREETING": SILENCE}, (None, "Timed out waiting for server ready message")),
        ({"EHLO": "502 no", "HELO": "502 no"}, (502, "no")),
    ],
)
def test_smtp_that_does_not_begin_is_down(answers: dict[str, str], expected: tuple[int | None, str]) -> None:
    (outcome,) = deliver(Scripted(**answers), timeout=0.2)
    assert outcome == Outcome("outlet_down", *expected)


def test_smtp_that_drops_at_once_is_down() -> None:
    (outcome,) = deliver(Scripted(GREETING=DROP))
    assert (outcome.kind, outcome.code) == ("outlet_down", None)


def test_smtp_that_is_not_there_is_down() -> None:
    async def main() -> Outcome:
        listening = await asyncio.start_server(Scripted().serve, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        listening.close()
        await listening.wait_closed()
        async with SmtpOutlet(settings(port)) as outlet:
            return await outlet.deliver(letter())

    outcome = asyncio.run(main())
    assert (outcome.kind, outcome.code) == ("outlet_down", None)
    assert outcome.answer.startswith("Error connecting to 127.0.0.1 on port ")


@pytest.mark.parametrize(
    ("code", "answer", "expected"),
    [
        (550, "no such user here", True),
        (551, "user not local", True),
        (553, "mailbox name not allowed", True),
        (550, "5.1.1 unknown", True),
        (556, "5.1.10 null MX", True),
        (554, "5.1.2 bad destination", True),
        (550, "5.4.1 recipient address rejected: access denied", True),
        (550, "5.1.8 sender's domain does not exist", False),
        (553, "5.1.7 sender's address", False),
        (550, "5.7.1 relaying denied", False),
        (550, "5.2.2 mailbox full", False),
        (552, "mailbox full", False),
        (554, "transaction failed", False),
    ],
)
def test_smtp_answer_says_whether_the_address_is_no_good(code: int, answer: str, expected: bool) -> None:
    assert is_bad_address(code, answer) is expected


@pytest.mark.parametrize("recipient", ["hoà@soyte.example", "hoa@soyte.example>\r\nRCPT TO:<x@y.z"])
def test_smtp_address_that_cannot_be_said_is_refused(recipient: str) -> None:
    server = Scripted()
    outcomes = deliver(server, letter(recipient), letter())
    assert [(o.kind, o.bad_address) for o in outcomes] == [("refused", True), ("sent", False)]
    assert [line for line in server.heard if line.startswith("RCPT")] == ["RCPT TO:<hoa@soyte.example>"]


def test_smtp_body_without_a_last_line_end_is_completed() -> None:
    server = Scripted()
    deliver(server, letter(content=b"Subject: x\r\n\r\n."))
    assert server.bodies == [b"Subject: x\r\n\r\n..\r\n.\r\n"]


def test_smtp_delivery_that_is_cancelled_leaves_no_half_conversation() -> None:
    server = Scripted(BODY=[SILENCE, "250 2.0.0 queued"])

    async def steps(outlet: SmtpOutlet) -> list[Outcome]:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(outlet.deliver(letter()), 0.2)
        return [await outlet.deliver(letter())]

    assert run(server, steps) == [Outcome("sent", 250, "2.0.0 queued")]
    assert server.connections == 2


def test_smtp_without_starttls_never_falls_back_to_plain_text() -> None:
    server = Scripted()
    (outcome,) = deliver(server, security="starttls", username="nhachan", password="bi-mat")
    assert outcome == Outcome("outlet_down", None, "SMTP STARTTLS extension not supported by server.")
    assert server.heard == ["EHLO n.example"]


# -- a real server, with TLS and passwords ---------------------------------------------------------------------------


class Box:
    """Keeps what it is handed."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: ARG002
        self.envelopes.append(envelope)
        return "250 2.0.0 taken"


def _check(server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (b"nhachan", b"bi-mat"), handled=False)


def _certified() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATES / "server.pem", CERTIFICATES / "server.key")
    return context


def deliver_to(box: Box, offered: dict[str, Any], tls: ssl.SSLContext | None = None, **changes: Any) -> Outcome:
    """Deliver to an aiosmtpd that offers this."""

    async def main() -> Outcome:
        loop = asyncio.get_running_loop()
        async with await loop.create_server(lambda: SMTP(box, **offered), "127.0.0.1", 0, ssl=tls) as listening:
            port = listening.sockets[0].getsockname()[1]
            async with SmtpOutlet(settings(port, **changes)) as outlet:
                return await outlet.deliver(letter())

    return asyncio.run(main())


SECURE: dict[str, Any] = {
    "security": "starttls",
    "username": "nhachan",
    "password": "bi-mat",
    "ca_file": CERTIFICATES / "authority.pem",
}


def starttls() -> dict[str, Any]:
    return {
        "tls_context": _certified(),
        "require_starttls": True,
        "auth_required": True,
        "authenticator": _check,
    }


def test_smtp_over_starttls_with_password() -> None:
    box = Box()
    assert deliver_to(box, starttls(), **SECURE) == Outcome("sent", 250, "2.0.0 taken")
    (envelope,) = box.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("nhac-han@n.example", ["hoa@soyte.example"])
    assert envelope.content == BODY


def test_smtp_with_wrong_password_is_down() -> None:
    box = Box()
    outcome = deliver_to(box, starttls(), **{**SECURE, "password": "sai"})
    assert outcome == Outcome("outlet_down", 535, "5.7.8 Authentication credentials invalid")
    assert box.envelopes == []


def test_smtp_with_a_certificate_of_nobody_known_is_down() -> None:
    outcome = deliver_to(Box(), starttls(), **{**SECURE, "ca_file": None})
    assert (outcome.kind, outcome.code) == ("outlet_down", None)
    assert "certificate verify failed" in outcome.answer


def test_smtp_with_a_certificate_of_another_host_is_down() -> None:
    outcome = deliver_to(Box(), starttls(), **{**SECURE, "host": "127.1"})  # another name of 127.0.0.1
    assert (outcome.kind, outcome.code) == ("outlet_down", None)
    assert "Hostname mismatch" in outcome.answer


def test_smtp_without_its_authority_file_is_down(tmp_path: Path) -> None:
    outcome = deliver_to(Box(), starttls(), **{**SECURE, "ca_file": tmp_path / "nowhere.pem"})
    assert (outcome.kind, outcome.code) == ("outlet_down", None)
    assert outcome.answer.endswith("No such file or directory")


def test_smtp_over_tls_from_the_start() -> None:
    box = Box()
    changes = {"security": "tls", "ca_file": SECURE["ca_file"]}
    assert deliver_to(box, {}, _certified(), **changes) == Outcome("sent", 250, "2.0.0 taken")
    assert len(box.envelopes) == 1


def test_smtp_settings_hide_the_password() -> None:
    assert repr(settings(25, password="bi-mat")).count("bi-mat") == 0
