"""Outlets by domain and by name: what they are called, who owns them, which are news agencies.

The shipped registry is `outlets.toml` beside this file; a file of the user's goes before it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from detector.corpus.drafts import domain_of
from detector.errors import SettingsError
from detector.records import outlet_id_of

_SHIPPED = Path(__file__).parent / "outlets.toml"
_FIELDS = {"name": str, "domains": list, "owner": str, "also": list, "wire": bool}


@dataclass(frozen=True, slots=True)
class RegisteredOutlet:
    """One entry: `also` are other spellings of the name."""

    name: str
    domains: tuple[str, ...] = ()
    owner: str | None = None
    also: tuple[str, ...] = ()
    wire: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.also)

    @property
    def credit(self) -> str:
        """The short name under which copies of an agency are grouped."""
        return min((_plain(name) for name in self.names), key=lambda name: (len(name), name))


@dataclass(frozen=True, slots=True)
class Registry:
    """Entries in order of preference: what an earlier one claims, a later one does not get."""

    outlets: tuple[RegisteredOutlet, ...]
    _by_domain: dict[str, RegisteredOutlet] = field(init=False, default_factory=dict, compare=False)
    _by_name: dict[str, RegisteredOutlet] = field(init=False, default_factory=dict, compare=False)
    _agencies: dict[str, str] = field(init=False, default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        for outlet in self.outlets:
            for domain in outlet.domains:
                self._by_domain.setdefault(domain, outlet)
            for name in outlet.names:
                self._by_name.setdefault(outlet_id_of(name), outlet)
                if outlet.wire:
                    self._agencies.setdefault(_plain(name), outlet.credit)

    def at(self, domain: str | None) -> RegisteredOutlet | None:
        """The outlet of a host: of the host itself, else of the nearest domain above it."""
        labels = (domain or "").casefold().rstrip(".").split(".")
        hosts = (".".join(labels[start:]) for start in range(len(labels) - 1))
        return next((self._by_domain[host] for host in hosts if host in self._by_domain), None)

    def named(self, name: str) -> RegisteredOutlet | None:
        """The outlet of this name or spelling; a domain is taken as a name too."""
        return self._by_name.get(outlet_id_of(name)) or self.at(domain_of(name))

    def outlet_name(self, name: str | None) -> str | None:
        """The outlet's name where `name` is a domain that is known; any other name as it is."""
        known = self.at(domain_of(name)) if name else None
        return known.name if known else name

    def owner_of(self, name: str) -> str | None:
        known = self.named(name)
        return known.owner if known else None

    def agency_of(self, name: str) -> str | None:
        """The agency a name stands for ("Associated Press": "ap"), None when it is none we know."""
        return self._agencies.get(_plain(name))


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


@lru_cache(maxsize=16)
def load_registry(path: str | None = None) -> Registry:
    """The shipped registry, under the entries of the file when one is given.

    Raises SettingsError: the file is missing, not TOML, or no list of outlets.
    """
    own = _entries(Path(path)) if path is not None else ()
    replaced = {outlet_id_of(outlet.name) for outlet in own}
    shipped = (outlet for outlet in _entries(_SHIPPED) if outlet_id_of(outlet.name) not in replaced)
    return Registry((*own, *shipped))


def _entries(path: Path) -> tuple[RegisteredOutlet, ...]:
    form = "expected [[outlet]] entries with name, domains, owner, also, wire; see docs/sources.md"
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); reading.registry names a TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not TOML ({error}); {form}") from error
    entries = tree.get("outlet", [])
    if set(tree) - {"outlet"} or not isinstance(entries, list):
        raise SettingsError(f"{path}: found {', '.join(sorted(tree))[:100]}; {form}")
    return tuple(_entry(path, number, entry, form) for number, entry in enumerate(entries, start=1))


def _entry(path: Path, number: int, entry: object, form: str) -> RegisteredOutlet:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str) or not entry["name"].strip():
        raise SettingsError(f"{path}: outlet {number} has no name; {form}")
    for name, value in entry.items():
        kind = _FIELDS.get(name)
        if kind is None or not isinstance(value, kind):
            raise SettingsError(f"{path}: outlet {number} ({entry['name'][:50]}): {name[:50]} is wrong; {form}")
    domains = [domain_of(one) if isinstance(one, str) else None for one in entry.get("domains", [])]
    also = [one.strip() if isinstance(one, str) else "" for one in entry.get("also", [])]
    if not all(domains) or not all(also):
        raise SettingsError(
            f"{path}: outlet {number} ({entry['name'][:50]}): not a domain or name in its lists; {form}"
        )
    return RegisteredOutlet(
        name=entry["name"].strip(),
        domains=tuple(one for one in domains if one),
        owner=(entry.get("owner") or "").strip() or None,
        also=tuple(also),
        wire=entry.get("wire", False),
    )
