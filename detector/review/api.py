"""The desk over HTTP: `/api/v1`, described by `/api/v1/openapi.json`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from fastapi.responses import Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from detector.review.answers import (
    ArticleView,
    AskView,
    RunProgress,
    StatsView,
)
from detector.review.desk import Desk
from detector.review.guard import forget, remember
from detector.review.security import (
    any_visitor,
    client_of,
    doorkeeper_of,
    require_change,
    require_csrf,
    require_visitor,
    seal,
    session_of,
)
from detector.review.values import (
    ID_PATTERN,
    AskRequest,
    ConflictView,
    DecideRequest,
    LoginRequest,
    MergeRequest,
    MoveRequest,
    NoteRequest,
    Problem,
    QueueFilters,
    QueuePage,
    Recorded,
    ReportDraft,
    SinceLook,
    SplitRequest,
    UndoRequest,
    Visitor,
)

EVENT_SECONDS = 1.0
"""Seconds between two looks at a running run."""
QUIET_SECONDS = 15.0
"""Seconds after which a stream without news says that it is alive."""
MOST_STREAMS = 60


def _problems(*codes: int) -> dict[int | str, dict[str, Any]]:
    said = {
        400: "The call cannot be carried out as it is.",
        401: "Nobody has logged in, or no name was given.",
        403: "No valid CSRF token, or the call came from a page of another site.",
        404: "There is no such thing in the last run.",
        409: "Something changed meanwhile; nothing was recorded.",
        413: "The body is too large.",
        414: "The address is too long.",
        421: "The desk does not answer to this host name.",
        422: "The call is not of the expected form.",
        429: "Too often; the header Retry-After says when to try again.",
        503: "The store is in use or cannot be read; try again.",
    }
    return {code: {"model": Problem, "description": said[code]} for code in codes}


ALWAYS = (400, 401, 414, 421, 422, 429, 503)
CHANGES = (403, 404, 409, 413)
router = APIRouter(prefix="/api/v1", responses=_problems(*ALWAYS))

ConflictId = Annotated[str, Path(pattern=ID_PATTERN, description="Id of a conflict of the last run.")]
ArticleId = Annotated[str, Path(pattern=ID_PATTERN, description="Id of an article.")]
Seeing = Annotated[Visitor, Depends(require_visitor)]
Changing = Annotated[Visitor, Depends(require_change)]
Filters = Annotated[QueueFilters, Query()]


def desk_of(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


TheDesk = Annotated[Desk, Depends(desk_of)]


def _name(visitor: Visitor) -> str:
    assert visitor.reviewer is not None  # require_change has seen to it
    return visitor.reviewer


# Session


@router.get("/session", tags=["session"], summary="Who asks, and the CSRF token of the session")
def session(visitor: Annotated[Visitor, Depends(any_visitor)]) -> Visitor:
    return visitor


@router.post(
    "/session",
    tags=["session"],
    summary="Log in, or give one's name",
    dependencies=[Depends(require_csrf)],
    responses=_problems(403, 413),
)
def log_in(request: Request, asked: LoginRequest) -> Visitor:
    """Answers with the CSRF token of the new session; the one before no longer holds."""
    keeper = doorkeeper_of(request)
    if session_of(request).bearer:
        raise HTTPException(400, "a bearer token needs no session; name yourself in the header X-Reviewer")
    fresh = keeper.login(session_of(request), asked, client=client_of(request))
    keeper.logout(session_of(request))
    remember(request.scope, seal(keeper.access, fresh))
    return keeper.visitor(fresh)


@router.delete(
    "/session",
    tags=["session"],
    summary="Log out",
    status_code=204,
    dependencies=[Depends(require_csrf)],
    responses=_problems(403, 413),
)
def log_out(request: Request) -> Response:
    doorkeeper_of(request).logout(session_of(request))
    forget(request.scope)
    return Response(status_code=204)


# Reading


@router.get("/queue", tags=["reading"], summary="A page of the queue, with counts for every filter")
def queue(desk: TheDesk, visitor: Seeing, filters: Filters) -> QueuePage:
    return desk.queue(filters, visitor.reviewer)


@router.get("/look", tags=["reading"], summary="What happened since the reviewer last looked")
def look(desk: TheDesk, visitor: Seeing) -> SinceLook:
    return desk.look(visitor.reviewer)


@router.post(
    "/look", tags=["recording"], summary="Take everything that is there now as seen", responses=_problems(403, 413)
)
def looked(desk: TheDesk, visitor: Changing) -> SinceLook:
    return desk.looked(_name(visitor))


@router.get(
    "/conflicts/{conflict_id}",
    tags=["reading"],
    summary="Everything of one conflict",
    responses=_problems(404),
)
def conflict(desk: TheDesk, visitor: Seeing, conflict_id: ConflictId, filters: Filters) -> ConflictView:
    """The filters say only which conflicts count as the previous and the next one."""
    return desk.conflict(conflict_id, visitor.reviewer, filters)


@router.get(
    "/articles/{article_id}",
    tags=["reading"],
    summary="A whole article with its statements marked",
    responses=_problems(404),
)
def article(
    desk: TheDesk,
    visitor: Seeing,
    article_id: ArticleId,
    revision: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
    statement: Annotated[str | None, Query(pattern=ID_PATTERN, description="Statement to be shown first.")] = None,
) -> ArticleView:
    return desk.article(article_id, revision, statement)


@router.post(
    "/ask",
    tags=["reading"],
    summary="Where every outlet stands on a claim",
    dependencies=[Depends(require_csrf)],
    responses=_problems(403, 404, 413),
)
def ask(desk: TheDesk, visitor: Seeing, asked: AskRequest) -> AskView:
    """The first question loads the models, which takes some seconds."""
    return desk.ask(asked.claim)


@router.get("/stats", tags=["reading"], summary="How much is decided, by whom, and how far reviewers agree")
def stats(desk: TheDesk, visitor: Seeing) -> StatsView:
    return desk.stats(visitor.reviewer)


@router.post(
    "/export",
    tags=["reading"],
    summary="A report of chosen conflicts as a file",
    dependencies=[Depends(require_csrf)],
    response_class=Response,
    responses={
        200: {
            "description": "The file.",
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}}
                for kind in (
                    "text/html",
                    "text/markdown",
                    "text/csv",
                    "application/json",
                    "application/ld+json",
                    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                )
            },
        },
        **_problems(403, 404, 413),
    },
)
def export(desk: TheDesk, visitor: Seeing, draft: ReportDraft) -> Response:
    """A `claimreview` is a draft: it is made of confirmed or rejected conflicts only and names no author."""
    made = desk.export(draft, visitor.reviewer)
    told = f"attachment; filename=\"{made.name}\"; filename*=UTF-8''{quote(made.name)}"
    return Response(made.content, media_type=made.media_type, headers={"content-disposition": told})


# Recording


def _records(summary: str) -> dict[str, Any]:
    return {"tags": ["recording"], "summary": summary, "responses": _problems(*CHANGES)}


@router.post("/conflicts/{conflict_id}/decide", **_records("Decide on the evidence that was shown"))
def decide(desk: TheDesk, visitor: Changing, conflict_id: ConflictId, asked: DecideRequest) -> Recorded:
    return desk.decide(conflict_id, asked, _name(visitor))


@router.post("/conflicts/{conflict_id}/note", **_records("Leave a note without deciding"))
def note(desk: TheDesk, visitor: Changing, conflict_id: ConflictId, asked: NoteRequest) -> Recorded:
    return desk.note(conflict_id, asked, _name(visitor))


@router.post("/conflicts/{conflict_id}/undo", **_records("Take a record back; it stays in the history"))
def undo(desk: TheDesk, visitor: Changing, conflict_id: ConflictId, asked: UndoRequest) -> Recorded:
    return desk.undo(conflict_id, asked, _name(visitor))


@router.post("/conflicts/{conflict_id}/split", **_records("Take a statement off its side"))
def split(desk: TheDesk, visitor: Changing, conflict_id: ConflictId, asked: SplitRequest) -> Recorded:
    return desk.split(conflict_id, asked, _name(visitor))


@router.post("/conflicts/{conflict_id}/move", **_records("Put a statement on another side"))
def move(desk: TheDesk, visitor: Changing, conflict_id: ConflictId, asked: MoveRequest) -> Recorded:
    return desk.move(conflict_id, asked, _name(visitor))


@router.post("/conflicts/{conflict_id}/merge", **_records("Make another conflict part of this one"))
def merge(desk: TheDesk, visitor: Changing, conflict_id: ConflictId, asked: MergeRequest) -> Recorded:
    return desk.merge(conflict_id, asked, _name(visitor))


# Runs


@router.get("/run", tags=["runs"], summary="How far the run is")
def run(desk: TheDesk, visitor: Seeing) -> RunProgress:
    return desk.progress()


@router.post(
    "/run",
    tags=["runs"],
    status_code=202,
    summary="Start a run over what is in the store",
    responses=_problems(403, 409, 413),
)
def start_run(desk: TheDesk, visitor: Changing) -> RunProgress:
    return desk.start_run()


@router.get(
    "/run/events",
    tags=["runs"],
    summary="Server-sent events: `progress` with a RunProgress on every change",
    response_class=StreamingResponse,
    responses={
        200: {"description": "An endless stream.", "content": {"text/event-stream": {"schema": {"type": "string"}}}}
    },
)
async def run_events(request: Request, desk: TheDesk, visitor: Seeing) -> StreamingResponse:
    streams: set[object] = request.app.state.streams
    if len(streams) >= MOST_STREAMS:
        raise HTTPException(429, "too many pages are watching the run; close some", headers={"Retry-After": "30"})
    return StreamingResponse(_events(request, desk, streams), media_type="text/event-stream")


async def _events(request: Request, desk: Desk, streams: set[object]) -> AsyncIterator[str]:
    """A line of news on every change, until the page or the server goes, or the visitor logs out."""
    token = object()
    streams.add(token)
    told, quiet = "", 0.0
    stopping: asyncio.Event = request.app.state.stopping
    try:
        yield "retry: 3000\n\n"
        while not stopping.is_set() and not await request.is_disconnected():
            if not (await run_in_threadpool(any_visitor, request)).allowed:
                return
            now = (await run_in_threadpool(desk.progress)).model_dump_json()
            if now != told:
                told, quiet = now, 0.0
                yield f"event: progress\ndata: {now}\n\n"
            elif quiet >= QUIET_SECONDS:
                quiet = 0.0
                yield ": still here\n\n"
            quiet += EVENT_SECONDS
            try:
                await asyncio.wait_for(stopping.wait(), EVENT_SECONDS)
            except TimeoutError:
                continue
    finally:
        streams.discard(token)
