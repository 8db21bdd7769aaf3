"""The datelines by which an article credits a news agency."""

from __future__ import annotations

import re

from detector.corpus.registry import Registry, load_registry

_DATELINE = re.compile(
    r"^(?P<place>[A-Z][^()\n]{1,70})\((?P<wire>[A-Z][\w .&'’-]{1,30})\)\s*(?:[-–—]{1,2})\s|"
    r"^\((?P<alone>[A-Z][\w .&'’-]{1,30})\)(?:\s*[-–—]{1,2})?\s"
)


def dateline_of(paragraph: str, registry: Registry | None = None) -> tuple[str, str] | None:
    """The dateline a paragraph begins with and the agency in it: "LONDON, July 24 (Reuters) -".

    An agency nobody knows needs a place in capitals: "Rep. Grimm (R-N.Y.) - " is no dateline.
    """
    match = _DATELINE.match(paragraph)
    if not match:
        return None
    wire = (match["wire"] or match["alone"]).strip()
    capitals = re.match(r"[^\W\d_a-z]{3,}(?=[ ,])", match["place"] or "")
    return (match.group(), wire) if capitals or (registry or load_registry()).agency_of(wire) else None
