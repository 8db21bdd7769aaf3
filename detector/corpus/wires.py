"""News agencies and the datelines that credit them."""

from __future__ import annotations

import re

_ALIASES = {
    "reuters": ("thomson reuters",),
    "ap": ("associated press", "the associated press"),
    "afp": ("agence france-presse", "agence france presse"),
    "upi": ("united press international",),
    "bloomberg": ("bloomberg news",),
    "dpa": ("deutsche presse-agentur",),
    "pa": ("pa media", "press association"),
    "cnn": ("the-cnn-wire", "cnn wire"),
}
_OTHERS = ("xinhua", "tass", "interfax", "ansa", "efe", "kyodo", "pti", "ani", "anadolu", "belga", "tanjug")
_AGENCIES = {alias: name for name, aliases in _ALIASES.items() for alias in (name, *aliases)}
_AGENCIES |= {name: name for name in _OTHERS}

_DATELINE = re.compile(
    r"^(?P<place>[A-Z][^()\n]{1,70})\((?P<wire>[A-Z][\w .&'’-]{1,30})\)\s*(?:[-–—]{1,2})\s|"
    r"^\((?P<alone>[A-Z][\w .&'’-]{1,30})\)(?:\s*[-–—]{1,2})?\s"
)


def agency_of(name: str) -> str | None:
    """The agency a name stands for ("Associated Press": "ap"), None when it is none we know."""
    return _AGENCIES.get(" ".join(name.casefold().split()))


def dateline_of(paragraph: str) -> tuple[str, str] | None:
    """The dateline a paragraph begins with and the agency in it: "LONDON, July 24 (Reuters) -".

    An agency nobody knows needs a place in capitals: "Rep. Grimm (R-N.Y.) - " is no dateline.
    """
    match = _DATELINE.match(paragraph)
    if not match:
        return None
    wire = (match["wire"] or match["alone"]).strip()
    capitals = re.match(r"[^\W\d_a-z]{3,}(?=[ ,])", match["place"] or "")
    return (match.group(), wire) if agency_of(wire) or capitals else None
