"""Addresses: which are fetched at all, and which machines may be asked."""

from __future__ import annotations

import ipaddress
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

from detector.fetching.failures import FetchFailed

_LONGEST = 2_000
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def require_web(address: str) -> None:
    """Raises FetchFailed: not an http(s) address of a host, or one that carries a password."""
    remedy = "give an address that begins with https:// or http://"
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise FetchFailed("not an address", remedy) from error
    if parts.scheme.casefold() not in ("http", "https"):
        raise FetchFailed(f"an address of the kind {parts.scheme[:20] or 'none'}:", remedy)
    if not host or port == 0 or len(address) > _LONGEST:
        raise FetchFailed("not an address" if host else "an address without a host", remedy)
    if "@" in parts.netloc:
        raise FetchFailed("an address with a name or password in it", "leave out what stands before the @")


def host_of(address: str) -> str:
    """Host and port of a web address, as one is asked at a time."""
    return urlsplit(address).netloc.casefold()


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, whatever other address is wrapped in it."""
    ip = ipaddress.ip_address(address.split("%")[0])
    return all(_is_open(one) for one in [ip, *_wrapped_in(ip)])


def _is_open(ip: IPv4Address | IPv6Address) -> bool:
    if isinstance(ip, IPv6Address) and (ip.ipv4_mapped is not None or ip.is_site_local):
        return ip.ipv4_mapped is not None  # the address inside decides
    closed = ip.is_private or ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_unspecified
    return not closed and (ip.is_global or ip in _NAT64) and (ip in _NAT64 or not ip.is_reserved)


def _wrapped_in(ip: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """IPv4 addresses that an IPv6 address stands for: mapped, 6to4, Teredo, NAT64, and the old compatible form."""
    if isinstance(ip, IPv4Address):
        return []
    wrapped = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
    if ip in _NAT64 or int(ip) >> 32 == 0:
        wrapped.append(IPv4Address(int(ip) & 0xFFFFFFFF))
    return [one for one in wrapped if one is not None]
