"""Fetching: addresses in, answers as they came out; politely, within bounds, and never from inside the network.

Nothing here opens a connection before `Fetcher.get` is called.
"""

from detector.fetching.failures import FetchFailed
from detector.fetching.fetcher import Answer, Fetcher, unpacked

__all__ = ["Answer", "FetchFailed", "Fetcher", "unpacked"]
