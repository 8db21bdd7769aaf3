"""What a site asks programs to leave alone: its robots.txt, read once a day."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from detector.fetching.failures import FetchFailed

if TYPE_CHECKING:
    from protego import Protego

_KEPT_SECONDS = 24 * 3600.0
"""RFC 9309, 2.4: a robots.txt is not used for longer than a day."""
_MOST_BYTES = 500_000
_LONGEST_DELAY = 30.0
"""A longer Crawl-delay would hold up everything else; the address is then asked no faster than this."""
_REMEDY = "save the page and give the file, or ask the site; sources.robots = false is for sites of your own"


class Robots:
    """The rules of the sites asked so far."""

    def __init__(self, agent: str, fetch: Callable[[str], bytes]) -> None:
        self._agent = agent
        self._fetch = fetch
        self._rules: dict[str, tuple[float, Protego]] = {}

    def require_allowed(self, address: str) -> None:
        """Raises FetchFailed: the site forbids the address, or does not say now what it forbids."""
        if not self._rules_of(address).can_fetch(address, self._agent):
            raise FetchFailed("the site's robots.txt asks programs not to fetch it", _REMEDY)

    def delay_of(self, address: str) -> float:
        """Seconds that the site asks to leave between two requests; 0 where it is not known."""
        known = self._rules.get(_site_of(address))
        delay = known[1].crawl_delay(self._agent) if known else None
        return min(float(delay or 0.0), _LONGEST_DELAY)

    def _rules_of(self, address: str) -> Protego:
        from protego import Protego

        site = _site_of(address)
        kept = self._rules.get(site)
        if kept and time.monotonic() - kept[0] < _KEPT_SECONDS:
            return kept[1]
        try:
            text = self._fetch(f"{site}/robots.txt")[:_MOST_BYTES].decode("utf-8", "replace")
        except FetchFailed as failure:
            if failure.status == 0:  # no answer at all: the address itself would have none
                raise
            if failure.transient or not 400 <= failure.status < 500:
                # RFC 9309, 2.3.1.4: what cannot be reached forbids all for now.
                reason = f"robots.txt of the site cannot be read ({failure.reason})"
                raise FetchFailed(reason, "try again later", status=failure.status, transient=True) from failure
            text = ""
        rules = Protego.parse(text)
        self._rules[site] = (time.monotonic(), rules)
        return rules


def _site_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
