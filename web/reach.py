"""Addresses as calendar programs want them, and whether those that fetch from the Internet can reach one."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

# Names that the public DNS does not know: RFC 6761, RFC 6762 (.local), RFC 8375 (home.arpa), ICANN's .internal, and
# what routers and domain controllers call their own networks.
_INSIDE = ("localhost", "local", "lan", "internal", "intranet", "home.arpa", "home", "corp", "localdomain")


def is_inside(base_url: str) -> bool:
    """Whether only this machine or its own network can know the host of an address.

    False for a public name: whether it leads to a closed network nobody can tell from here.
    """
    host = (urlsplit(base_url).hostname or "").rstrip(".")
    try:
        found = ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(tuple(f".{name}" for name in _INSIDE))
    return not found.is_global


def webcal(address: str) -> str:
    """The address of a calendar for programs that subscribe at a click."""
    return "webcal:" + address.removeprefix(f"{urlsplit(address).scheme}:")
