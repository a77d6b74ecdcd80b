"""This room's own settings; `config` fills them from the settings file."""

from __future__ import annotations

from dataclasses import dataclass, field

from plans.access import Granted


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Where the pages are served, and to whom beyond what the data says."""

    host: str = "127.0.0.1"
    port: int = 8088
    base_url: str | None = None  # as people reach it, when a proxy stands in front; None: host and port
    granted: Granted = field(default_factory=Granted)
    metrics_token: str = field(default="", repr=False)  # empty: metrics for this machine alone
    feed_requests_per_minute: int = 60  # for each calendar; 0: without limit

    @property
    def address(self) -> str:
        """The start of every link, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.base_url or f"http://{host}:{self.port}").rstrip("/")
