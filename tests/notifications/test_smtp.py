from __future__ import annotations

import asyncio
import base64
import itertools
import ssl
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

from notifications.outlets import Fault, Letter, Outcome, OutletDown
from notifications.outlets.pipelining import Trace
from notifications.outlets.replies import Reply, is_bad_address
from notifications.outlets.smtp import SmtpOutlet
from notifications.settings import SmtpSettings
from tests.notifications.drains import PIPELINING
from tests.smtp_server import DROP, GOOD, SILENCE, Scripted

CERTIFICATES = Path(__file__).parent / "certificates"
_NUMBERS = itertools.count(1)
BODY = b"Subject: x\r\n\r\n.mot\r\n..hai\r\n"


def letter(recipient: str = "hoa@soyte.example", content: bytes = BODY) -> Letter:
    return Letter(f"{next(_NUMBERS)}@n.example", "nhac-han@n.example", recipient, content)


def settings(port: int, **changes: Any) -> SmtpSettings:
    return SmtpSettings(**{"host": "127.0.0.1", "port": port, "security": "none", "timeout": 5.0, **changes})


# -- a server that follows a script ----------------------------------------------------------------------------------

Found = Outcome | Fault
SENT = Outcome("sent", 250, "2.0.0 queued", "2.0.0")
PASSWORD = base64.b64encode(b"bi-mat").decode()


async def send(outlet: SmtpOutlet, *letters: Letter) -> list[Found]:
    """What became of each letter, in order; a fault in place of those that were kept from leaving."""
    left, found = list(letters), dict[str, Found]()

    def done(one: Letter, outcome: Outcome) -> None:
        if outcome.kind == "untried":
            left.insert(0, one)
        else:
            assert one.message_id not in found, "told twice"
            found[one.message_id] = outcome

    try:
        await outlet.deliver(lambda: left.pop(0) if left else None, done)
    except OutletDown as down:
        found |= {one.message_id: down.fault for one in left}
    return [found[one.message_id] for one in letters]


def run(server: Scripted, steps: Callable[[SmtpOutlet], Awaitable[list[Found]]], **changes: Any) -> list[Found]:
    async def main() -> list[Found]:
        listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        async with listening:
            port = listening.sockets[0].getsockname()[1]
            async with SmtpOutlet(settings(port, **changes), "n.example") as outlet:
                return await steps(outlet)

    return asyncio.run(main())


def deliver(server: Scripted, *letters: Letter, apart: bool = False, **changes: Any) -> list[Found]:
    """`apart`: each by itself, over a connection that is idle in between."""

    async def steps(outlet: SmtpOutlet) -> list[Found]:
        if apart:
            return [o for one in letters for o in await send(outlet, one)]
        return await send(outlet, *(letters or (letter(),)))

    return run(server, steps, **changes)


def test_smtp_sends_over_one_connection() -> None:
    server = Scripted()
    assert deliver(server, letter(), letter("binh@soyte.example")) == [SENT, SENT]
    assert server.connections == 1
    assert server.heard == [
        "EHLO n.example",
        "MAIL FROM:<nhac-han@n.example>",
        "RCPT TO:<hoa@soyte.example>",
        "DATA",
        "MAIL FROM:<nhac-han@n.example>",
        "RCPT TO:<binh@soyte.example>",
        "DATA",
        "QUIT",
    ]
    assert server.bodies == [b"Subject: x\r\n\r\n..mot\r\n...hai\r\n.\r\n"] * 2


def test_smtp_pipelines_a_letter_in_one_round_trip() -> None:
    """The body of one letter comes together with the commands of the next, in the order of RFC 2920."""
    groups: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        answers = [
            PIPELINING.encode(),
            b"250 ok\r\n250 ok\r\n354 go on",
            *[b"250 2.0.0 queued\r\n250 ok\r\n250 ok\r\n354 go on"] * 2,
        ]
        for answer in (*answers, b"250 2.0.0 queued", b"221 bye"):
            groups.append(await reader.read(65536))
            writer.write(answer + b"\r\n")
        writer.close()

    async def main() -> list[Found]:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
            port = listening.sockets[0].getsockname()[1]
            async with SmtpOutlet(settings(port), "n.example") as outlet:
                return await send(outlet, letter(), letter("binh@soyte.example"), letter())

    assert asyncio.run(main()) == [SENT, SENT, SENT]
    commands = b"MAIL FROM:<nhac-han@n.example>\r\nRCPT TO:<%s@soyte.example>\r\nDATA\r\n"
    body = b"Subject: x\r\n\r\n..mot\r\n...hai\r\n.\r\n"
    assert groups == [
        b"EHLO n.example\r\n",
        commands % b"hoa",
        body + commands % b"binh",
        body + commands % b"hoa",
        body,
        b"QUIT\r\n",
    ]


UTF8 = Outcome(
    "refused",
    answer="the mail server takes ASCII addresses only (it does not offer SMTPUTF8): hoà@soyte.example",
    enhanced="5.6.7",
    bad_address=True,
)


@pytest.mark.parametrize("pipelining", [True, False])
def test_smtp_asks_for_smtputf8_only_where_an_address_needs_it(*, pipelining: bool) -> None:
    server = Scripted(EHLO="\r\n".join(["250-hello", *["250-PIPELINING"] * pipelining, "250-8BITMIME", "250 SMTPUTF8"]))
    assert deliver(server, letter("hoà@soyte.example"), letter()) == [SENT, SENT]
    assert server.heard[1:-1] == [
        "MAIL FROM:<nhac-han@n.example> SMTPUTF8",
        "RCPT TO:<hoà@soyte.example>",
        "DATA",
        "MAIL FROM:<nhac-han@n.example>",
        "RCPT TO:<hoa@soyte.example>",
        "DATA",
    ]


def test_smtp_says_that_an_address_needs_smtputf8(offers: dict[str, str]) -> None:
    server = Scripted(**offers)
    wanted = [letter("hoà@soyte.example"), letter(), letter("hoà@soyte.example")]
    assert deliver(server, *wanted) == [UTF8, SENT, UTF8]
    assert "hoà" not in " ".join(server.heard)


def test_smtp_lines_have_connections_of_their_own(offers: dict[str, str]) -> None:
    together = asyncio.Barrier(2)

    async def before(verb: str) -> None:
        if verb == "EHLO":
            await together.wait()

    server = Scripted(before=before, **offers)
    left = [letter() for _ in range(10)]
    outcomes: list[Outcome] = []

    async def steps(outlet: SmtpOutlet) -> list[Found]:
        def take() -> Letter | None:
            return left.pop() if left else None

        calls = (outlet.deliver(take, lambda _, outcome: outcomes.append(outcome)) for _ in range(outlet.lines))
        await asyncio.gather(*calls)
        return []

    run(server, steps, connections=2)
    assert outcomes == [SENT] * 10
    assert (server.connections, len(server.bodies)) == (2, 10)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"MAIL": "451 4.3.0 later"}, Outcome("deferred", 451, "4.3.0 later", "4.3.0")),
        ({"MAIL": "452 full"}, Outcome("deferred", 452, "full")),
        ({"RCPT": "450 4.2.0 greylisted"}, Outcome("deferred", 450, "4.2.0 greylisted", "4.2.0")),
        ({"RCPT": "550 5.1.1 no such user"}, Outcome("refused", 550, "5.1.1 no such user", "5.1.1", bad_address=True)),
        ({"RCPT": "550 5.7.1 not from you"}, Outcome("refused", 550, "5.7.1 not from you", "5.7.1")),
        ({"RCPT": "552 5.2.2 mailbox full"}, Outcome("refused", 552, "5.2.2 mailbox full", "5.2.2", bad_address=True)),
        ({"DATA": "550 5.1.1 no such user"}, Outcome("refused", 550, "5.1.1 no such user", "5.1.1")),
        ({"DATA": "451 4.3.0 later"}, Outcome("deferred", 451, "4.3.0 later", "4.3.0")),
        ({"DATA": "554 5.5.1 no valid recipients"}, Outcome("refused", 554, "5.5.1 no valid recipients", "5.5.1")),
        ({"BODY": "452 4.3.1 disk full"}, Outcome("deferred", 452, "4.3.1 disk full", "4.3.1")),
        ({"BODY": "552 too long"}, Outcome("refused", 552, "too long")),
        ({"BODY": "535 what a day"}, Outcome("refused", 535, "what a day")),
        ({"BODY": "554-5.7.1 looks\r\n554 like spam"}, Outcome("refused", 554, "5.7.1 looks like spam", "5.7.1")),
    ],
)
def test_smtp_after_an_answer_goes_on(answers: dict[str, str], expected: Outcome, offers: dict[str, str]) -> None:
    server = Scripted(**{verb: [answer, GOOD[verb]] for verb, answer in answers.items()}, **offers)
    assert deliver(server, letter(), letter(), letter()) == [expected, SENT, SENT]
    assert server.connections == 1


@pytest.mark.parametrize("offered", [{}, {"EHLO": PIPELINING}])
def test_smtp_refuses_one_of_several_pipelined(offered: dict[str, str]) -> None:
    server = Scripted(RCPT=["250 ok", "550 5.1.1 no such user", "250 ok"], **offered)
    found = deliver(server, letter(), letter("khong-co@soyte.example"), letter("binh@soyte.example"))
    assert found == [SENT, Outcome("refused", 550, "5.1.1 no such user", "5.1.1", bad_address=True), SENT]
    # What the server took as an empty letter to nobody, after 354 all the same, is none.
    assert [body for body in server.bodies if body != b".\r\n"] == [server.bodies[0]] * 2


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ({"MAIL": "553 5.7.1 not your address"}, Fault("sender_refused", "5.7.1 not your address", 553)),
        ({"MAIL": "530 5.7.0 authenticate first"}, Fault("sign_in_required", "5.7.0 authenticate first", 530)),
        ({"RCPT": "530 5.7.0 authenticate first"}, Fault("sign_in_required", "5.7.0 authenticate first", 530)),
    ],
)
def test_smtp_that_wants_no_letter_of_ours_is_down(
    answers: dict[str, str], fault: Fault, offers: dict[str, str]
) -> None:
    server = Scripted(**answers, **offers)
    assert deliver(server, letter(), letter()) == [fault, fault]
    assert server.bodies == []


@pytest.mark.parametrize(
    ("verb", "answer", "kind"),
    [
        ("MAIL", DROP, "deferred"),
        ("RCPT", DROP, "deferred"),
        ("DATA", DROP, "deferred"),
        ("BODY", DROP, "unknown"),
        ("BODY", SILENCE, "unknown"),
        ("RCPT", SILENCE, "deferred"),
        ("MAIL", "421 4.3.2 shutting down", "deferred"),
        ("RCPT", "421 4.3.2 shutting down", "deferred"),
        ("BODY", "421 4.3.2 shutting down", "deferred"),
        ("RCPT", "what?", "deferred"),
        ("RCPT", "354 what?", "deferred"),
        ("DATA", "250 what?", "deferred"),
        ("BODY", "what?", "unknown"),
        ("BODY", "354 what?", "unknown"),
        ("BODY", "220 \udcff", "sent"),
    ],
)
def test_smtp_after_a_loss_opens_a_new_connection(verb: str, answer: str, kind: str, offers: dict[str, str]) -> None:
    server = Scripted(**{verb: [answer, GOOD[verb]]}, **offers)
    first, *others = deliver(server, letter(), letter(), letter(), timeout=0.1)
    assert isinstance(first, Outcome)
    assert (first.kind, others) == (kind, [SENT, SENT])
    assert server.connections == (1 if kind == "sent" else 2)
    assert first.answer.isprintable()


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "BODY"])
@pytest.mark.parametrize("nth", [2, 3])
def test_smtp_that_is_cut_off_later_tells_of_each_letter_what_became_of_it(verb: str, nth: int) -> None:
    """Accepted, unknown, deferred or not tried at all: nothing that was pipelined behind is blamed."""
    server = Scripted(**{verb: [*[GOOD[verb]] * (nth - 1), DROP, GOOD[verb]]}, EHLO=PIPELINING)
    found = deliver(server, *(letter() for _ in range(5)))
    # Without any answer, the letter behind another goes again at once over the new connection.
    kind = {"MAIL": "sent", "RCPT": "deferred", "DATA": "deferred", "BODY": "unknown"}[verb]
    assert [f.kind for f in found if isinstance(f, Outcome)] == ["sent"] * (nth - 1) + [kind] + ["sent"] * (5 - nth)
    assert server.connections == 2
    assert len([body for body in server.bodies if body != b".\r\n"]) == (5 if verb in ("MAIL", "BODY") else 4)


def test_smtp_lost_while_idle_is_opened_anew(offers: dict[str, str]) -> None:
    """A server that has hung up, or says so only when it is spoken to."""
    for farewell in (DROP, "421 4.4.2 idle for too long"):
        answers = {"MAIL": ["250 ok", farewell, "250 ok"]} if offers else {"RSET": [farewell, "250 ok"]}
        server = Scripted(**answers, **offers)
        assert deliver(server, letter(), letter(), apart=True) == [SENT, SENT]
        assert server.connections == 2


def test_smtp_that_always_hangs_up_is_down(offers: dict[str, str]) -> None:
    found = deliver(Scripted(RCPT=DROP, **offers), *(letter() for _ in range(5)))
    assert [f.kind for f in found[:3] if isinstance(f, Outcome)] == ["deferred"] * 3
    assert [f.code for f in found[3:] if isinstance(f, Fault)] == ["lost"] * 2


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"GREETING": "554 5.7.1 not you"}, Fault("greeting", "5.7.1 not you", 554)),
        ({"GREETING": "421 4.7.0 too many"}, Fault("greeting", "4.7.0 too many", 421)),
        ({"GREETING": SILENCE}, Fault("timeout", "Timed out waiting for server ready message")),
        ({"EHLO": "502 no", "HELO": "502 no"}, Fault("greeting", "no", 502)),
        ({"EHLO": "what?"}, Fault("greeting", "Malformed SMTP response line: what?", -1)),
    ],
)
def test_smtp_that_does_not_begin_is_down(answers: dict[str, str], expected: Fault) -> None:
    assert deliver(Scripted(**answers), timeout=0.2) == [expected]


def test_smtp_that_knows_no_ehlo_is_greeted_in_the_old_way() -> None:
    server = Scripted(EHLO="502 no", HELO="250 hello")
    assert deliver(server) == [SENT]
    assert server.heard[:2] == ["EHLO n.example", "HELO n.example"]


def test_smtp_that_drops_at_once_is_down() -> None:
    (fault,) = deliver(Scripted(GREETING=DROP))
    assert isinstance(fault, Fault)
    assert fault.code == "connection"


def test_smtp_that_is_not_there_is_down() -> None:
    async def main() -> list[Found]:
        listening = await asyncio.start_server(Scripted().serve, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        listening.close()
        await listening.wait_closed()
        async with SmtpOutlet(settings(port)) as outlet:
            return await send(outlet, letter())

    (fault,) = asyncio.run(main())
    assert isinstance(fault, Fault)
    assert fault.code == "connection"
    assert fault.answer.startswith("Error connecting to 127.0.0.1 on port ")


@pytest.mark.parametrize(
    ("code", "answer", "expected"),
    [
        (550, "no such user here", True),
        (551, "user not local", True),
        (553, "mailbox name not allowed", True),
        (550, "5.1.1 unknown", True),
        (556, "5.1.10 null MX", True),
        (554, "5.1.2 bad destination", True),
        (550, "5.2.1 mailbox disabled", True),
        (552, "5.2.2 mailbox full", True),
        (552, "5.2.3 letter too long for the mailbox", False),
        (550, "5.4.1 recipient address rejected: access denied", False),
        (550, "5.1.8 sender's domain does not exist", False),
        (553, "5.1.7 sender's address", False),
        (550, "5.7.1 relaying denied", False),
        (552, "mailbox full", False),
        (554, "transaction failed", False),
        (450, "4.1.1 not now", False),
    ],
)
def test_smtp_answer_says_whether_the_address_is_no_good(code: int, answer: str, expected: bool) -> None:
    assert is_bad_address(Reply(code, answer)) is expected


@pytest.mark.parametrize("recipient", ["hoà@soyte.example", "hoa@soyte.example>\r\nRCPT TO:<x@y.z"])
def test_smtp_address_that_cannot_be_said_is_refused(recipient: str, offers: dict[str, str]) -> None:
    server = Scripted(**offers)
    first, second, third = deliver(server, letter(), letter(recipient), letter())
    assert (first, third) == (SENT, SENT)
    assert isinstance(second, Outcome)
    assert (second.kind, second.bad_address) == ("refused", True)
    assert [line for line in server.heard if line.startswith("RCPT")] == ["RCPT TO:<hoa@soyte.example>"] * 2


def test_smtp_body_without_a_last_line_end_is_completed(offers: dict[str, str]) -> None:
    server = Scripted(**offers)
    deliver(server, letter(content=b"Subject: x\r\n\r\n."))
    assert server.bodies == [b"Subject: x\r\n\r\n..\r\n.\r\n"]


def test_smtp_delivery_that_is_cancelled_leaves_no_half_conversation(offers: dict[str, str]) -> None:
    server = Scripted(BODY=[SILENCE, "250 2.0.0 queued"], **offers)

    async def steps(outlet: SmtpOutlet) -> list[Found]:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(send(outlet, letter()), 0.2)
        return await send(outlet, letter())

    assert run(server, steps) == [SENT]
    assert server.connections == 2


def test_smtp_slow_answers_are_waited_for(offers: dict[str, str]) -> None:
    async def before(verb: str) -> None:
        await asyncio.sleep(0.15 if verb == "BODY" else 0.05)

    assert deliver(Scripted(before=before, **offers), letter(), letter(), timeout=0.1) == [SENT, SENT]


def test_smtp_without_starttls_never_falls_back_to_plain_text() -> None:
    server = Scripted()
    (fault,) = deliver(server, security="starttls", username="nhachan", password="bi-mat")
    assert isinstance(fault, Fault)
    assert fault.code == "no_starttls"
    assert server.heard == ["EHLO n.example"]


# -- XOAUTH2 ---------------------------------------------------------------------------------------------------------

OAUTH = {"EHLO": "250-hello\r\n250-AUTH PLAIN XOAUTH2\r\n250 PIPELINING"}


def test_smtp_signs_in_with_a_token_that_a_command_prints() -> None:
    server = Scripted(AUTH="235 2.7.0 accepted", **OAUTH)
    command = (sys.executable, "-c", "print('ma-thong-hanh')")
    assert deliver(server, username="nhac-han@n.example", token_command=command) == [SENT]
    said = base64.b64encode(b"user=nhac-han@n.example\x01auth=Bearer ma-thong-hanh\x01\x01").decode()
    assert server.heard[1] == f"AUTH XOAUTH2 {said}"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("import sys; sys.exit('het han')", "exit 1 het han"),
        ("print()", "exit 0"),
        ("import time; time.sleep(60)", "no answer within 1 seconds"),
    ],
)
def test_smtp_without_a_token_is_down(command: str, says: str) -> None:
    (fault,) = deliver(Scripted(**OAUTH), username="n", token_command=(sys.executable, "-c", command), timeout=1.0)
    assert fault == Fault("token", f"{sys.executable}: {says}")


def test_smtp_without_its_token_command_is_down() -> None:
    (fault,) = deliver(Scripted(**OAUTH), username="n", token_command=("/khong/co",))
    assert fault == Fault("token", "/khong/co: No such file or directory")


def test_smtp_that_refuses_a_token_is_down() -> None:
    server = Scripted(AUTH="334 eyJzdGF0dXMiOiI0MDEifQ==", **{"": "535 5.7.8 expired"}, **OAUTH)
    (fault,) = deliver(server, username="n", token_command=(sys.executable, "-c", "print('cu')"))
    assert fault == Fault("token_refused", "5.7.8 expired", 535)


# -- the dialogue, as it is shown ------------------------------------------------------------------------------------


def test_smtp_dialogue_is_shown_without_secrets(offers: dict[str, str]) -> None:
    shown: list[tuple[str, str]] = []
    ehlo = offers.get("EHLO", "250-hello\r\n250 8BITMIME").replace("250 ", "250-AUTH LOGIN\r\n250 ")
    server = Scripted(EHLO=ehlo, AUTH="334 UGFzc3dvcmQ6", **{PASSWORD[:4].upper(): "235 2.7.0 accepted"})

    async def main() -> list[Found]:
        async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
            port = listening.sockets[0].getsockname()[1]
            own = settings(port, username="nhachan", password="bi-mat")
            async with SmtpOutlet(own, "n.example", lambda who, line: shown.append((who, line))) as outlet:
                return await send(outlet, letter())

    assert asyncio.run(main()) == [SENT]
    assert ("C", "AUTH LOGIN …") in shown
    assert ("C", "RCPT TO:<hoa@soyte.example>") in shown
    assert ("S", "250 2.0.0 queued") in shown
    everything = " ".join(line for _, line in shown)
    for secret in (b"nhachan", b"bi-mat"):
        assert base64.b64encode(secret).decode() not in everything


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


def deliver_to(
    box: Box,
    offered: dict[str, Any],
    tls: ssl.SSLContext | None = None,
    trace: Trace | None = None,
    **changes: Any,
) -> Found:
    """Deliver to an aiosmtpd that offers this."""

    async def main() -> Found:
        loop = asyncio.get_running_loop()
        async with await loop.create_server(lambda: SMTP(box, **offered), "127.0.0.1", 0, ssl=tls) as listening:
            port = listening.sockets[0].getsockname()[1]
            async with SmtpOutlet(settings(port, **changes), trace=trace) as outlet:
                (found,) = await send(outlet, letter())
                return found

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
    shown: list[str] = []
    outcome = deliver_to(box, starttls(), trace=lambda who, line: shown.append(f"{who}: {line}"), **SECURE)
    assert outcome == Outcome("sent", 250, "2.0.0 taken", "2.0.0")
    assert shown[shown.index("C: STARTTLS") + 1] == "S: 220 Ready to start TLS"
    (envelope,) = box.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("nhac-han@n.example", ["hoa@soyte.example"])
    assert envelope.content == BODY


def test_smtp_with_wrong_password_is_down() -> None:
    box = Box()
    outcome = deliver_to(box, starttls(), **{**SECURE, "password": "sai"})
    assert outcome == Fault("password", "5.7.8 Authentication credentials invalid", 535)
    assert box.envelopes == []


def test_smtp_with_a_certificate_of_nobody_known_is_down() -> None:
    outcome = deliver_to(Box(), starttls(), **{**SECURE, "ca_file": None})
    assert isinstance(outcome, Fault)
    assert outcome.code == "certificate"
    assert "certificate verify failed" in outcome.answer


def test_smtp_with_a_certificate_of_another_host_is_down() -> None:
    outcome = deliver_to(Box(), starttls(), **{**SECURE, "host": "127.1"})  # another name of 127.0.0.1
    assert isinstance(outcome, Fault)
    assert outcome.code == "other_host"
    assert "Hostname mismatch" in outcome.answer


def test_smtp_without_its_authority_file_is_down(tmp_path: Path) -> None:
    outcome = deliver_to(Box(), starttls(), **{**SECURE, "ca_file": tmp_path / "nowhere.pem"})
    assert isinstance(outcome, Fault)
    assert outcome.code == "ca_file"
    assert outcome.answer.endswith("No such file or directory")


def test_smtp_over_tls_from_the_start() -> None:
    box = Box()
    changes = {"security": "tls", "ca_file": SECURE["ca_file"]}
    assert deliver_to(box, {}, _certified(), **changes) == Outcome("sent", 250, "2.0.0 taken", "2.0.0")
    assert len(box.envelopes) == 1


def test_smtp_settings_hide_the_password() -> None:
    assert repr(settings(25, password="bi-mat")).count("bi-mat") == 0
