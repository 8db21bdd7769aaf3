"""Fetching: addresses in, answers as they came out; politely, within bounds, and never from inside the network.

Nothing here opens a connection before `Fetcher.get` is called.
"""

from detector.fetching.addresses import clean_address, same_site
from detector.fetching.failures import FetchFailed
from detector.fetching.fetcher import Answer, Fetcher

__all__ = ["Answer", "FetchFailed", "Fetcher", "clean_address", "same_site"]
