"""`mail test`: the whole dialogue without its secrets, then one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scheduler.homes import Nhachan
from tests.scheduler.test_mail_answers import listening, smtp_home
from tests.smtp_server import DROP, GOOD, Scripted

SIGN_IN = {"EHLO": "250-hello\r\n250 AUTH PLAIN", "AUTH": "235 2.7.0 welcome"}
ACCOUNT = 'username = "nhac-han"\npassword_file = "mat-khau"\n'


def asked(
    nhachan: Nhachan, home: Path, server: Scripted, more: str = "", lang: str | None = None
) -> tuple[int, str, str]:
    (home / "mat-khau").write_text("bi-mat\n", encoding="utf-8")
    with listening(server) as port:
        said = nhachan("mail", "test", "a@b.example", home=smtp_home(home, port, more), lang=lang)
    assert "bi-mat" not in said.out + said.err
    assert "YmktbWF0" not in said.out + said.err  # the same in base64
    return said.code, said.out, said.err


def test_dialogue_is_printed_without_what_signs_in(nhachan: Nhachan, small: Path) -> None:
    code, out, err = asked(nhachan, small, Scripted(**SIGN_IN), ACCOUNT)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "S: 220 ready"
    assert lines[1].startswith("C: EHLO ")
    for line in ("S: 250 AUTH PLAIN", "C: AUTH PLAIN …", "S: 235 2.7.0 welcome", "S: 354 go on", "S: 250 2.0.0 queued"):
        assert line in lines
    assert any(line.startswith("C: RCPT TO:<a@b.example>") for line in lines)
    assert lines[-1] == "Đã gửi đến a@b.example: 250 2.0.0 queued"


def test_letter_leaves_once_over_a_line_that_sends_ahead(nhachan: Nhachan, small: Path) -> None:
    server = Scripted(EHLO="250-hello\r\n250 PIPELINING")
    assert asked(nhachan, small, server)[0] == 0
    assert len(server.bodies) == 1
    assert [line for line in server.heard if line.startswith("MAIL")] == ["MAIL FROM:<nhac-han@tinh.example>"]


def test_wrong_password_is_said_with_its_remedy(nhachan: Nhachan, small: Path) -> None:
    server = Scripted(**{**SIGN_IN, "AUTH": "535 5.7.8 no"})
    code, out, err = asked(nhachan, small, server, ACCOUNT)
    assert code == 3
    assert "S: 535 5.7.8 no" in out.splitlines()
    assert err.startswith("Không gửi được đến a@b.example. Máy chủ thư không nhận tài khoản hoặc mật khẩu: ")
    assert err.endswith("Máy chủ trả lời: 535 5.7.8 no\n")


def test_fault_is_said_in_english_too(nhachan: Nhachan, small: Path) -> None:
    code, _, err = asked(nhachan, small, Scripted(MAIL="550 5.7.1 not you"), lang="en")
    assert code == 3
    assert err.startswith(
        "Nothing could be sent to a@b.example. The mail server does not accept the sender's address: "
    )


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"RCPT": "550 5.1.1 nobody"}, "Không gửi được đến a@b.example: 550 5.1.1 nobody\n"),
        ({"RCPT": "450 4.2.0 later"}, "Không gửi được đến a@b.example: 450 4.2.0 later\n"),
        (
            {"RCPT": "554 5.7.1 relay access denied"},
            "Không gửi được đến a@b.example: 554 5.7.1 relay access denied\n"
            "Máy chủ không cho tài khoản (hoặc máy) này gửi đến địa chỉ ấy: ",
        ),
        ({"BODY": DROP}, "Không rõ thư đến a@b.example đã được nhận chưa: "),
    ],
)
def test_letter_that_is_not_accepted_is_a_fault(
    nhachan: Nhachan, small: Path, answers: dict[str, str], said: str
) -> None:
    code, out, err = asked(nhachan, small, Scripted(**answers))
    assert code == 3
    assert err.startswith(said)
    assert f"S: {GOOD['GREETING']}" in out.splitlines()
