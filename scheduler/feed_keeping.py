"""What calendars need after every change: events that waited, entity tags, and files where they are to be written."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic

from actions.feeds import bind_feeds, render_waiting
from actions.publishing import publish
from plans.problems import Problem
from scheduler.app import App
from store.feeds import FeedsState, feeds_state

_PAUSE = 600.0  # seconds: a full disk is not to be filled with what is said of it
log = logging.getLogger(__name__)


class FeedKeeping:
    """Keeps up with what actions changed; one for the life of a process."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.published: FeedsState | None = None
        self.again = 0.0  # when writing files is tried again after it failed, by the monotonic clock

    def step(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """Do all there is to do; what is left when `stopped` says so is done by the next process."""
        office = self.app.office
        rendered = render_waiting(office, self.app.clock(), stopped=stopped)
        if rendered:
            log.info("calendars: %s items rendered that had waited", rendered)
        bound = bind_feeds(office, stopped=stopped)
        if bound:
            log.debug("calendars: %s brought up to date", bound)
        folder = self.app.settings.feeds.publish
        if folder is not None and not stopped():
            self._publish()

    def _publish(self) -> None:
        settings = self.app.settings.feeds
        with self.app.database.read() as tx:
            state = feeds_state(tx)
        if state == self.published or settings.publish is None:
            return
        if monotonic() < self.again:
            return
        try:
            done = publish(self.app.office, settings.publish, compressed=settings.compressed)
        except OSError as error:
            self.again = monotonic() + _PAUSE
            params = {"folder": str(settings.publish), "detail": error.strerror or str(error)}
            log.error("%s", self.app.words.problem(Problem("publish.folder", params)))
            return
        if done.written or done.removed:
            log.info("calendars: %s files written, %s removed", len(done.written), len(done.removed))
        self.published = state
