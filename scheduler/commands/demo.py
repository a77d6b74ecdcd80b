"""`demo`: the sample province, running: what is due is sent at once into a Maildir, then the daemon and the pages."""

from __future__ import annotations

import argparse
import re
import socket
from datetime import timedelta
from pathlib import Path

from actions.office import Act
from actions.publishing import feed_addresses
from actions.signing_in import print_link
from config.settings import FILE
from plans.feeds import FeedKind
from plans.units import Role
from scheduler.app import App, open_app
from scheduler.catching_up import catch_up
from scheduler.clock import Clock
from scheduler.commands.init import make_home
from scheduler.commands.load import ACTOR, print_report
from scheduler.passing import one_pass
from scheduler.progress import mail_progress
from scheduler.sample_life import live_a_little, load_sample
from scheduler.serving import serve
from scheduler.terminal import Terminal
from store.coordinating import coordinated
from store.units import read_roster

SAMPLE = "dien-bien"
HOME = "nhachan-demo"
PORT = 8088
_PORT_LINE = re.compile(r"^port = \d+", re.MULTILINE)
_LINK = timedelta(hours=24)  # of the links printed here: a guest takes more time than the mail does
SHOWN = ("so-noi-vu", "so-giao-duc-va-dao-tao", "so-y-te")


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    home = home if parsed.home else Path(HOME)
    if not (home / FILE).exists():
        make_home(home, SAMPLE)
        _name_sample(home / FILE)
        _set_port(home / FILE, parsed.port or free_port(PORT))
    elif parsed.port:
        _set_port(home / FILE, parsed.port)
    with open_app(home, clock.running(), parsed.lang) as app:
        with app.database.read() as tx:
            fresh = not read_roster(tx).units
        if fresh:
            terminal.line("cli.demo.loading")
            report = load_sample(app, home, ACTOR)
            live_a_little(app, "demo")
            catch_up(app, terminal)
            print_report(report, terminal)
        with mail_progress(terminal.say) as watch:
            done = one_pass(app, at_once=True, watch=watch)
        terminal.text()
        terminal.line("cli.demo.sent", n=done.mail.sent)

        def ready() -> None:
            _say_where(app, terminal)
            terminal.flush()

        if parsed.once:
            ready()
        else:
            serve(app, "all", ready)
            terminal.line("cli.serve.stopped")
    return 0


def _say_where(app: App, terminal: Terminal) -> None:
    terminal.line("cli.demo.board", url=f"{app.office.base_url}/")
    for address, who in _guests(app):
        url = print_link(app.office, Act("demo", app.clock()), address, app.settings.web.granted, _LINK)
        terminal.line("cli.demo.sign_in", url=url, who=terminal.say(f"cli.demo.{who}"))
    with app.database.read() as tx:
        feeds = {f.feed.owner: f for f in feed_addresses(tx, app.office, FeedKind.UNIT)}
    chosen = [u for u in SHOWN if u in feeds] + [u for u in feeds if u not in SHOWN]
    for unit in chosen[:3]:
        terminal.line("cli.demo.feed", url=feeds[unit].url, unit=feeds[unit].feed.name)
    terminal.line("cli.demo.maildir", maildir=app.settings.mail.maildir)
    terminal.line("cli.demo.overdue")
    terminal.line("cli.demo.stop")


def _guests(app: App) -> list[tuple[str, str]]:
    """Somebody who coordinates a plan and somebody of another unit, as the data stands now, and what each is."""
    with app.database.read() as tx:
        chief = next((p.acting for p in coordinated(tx) if p.acting), None)
        roster = read_roster(tx)
    chosen = (("coordinator", [chief]), ("officer", [u for u in (*SHOWN, *roster.units) if u != chief]))
    found = []
    for who, units in chosen:
        officers = (o for u in units if u in roster.units for o in roster.units[u].officers if o.role is not Role.HEAD)
        first = next(officers, None)
        if first is not None:
            found.append((first.address, who))
    return found


def free_port(preferred: int) -> int:
    """The preferred port, or any free one when it is taken."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    return preferred


def _name_sample(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    text = text.replace('name = "Nhắc hạn"', 'name = "Nhắc hạn tỉnh mẫu"')
    text = text.replace('sender = "nhac-han@tinh.example"', 'sender = "nhac-han@dienbien.example"')
    text = text.replace('# unit = "so-noi-vu"', 'unit = "so-noi-vu"')
    file.write_text(text, encoding="utf-8")


def _set_port(file: Path, port: int) -> None:
    """Links in mails and feeds name the port, so it is written down."""
    text = file.read_text(encoding="utf-8")
    file.write_text(_PORT_LINE.sub(f"port = {port}", text, count=1), encoding="utf-8")
