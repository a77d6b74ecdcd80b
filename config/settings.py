"""The settings file `nhachan.toml`: read whole, every fault named at once, nothing guessed."""

from __future__ import annotations

import difflib
import os
import re
import shlex
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from notifications.settings import MailSettings, SmtpSettings
from plans.access import Granted
from plans.files.values import ValueFault, address
from plans.policies import AFTERNOON, MORNING
from plans.problems import Place, Problem, UserError
from plans.words import LANGUAGES
from web.settings import WebSettings

FILE = "nhachan.toml"
# As SMTP can say it: visible ASCII, without a name before it or angle brackets around it.
_ADDRESS = re.compile(r"[!-;=?A-~]+@[!-;=?A-~]+")
_POSTGRESQL = re.compile(r"postgresql(\+psycopg)?://([^/?#]*@)?([^/?#:@]*|\[[0-9a-f:]+\])(:\d{1,5})?(/[^?#]*)?(\?.*)?")
PASSWORD_VARIABLE = "NHACHAN_SMTP_PASSWORD"
_URL = re.compile(r"https?://[^/?#\s@]+(/[^?#\s]*)?")
_SECRET = 16  # characters of a secret at least
_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d) *[-–] *([01]?\d|2[0-3]):([0-5]\d)")
_CLOSES = time(17)
_FASTEST = 100_000  # letters or requests a minute: more than any server takes


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """What calendars are kept beside those that the pages serve."""

    languages: tuple[str, ...] = LANGUAGES  # besides the office's
    publish: Path | None = None  # where all are written as files after every change
    compressed: bool = False  # with a .gz beside each


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an installation can set."""

    home: Path
    zone: ZoneInfo
    language: str  # of mails, calendars, the command line, and pages until their reader chooses another
    database_url: str
    mail: MailSettings
    web: WebSettings
    opens: time = MORNING  # mail leaves on working days between these
    closes: time = _CLOSES
    feeds: FeedSettings = FeedSettings()


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

    def limit(self, path: str, high: int) -> int | None:
        """A number that may be left out."""
        return None if self.get(path) is None else self.number(path, 1, 1, high)

    def flag(self, path: str, *, default: bool) -> bool:
        found = self.get(path)
        if found is None or isinstance(found, bool):
            return default if found is None else found
        self.problem("wants_flag", key=path)
        return default

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
    web = _web(home, reader)
    opens, closes = _hours(reader)
    return Settings(
        home=home,
        zone=zone,
        language=reader.choice("office.language", "vi", LANGUAGES),
        database_url=_database_url(home, reader),
        mail=_mail(home, reader),
        web=web,
        opens=opens,
        closes=closes,
        feeds=_feeds(home, reader),
    )


def _feeds(home: Path, reader: _Reader) -> FeedSettings:
    key = "feeds.languages"
    found = reader.get(key)
    names: list[Any] = found if isinstance(found, list) else list(LANGUAGES) if found is None else [None]
    if any(name not in LANGUAGES for name in names):
        reader.problem("languages", key=key, allowed=", ".join(LANGUAGES))
        names = []
    folder = reader.text("feeds.publish", "")
    return FeedSettings(
        languages=tuple(dict.fromkeys(names)),
        publish=(home / folder).resolve() if folder else None,
        compressed=reader.flag("feeds.gzip", default=False),
    )


def _web(home: Path, reader: _Reader) -> WebSettings:
    """Other machines are let in only where it is written down how they call this one: links begin with it."""
    found = WebSettings(
        host=reader.text("web.host", "127.0.0.1"),
        port=reader.number("web.port", 8088, 1, 65535),
        base_url=reader.text("web.base_url", "") or None,
        granted=Granted(frozenset(_administrators(reader)), reader.text("office.unit", "") or None),
        metrics_token=_secret_file(home, reader, "web.metrics_token_file"),
        feed_requests_per_minute=reader.number("feeds.requests_per_minute", 60, 0, _FASTEST),
    )
    if found.host not in ("127.0.0.1", "::1", "localhost") and found.base_url is None:
        reader.problem("base_url", host=found.host)
    if found.base_url is not None and not _URL.fullmatch(found.base_url):
        reader.problem("wants_url", key="web.base_url", value=found.base_url)
    return found


def _administrators(reader: _Reader) -> Iterable[str]:
    key = "web.administrators"
    found = reader.get(key)
    if not isinstance(found, list | None):
        reader.problem("wants_addresses", key=key)
        return
    for one in found or ():
        try:
            yield address(str(one))
        except ValueFault:
            reader.problem("wants_address", key=key, value=one)


def _secret_file(home: Path, reader: _Reader, key: str) -> str:
    """What a file of the home holds, so that the settings file can be shown to anyone; empty where none is named."""
    name = reader.text(key, "")
    if not name:
        return ""
    try:
        held = (home / name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        detail = error.strerror or str(error) if isinstance(error, OSError) else str(error.reason)
        reader.problem("secret_file", key=key, file=name, detail=detail)
        return ""
    if len(held) < _SECRET:
        reader.problem("short_secret", key=key, file=name, least=_SECRET)
    return held


def _hours(reader: _Reader) -> tuple[time, time]:
    """When mail may leave: both hours of the program's stages lie within, or what they say would come too late."""
    text = reader.text("mail.hours", "")
    if not text:
        return MORNING, _CLOSES
    found = _HOURS.fullmatch(text.strip())
    if found is None:
        reader.problem("wants_hours", key="mail.hours", value=text)
        return MORNING, _CLOSES
    opens, closes = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
    if not (opens <= MORNING and closes > AFTERNOON):
        reader.problem(
            "hours_of_stages", key="mail.hours", value=text, first=f"{MORNING:%H:%M}", last=f"{AFTERNOON:%H:%M}"
        )
        return MORNING, _CLOSES
    return opens, closes


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
        per_minute=reader.limit("mail.per_minute", _FASTEST),
        per_line=reader.limit("mail.per_connection_per_minute", _FASTEST),
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
    connections = reader.number("mail.smtp.connections", 2, 1, 50)
    pipelining = reader.flag("mail.smtp.pipelining", default=True)
    token_command = _token_command(home, reader)
    password = os.environ.get(PASSWORD_VARIABLE, "")
    if password_file:
        try:
            password = (home / password_file).read_text(encoding="utf-8").strip()
        except OSError as error:
            reader.problem("password_file", file=password_file, detail=error.strerror or str(error))
        except UnicodeDecodeError as error:
            reader.problem("password_file", file=password_file, detail=str(error.reason))
    if token_command and not username:
        reader.problem("token_username")
    if username and not password and not token_command:
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
        token_command=token_command,
        connections=connections,
        pipelining=pipelining,
    )


def _token_command(home: Path, reader: _Reader) -> tuple[str, ...]:
    """The words of the command; a program named by a relative path lies in the home. None of them is shown."""
    key = "mail.smtp.token_command"
    found = reader.get(key)
    if found is None or found in ("", []):
        return ()
    words: list[Any] = []
    with suppress(ValueError):  # a quote that isn't closed
        words = found if isinstance(found, list) else shlex.split(found) if isinstance(found, str) else []
    if not words or not words[0] or not all(isinstance(word, str) for word in words):
        reader.problem("wants_command", key=key)
        return ()
    program = words[0]
    if "/" in program:
        program = str(home.resolve() / program)
        if not os.access(program, os.X_OK):
            reader.problem("token_program", key=key, file=words[0])
    return (program, *words[1:])
