"""The registry of outlets: one place for names, owners and agencies; facts that a user can correct."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.corpus import read_fetched, read_paths
from detector.corpus.origins import credited_wire, origin_groups
from detector.corpus.registry import load_registry
from detector.errors import SettingsError
from detector.records import Article, Page, outlet_id_of
from detector.settings import ReadingSettings, load_settings
from detector.testing import make_article

TEXT = (
    "The ferry company Norline cancelled all sailings on Wednesday after its crews walked out, the harbour office said. "
    "About 400 people were waiting at the terminal at noon, and the company offered them their money back."
)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("www.bbc.co.uk", "BBC News"),
        ("m.bbc.co.uk", "BBC News"),
        ("bbc.com", "BBC News"),
        ("edition.cnn.com", "CNN"),
        ("amp.theguardian.com", "The Guardian"),
        ("uk.reuters.com", "Reuters"),
        ("abcnews.go.com", "ABC News"),
        ("www.abc.net.au", "ABC News (Australia)"),
        ("news.com.au", "news.com.au"),
        ("WWW.NYTIMES.COM.", "The New York Times"),
    ],
)
def test_a_host_belongs_to_the_outlet_of_the_domain_above_it(host: str, name: str) -> None:
    known = load_registry().at(host)
    assert known is not None and known.name == name


@pytest.mark.parametrize("host", ["go.com", "com", "co.uk", "notbbc.co.uk", "bbc.co.uk.evil.example", "", None])
def test_a_host_that_only_looks_alike_belongs_to_nobody(host: str | None) -> None:
    assert load_registry().at(host) is None


def test_the_shipped_registry_is_large_consistent_and_claims_no_domain_twice() -> None:
    outlets = load_registry().outlets
    domains = [domain for outlet in outlets for domain in outlet.domains]
    names = [outlet_id_of(name) for outlet in outlets for name in set(map(outlet_id_of, outlet.names))]
    assert len(outlets) >= 80
    assert len(domains) == len(set(domains)) and len(names) == len(set(names))
    assert all(outlet.owner and outlet.domains for outlet in outlets)
    assert sum(outlet.wire for outlet in outlets) >= 15


def read(folder: Path, text: str, settings: ReadingSettings) -> Article:
    (folder / "a.txt").write_text(text, encoding="utf-8")
    (article,) = read_paths([folder / "a.txt"], settings)
    assert isinstance(article, Article), article
    return article


def test_an_outlet_given_by_its_domain_gets_its_name_and_is_no_guess(tmp_path: Path) -> None:
    one = read(tmp_path, f"Outlet: www.bbc.co.uk\n\n{TEXT}", ReadingSettings())
    assert (one.outlet, one.outlet_id, one.owner, one.outlet_guessed) == ("BBC News", "bbc-news", "BBC", False)
    by_address = read(tmp_path, f"URL: https://www.bbc.co.uk/news/1\n\n{TEXT}", ReadingSettings())
    assert (by_address.outlet, by_address.outlet_guessed) == ("BBC News", False)


def test_an_outlet_given_by_a_spelling_keeps_it_and_has_the_same_owner(tmp_path: Path) -> None:
    one = read(tmp_path, f"Outlet: The Sunday Times\n\n{TEXT}", ReadingSettings())
    assert (one.outlet, one.owner) == ("The Sunday Times", "News Corp")


def test_outlets_of_one_owner_are_one_origin(tmp_path: Path) -> None:
    sun = read(tmp_path, f"Outlet: thesun.co.uk\n\n{TEXT}", ReadingSettings())
    times = read(
        tmp_path, f"Outlet: The Times\n\nHeavy rain will reach the coast on Thursday. {TEXT[:90]}", ReadingSettings()
    )
    assert len(set(origin_groups([sun, times]).values())) == 1


def test_owners_of_the_settings_go_before_the_registry(tmp_path: Path) -> None:
    one = read(tmp_path, f"Outlet: The Times\n\n{TEXT}", ReadingSettings(owners={"the times": "Ourselves"}))
    assert one.owner == "Ourselves"


def own(tmp_path: Path, content: str) -> ReadingSettings:
    (tmp_path / "own.toml").write_text(content, encoding="utf-8")
    return ReadingSettings(registry=str(tmp_path / "own.toml"))


def test_a_users_registry_goes_before_the_shipped_one_and_leaves_the_rest(tmp_path: Path) -> None:
    settings = own(
        tmp_path,
        '[[outlet]]\nname = "Harbour Post"\ndomains = ["harbourpost.example", "bbc.com"]\nowner = "Coast Media"\n'
        '[[outlet]]\nname = "The Times"\ndomains = ["thetimes.com"]\nowner = "Sold Ltd"\n',
    )
    registry = load_registry(settings.registry)
    assert registry.outlet_name("m.harbourpost.example") == "Harbour Post"
    assert registry.outlet_name("www.bbc.com") == "Harbour Post" and registry.outlet_name("bbc.co.uk") == "BBC News"
    assert registry.owner_of("times") == registry.owner_of("The Times") == "Sold Ltd"
    assert registry.at("thetimes.co.uk") is None, "an entry of one's own replaces the shipped one of that name"
    assert load_registry().owner_of("The Times") == "News Corp"


def test_a_users_agency_makes_copies_one_origin(tmp_path: Path) -> None:
    settings = own(tmp_path, '[[outlet]]\nname = "Coast Wire"\nalso = ["CW"]\nwire = true\n')
    parts = TEXT.split(". ")
    copies = [
        read(tmp_path, f"Outlet: {name}\nAuthor: Jane Doe, CW\n\n{text}", settings)
        for name, text in (
            ("Post", TEXT),
            ("Echo", f"{parts[0]}. The harbour stayed empty all day long, and so did its cafes"),
        )
    ]
    assert [article.wire for article in copies] == ["cw", "cw"]
    assert len(set(origin_groups(copies).values())) == 1
    plain = [make_article(article.text, outlet=article.outlet) for article in copies]
    assert len(set(origin_groups(plain).values())) == 2


def test_agencies_are_known_by_any_of_their_names() -> None:
    article = make_article(TEXT, author="Jane Doe, Agence France-Presse")
    assert credited_wire(article) == "afp"
    assert {load_registry().agency_of(name) for name in ("AP", "the associated press", "Associated  Press")} == {"ap"}
    assert load_registry().agency_of("The Guardian") is None


def test_a_fetched_page_of_a_known_domain_bears_the_outlets_name_whatever_the_page_says() -> None:
    content = f"<html><head><meta property='og:site_name' content='BBC Sport'></head><body><article><h1>Ferries</h1><p>{TEXT}</p></article></body></html>"
    page = Page("https://www.bbc.co.uk/sport/1", make_article(TEXT).published_at, "text/html", content.encode())  # type: ignore[arg-type]
    article = read_fetched(page, listed=None, settings=ReadingSettings())
    assert isinstance(article, Article) and (article.outlet, article.owner) == ("BBC News", "BBC")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("outlet = 3", "expected"),
        ("[[outlet]]\ndomains = ['a.example']", "has no name"),
        ("[[outlet]]\nname = 'A'\ndomain = 'a.example'", "domain is wrong"),
        ("[[outlet]]\nname = 'A'\nwire = 'yes'", "wire is wrong"),
        ("[[outlet]]\nname = 'A'\ndomains = ['no domain']", "not a domain"),
        ("[[outlet]]\nname = 'A'\nalso = [3]", "not a domain or name"),
        ("[outlets]\n", "found outlets"),
        ("not toml", "not TOML"),
    ],
)
def test_a_mistake_in_a_registry_is_one_line_that_says_where(tmp_path: Path, content: str, said: str) -> None:
    settings = own(tmp_path, content)
    with pytest.raises(SettingsError, match=said) as caught:
        load_registry(settings.registry)
    assert "own.toml" in str(caught.value)


def test_a_registry_named_in_the_settings_is_seen_from_their_file_and_must_exist(tmp_path: Path) -> None:
    (tmp_path / "desk.toml").write_text('[reading]\nregistry = "own.toml"\n', encoding="utf-8")
    reading = load_settings(tmp_path / "desk.toml").reading
    with pytest.raises(SettingsError, match="cannot be read"):
        load_registry(reading.registry)
    (tmp_path / "own.toml").write_text('[[outlet]]\nname = "Harbour Post"\n', encoding="utf-8")
    assert load_registry(reading.registry).named("harbour post") is not None
