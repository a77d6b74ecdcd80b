"""Which kind of program asks for a calendar, by its User-Agent: for the owner to see that subscribing has worked."""

from __future__ import annotations

from functools import lru_cache

OTHER, BROWSER = "other", "browser"
_LENGTH = 200  # bytes that are looked at: a header may be long, and what it was is kept

# The first that fits counts. Thunderbird and older Outlooks call themselves Mozilla too, so browsers come last.
_MARKS: tuple[tuple[bytes, str], ...] = (
    (b"google-calendar-importer", "google"),  # alone, or as "Mozilla/5.0 (compatible; Google-Calendar-Importer)"
    # Outlook on the web fetches as "Microsoft.Exchange/15.20 …" or "Exchange/15.20 (ICal…)", the program as
    # "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0…)" or "Mozilla/4.0 (compatible; ms-office; …)".
    (b"exchange/", "outlook"),
    (b"outlook", "outlook"),
    (b"microsoft office", "outlook"),
    (b"ms-office", "outlook"),
    # "iOS/16.5.1 (20F75) dataaccessd/1.0", "macOS/13.4 (22F66) dataaccessd/1.0", "Mac+OS+X/10.10 (14A389)
    # CalendarAgent/315", "macOS/11.0 (20A5343i) CalendarAgent/950"; iCal of 2011 and before: "CalendarStore/5.0 …".
    (b"dataaccessd", "apple"),
    (b"calendaragent/", "apple"),
    (b"calendarstore/", "apple"),
    (b"thunderbird/", "thunderbird"),
    (b"lightning/", "thunderbird"),
    (b"vdirsyncer/", "vdirsyncer"),  # vdirsyncer/http.py: USERAGENT
    (b"khal/", "khal"),
    (b"davx5/", "davx5"),
    (
        b"icsx5/",
        "davx5",
    ),  # of the same house, and by its own words "ICSx5/2.4.3 (ical4j/3.2.19 okhttp/5.3.2 Android/16)"
    (b"icsdroid", "davx5"),
    (b"mozilla/", BROWSER),
    (b"opera/", BROWSER),
)
CLIENTS = (*dict.fromkeys(kind for _, kind in _MARKS), OTHER)


def client_of(agent: bytes | None) -> str:
    """One of CLIENTS."""
    return _known(agent[:_LENGTH]) if agent else OTHER


@lru_cache(512)
def _known(agent: bytes) -> str:
    written = agent.lower()
    return next((kind for mark, kind in _MARKS if mark in written), OTHER)
