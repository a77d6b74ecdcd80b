"""The settings file `nhachan.toml`: read whole, every fault named at once, nothing guessed."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from notifications.settings import MailSettings, SmtpSettings
from plans.problems import Place, Problem, UserError
from plans.words import LANGUAGES
from web.settings import WebSettings

FILE = "nhachan.toml"
# As SMTP can say it: visible ASCII, without a name before it or angle brackets around it.
_ADDRESS = re.compile(r"[!-;=?A-~]+@[!-;=?A-~]+")
_POSTGRESQL = re.compile(r"postgresql(\+psycopg)?://([^/?#]*@)?([^/?#:@]*|\[[0-9a-f:]+\])(:\d{1,5})?(/[^?#]*)?(\?.*)?")
PASSWORD_VARIABLE = "NHACHAN_SMTP_PASSWORD"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an installation can set."""

    home: Path
    zone: ZoneInfo
    language: str  # of mails, calendars and the command line; the pages are in Vietnamese so far
    database_url: str
    mail: MailSettings
    web: WebSettings


def read_settings(home: Path) -> Settings:
    """The settings of a home; a missing file means the defaults. Raises UserError with every fault."""
    file = home / FILE
    table: Mapping[str, Any] = {}
    if file.exists():
        try:
            table = tomllib.loads(file.read_text(encoding="utf-8"))
        except UnicodeDecodeError as error:
            raise UserError(Problem("settings.encoding", {}, Place(str(file)))) from error
        except tomllib.TOMLDecodeError as error:
            raise UserError(Problem("settings.syntax", {"detail": str(error)}, Place(str(file)))) from error
    reader = _Reader(str(file), table)
    settings = _settings(home, reader)
    reader.finish()
    return settings


class _Reader:
    """Takes values out of the table and keeps account of what is wrong and what was not asked for."""

    def __init__(self, file: str, table: Mapping[str, Any]) -> None:
        self.file = file
        self.table = table
        self.problems: list[Problem] = []
        self.known: set[str] = set()

    def problem(self, code: str, **params: object) -> None:
        self.problems.append(Problem(f"settings.{code}", params, Place(self.file)))

    def get(self, path: str) -> object:
        self.known.add(path)
        found: object = self.table
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return found

    def text(self, path: str, default: str) -> str:
        found = self.get(path)
        if found is None or found == "":
            return default
        if not isinstance(found, str):
            self.problem("wants_text", key=path)
            return default
        return found

    def number(self, path: str, default: int, low: int, high: int) -> int:
        found = self.get(path)
        if found is None:
            return default
        if not isinstance(found, int) or isinstance(found, bool) or not low <= found <= high:
            self.problem("wants_number", key=path, low=low, high=high)
            return default
        return found

    def choice(self, path: str, default: str, allowed: Iterable[str]) -> str:
        found = self.text(path, default)
        if found not in allowed:
            self.problem("wants_one_of", key=path, value=found, allowed=", ".join(allowed))
            return default
        return found

    def finish(self) -> None:
        for path in _paths(self.table):
            if path not in self.known:
                near = difflib.get_close_matches(path, self.known, 1)
                code = "unknown_near" if near else "unknown"
                self.problem(code, key=path, nearest=near[0] if near else "")
        if self.problems:
            raise UserError(self.problems)


def _paths(table: Mapping[str, Any], prefix: str = "") -> Iterable[str]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _paths(value, f"{prefix}{key}.")
        else:
            yield prefix + key


def _settings(home: Path, reader: _Reader) -> Settings:
    zone_name = reader.text("office.time_zone", "Asia/Ho_Chi_Minh")
    try:
        zone = ZoneInfo(zone_name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of the table, like Asia
        reader.problem("time_zone", value=zone_name)
        zone = ZoneInfo("Asia/Ho_Chi_Minh")
    web = WebSettings(
        host=reader.text("web.host", "127.0.0.1"),
        port=reader.number("web.port", 8088, 1, 65535),
        base_url=reader.text("web.base_url", "") or None,
    )
    if web.host not in ("127.0.0.1", "::1", "localhost"):
        reader.problem("loopback", host=web.host)
    return Settings(
        home=home,
        zone=zone,
        language=reader.choice("office.language", "vi", LANGUAGES),
        database_url=_database_url(home, reader),
        mail=_mail(home, reader),
        web=web,
    )


def _database_url(home: Path, reader: _Reader) -> str:
    """A relative SQLite file lies in the home: elsewhere it would be another, empty one for every working folder."""
    url = reader.text("database.url", "sqlite:///nhachan.db")
    kind, _, rest = url.partition(":///")
    if kind == "sqlite" and rest:
        return f"sqlite:///{(home / rest).resolve()}"
    if not _POSTGRESQL.fullmatch(url):
        # What was written may hold a password.
        allowed = "sqlite:///nhachan.db, postgresql+psycopg://…"
        reader.problem("wants_one_of", key="database.url", value=url.partition(":")[0], allowed=allowed)
    return url


def _mail(home: Path, reader: _Reader) -> MailSettings:
    outlet = cast("Literal['maildir', 'smtp']", reader.choice("mail.outlet", "maildir", ("maildir", "smtp")))
    sender = reader.text("mail.sender", "nhac-han@tinh.example")
    if not _ADDRESS.fullmatch(sender):
        reader.problem("wants_address", key="mail.sender", value=sender)
        sender = "nhac-han@tinh.example"
    smtp = _smtp(home, reader)
    if outlet == "smtp" and smtp is None:
        reader.problem("smtp_host")
        outlet = "maildir"
    return MailSettings(
        outlet=outlet,
        maildir=(home / reader.text("mail.maildir", "maildir")).resolve(),
        sender_name=reader.text("office.name", "Nhắc hạn"),
        sender=sender,
        domain=sender.rpartition("@")[2],
        smtp=smtp,
    )


def _smtp(home: Path, reader: _Reader) -> SmtpSettings | None:
    """The password comes from a file or the environment, so that the settings file can be shown to anyone."""
    host = reader.text("mail.smtp.host", "")
    port = reader.number("mail.smtp.port", 587, 1, 65535)
    security = reader.choice("mail.smtp.security", "starttls", ("starttls", "tls", "none"))
    username = reader.text("mail.smtp.username", "") or None
    ca_file = reader.text("mail.smtp.ca_file", "")
    if ca_file and not (home / ca_file).is_file():
        reader.problem("ca_file", file=ca_file)
    password_file = reader.text("mail.smtp.password_file", "")
    timeout = reader.number("mail.smtp.timeout", 30, 1, 600)
    password = os.environ.get(PASSWORD_VARIABLE, "")
    if password_file:
        try:
            password = (home / password_file).read_text(encoding="utf-8").strip()
        except OSError as error:
            reader.problem("password_file", file=password_file, detail=error.strerror or str(error))
        except UnicodeDecodeError as error:
            reader.problem("password_file", file=password_file, detail=str(error.reason))
    if username and not password:
        reader.problem("password", variable=PASSWORD_VARIABLE)
    if not host:
        return None
    return SmtpSettings(
        host=host,
        port=port,
        security=cast("Literal['starttls', 'tls', 'none']", security),
        username=username,
        password=password,
        ca_file=home / ca_file if ca_file else None,
        timeout=float(timeout),
    )
