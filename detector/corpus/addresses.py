"""One form for each web address, so that one article is not taken for two."""

from __future__ import annotations

from urllib.parse import urldefrag, urlsplit

_LONGEST = 2_000


def clean_address(address: str) -> str | None:
    """The address without tracking parameters and fragment, parameters in order; None if it is no http(s) address."""
    from courlan import normalize_url

    try:
        cleaned = str(urldefrag(normalize_url(address.strip())).url)
        parts = urlsplit(cleaned)
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and "@" not in parts.netloc
    except (ValueError, UnicodeError):
        return None
    return cleaned if whole and len(cleaned) <= _LONGEST else None


def same_site(left: str, right: str) -> bool:
    """Whether two addresses are of one registered domain ("www.bbc.co.uk" and "m.bbc.co.uk"), or of one host."""
    from courlan import extract_domain

    if urlsplit(left).netloc.casefold() == urlsplit(right).netloc.casefold():
        return True
    domain = extract_domain(left)
    return domain is not None and domain == extract_domain(right)


def is_front(address: str) -> bool:
    """Whether an address is that of a site as a whole, not of a page in it."""
    parts = urlsplit(address)
    return not parts.query and parts.path.strip("/").casefold() in ("", "index.html", "index.htm", "index.php", "home")
