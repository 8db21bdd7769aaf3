"""Why an address could not be fetched."""

from __future__ import annotations

from detector.errors import InputError


class FetchFailed(InputError):
    """An address that gave no answer one can use, with the remedy.

    `transient`: the same request may succeed later. `retry_after` is how many seconds the server asked to wait.
    """

    def __init__(
        self, reason: str, remedy: str, *, status: int = 0, transient: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(f"{reason}; {remedy}")
        self.reason = reason
        self.remedy = remedy
        self.status = status
        self.transient = transient
        self.retry_after = retry_after
