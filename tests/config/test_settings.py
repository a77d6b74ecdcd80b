"""The settings file: its defaults, and every fault of it at once, in sentences with their place."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from config.settings import FILE, Settings, read_settings
from notifications.settings import MailSettings, SmtpSettings
from plans.access import Granted
from plans.problems import UserError
from plans.words import words
from tests.conftest import SAMPLES
from web.settings import WebSettings

HOST = "“web.host” là {}: máy khác sẽ mở được trang, nên cần ghi địa chỉ mà họ dùng vào “web.base_url”"
VARIABLE = "NHACHAN_SMTP_PASSWORD"


@pytest.fixture(autouse=True)
def _no_password_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def read(home: Path, text: str) -> Settings:
    (home / FILE).write_text(text, encoding="utf-8")
    return read_settings(home)


def faults(home: Path, content: str | bytes) -> list[str]:
    """`file: sentence`, as a person reads them; the file by its name alone."""
    (home / FILE).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError) as caught:
        read_settings(home)
    assert {p.place and p.place.file for p in caught.value.problems} == {str(home / FILE)}
    assert [p.code for p in caught.value.problems if not words("en").has(f"problem.{p.code}")] == []
    return [words("vi").problem(p) for p in caught.value.problems]


def defaults(home: Path) -> Settings:
    return Settings(
        home=home,
        zone=ZoneInfo("Asia/Ho_Chi_Minh"),
        language="vi",
        database_url=f"sqlite:///{home.resolve()}/nhachan.db",
        mail=MailSettings(
            outlet="maildir",
            maildir=home.resolve() / "maildir",
            sender_name="Nhắc hạn",
            sender="nhac-han@tinh.example",
            domain="tinh.example",
            smtp=None,
        ),
        web=WebSettings("127.0.0.1", 8088, None),
    )


def test_settings_without_a_file_are_the_defaults(tmp_path: Path) -> None:
    assert read_settings(tmp_path) == defaults(tmp_path)


def test_settings_of_the_shipped_file_are_the_defaults(tmp_path: Path) -> None:
    shipped = (SAMPLES.parent / FILE).read_text(encoding="utf-8")
    assert read(tmp_path, shipped) == defaults(tmp_path)


def test_settings_of_the_shipped_file_with_every_line_in_force(tmp_path: Path) -> None:
    """What the comments offer is understood."""
    shipped = (SAMPLES.parent / FILE).read_text(encoding="utf-8")
    offered = [line.removeprefix("# ") for line in shipped.splitlines()]
    text = "\n".join(line for line in offered if line.startswith("[") or " = " in line)
    (tmp_path / "smtp-password").write_text("bi-mat\n", encoding="utf-8")
    (tmp_path / "ca.pem").write_text("", encoding="utf-8")
    (tmp_path / "metrics-token").write_text("mot-ma-du-dai-123\n", encoding="utf-8")
    (tmp_path / "lay-ma-truy-cap").write_text("#!/bin/sh\n", encoding="utf-8")
    (tmp_path / "lay-ma-truy-cap").chmod(0o755)
    settings = read(tmp_path, text.replace('outlet = "maildir"', 'outlet = "smtp"'))
    assert settings.database_url == "postgresql+psycopg://nhachan@localhost/nhachan"
    assert settings.web.address == "https://nhachan.tinh.example"
    assert settings.mail.outlet == "smtp"
    assert settings.mail.smtp == SmtpSettings(
        host="mail.tinh.example",
        port=587,
        security="starttls",
        username="nhac-han@tinh.example",
        password="bi-mat",
        ca_file=tmp_path / "ca.pem",
        timeout=30.0,
        token_command=(str(tmp_path.resolve() / "lay-ma-truy-cap"), "--im-lang"),
    )
    assert (settings.mail.per_minute, settings.mail.per_line) == (300, 100)
    feeds = settings.feeds
    assert (feeds.publish, feeds.languages, feeds.compressed) == (tmp_path.resolve() / "lich", ("vi", "en"), False)


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    text = """
[office]
time_zone = "Asia/Hanoi"
language = "fr"
nmae = "x"
[database]
url = "mysql://nhachan:bi-mat@localhost/nhachan"
[web]
host = "0.0.0.0"
port = 99999
base_url = 7
[mail]
outlet = "smtp"
sender = "Nhắc hạn <nhac-han@tinh.example>"
[mail.smtp]
port = true
security = "ssl"
username = "nhac-han"
password_file = "khong-co"
timeout = 0
[khac]
gi = 1
"""
    assert sorted(faults(tmp_path, text)) == sorted([
        "không có múi giờ “Asia/Hanoi”: viết như Asia/Ho_Chi_Minh",
        "“office.language” không nhận “fr”; chọn một trong: vi, en",
        "không có mục “office.nmae”; có phải “office.name”?",
        "“database.url” không nhận “mysql”; chọn một trong: sqlite:///nhachan.db, postgresql+psycopg://…",
        HOST.format("0.0.0.0"),
        "“web.port” phải là số nguyên từ 1 đến 65535",
        "“web.base_url” phải là chữ trong dấu nháy",
        "“mail.outlet” là smtp nhưng chưa có “mail.smtp.host”",
        "“mail.sender” phải là địa chỉ thư, không phải “Nhắc hạn <nhac-han@tinh.example>”",
        "“mail.smtp.port” phải là số nguyên từ 1 đến 65535",
        "“mail.smtp.security” không nhận “ssl”; chọn một trong: starttls, tls, none",
        "không đọc được tệp mật khẩu khong-co: No such file or directory",
        f"có “mail.smtp.username” nhưng chưa có mật khẩu: ghi vào “password_file” hoặc biến {VARIABLE}",
        "“mail.smtp.timeout” phải là số nguyên từ 1 đến 600",
        "không có mục “khac.gi”: xem các mục trong tệp mẫu (nhachan init)",
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"[office]\nname = \"Nh\xe1c\"\n", "tệp không phải UTF-8: lưu lại với mã hóa UTF-8"),
        (b"[office\n", "sai cú pháp TOML: Expected ']' at the end of a table declaration (at line 1, column 8)"),
        (b'[office]\ntime_zone = "Asia"\n', "không có múi giờ “Asia”: viết như Asia/Ho_Chi_Minh"),
        (b'[office]\ntime_zone = "../etc"\n', "không có múi giờ “../etc”: viết như Asia/Ho_Chi_Minh"),
        (b"mail = 3\n", "không có mục “mail”: xem các mục trong tệp mẫu (nhachan init)"),
        (b"[web]\nport = 8088.0\n", "“web.port” phải là số nguyên từ 1 đến 65535"),
        (b"[web]\nport = 0\n", "“web.port” phải là số nguyên từ 1 đến 65535"),
        (b"[feeds]\nrequests_per_minute = -1\n", "“feeds.requests_per_minute” phải là số nguyên từ 0 đến 100000"),
    ],
)  # fmt: skip
def test_a_fault_is_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    assert faults(tmp_path, content) == [sentence]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_pages_are_served_to_this_machine(tmp_path: Path, host: str) -> None:
    address = "http://[::1]:8088" if ":" in host else f"http://{host}:8088"
    assert read(tmp_path, f'[web]\nhost = "{host}"\n').web.address == address


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "nhachan.tinh.example", "127.0.0.2"])
def test_pages_for_others_need_the_name_that_they_use(tmp_path: Path, host: str) -> None:
    assert faults(tmp_path, f'[web]\nhost = "{host}"\n') == [HOST.format(host)]
    named = read(tmp_path, f'[web]\nhost = "{host}"\nbase_url = "https://nhachan.tinh.example"\n')
    assert (named.web.host, named.web.address) == (host, "https://nhachan.tinh.example")


@pytest.mark.parametrize(
    "url", ["nhachan.tinh.example", "ftp://a.example", "https://", "https://a.example/?x", "javascript:a"]
)
def test_base_url_that_is_none_is_refused(tmp_path: Path, url: str) -> None:
    assert faults(tmp_path, f'[web]\nbase_url = "{url}"\n') == [
        f"“web.base_url” phải là địa chỉ trang, như https://nhachan.tinh.example, không phải “{url}”"
    ]


def test_administrators_and_the_office_are_granted_more(tmp_path: Path) -> None:
    text = '[office]\nunit = "so-noi-vu"\n[web]\nadministrators = ["Quan-Tri@tinh.example", "b@tinh.example"]\n'
    granted = read(tmp_path, text).web.granted
    assert granted == Granted(frozenset({"quan-tri@tinh.example", "b@tinh.example"}), "so-noi-vu")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('"a@b.example"', '“web.administrators” phải là danh sách địa chỉ thư, như ["quan-tri@tinh.example"]'),
        ('["a@b.example", "x", 7]', "“web.administrators” phải là địa chỉ thư, không phải “x”"),
    ],
)
def test_administrators_that_are_no_addresses_are_refused(tmp_path: Path, written: str, said: str) -> None:
    assert said in faults(tmp_path, f"[web]\nadministrators = {written}\n")


def test_token_of_monitoring_comes_from_a_file(tmp_path: Path) -> None:
    text = '[web]\nmetrics_token_file = "token"\n'
    assert faults(tmp_path, text) == [
        "không đọc được tệp token của “web.metrics_token_file”: No such file or directory"
    ]
    (tmp_path / "token").write_text("ngan\n", encoding="utf-8")
    assert faults(tmp_path, text) == ["tệp token của “web.metrics_token_file” phải có ít nhất 16 ký tự"]
    (tmp_path / "token").write_text("mot-ma-du-dai-123\n", encoding="utf-8")
    found = read(tmp_path, text)
    assert found.web.metrics_token == "mot-ma-du-dai-123"
    assert "mot-ma" not in repr(found)


def test_feeds_are_fetched_as_often_as_was_set(tmp_path: Path) -> None:
    assert read(tmp_path, "").web.feed_requests_per_minute == 60
    assert read(tmp_path, "[feeds]\nrequests_per_minute = 0\n").web.feed_requests_per_minute == 0


def test_address_ends_without_a_slash(tmp_path: Path) -> None:
    assert read(tmp_path, '[web]\nbase_url = "https://a.example/nhac/"\n').web.address == "https://a.example/nhac"


@pytest.mark.parametrize("sender", ["a", "a@", "@b.example", "a b@c.example", "<a@b.example>", "đ@b.example", "a@b@c"])
def test_sender_that_smtp_cannot_say_is_refused(tmp_path: Path, sender: str) -> None:
    assert faults(tmp_path, f'[mail]\nsender = "{sender}"\n') == [
        f"“mail.sender” phải là địa chỉ thư, không phải “{sender}”"
    ]


def test_message_ids_are_of_the_senders_domain(tmp_path: Path) -> None:
    assert read(tmp_path, '[mail]\nsender = "nhac-han@dienbien.example"\n').mail.domain == "dienbien.example"


# -- the database ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("sqlite:///du-lieu/nhachan.db", "sqlite:///{home}/du-lieu/nhachan.db"),
        ("sqlite:////var/lib/nhachan.db", "sqlite:////var/lib/nhachan.db"),
        ("postgresql+psycopg://localhost/n", "postgresql+psycopg://localhost/n"),
        ("postgresql://u:p@[::1]:5433/n?sslmode=require", "postgresql://u:p@[::1]:5433/n?sslmode=require"),
        ("postgresql+psycopg://u:@/n?host=/run/postgresql", "postgresql+psycopg://u:@/n?host=/run/postgresql"),
    ],
)
def test_database_is_of_either_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, found: str) -> None:
    monkeypatch.chdir("/")  # a relative file lies in the home, wherever the program was started
    assert read(tmp_path, f'[database]\nurl = "{url}"\n').database_url == found.format(home=tmp_path.resolve())


@pytest.mark.parametrize(
    "url",
    ["nhachan.db", "sqlite://nhachan.db", "sqlite:///", "postgresql+asyncpg://x/y", "postgresql://u:bi-mat@h:x/n"],
)
def test_database_of_no_engine_is_refused_without_showing_a_password(tmp_path: Path, url: str) -> None:
    (fault,) = faults(tmp_path, f'[database]\nurl = "{url}"\n')
    assert fault == (
        f"“database.url” không nhận “{url.partition(':')[0]}”; "
        "chọn một trong: sqlite:///nhachan.db, postgresql+psycopg://…"
    )


# -- the password ----------------------------------------------------------------------------------------------------

SMTP = '[mail]\noutlet = "smtp"\n[mail.smtp]\nhost = "mail.tinh.example"\nusername = "nhac-han"\n'


def password(settings: Settings) -> str:
    assert settings.mail.smtp is not None
    assert "bi-mat" not in repr(settings)
    return settings.mail.smtp.password


def test_password_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "bi-mat-1")
    assert password(read(tmp_path, SMTP)) == "bi-mat-1"


def test_password_comes_from_a_file_before_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "bi-mat-1")
    (tmp_path / "mk").write_text("bi-mat 2\n", encoding="utf-8")
    assert password(read(tmp_path, SMTP + 'password_file = "mk"\n')) == "bi-mat 2"


def test_password_that_is_empty_or_unreadable_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "mk").write_text("\n", encoding="utf-8")
    missing = f"có “mail.smtp.username” nhưng chưa có mật khẩu: ghi vào “password_file” hoặc biến {VARIABLE}"
    assert faults(tmp_path, SMTP + 'password_file = "mk"\n') == [missing]
    (tmp_path / "mk").write_bytes(b"\xff\xfe")
    assert faults(tmp_path, SMTP + 'password_file = "mk"\n') == [
        "không đọc được tệp mật khẩu mk: invalid start byte",
        missing,
    ]


def test_password_in_the_settings_file_itself_is_refused(tmp_path: Path) -> None:
    """So that the settings file can be shown to anyone."""
    found = faults(tmp_path, SMTP + 'password = "bi-mat"\n')
    assert found[-1] == "không có mục “mail.smtp.password”; có phải “mail.smtp.password_file”?"
    assert "bi-mat" not in " ".join(found)
