"""This room's own settings; `config` fills them from the settings file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """The mail server of the installation."""

    host: str
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"  # "starttls" never falls back to plain text
    username: str | None = None  # None: no login
    password: str = field(default="", repr=False)
    # Prints a token of OAuth 2.0 for XOAUTH2; takes the place of the password. Its words may hold a secret.
    token_command: tuple[str, ...] = field(default=(), repr=False)
    ca_file: Path | None = None  # a province's own authority; None: those of the system
    timeout: float = 30.0  # seconds, for each step
    connections: int = 2  # at once
    pipelining: bool = True  # where the server offers it


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Where mail goes and as whom; into a Maildir until SMTP is configured."""

    outlet: Literal["maildir", "smtp"]
    maildir: Path
    sender_name: str
    sender: str  # address, of the installation's own domain
    domain: str  # right-hand side of Message-IDs
    smtp: SmtpSettings | None = None
    per_minute: int | None = None  # letters, of this process; None: as fast as the server takes them
    per_line: int | None = None  # the same for each connection

    @property
    def outlet_name(self) -> str:
        """What the outlet of these settings calls itself: its state is kept under this name."""
        return f"smtp {self.smtp.host}:{self.smtp.port}" if self.outlet == "smtp" and self.smtp else "maildir"

    def __post_init__(self) -> None:
        if self.outlet == "smtp" and self.smtp is None:
            raise ValueError("the SMTP outlet needs its settings")
