"""Sources: folders, streams, drop folders, feeds, lists, sitemaps and pages are read into the store, round after round."""

from detector.sources.again import read_again
from detector.sources.gathering import Gathering, Sources, WatchedFolders, named_sources, seconds_of
from detector.sources.values import Asked, Gathered

__all__ = [
    "Asked",
    "Gathered",
    "Gathering",
    "Sources",
    "WatchedFolders",
    "named_sources",
    "read_again",
    "seconds_of",
]
