"""What every page works with, and how it becomes a response."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from fastapi.responses import HTMLResponse
from jinja2 import Environment

from actions.mail_trial import OpenOutlet
from actions.office import Office
from notifications.settings import MailSettings
from plans.problems import EnvironmentFault
from plans.words import Words
from web.asked import asked
from web.feeds.reads import Reads
from web.prefix import with_prefix
from web.settings import WebSettings
from web.visits import Visit


@dataclass(frozen=True, slots=True)
class Tongue:
    """What pages of one language are made with."""

    words: Words
    templates: Environment


@dataclass(frozen=True, slots=True)
class Site:
    """One installation as its pages see it. Nothing in it changes while it serves but its calendar."""

    office: Office
    clock: Callable[[], datetime]
    secret: bytes = field(repr=False)  # of feed and link tokens
    mail: MailSettings
    tongues: Mapping[str, Tongue]  # by language
    web: WebSettings
    reads: Reads  # of calendars, until they are written
    outlet: OpenOutlet | None = None  # for trial letters; None: they are sent from the command line alone

    @property
    def language(self) -> str:
        """The language of the answer to the present request: as its reader chose, else the office's."""
        chosen = asked().language
        return chosen if chosen is not None and chosen in self.tongues else self.office.language

    @property
    def words(self) -> Words:
        """Those of that language."""
        return self.tongues[self.language].words

    @property
    def root(self) -> str:
        """What paths begin with where a proxy serves all this under one: "/nhachan", mostly empty."""
        return urlsplit(self.office.base_url).path

    def follow_table(self) -> None:
        """Count by the working-day table as it stands: another process may have changed it since the last request."""
        with suppress(EnvironmentFault), self.office.database.read() as tx:
            self.office.follow_table(tx)

    def page(
        self, template: str, now: datetime, *, status: int = 200, visit: Visit | None = None, **context: object
    ) -> HTMLResponse:
        """The page `template` as it stands at `now`; for the one who has signed in, if anyone."""
        request, tongue = asked(), self.tongues[self.language]
        drawn = tongue.templates.get_template(template).render(
            site_name=self.mail.sender_name,
            now=now,
            today=self.office.today(now),
            visit=visit,
            flash=tongue.words(request.flash.code, **request.flash.params) if request.flash else None,
            asked=request,
            **context,
        )
        return HTMLResponse(with_prefix(drawn, self.root), status)
