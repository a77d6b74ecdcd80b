"""Which browser on what, as far as its User-Agent tells (RFC 9110, section 10.1.5); it may say anything.

Versions are left out: browsers freeze them. What is not known for sure is left empty, never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# In this order: nearly every browser also names those whose pages it can show.
_BROWSERS = (
    (r"\bZalo", "Zalo"),
    (r"\bcoc_coc_browser/", "Cốc Cốc"),
    (r"\bEdg(?:e|A|iOS)?/", "Edge"),
    (r"\bOPR/|\bOpera\b", "Opera"),
    (r"\bSamsungBrowser/", "Samsung Internet"),
    (r"\bFirefox\b|\bFxiOS/", "Firefox"),
    (r"\bChrom(?:e|ium)/|\bCriOS/", "Chrome"),
    (r"\bVersion/.*\bSafari/", "Safari"),
)
_SYSTEMS = (
    (r"\biPhone\b", "iPhone"),
    (r"\biPad\b", "iPad"),
    (r"\bAndroid\b", "Android"),
    (r"\bCrOS\b", "ChromeOS"),
    (r"\bWindows\b", "Windows"),
    (r"\bMacintosh\b", "Mac"),
    (r"\bLinux\b", "Linux"),
)


@dataclass(frozen=True, slots=True)
class Browser:
    """Names as their makers write them; empty where they are not known."""

    name: str
    system: str


def browser_of(agent: str) -> Browser:
    """What the header `agent` says."""
    return Browser(_first(_BROWSERS, agent), _first(_SYSTEMS, agent))


def _first(known: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for pattern, name in known if re.search(pattern, agent)), "")
