"""Commands of the review desk: review opens it, account says who may log in."""

from __future__ import annotations

import json as json_module
import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli.app import app
from detector.cli.opening import chosen_settings, opened_store, store_target
from detector.cli.options import EncoderOption, JsonOption, NLIOption, SettingsOption, StoreOption
from detector.cli.output import print_lines, say
from detector.cli.reviewing import REVIEWER_VARIABLE
from detector.errors import InputError

if TYPE_CHECKING:
    from detector.review.security import Access

TOKEN_VARIABLE = "DETECTOR_DESK_TOKEN"
LEAST_TOKEN = 16


class AccountAction(StrEnum):
    add = "add"
    remove = "remove"
    list = "list"


@app.command()
def review(
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, metavar="N", help="Port; when it is taken, a free one.")
    ] = 8421,
    reviewer: Annotated[
        str | None,
        typer.Option(
            "--reviewer",
            metavar="NAME",
            envvar=REVIEWER_VARIABLE,
            help="Who decides, where no login is asked for. [default: the name of your user]",
        ),
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
    allow_remote: Annotated[
        bool,
        typer.Option("--allow-remote", help="Listen on an address that others reach; needs --token or --accounts."),
    ] = False,
    token: Annotated[
        bool,
        typer.Option(
            "--token", help="Ask for a token: the one in DETECTOR_DESK_TOKEN, else a new one that is printed."
        ),
    ] = False,
    accounts: Annotated[
        bool, typer.Option("--accounts", help="Ask for name and password, see `detector account`.")
    ] = False,
    host_name: Annotated[
        list[str] | None,
        typer.Option("--host-name", metavar="NAME", help="A further name by which the desk is reached. Repeatable."),
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", metavar="FILE", help="TLS certificate (PEM), with --key.")
    ] = None,
    key: Annotated[Path | None, typer.Option("--key", metavar="FILE", help="Key of the certificate (PEM).")] = None,
    store: StoreOption = None,
    settings: SettingsOption = None,
    nli_model: NLIOption = None,
    encoder: EncoderOption = None,
) -> None:
    """Open the review desk: a local web page to work through what the last run found.

    It answers this machine only, unless told otherwise. Ctrl-C ends it; what was decided is in the store at once.
    """
    chosen = chosen_settings(settings, nli_model=nli_model, encoder=encoder)
    _require_sense(token, accounts, certificate, key)
    access = _access(host, reviewer, host_name or [], allow_remote=allow_remote, token=token, accounts=accounts)
    target = store_target(store)
    from detector.store.dialect import database_at

    database_at(target).require(read_only=True)
    from detector.review.app import create_app
    from detector.review.desk import Desk

    with Desk(target, settings=chosen, loads_ahead=True) as desk:
        if accounts and not desk.store.accounts.names():
            raise InputError("--accounts: there is no account yet; make one with `detector account add NAME`")
        _serve(
            create_app(desk, access),
            access,
            host=host,
            port=port,
            open_browser=open_browser,
            certificate=certificate,
            key=key,
            behind_proxy=bool(host_name),
        )


def _require_sense(token: bool, accounts: bool, certificate: Path | None, key: Path | None) -> None:
    if token and accounts:
        raise InputError("--token and --accounts: expected one of the two")
    if (certificate is None) != (key is None):
        raise InputError("--certificate and --key belong together; give both or neither")
    for file in (certificate, key):
        if file is not None and not file.is_file():
            raise InputError(f"{file}: no such file; expected a PEM file")


def _access(
    host: str, reviewer: str | None, host_names: Sequence[str], *, allow_remote: bool, token: bool, accounts: bool
) -> Access:
    """Who may ask. Raises InputError: others could reach the desk without a login."""
    import getpass

    from detector.review.security import Access, is_local

    local = is_local(host)
    if not local and not allow_remote:
        raise InputError(
            f"--host {host}: others could reach the desk there; add --allow-remote with --token or --accounts, "
            "or leave --host out"
        )
    if (not local or host_names) and not (token or accounts):
        raise InputError("others could reach the desk without a login; add --token or --accounts")
    names = {"127.0.0.1", "localhost", "::1", host.lower(), *(name.lower() for name in host_names)}
    secret = _token() if token else None
    try:
        name = reviewer or getpass.getuser()
    except (OSError, KeyError):
        name = "reviewer"
    return Access(
        login="token" if token else "account" if accounts else "none",
        token=secret,
        hosts=frozenset(names),
        any_address=not local,
        reviewer=None if token or accounts else name,
    )


def _token() -> str:
    import secrets

    given = os.environ.get(TOKEN_VARIABLE)
    if given is None:
        return secrets.token_urlsafe(24)
    if len(given) < LEAST_TOKEN:
        raise InputError(f"{TOKEN_VARIABLE}: {len(given)} characters; expected {LEAST_TOKEN} or more")
    return given


def _serve(
    application: object,
    access: Access,
    *,
    host: str,
    port: int,
    open_browser: bool,
    certificate: Path | None,
    key: Path | None,
    behind_proxy: bool,
) -> None:
    """Serve until Ctrl-C, which is how a desk is meant to end."""
    from detector.review.serving import bind, serve

    sock, taken = bind(host, port)
    bound = sock.getsockname()[1]
    if taken:
        say(f"Port {port} is taken; the desk is on port {bound}.")
    scheme = "https" if certificate else "http"
    shown_host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    address = f"{scheme}://{shown_host}:{bound}/"
    others = (
        ", and to others at this machine's own addresses" if shown_host != host and host in ("0.0.0.0", "::") else ""
    )
    lines = [f"The review desk is open at {address}{others}"]
    if access.token is not None and TOKEN_VARIABLE not in os.environ:
        lines.append(f"Token: {access.token}")
    if access.any_address and certificate is None:
        say(
            "Names, passwords and texts cross the network as they are; give --certificate and --key, or a proxy with TLS."
        )

    def on_start() -> None:
        print_lines(lines)
        sys.stdout.flush()
        say("Ctrl-C ends it.")
        if open_browser:
            _open(address)

    serve(application, sock, on_start=on_start, certificate=certificate, key=key, behind_proxy=behind_proxy)


def _open(address: str) -> None:
    """Open the page where there is a screen; a browser inside the terminal would take it over."""
    import webbrowser

    graphical = sys.platform in ("win32", "darwin") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if graphical:
        webbrowser.open(address)


@app.command()
def account(
    action: Annotated[AccountAction, typer.Argument(metavar="ACTION", help="add, remove or list.")],
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Name of the reviewer.")] = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Add, remove or list the accounts of reviewers, for `detector review --accounts`.

    The password is asked for, or read from standard input; adding a name again gives it a new one and ends its sessions.
    """
    if (action == AccountAction.list) != (name is None):
        raise InputError(f"account {action.value}: {'takes no name' if name else 'needs a NAME'}")
    with opened_store(store) as opened:
        if action == AccountAction.add:
            from detector.review.security import add_account

            added = add_account(opened, name or "", _password())
            said = f"{added} can log in."
        elif action == AccountAction.remove:
            if name not in opened.accounts.names():
                raise InputError(f"{name}: no account of this name; `detector account list` shows them")
            opened.accounts.remove(name or "")
            said = f"{name} can no longer log in."
        names = opened.accounts.names()
    if json:
        print(json_module.dumps({"accounts": names}, ensure_ascii=False))
    elif action == AccountAction.list:
        print_lines(names or ["No accounts."])
    else:
        say(said)


def _password() -> str:
    """From a person twice, from a program one line of standard input."""
    import getpass

    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != first:
        raise InputError("the two passwords differ; nothing was changed")
    return first
