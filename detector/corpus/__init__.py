"""Reading: files, folders and data frames in; articles and rejections out; near copies found.

Text is what a reader of the article sees: prompts, notices, navigation and captions are left out, headlines and bullets
stay. Names passed over in folders: gold.json, manifest.*, README, LICENSE and hidden files.
"""

from detector.corpus.fetched import read_fetched
from detector.corpus.reading import KINDS, read_found, read_frame, read_paths, read_stream

__all__ = ["KINDS", "read_fetched", "read_found", "read_frame", "read_paths", "read_stream"]
