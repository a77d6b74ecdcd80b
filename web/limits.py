"""How often one client may try to sign in."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from starlette.requests import HTTPConnection

_CLIENTS = 4096  # remembered at once: what is kept of the rest is forgotten, the longest silent first


class Limit:
    """At most `most` tries of a client within `span`; of this process, and forgotten when it ends."""

    def __init__(self, most: int, span: timedelta) -> None:
        self.most = most
        self.span = span
        self._lock = threading.Lock()
        self._tries: OrderedDict[str, deque[datetime]] = OrderedDict()

    def allows(self, client: str, now: datetime) -> bool:
        """Whether one more is allowed, which counts then."""
        with self._lock:
            tries = self._tries.setdefault(client, deque())
            self._tries.move_to_end(client)
            if len(self._tries) > _CLIENTS:
                self._tries.popitem(last=False)
            while tries and tries[0] <= now - self.span:
                tries.popleft()
            if len(tries) >= self.most:
                return False
            tries.append(now)
            return True


def client_of(request: HTTPConnection) -> str:
    """The address of a client, as uvicorn takes it from a proxy on this machine; of IPv6 the network of its site."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host[:64]
    return str(IPv6Address(int(address) >> 64 << 64)) if isinstance(address, IPv6Address) else str(address)
