"""Sources: folders, streams, drop folders, feeds, lists, sitemaps and pages are read into the store, round after round."""

from detector.sources.again import read_again
from detector.sources.gathering import Gathering, Sources, WatchedFolders, named_sources, seconds_of
from detector.sources.state import SourcesState, WatchState, sources_state, watch_state
from detector.sources.stopping import Stopped, Stopper
from detector.sources.values import Asked, Gathered
from detector.sources.watching import STOPPED, RoundDone, Watch

__all__ = [
    "STOPPED",
    "Asked",
    "Gathered",
    "Gathering",
    "RoundDone",
    "Sources",
    "SourcesState",
    "Stopped",
    "Stopper",
    "Watch",
    "WatchState",
    "WatchedFolders",
    "named_sources",
    "read_again",
    "seconds_of",
    "sources_state",
    "watch_state",
]
