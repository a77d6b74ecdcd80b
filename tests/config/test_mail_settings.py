"""How mail leaves: connections, pace, hours, and a token instead of a password."""

from __future__ import annotations

import asyncio
import logging
from datetime import time
from pathlib import Path

import pytest

from config.settings import Settings, read_settings
from notifications.outlets import Letter, OutletDown, deliver_one
from notifications.outlets.smtp import SmtpOutlet
from notifications.settings import SmtpSettings
from plans.policies import PROGRAMS
from tests.config.test_settings import SMTP, VARIABLE, faults, read
from tests.smtp_server import Scripted


@pytest.fixture(autouse=True)
def _no_password_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def smtp(settings: Settings) -> SmtpSettings:
    assert settings.mail.smtp is not None
    return settings.mail.smtp


def script(home: Path, name: str = "lay-ma", said: str = "bi-mat-3") -> Path:
    """A program that prints a token."""
    path = home / name
    path.write_text(f"#!/bin/sh\necho {said}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


# -- pace and connections --------------------------------------------------------------------------------------------


def test_mail_leaves_over_two_connections_as_fast_as_the_server_takes_it(tmp_path: Path) -> None:
    settings = read(tmp_path, '[mail.smtp]\nhost = "mail.tinh.example"\n')
    assert (settings.mail.per_minute, settings.mail.per_line) == (None, None)
    assert (smtp(settings).connections, smtp(settings).pipelining) == (2, True)


def test_pace_and_connections_are_set(tmp_path: Path) -> None:
    text = "[mail]\nper_minute = 300\nper_connection_per_minute = 100\n"
    more = '[mail.smtp]\nhost = "mail.tinh.example"\nconnections = 50\npipelining = false\n'
    settings = read(tmp_path, text + more)
    assert (settings.mail.per_minute, settings.mail.per_line) == (300, 100)
    assert (smtp(settings).connections, smtp(settings).pipelining) == (50, False)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("[mail]\nper_minute = 0", "“mail.per_minute” phải là số nguyên từ 1 đến 100000"),
        (
            "[mail]\nper_connection_per_minute = 1.5",
            "“mail.per_connection_per_minute” phải là số nguyên từ 1 đến 100000",
        ),
        ("[mail.smtp]\nconnections = 51", "“mail.smtp.connections” phải là số nguyên từ 1 đến 50"),
        ("[mail.smtp]\nconnections = 0", "“mail.smtp.connections” phải là số nguyên từ 1 đến 50"),
        ('[mail.smtp]\npipelining = "true"', "“mail.smtp.pipelining” phải là true hoặc false, không có dấu nháy"),
        ("[mail.smtp]\npipelining = 1", "“mail.smtp.pipelining” phải là true hoặc false, không có dấu nháy"),
    ],
)
def test_a_wrong_number_is_a_fault(tmp_path: Path, line: str, sentence: str) -> None:
    assert faults(tmp_path, line + "\n") == [sentence]


# -- hours -----------------------------------------------------------------------------------------------------------


def test_hours_are_those_of_offices(tmp_path: Path) -> None:
    settings = read_settings(tmp_path)
    assert (settings.opens, settings.closes) == (time(8), time(17))


@pytest.mark.parametrize(
    ("text", "opens", "closes"),
    [
        ("07:30-16:30", time(7, 30), time(16, 30)),
        ("7:00 - 14:01", time(7), time(14, 1)),
        ("08:00–23:59", time(8), time(23, 59)),
    ],
)
def test_hours_are_set(tmp_path: Path, text: str, opens: time, closes: time) -> None:
    settings = read(tmp_path, f'[mail]\nhours = "{text}"\n')
    assert (settings.opens, settings.closes) == (opens, closes)


@pytest.mark.parametrize("text", ["8-17", "08:00", "08:00-25:00", "08:60-17:00", "sáng", "08:00-17:00-18:00"])
def test_hours_of_another_form_are_refused(tmp_path: Path, text: str) -> None:
    assert faults(tmp_path, f'[mail]\nhours = "{text}"\n') == [
        f'“mail.hours” không nhận “{text}”: ghi giờ bắt đầu và giờ kết thúc, ví dụ "07:30-17:00"'
    ]


@pytest.mark.parametrize("text", ["08:01-17:00", "09:00-17:00", "08:00-14:00", "08:00-12:00", "17:00-08:00"])
def test_hours_that_leave_out_a_stage_are_refused(tmp_path: Path, text: str) -> None:
    assert faults(tmp_path, f'[mail]\nhours = "{text}"\n') == [
        f"“mail.hours” là {text}: phải bắt đầu không muộn hơn 08:00 và kết thúc sau 14:00, là giờ của các mốc nhắc; "
        "ngoài giờ này thư nhắc trong ngày cuối sẽ không đi được"
    ]


def test_every_stage_of_the_program_lies_within_the_narrowest_hours() -> None:
    hours = {stage.at for policy in PROGRAMS for stage in policy.stages}
    assert hours <= {time(8), time(14)}


# -- a token ---------------------------------------------------------------------------------------------------------


def test_token_takes_the_place_of_the_password(tmp_path: Path) -> None:
    program = script(tmp_path)
    found = smtp(read(tmp_path, SMTP + 'token_command = ["./lay-ma", "--tai-khoan", "nhac han"]\n'))
    assert found.token_command == (str(program.resolve()), "--tai-khoan", "nhac han")
    assert found.password == ""


def test_token_command_in_one_text_is_split_as_a_shell_would(tmp_path: Path) -> None:
    found = smtp(read(tmp_path, SMTP + "token_command = \"lay-ma --tai-khoan 'nhac han'\"\n"))
    assert found.token_command == ("lay-ma", "--tai-khoan", "nhac han")  # looked for where programs are


@pytest.mark.parametrize("value", ["7", "[1]", '[""]', '["lay-ma", 2]', "true", '"lay-ma \'x"'])
def test_token_command_of_another_form_is_refused_without_showing_it(tmp_path: Path, value: str) -> None:
    missing = f"có “mail.smtp.username” nhưng chưa có mật khẩu: ghi vào “password_file” hoặc biến {VARIABLE}"
    assert faults(tmp_path, SMTP + f"token_command = {value}\n") == [
        '“mail.smtp.token_command” phải là danh sách các từ của lệnh, ví dụ ["./lay-ma-truy-cap"], '
        "hoặc cả lệnh trong một dấu nháy",
        missing,
    ]


def test_token_program_that_cannot_be_run_is_a_fault(tmp_path: Path) -> None:
    script(tmp_path).chmod(0o644)
    assert faults(tmp_path, SMTP + 'token_command = ["./lay-ma", "bi-mat"]\n') == [
        "“mail.smtp.token_command”: không chạy được chương trình ./lay-ma: "
        "đặt tệp vào thư mục hệ thống và cho phép chạy (chmod +x)"
    ]


def test_token_is_of_an_account(tmp_path: Path) -> None:
    text = '[mail]\noutlet = "smtp"\n[mail.smtp]\nhost = "mail.tinh.example"\ntoken_command = ["lay-ma"]\n'
    assert faults(tmp_path, text) == [
        "có “mail.smtp.token_command” nhưng chưa có “mail.smtp.username”: ghi tài khoản của mã truy cập"
    ]


# -- secrets ---------------------------------------------------------------------------------------------------------


def test_secrets_are_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "bi-mat-1")
    settings = read(tmp_path, SMTP + 'token_command = ["lay-ma", "--khoa", "bi-mat-2"]\n')
    assert (smtp(settings).password, smtp(settings).token_command[-1]) == ("bi-mat-1", "bi-mat-2")
    assert "bi-mat" not in repr(settings) + str(settings)


@pytest.mark.parametrize("way", ["password", "token"])
def test_secrets_are_not_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, way: str
) -> None:
    """With everything logged that there is, of signing in where the server says no."""
    script(tmp_path)
    monkeypatch.setenv(VARIABLE, "bi-mat-1")
    caplog.set_level(logging.DEBUG)
    server = Scripted(EHLO="250-hello\r\n250 AUTH PLAIN LOGIN XOAUTH2", AUTH="535 5.7.8 no")
    heard: list[str] = []

    async def main() -> None:
        listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        async with listening:
            port = listening.sockets[0].getsockname()[1]
            text = SMTP.replace("mail.tinh.example", "127.0.0.1") + f'port = {port}\nsecurity = "none"\n'
            settings = read(tmp_path, text + ('token_command = ["./lay-ma"]\n' if way == "token" else ""))
            logging.getLogger().info("%s", settings)
            outlet = SmtpOutlet(smtp(settings), trace=lambda who, line: heard.append(f"{who}: {line}"))
            with pytest.raises(OutletDown) as caught:
                async with outlet:
                    await deliver_one(outlet, Letter("1@x.example", "a@x.example", "b@x.example", b"x\r\n"))
            assert caught.value.fault.code == {"password": "password", "token": "token_refused"}[way]
            heard.append(repr(caught.value.fault))

    asyncio.run(main())
    assert any(line.startswith("AUTH ") for line in server.heard)
    assert "bi-mat" not in caplog.text + "".join(heard)
    assert any(line.startswith("C: AUTH ") for line in heard)
