"""What was too much for an action of the command line is done right after it."""

from __future__ import annotations

from actions.feeds import render_waiting
from scheduler.app import App
from scheduler.progress import progress
from scheduler.terminal import Terminal


def catch_up(app: App, terminal: Terminal) -> None:
    """Render the events that wait, telling how far it has come; what an interruption leaves goes on waiting."""
    with progress(terminal.say, "cli.feeds.rendering") as watch:
        render_waiting(app.office, app.clock(), watch)
