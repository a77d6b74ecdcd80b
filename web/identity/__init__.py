"""How people prove who they are. A further way, OpenID Connect for one, is one file beside `mailed.py`.

It is a function of a site that returns routes below `/dang-nhap`, all of them declared open (`web.access.STRANGERS`).
The page at `/dang-nhap` takes `?ve=`, the path to go on to (`web.paths.own_path`). Once it knows an address for certain
it calls `web.signing_in.sign_in`, which opens the session and is the only way in; what the person may do is none of its
business. `web.app.ROUTES` names the one in use.
"""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter

from web.site import Site

Identity = Callable[[Site], APIRouter]
