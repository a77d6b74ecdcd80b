"""`serve`: the daemon."""

from __future__ import annotations

import argparse
from pathlib import Path

from scheduler.app import open_app
from scheduler.clock import Clock
from scheduler.serving import serve
from scheduler.terminal import Terminal


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    with open_app(home, clock.running(), parsed.lang) as app:

        def ready() -> None:
            if parsed.role in ("all", "web"):
                terminal.line("cli.serve.pages", url=f"{app.office.base_url}/")
                if app.settings.web.host in ("127.0.0.1", "::1", "localhost"):
                    terminal.line("cli.serve.loopback")
            if parsed.role in ("all", "mailer") and app.settings.mail.outlet == "maildir":
                terminal.line("cli.serve.maildir", maildir=app.settings.mail.maildir)
            elif parsed.role in ("all", "mailer") and app.settings.mail.smtp:
                terminal.line("cli.serve.smtp", host=app.settings.mail.smtp.host)
            terminal.flush()

        serve(app, parsed.role, ready)
        terminal.line("cli.serve.stopped")
    return 0
