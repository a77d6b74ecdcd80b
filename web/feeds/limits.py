"""How often someone may ask: buckets in memory, as many as were set, of which the full ones are forgotten."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address

_MINUTE = 60.0
_IPV6_NETWORK = 64  # bits that are one customer's; whoever guesses has all the others to ask from


class Pace:
    """At most `per_minute` requests of each key, a minute's worth at once; 0: as many as they like.

    The bucket of a key is one number, the moment at which it will be full again (the generic cell rate algorithm of
    ITU-T I.371). `now` is that of a clock that never goes back, in seconds. Times to wait are in seconds, 0: none.
    """

    def __init__(self, per_minute: int, keys: int = 20_000) -> None:
        self._step = _MINUTE / per_minute if per_minute else 0.0
        self._depth = _MINUTE - self._step
        self._keys = keys
        self._full_at: dict[str | int, float] = {}
        self._all_full_at = 0.0

    def take(self, key: str | int, now: float) -> float:
        """Count a request, unless it comes too early: then the time to wait."""
        if not self._step:
            return 0.0
        full_at = max(self._full_at.get(key, now), now)
        if full_at - now > self._depth:
            return full_at - now - self._depth
        self._full_at[key] = full_at = full_at + self._step
        self._all_full_at = max(self._all_full_at, full_at)
        if len(self._full_at) > self._keys:
            self._forget(now)
        return 0.0

    def wait(self, key: str | int, now: float) -> float:
        """How long until a request may come, without counting one."""
        return max(self._full_at.get(key, now) - now - self._depth, 0.0) if self._full_at else 0.0

    def is_idle(self, now: float) -> bool:
        """Whether every bucket is full."""
        return now >= self._all_full_at

    def _forget(self, now: float) -> None:
        """A full bucket says nothing. Where too many are in use, those that are full the soonest go."""
        used = [(key, at) for key, at in self._full_at.items() if at > now]
        self._full_at = dict(sorted(used, key=lambda bucket: bucket[1])[-self._keys // 2 :])


@lru_cache(4096)
def network_of(address: str) -> str | None:
    """Who asks: an IPv4 address, the network of an IPv6 one; None for this machine: a proxy that names nobody."""
    try:
        found = ip_address(address)
    except ValueError:
        return address  # a proxy may write what it likes
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    if found.is_loopback:
        return None
    if isinstance(found, IPv6Address):
        return str(IPv6Address(int(found) >> _IPV6_NETWORK << _IPV6_NETWORK))
    return str(found)
