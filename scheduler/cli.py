"""The command line: what can be asked. Each command's work lives in `scheduler.commands`, loaded when asked for.

Only the standard library's cheap parts are imported here, so that `--help` answers at once.
"""

from __future__ import annotations

import gettext
import importlib
import sys
from collections.abc import Callable, Sequence

from plans.feeds import FeedKind
from scheduler.usage import LOCALES, Parser, language_of, speaking

Say = Callable[[str], str]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code: 0 fine, 1 the user's input, 2 usage, 3 the environment."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):  # a C locale must not turn Vietnamese into an error
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    language = language_of(arguments)
    with speaking(language):
        parsed = build_parser(language).parse_args(arguments)
    running = importlib.import_module("scheduler.running")
    code: int = running.run(parsed)
    return code


def build_parser(language: str = "vi") -> Parser:
    """Every command and option, described in a language."""
    say: Say = gettext.translation("nhachan", LOCALES, languages=[language]).gettext
    parser = Parser(prog="nhachan", description=say("cli.about"), about_language=say("cli.lang"))
    parser.set_defaults(lang=None)
    parser.add_argument("--home", metavar=say("cli.meta.folder"), help=say("cli.home"))
    parser.add_argument("--now", metavar=say("cli.meta.moment"), help=say("cli.now"))
    commands = parser.add_subparsers(dest="command", metavar=say("cli.meta.command"), required=True)

    def command(name: str) -> Parser:
        about = say(f"cli.{name}")
        return commands.add_parser(name, help=about, description=about)

    _beginning(command, say)
    _plans(command, say)
    _running(command, say)
    _acts(command, say)
    _calendar(command, say)
    _people(command, say)
    _units(command, say)
    _operations(command, say)
    return parser


_Command = Callable[[str], Parser]


def _beginning(command: _Command, say: Say) -> None:
    demo = command("demo")
    demo.add_argument("--port", type=int, help=say("cli.port"))
    demo.add_argument("--once", action="store_true", help=say("cli.once"))
    init = command("init")
    init.add_argument("--sample", nargs="?", const="dien-bien", metavar=say("cli.meta.sample"), help=say("cli.sample"))


def _plans(command: _Command, say: Say) -> None:
    check = command("check")
    check.add_argument("files", nargs="+", metavar=say("cli.meta.file"), help=say("cli.files"))
    load = command("load")
    load.add_argument("files", nargs="+", metavar=say("cli.meta.file"), help=say("cli.files"))
    load.add_argument("--replace", action="store_true", help=say("cli.replace"))
    load.add_argument("--track-from", metavar=say("cli.meta.day"), help=say("cli.track_from"))
    _dry_run(load, say)
    roll_over = command("roll-over")
    roll_over.add_argument("plan", metavar=say("cli.meta.plan"), help=say("cli.plan_or_file"))
    roll_over.add_argument(
        "--year", type=int, required=True, metavar=say("cli.meta.year"), help=say("cli.roll_over.year")
    )
    roll_over.add_argument("-o", "--out", dest="out", metavar=say("cli.meta.file"), help=say("cli.roll_over.out"))
    plans = command("plans")
    parts = plans.add_subparsers(dest="act", metavar="list|keep|end", required=True)
    _json(parts.add_parser("list", help=say("cli.plans_list")), say)
    keep = parts.add_parser("keep", help=say("cli.plans_keep"))
    keep.add_argument("plan", metavar=say("cli.meta.plan"), help=say("cli.plan_named"))
    keep.add_argument("--year", type=int, required=True, metavar=say("cli.meta.year"), help=say("cli.keep_year"))
    keep.add_argument("--reason", metavar=say("cli.meta.reason"), help=say("cli.reason"))
    end = parts.add_parser("end", help=say("cli.plans_end"))
    end.add_argument("plan", metavar=say("cli.meta.plan"), help=say("cli.plan_named"))
    end.add_argument("--until", required=True, metavar=say("cli.meta.day"), help=say("cli.end_until"))
    end.add_argument("--reason", metavar=say("cli.meta.reason"), help=say("cli.reason"))
    _dry_run(end, say)


def _running(command: _Command, say: Say) -> None:
    serve = command("serve")
    serve.add_argument("--role", choices=("all", "web", "scheduler", "mailer"), default="all", help=say("cli.role"))
    command("tick")
    _json(command("jobs"), say)
    rehearse = command("rehearse")
    rehearse.add_argument("--from", dest="first", required=True, metavar=say("cli.meta.day"), help=say("cli.from"))
    rehearse.add_argument("--to", dest="last", required=True, metavar=say("cli.meta.day"), help=say("cli.to"))
    rehearse.add_argument("--person", metavar=say("cli.meta.person"), help=say("cli.person"))
    rehearse.add_argument("--unit", metavar=say("cli.meta.unit"), help=say("cli.unit"))
    rehearse.add_argument("--plan", metavar=say("cli.meta.plan"), help=say("cli.plan"))
    _json(rehearse, say)
    overdue = command("overdue")
    overdue.add_argument("--unit", action="append", metavar=say("cli.meta.unit"), help=say("cli.unit"))
    overdue.add_argument("--plan", metavar=say("cli.meta.plan"), help=say("cli.plan"))
    overdue.add_argument("--group", metavar=say("cli.meta.group"), help=say("cli.group"))
    overdue.add_argument("--on", metavar=say("cli.meta.day"), help=say("cli.on"))
    _json(overdue, say)
    why = command("why")
    why.add_argument("deadline", metavar=say("cli.meta.deadline"), help=say("cli.deadline"))
    why.add_argument("--unit", metavar=say("cli.meta.unit"), help=say("cli.why_unit"))
    _json(why, say)


def _acts(command: _Command, say: Say) -> None:
    for name in ("submit", "accept", "return", "extend", "waive"):
        act = command(name)
        act.add_argument("deadline", metavar=say("cli.meta.deadline"), help=say("cli.deadline"))
        whose = act.add_mutually_exclusive_group(required=True) if name == "submit" else act
        needed = name not in ("submit", "extend")
        whose.add_argument(
            "--unit",
            action="append",
            default=[],
            required=needed,
            metavar=say("cli.meta.unit"),
            help=say("cli.unit_or_all" if name == "extend" else "cli.unit_each"),
        )
        act.add_argument("--reason", metavar=say("cli.meta.reason"), help=say("cli.reason"))
        if name in ("submit", "accept", "return"):
            act.add_argument("--received", metavar=say("cli.meta.day"), help=say(f"cli.received_{name}"))
        if name == "submit":
            act.add_argument("--number", metavar=say("cli.meta.number"), help=say("cli.number"))
            whose.add_argument("--register", metavar=say("cli.meta.file"), help=say("cli.register"))
            act.add_argument("--skip", action="store_true", help=say("cli.skip"))
        if name in ("return", "extend"):
            asked = "cli.until" if name == "extend" else "cli.until_return"
            act.add_argument("--until", metavar=say("cli.meta.day"), required=name == "extend", help=say(asked))
        if name == "return":
            act.add_argument("--void", action="store_true", help=say("cli.void"))
        if name == "extend":
            act.add_argument("--before", action="store_true", help=say("cli.before"))
            act.add_argument("--document", metavar=say("cli.meta.number"), help=say("cli.document"))
        _dry_run(act, say)
    urge = command("urge")
    urge.add_argument("deadline", metavar=say("cli.meta.deadline"), help=say("cli.deadline"))
    urge.add_argument("--unit", action="append", required=True, metavar=say("cli.meta.unit"), help=say("cli.unit_each"))
    urge.add_argument("--note", metavar=say("cli.meta.reason"), help=say("cli.urge.note"))
    urge.add_argument("--reason", metavar=say("cli.meta.reason"), help=say("cli.reason"))
    _dry_run(urge, say)
    requests = command("requests")
    requests.add_argument("--all", action="store_true", help=say("cli.requests.all"))
    _json(requests, say)
    parts = requests.add_subparsers(dest="act", metavar="grant|refuse")
    for name in ("grant", "refuse"):
        answer = parts.add_parser(name, help=say(f"cli.requests.{name}"))
        answer.add_argument("ids", nargs="+", type=int, metavar=say("cli.meta.request"), help=say("cli.requests.ids"))
        answer.add_argument(
            "--reason", required=name == "refuse", metavar=say("cli.meta.reason"), help=say("cli.reason")
        )
        if name == "grant":
            answer.add_argument("--until", metavar=say("cli.meta.day"), help=say("cli.requests.until"))
        _dry_run(answer, say)
    close = command("close")
    close.add_argument("plan", metavar=say("cli.meta.plan"), help=say("cli.plan_named"))
    close.add_argument("--period", metavar=say("cli.meta.period"), help=say("cli.period"))
    close.add_argument("--reopen", action="store_true", help=say("cli.reopen"))
    close.add_argument("--reason", metavar=say("cli.meta.reason"), help=say("cli.reason"))
    _dry_run(close, say)


def _calendar(command: _Command, say: Say) -> None:
    event = command("event")
    event.add_argument("name", nargs="?", metavar=say("cli.meta.event"), help=say("cli.event_name"))
    event.add_argument("day", nargs="?", metavar=say("cli.meta.day"), help=say("cli.event_day"))
    event.add_argument("--unit", action="append", default=[], metavar=say("cli.meta.unit"), help=say("cli.unit_each"))
    event.add_argument("--clear", action="store_true", help=say("cli.event_clear"))
    event.add_argument("--reason", metavar=say("cli.meta.reason"), help=say("cli.reason"))
    _dry_run(event, say)
    _json(event, say)


def _people(command: _Command, say: Say) -> None:
    parts = command("people").add_subparsers(
        dest="act", metavar="list|absent|back|hand-over|reachable|confirm|set", required=True
    )

    def part(name: str) -> Parser:
        return parts.add_parser(name, help=say(f"cli.people_{name.replace('-', '_')}"))

    listing = part("list")
    listing.add_argument("--unit", metavar=say("cli.meta.unit"), help=say("cli.unit"))
    listing.add_argument("--unconfirmed", action="store_true", help=say("cli.unconfirmed"))
    _json(listing, say)
    away = part("absent")
    away.add_argument("address", metavar=say("cli.meta.address"))
    away.add_argument("--from", dest="first", required=True, metavar=say("cli.meta.day"), help=say("cli.away_from"))
    away.add_argument("--to", dest="last", metavar=say("cli.meta.day"), help=say("cli.away_to"))
    away.add_argument("--deputy", metavar=say("cli.meta.address"), help=say("cli.deputy"))
    away.add_argument("--reason", metavar=say("cli.meta.reason"), help=say("cli.reason"))
    _dry_run(away, say)
    part("back").add_argument("address", metavar=say("cli.meta.address"))
    over = part("hand-over")
    over.add_argument("old", metavar=say("cli.meta.old"))
    over.add_argument("new", metavar=say("cli.meta.new"))
    over.add_argument("--name", metavar=say("cli.meta.name"), help=say("cli.new_name"))
    over.add_argument("--unit", metavar=say("cli.meta.unit"), help=say("cli.of_unit"))
    over.add_argument("--reason", metavar=say("cli.meta.reason"), help=say("cli.reason"))
    _dry_run(over, say)
    part("reachable").add_argument("address", metavar=say("cli.meta.address"))
    confirm = part("confirm")
    confirm.add_argument("addresses", nargs="*", metavar=say("cli.meta.address"))
    confirm.add_argument("--unit", metavar=say("cli.meta.unit"), help=say("cli.of_unit"))
    prefer = part("set")
    prefer.add_argument("address", metavar=say("cli.meta.address"))
    prefer.add_argument("--digest-at", metavar=say("cli.meta.time"), help=say("cli.digest_at"))
    prefer.add_argument("--upcoming", choices=("all", "last"), help=say("cli.upcoming"))


def _operations(command: _Command, say: Say) -> None:
    publish = command("publish")
    publish.add_argument("folder", metavar=say("cli.meta.folder"), help=say("cli.folder"))
    publish.add_argument("--gzip", action="store_true", help=say("cli.gzip"))
    _feeds(command, say)
    mail = command("mail")
    parts = mail.add_subparsers(dest="act", metavar="list|show|retry|test|proof", required=True)
    listing = parts.add_parser("list", help=say("cli.mail_list"))
    listing.add_argument(
        "--state", choices=("queued", "sending", "sent", "failed", "unknown", "superseded"), help=say("cli.state")
    )
    listing.add_argument("--person", metavar=say("cli.meta.person"), help=say("cli.person"))
    listing.add_argument("--unit", metavar=say("cli.meta.unit"), help=say("cli.unit"))
    listing.add_argument("--on", metavar=say("cli.meta.day"), help=say("cli.mail_on"))
    _span(listing, say)
    _json(listing, say)
    parts.add_parser("show", help=say("cli.mail_show")).add_argument("id", type=int, metavar=say("cli.meta.mail"))
    again = parts.add_parser("retry", help=say("cli.mail_retry"))
    again.add_argument("ids", type=int, nargs="*", metavar=say("cli.meta.mail"))
    again.add_argument("--person", metavar=say("cli.meta.person"), help=say("cli.person"))
    again.add_argument(
        "--state", choices=("failed", "unknown", "queued"), default="failed", help=say("cli.retry_state")
    )
    parts.add_parser("test", help=say("cli.mail_test")).add_argument("address", metavar=say("cli.meta.address"))
    proof = parts.add_parser("proof", help=say("cli.mail_proof"))
    proof.add_argument("deadline", nargs="?", metavar=say("cli.meta.deadline"), help=say("cli.deadline"))
    proof.add_argument("--unit", metavar=say("cli.meta.unit"), help=say("cli.unit"))
    _span(proof, say)
    proof.add_argument("-o", "--out", dest="out", metavar=say("cli.meta.file"), help=say("cli.proof_out"))
    _workdays(command, say)
    _signing_in(command, say)
    command("migrate")
    _json(command("doctor"), say)


def _signing_in(command: _Command, say: Say) -> None:
    link = command("login-link")
    link.add_argument("address", metavar=say("cli.meta.address"))
    link.add_argument("--minutes", type=int, default=15, metavar=say("cli.meta.minutes"), help=say("cli.link_minutes"))
    parts = command("sessions").add_subparsers(dest="act", metavar="list|end|links", required=True)
    listing = parts.add_parser("list", help=say("cli.sessions_list"))
    listing.add_argument("--person", metavar=say("cli.meta.person"), help=say("cli.person"))
    _json(listing, say)
    end = parts.add_parser("end", help=say("cli.sessions_end"))
    end.add_argument("ids", type=int, nargs="*", metavar=say("cli.meta.session"))
    end.add_argument("--person", metavar=say("cli.meta.person"), help=say("cli.person"))
    end.add_argument("--all", action="store_true", help=say("cli.sessions_all"))
    _json(parts.add_parser("links", help=say("cli.sessions_links")), say)
    parts = command("tokens").add_subparsers(dest="act", metavar="list|revoke", required=True)
    listing = parts.add_parser("list", help=say("cli.tokens_list"))
    listing.add_argument("--person", metavar=say("cli.meta.person"), help=say("cli.person"))
    _json(listing, say)
    end = parts.add_parser("revoke", help=say("cli.tokens_revoke"))
    end.add_argument("ids", type=int, nargs="*", metavar=say("cli.meta.token"))
    end.add_argument("--person", metavar=say("cli.meta.person"), help=say("cli.person"))
    end.add_argument("--all", action="store_true", help=say("cli.tokens_all"))


def _feeds(command: _Command, say: Say) -> None:
    feeds = command("feeds")
    kinds = [kind.value for kind in FeedKind]
    feeds.add_argument("--kind", choices=kinds, metavar=say("cli.meta.kind"), help=say("cli.feeds_kind"))
    _json(feeds, say)
    parts = feeds.add_subparsers(dest="act", metavar="rotate|revoke|render", required=False)
    for name in ("rotate", "revoke"):
        part = parts.add_parser(name, help=say(f"cli.feeds_{name}"))
        part.add_argument("owner", metavar=say("cli.meta.owner"), help=say("cli.feed_owner"))
    parts.add_parser("render", help=say("cli.feeds_render"))


def _workdays(command: _Command, say: Say) -> None:
    parts = command("workdays").add_subparsers(dest="act", metavar="list|off|work|clear", required=True)
    listing = parts.add_parser("list", help=say("cli.workdays_list"))
    listing.add_argument("--year", type=int, metavar=say("cli.meta.year"), help=say("cli.year"))
    _json(listing, say)
    for name in ("off", "work", "clear"):
        act = parts.add_parser(name, help=say(f"cli.workdays_{name}"))
        act.add_argument("day", metavar=say("cli.meta.day"), help=say("cli.day"))
        act.add_argument("--to", dest="last", metavar=say("cli.meta.day"), help=say("cli.last_day"))
        act.add_argument(
            "--reason", required=name != "clear", metavar=say("cli.meta.reason"), help=say("cli.workdays_reason")
        )
        if name != "clear":
            act.add_argument("--source", metavar=say("cli.meta.document"), help=say("cli.workdays_source"))
        _dry_run(act, say)
        _json(act, say)


def _units(command: _Command, say: Say) -> None:
    units = command("units")
    parts = units.add_subparsers(dest="act", metavar="list|succeed", required=True)
    listing = parts.add_parser("list", help=say("cli.units_list"))
    listing.add_argument("--ended", action="store_true", help=say("cli.ended"))
    _json(listing, say)
    succeed = parts.add_parser("succeed", help=say("cli.units_succeed"))
    succeed.add_argument("old", metavar=say("cli.meta.old"), help=say("cli.old_unit"))
    succeed.add_argument("new", nargs="+", metavar=say("cli.meta.new"), help=say("cli.new_units"))
    succeed.add_argument("--on", metavar=say("cli.meta.day"), help=say("cli.succeed_on"))
    succeed.add_argument("--reason", metavar=say("cli.meta.reason"), help=say("cli.reason"))
    _dry_run(succeed, say)


def _span(parser: Parser, say: Say) -> None:
    parser.add_argument("--from", dest="first", metavar=say("cli.meta.day"), help=say("cli.from"))
    parser.add_argument("--to", dest="last", metavar=say("cli.meta.day"), help=say("cli.to"))


def _json(parser: Parser, say: Say) -> None:
    parser.add_argument("--json", action="store_true", help=say("cli.json"))


def _dry_run(parser: Parser, say: Say) -> None:
    parser.add_argument("--dry-run", action="store_true", help=say("cli.dry_run"))


if __name__ == "__main__":
    sys.exit(main())
