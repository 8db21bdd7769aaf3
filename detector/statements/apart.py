"""Articles split in a process of their own, for one that loads its models meanwhile."""

from __future__ import annotations

import gc
import os
import pickle
import sys


def answer() -> None:
    """Read articles and settings from standard input, write the statements of each to standard output, both pickled."""
    gc.set_threshold(100_000, 10, 10)  # thousands of objects of imports that stay: looking through them finds nothing
    # spaCy's library imports torch where it is installed, which takes longer than all the rest here. A pipeline that
    # needs it fails for want of it, and the caller splits the articles itself.
    sys.modules["torch"] = None  # type: ignore[assignment]
    told = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a package prints must not come in between
    articles, settings = pickle.load(sys.stdin.buffer)
    from detector.statements.reading import load_pipeline, split_articles

    nlp = load_pipeline(settings)
    found = [statements for _, statements in split_articles(articles, nlp=nlp, settings=settings)]
    with told:
        pickle.dump(found, told, pickle.HIGHEST_PROTOCOL)
    os._exit(0)  # nothing is left to be written, and taking spaCy's objects apart takes a while
