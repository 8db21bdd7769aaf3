"""The desk as an ASGI application: guard, API, pages and static files, and one line for everything that goes wrong."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException as StarletteHTTPException

from detector.errors import DetectorError, InputError, StoreBusyError, StoreError
from detector.review import api
from detector.review.desk import ConflictChanged, Desk, DeskBusy
from detector.review.guard import Guard
from detector.review.progress import RunGoingOn
from detector.review.security import CSRF_HEADER, REVIEWER_HEADER, Access, Doorkeeper, NotAllowed
from detector.review.snapshot import Unknown

API = "/api/"
HOME = Path(__file__).parent
_log = logging.getLogger("detector.review")
ErrorPage = Callable[[Request, int, str], Response]


def create_app(desk: Desk, access: Access | None = None) -> FastAPI:
    """The application over a desk. Who may ask is said by `access`; the default answers this machine only."""
    access = access or Access()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.stopping = asyncio.Event()
        desk.warm()
        yield
        app.state.stopping.set()

    app = FastAPI(
        title="Review desk",
        version="1",
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
    )
    app.state.desk = desk
    app.state.doorkeeper = Doorkeeper(access, desk.store)
    app.state.streams = set()
    app.state.stopping = asyncio.Event()
    app.include_router(api.router)
    _describe(app)
    page = _add_pages(app)
    on_mistake = _add_error_handlers(app, page)
    app.add_middleware(Guard, doorkeeper=app.state.doorkeeper, on_mistake=on_mistake)
    return app


_DESCRIPTION = f"""Everything that the pages of the review desk show and record.

**Sessions.** A program calls `GET /api/v1/session` first and keeps the cookie. Every change carries the header `{CSRF_HEADER}` with the
token of that answer. Where the desk asks for a token, `Authorization: Bearer TOKEN` with `{REVIEWER_HEADER}: NAME` does instead, without a cookie.

**Errors** are `{{"error": "one line"}}`. **Times** are UTC in ISO 8601."""


def _add_pages(app: FastAPI) -> ErrorPage | None:
    """The pages and their files, where they are part of this installation."""
    if (HOME / "static").is_dir():
        app.mount("/static", StaticFiles(directory=HOME / "static"), name="static")
    if importlib.util.find_spec("detector.review.pages") is None:
        return None
    pages: Any = importlib.import_module("detector.review.pages")
    app.include_router(pages.router)
    error_page: ErrorPage = pages.error_page
    return error_page


def _describe(app: FastAPI) -> None:
    """The description of the API, with how a change is allowed."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            tree = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            tree.setdefault("components", {})["securitySchemes"] = {
                "csrf": {"type": "apiKey", "in": "header", "name": CSRF_HEADER},
                "bearer": {"type": "http", "scheme": "bearer"},
            }
            for operations in tree["paths"].values():
                for method, operation in operations.items():
                    if method != "get":
                        operation["security"] = [{"csrf": []}, {"bearer": []}]
            app.openapi_schema = tree
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]

    @app.get(f"{API}v1/openapi.json", include_in_schema=False)
    def openapi() -> JSONResponse:
        return JSONResponse(app.openapi())


def _add_error_handlers(app: FastAPI, page: ErrorPage | None) -> Callable[[Request, Exception], Response]:
    """Every error becomes one line, on a page or as JSON. What is returned answers for what nobody foresaw."""

    def answer(request: Request, status: int, line: str, headers: dict[str, str] | None = None) -> Response:
        said = " ".join(line.split())
        if page is None or request.url.path.startswith(API):
            return JSONResponse({"error": said}, status_code=status, headers=headers)
        response = page(request, status, said)
        for name, value in (headers or {}).items():
            response.headers[name] = value
        return response

    @app.exception_handler(NotAllowed)
    def not_allowed(request: Request, error: NotAllowed) -> Response:
        if page is None or request.url.path.startswith(API):
            return answer(request, 401, str(error.detail))
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        target = f"/login?next={quote(wanted, safe='/')}" if request.method == "GET" else "/login"
        return RedirectResponse(target, 303)

    @app.exception_handler(StarletteHTTPException)
    def http_error(request: Request, error: StarletteHTTPException) -> Response:
        return answer(request, error.status_code, str(error.detail), dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    def wrong_form(request: Request, error: RequestValidationError) -> Response:
        return answer(request, 422, _first_problem(error))

    @app.exception_handler(DetectorError)
    def known_error(request: Request, error: DetectorError) -> Response:
        return answer(request, *_status_of(error, request.app.state.desk.store.where))

    def unknown_error(request: Request, error: Exception) -> Response:
        _log.error("a page could not be shown", exc_info=error, extra={"path": request.url.path})
        return answer(request, 500, "the desk made a mistake; it was logged, and nothing else was lost")

    return unknown_error


def _first_problem(error: RequestValidationError) -> str:
    """Where the call is wrong and how; what was sent is not repeated."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
    said = str(first["msg"]).removeprefix("Value error, ")
    return f"{where[:80]}: {said}" if where else said


def _status_of(error: DetectorError, where: str) -> tuple[int, str]:
    """Status and line; what a store or a model says names files of the machine and is only logged."""
    if isinstance(error, ConflictChanged | RunGoingOn):
        return 409, str(error)
    if isinstance(error, DeskBusy):
        return 429, str(error)
    if isinstance(error, InputError):
        return (404 if isinstance(error, Unknown) else 400), str(error).replace(where, "the store")
    if isinstance(error, StoreBusyError):
        return 503, "the store is in use by another program; try again in a moment"
    _log.error("the desk could not answer", extra={"reason": str(error)})
    if isinstance(error, StoreError):
        return 503, "the store cannot be read or written now; `detector doctor` tells why"
    return 503, "the models cannot be used; `detector doctor` tells why"
