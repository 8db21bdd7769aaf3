"""Connections that end when the other side does not go on: a few silent ones must not fill the desk."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_SECONDS = 15.0
"""How long the head of a request may take to come, from the first byte or from the opening of the connection."""
STUCK_SECONDS = 60.0
"""How long an answer may wait for a client that does not take it."""


class BoundedConnection(H11Protocol):
    """uvicorn waits for ever for a request that does not come, or for an answer that is not taken."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._due: dict[str, asyncio.TimerHandle] = {}

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect("request", REQUEST_SECONDS)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._met("request")
        elif "request" not in self._due:
            self._expect("request", REQUEST_SECONDS)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._expect("taking", STUCK_SECONDS)

    def resume_writing(self) -> None:
        self._met("taking")
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        for what in tuple(self._due):
            self._met(what)
        super().connection_lost(exc)

    def _expect(self, what: str, seconds: float) -> None:
        self._due[what] = self.loop.call_later(seconds, self.transport.abort)

    def _met(self, what: str) -> None:
        if timer := self._due.pop(what, None):
            timer.cancel()
