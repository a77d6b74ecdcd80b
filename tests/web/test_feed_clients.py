"""Kinds of calendar programs by what they call themselves."""

from __future__ import annotations

import pytest

from plans.words import LANGUAGES, words
from web.feeds.clients import CLIENTS, client_of

AGENTS = {
    "Google-Calendar-Importer": "google",
    "Mozilla/5.0 (compatible; Google-Calendar-Importer)": "google",
    "Microsoft.Exchange/15.20 (Windows NT 10.0; Win64; x64)": "outlook",
    "Microsoft Exchange/15.20": "outlook",
    "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.16327; Pro)": "outlook",
    "Mozilla/4.0 (compatible; ms-office; MSOffice 16)": "outlook",
    "Outlook-iOS/2.0": "outlook",
    "iOS/16.5.1 (20F75) dataaccessd/1.0": "apple",
    "macOS/13.4 (22F66) dataaccessd/1.0": "apple",
    "Mac+OS+X/10.10.5 (14F27) CalendarAgent/316.1": "apple",
    "macOS/11.0 (20A5343i) CalendarAgent/950": "apple",
    "CalendarStore/5.0 (1127); iCal/5.0 (1535); Mac OS X/10.7.1 (11B26)": "apple",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0": "thunderbird",
    "Mozilla/5.0 (Windows; U; en-US) Gecko/20080421 Lightning/0.8": "thunderbird",
    "vdirsyncer/0.21.0": "vdirsyncer",
    "khal/0.14.1": "khal",
    "ICSx5/2.4.3 (ical4j/3.2.19 okhttp/5.3.2 Android/16)": "davx5",
    "DAVx5/4.4.1-ose (2024/06/10; dav4jvm; okhttp/4.12.0) Android/14": "davx5",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Safari/604.1": "browser",
    "curl/8.5.0": "other",
    "": "other",
    "x" * 100_000 + "khal/1": "other",
}


@pytest.mark.parametrize(("agent", "kind"), AGENTS.items(), ids=[*list(AGENTS)[:-1], "long"])
def test_kind_of_client(agent: str, kind: str) -> None:
    assert client_of(agent.encode()) == kind
    assert client_of(agent.upper().encode()) == (kind if len(agent) < 1000 else "other")


def test_every_kind_has_a_name_in_words() -> None:
    assert set(AGENTS.values()) == set(CLIENTS)
    assert client_of(None) == "other"
    assert [kind for kind in CLIENTS for language in LANGUAGES if not words(language).has(f"feed.client.{kind}")] == []
