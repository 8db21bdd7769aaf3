"""The pages of the desk: its values in templates, and forms that work without script.

Whoever decides is sent on by a redirect; what was done is told once, on the page reached, with a way to take it back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Depends, Form, HTTPException, Path, Query, Request
from fastapi.responses import HTMLResponse, Response

from detector.errors import InputError
from detector.report import wording
from detector.review.desk import ConflictChanged, Desk
from detector.review.frame import (
    KEYS,
    THEME,
    YEAR,
    Flash,
    checked,
    conflict_address,
    error_page,
    filters_of,
    go_on,
    local_path,
    page,
    query_of,
)
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
    MAX_CHOSEN,
    MAX_PAGE_SIZE,
    Choice,
    ConflictView,
    DecideRequest,
    HistoryLine,
    LoginRequest,
    MergeRequest,
    MoveRequest,
    NoteRequest,
    QueueFilters,
    Recorded,
    ReportDraft,
    SplitRequest,
    TimelinePoint,
    UndoRequest,
    Visitor,
)

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
Seeing = Annotated[Visitor, Depends(require_visitor)]
Changing = Annotated[Visitor, Depends(require_change)]
Anyone = Annotated[Visitor, Depends(any_visitor)]
FromHere = Depends(require_csrf)
Field = Annotated[str, Form()]
ConflictId = Annotated[str, Path(pattern=ID_PATTERN)]

SHELVES: Mapping[str, tuple[str, QueueFilters]] = {
    "confirmed": ("Confirmed", QueueFilters(state="all", decision="confirmed", size=MAX_PAGE_SIZE)),
    "decided": ("All decided", QueueFilters(state="decided", size=MAX_PAGE_SIZE)),
    "all": ("All", QueueFilters(state="all", size=MAX_PAGE_SIZE)),
}


def desk_of(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


# The queue


@router.get("/")
def queue_page(request: Request, visitor: Seeing) -> Response:
    filters = filters_of(request.query_params)
    queue = desk_of(request).queue(filters, visitor.reviewer)
    facets = queue.facets
    selects = (
        ("kind", "Kind", "All kinds", facets.kinds),
        ("lane", "Lane", "All lanes", facets.lanes),
        ("outlet", "Outlet", "All outlets", facets.outlets),
        ("topic", "Topic", "All topics", facets.topics),
        ("decision", "Decision", "Any decision", facets.decisions),
        ("reviewer", "Reviewer", "Anyone", facets.reviewers),
    )
    default = QueueFilters(state=filters.state, order=filters.order, page=filters.page, size=filters.size)
    narrowed = sum(
        getattr(filters, name) != getattr(default, name) for name in QueueFilters.model_fields if name != "state"
    )
    return page(
        request,
        visitor,
        "queue.html.j2",
        name="queue",
        query=query_of(filters),
        queue=queue,
        states=_tabs(facets.states),
        selects=selects,
        narrowed=narrowed,
        bare=QueueFilters(),
    )


def _tabs(states: Sequence[Choice]) -> list[Choice]:
    """The states worth a tab: to do, decided, all, and any other that holds something of its own."""
    counts = {choice.value: choice.count for choice in states}
    always = {"todo", "decided", "all"}
    return [
        choice
        for choice in states
        if choice.value in always
        or choice.chosen
        or (choice.count and (choice.value != "open" or choice.count != counts.get("todo")))
    ]


@router.post("/look")
def look(request: Request, visitor: Changing) -> Response:
    desk_of(request).looked(visitor.reviewer or "")
    return go_on(request, "/", Flash("From now on, what changes is counted anew."))


# One conflict


@router.get("/conflicts/{conflict_id}")
def conflict_page(request: Request, conflict_id: ConflictId, visitor: Seeing) -> Response:
    return _conflict(request, visitor, conflict_id, filters_of(request.query_params))


def _conflict(
    request: Request,
    visitor: Visitor,
    conflict_id: str,
    filters: QueueFilters,
    *,
    flash: Flash | None = None,
    status: int = 200,
) -> Response:
    view = desk_of(request).conflict(conflict_id, visitor.reviewer, filters)
    return page(
        request,
        visitor,
        "conflict.html.j2",
        name="conflict",
        status=status,
        flash=flash,
        query=query_of(filters),
        c=view,
        twins=view.related[:12],
        undoable=_undoable(view),
        timeline=_timeline(view),
    )


def _undoable(view: ConflictView) -> HistoryLine | None:
    """The reviewer's own last record that still stands."""
    return next((line for line in reversed(view.history) if line.can_undo), None)


@dataclass(frozen=True, slots=True)
class Rows:
    """A timeline to draw: each outlet with its dots (point, tone of the side, letter), and the ends of the time."""

    rows: tuple[tuple[str, tuple[tuple[TimelinePoint, int, str], ...]], ...]
    ticks: tuple[str, ...]


def _timeline(view: ConflictView) -> Rows:
    order = {side.label: side.place for side in view.sides}
    dated = [point for point in view.timeline if point.place is not None and point.published_at is not None]
    rows: dict[str, list[tuple[TimelinePoint, int, str]]] = {}
    for point in dated:
        label = point.sides[0] if point.sides else ""
        rows.setdefault(point.outlet, []).append((point, order.get(label, 0) % 4, "/".join(point.sides[:2])))
    ends = sorted(dated, key=lambda point: (point.published_at is None, point.published_at))
    ticks = tuple(dict.fromkeys(point.published for point in (ends[0], ends[-1]))) if ends else ()
    return Rows(tuple((outlet, tuple(dots)) for outlet, dots in rows.items()), ticks)


def _done(request: Request, recorded: Recorded, *, then: str, query: str) -> Response:
    """On to the next conflict, or back to the queue when it was the last."""
    question = wording.clipped(_question(desk_of(request), recorded.conflict_id), 70)
    flash = Flash(f"{recorded.words} {question}".strip(), recorded.conflict_id, recorded.review_id)
    sound = re.fullmatch(ID_PATTERN, then)
    address = conflict_address(then, query) if sound else "/"
    return go_on(request, address, flash, last=flash)


def _question(desk: Desk, conflict_id: str) -> str:
    """The question of a conflict, empty for one that is off the list."""
    snapshot = desk.snapshot()
    row = snapshot.by_id.get(conflict_id) if snapshot is not None else None
    return row.conflict.question if row is not None else ""


def _stay(request: Request, recorded: Recorded, *, query: str) -> Response:
    """Back to the conflict, to the one that it went into, or to the queue when it is on the list no more."""
    flash = Flash(recorded.words, recorded.conflict_id, recorded.review_id)
    where = recorded.into if recorded.departed else recorded.conflict_id
    return go_on(request, conflict_address(where, query) if where else "/", flash, last=flash)


def _changed_meanwhile(
    request: Request, visitor: Visitor, conflict_id: str, query: str, error: ConflictChanged
) -> Response:
    """The conflict as it is now, with why nothing was recorded."""
    return _conflict(
        request, visitor, conflict_id, filters_of(dict(parse_qsl(query))), flash=Flash(str(error), bad=True), status=409
    )


@router.post("/conflicts/{conflict_id}/decide")
def decide(
    request: Request,
    conflict_id: ConflictId,
    visitor: Changing,
    *,
    decision: Field,
    evidence_hash: Field,
    reason: Field = "",
    note: Field = "",
    then: Field = "",
    query: Field = "",
) -> Response:
    asked = checked(DecideRequest, decision=decision, reason=reason or None, note=note, evidence_hash=evidence_hash)
    try:
        recorded = desk_of(request).decide(conflict_id, asked, visitor.reviewer or "")
    except ConflictChanged as error:
        return _changed_meanwhile(request, visitor, conflict_id, query, error)
    return _done(request, recorded, then=then, query=query)


@router.post("/conflicts/{conflict_id}/twin")
def twin(
    request: Request,
    conflict_id: ConflictId,
    visitor: Changing,
    *,
    evidence_hash: Field,
    how: Field = "duplicate",
    other: Field = "",
    named: Field = "",
    then: Field = "",
    query: Field = "",
) -> Response:
    """The same question as another conflict: its duplicate, or one with it."""
    desk, reviewer = desk_of(request), visitor.reviewer or ""
    other_id = _named_conflict(desk, named.strip(), visitor.reviewer) if named.strip() else other
    if not other_id:
        raise HTTPException(422, "no other conflict is named; choose one, or give its rank, id or address")
    try:
        if how == "merge":
            merged = desk.merge(conflict_id, checked(MergeRequest, other_id=other_id), reviewer)
            return _stay(request, merged, query=query)
        asked = checked(DecideRequest, decision="duplicate", duplicate_of=other_id, evidence_hash=evidence_hash)
        return _done(request, desk.decide(conflict_id, asked, reviewer), then=then, query=query)
    except ConflictChanged as error:
        return _changed_meanwhile(request, visitor, conflict_id, query, error)


def _named_conflict(desk: Desk, named: str, reviewer: str | None) -> str:
    """The id of a conflict given by rank, id or address. Raises InputError: there is no such rank."""
    if named.isdecimal() and len(named) < 7 and int(named) > 0:
        found = desk.queue(QueueFilters(state="all", page=min(int(named), 100_000), size=1), reviewer).entries
        if found and found[0].rank == int(named):
            return found[0].conflict_id
        raise InputError(f"no conflict has rank {named}; the queue lists the ranks")
    match = re.search(r"/conflicts/([^/?#]+)", named)
    return match[1] if match else named


@router.post("/conflicts/{conflict_id}/note")
def note(
    request: Request, conflict_id: ConflictId, visitor: Changing, *, note: Field = "", query: Field = ""
) -> Response:
    asked = checked(NoteRequest, note=note)
    return _stay(request, desk_of(request).note(conflict_id, asked, visitor.reviewer or ""), query=query)


@router.post("/conflicts/{conflict_id}/undo")
def undo(
    request: Request, conflict_id: ConflictId, visitor: Changing, *, review_id: Field = "", query: Field = ""
) -> Response:
    asked = checked(UndoRequest, review_id=review_id or None)
    recorded = desk_of(request).undo(conflict_id, asked, visitor.reviewer or "")
    where = recorded.into if recorded.departed else recorded.conflict_id
    return go_on(request, conflict_address(where, query) if where else "/", Flash(recorded.words), last="forget")


@router.post("/conflicts/{conflict_id}/split")
def split(
    request: Request, conflict_id: ConflictId, visitor: Changing, *, statement_id: Field, query: Field = ""
) -> Response:
    asked = checked(SplitRequest, statement_id=statement_id)
    return _stay(request, desk_of(request).split(conflict_id, asked, visitor.reviewer or ""), query=query)


@router.post("/conflicts/{conflict_id}/move")
def move(
    request: Request,
    conflict_id: ConflictId,
    visitor: Changing,
    *,
    statement_id: Field,
    to_side: Field,
    query: Field = "",
) -> Response:
    asked = checked(MoveRequest, statement_id=statement_id, to_side=to_side)
    return _stay(request, desk_of(request).move(conflict_id, asked, visitor.reviewer or ""), query=query)


@router.get("/articles/{article_id}")
def article_page(
    request: Request,
    visitor: Seeing,
    article_id: Annotated[str, Path(pattern=ID_PATTERN)],
    *,
    revision: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
    statement: Annotated[str | None, Query(pattern=ID_PATTERN)] = None,
) -> Response:
    article = desk_of(request).article(article_id, revision, statement)
    focus = [one for part in article.paragraphs for piece in part.pieces if piece.focus for one in piece.conflict_ids]
    back = next((one for one in article.conflicts if one.conflict_id in focus), None)
    return page(request, visitor, "article.html.j2", name="article", a=article, back=back)


# Ask, report, figures, runs


@router.get("/ask")
def ask_page(request: Request, visitor: Seeing, *, claim: str = "") -> Response:
    """Asks when the claim came from a page of the desk or was typed: other sites cannot set the models to work."""
    from_here = request.headers.get("sec-fetch-site", "none") in ("same-origin", "none")
    answer, problem, status = None, "", 200
    asked = claim.strip()[:500]
    if from_here:
        desk_of(request).expect_claim()
    if asked and from_here:
        try:
            answer = desk_of(request).ask(asked)
        except InputError as error:
            problem, status = str(error), 422
    return page(request, visitor, "ask.html.j2", name="ask", status=status, claim=asked, answer=answer, problem=problem)


@router.get("/report")
def report_page(
    request: Request, visitor: Seeing, *, show: str = "", page: Annotated[int, Query(ge=1, le=100_000)] = 1
) -> Response:
    return _builder(request, visitor, shelf=show, number=page)


def _builder(
    request: Request,
    visitor: Visitor,
    *,
    shelf: str = "",
    number: int = 1,
    chosen: tuple[str, ...] = (),
    title: str = "",
    introduction: str = "",
    problem: str = "",
) -> Response:
    desk = desk_of(request)
    counts = {
        name: desk.queue(filters.model_copy(update={"size": 1}), visitor.reviewer).total
        for name, (_, filters) in SHELVES.items()
    }
    opened = shelf if shelf in SHELVES else next((name for name in SHELVES if counts[name]), "all")
    listed = desk.queue(SHELVES[opened][1].model_copy(update={"page": number}), visitor.reviewer)
    draft = {"title": title or "Where outlets differ", "introduction": introduction, "reviews": True}
    return page(
        request,
        visitor,
        "report.html.j2",
        name="report",
        status=422 if problem else 200,
        shelves=[(name, words, counts[name]) for name, (words, _) in SHELVES.items()],
        shelf=opened,
        listed=listed,
        chosen=chosen,
        draft=draft,
        problem=problem,
    )


@router.post("/report", dependencies=[FromHere])
def export(
    request: Request,
    visitor: Seeing,
    *,
    conflict_ids: Annotated[list[str] | None, Form()] = None,
    title: Field = "",
    introduction: Field = "",
    format: Field = "html",
    reviews: Field = "",
    show: Field = "",
) -> Response:
    """The report as a file to keep."""
    chosen = tuple(dict.fromkeys(conflict_ids or ()))
    fields = {"title": title, "introduction": introduction, "format": format, "reviews": bool(reviews)}
    try:
        if not 1 <= len(chosen) <= MAX_CHOSEN:
            found = (
                f"{len(chosen):,} conflicts are chosen; a report takes {MAX_CHOSEN}"
                if chosen
                else "no conflict is chosen"
            )
            raise HTTPException(422, f"{found}; tick {'fewer' if chosen else 'one or more'}")
        draft = checked(
            ReportDraft, conflict_ids=chosen, **{name: value for name, value in fields.items() if value != ""}
        )
        made = desk_of(request).export(draft, visitor.reviewer)
    except (HTTPException, InputError) as error:
        line = str(error.detail) if isinstance(error, HTTPException) else str(error)
        return _builder(
            request, visitor, shelf=show, chosen=chosen, title=title, introduction=introduction, problem=line
        )
    disposition = f'attachment; filename="{made.name}"'
    return Response(made.content, media_type=made.media_type, headers={"Content-Disposition": disposition})


@router.get("/statistics")
def statistics_page(request: Request, visitor: Seeing) -> Response:
    return page(request, visitor, "statistics.html.j2", name="statistics", s=desk_of(request).stats(visitor.reviewer))


@router.get("/runs")
def runs_page(request: Request, visitor: Seeing) -> Response:
    return page(request, visitor, "runs.html.j2", name="runs", run=desk_of(request).progress())


@router.post("/runs")
def start_run(request: Request, visitor: Changing) -> Response:
    try:
        desk_of(request).start_run()
    except InputError as error:
        return go_on(request, "/runs", Flash(str(error), bad=True))
    return go_on(request, "/runs")


# Who is at the desk


@router.get("/login")
def login_page(request: Request, visitor: Anyone, *, next: str = "") -> Response:
    return _login(request, visitor, back=next or _came_from(request))


def _came_from(request: Request) -> str:
    """The page of this desk whose form or link led here, else the queue."""
    parts = urlsplit(request.headers.get("referer", ""))
    known = parts.netloc == request.headers.get("host") and parts.path != "/login"
    return (parts.path + (f"?{parts.query}" if parts.query else "")) if known else "/"


def _login(request: Request, visitor: Visitor, *, back: str, problem: str = "", status: int = 200) -> Response:
    template, name = ("account.html.j2", "account") if visitor.login == "none" else ("login.html.j2", "login")
    return page(
        request,
        visitor,
        template,
        name=name,  # type: ignore[arg-type]
        status=status,
        login=visitor.login,
        back=local_path(back),
        problem=problem,
    )


@router.post("/login", dependencies=[FromHere])
@router.post("/account", dependencies=[FromHere])
def log_in(request: Request, visitor: Anyone, *, name: Field = "", secret: Field = "", back: Field = "/") -> Response:
    keeper, session = doorkeeper_of(request), session_of(request)
    try:
        opened = keeper.login(session, checked(LoginRequest, name=name, secret=secret), client=client_of(request))
    except HTTPException as error:
        return _login(request, visitor, back=back, problem=str(error.detail), status=error.status_code)
    keeper.logout(session)
    remember(request.scope, seal(keeper.access, opened))
    return go_on(request, local_path(back))


@router.get("/account")
def account_page(request: Request, visitor: Seeing) -> Response:
    return page(request, visitor, "account.html.j2", name="account", login=visitor.login, back="/", problem="")


@router.post("/logout", dependencies=[FromHere])
def log_out(request: Request) -> Response:
    doorkeeper_of(request).logout(session_of(request))
    forget(request.scope)
    return go_on(request, "/login", last="forget")


@router.post("/theme", dependencies=[FromHere])
def set_theme(request: Request, *, theme: Field = "", back: Field = "/") -> Response:
    return _preference(request, THEME, theme if theme in ("light", "dark") else "", back)


@router.post("/keys", dependencies=[FromHere])
def set_keys(request: Request, *, keys: Field = "") -> Response:
    return _preference(request, KEYS, "off" if keys == "off" else "on", "/account")


def _preference(request: Request, cookie: str, value: str, back: str) -> Response:
    answer = go_on(request, local_path(back))
    answer.set_cookie(
        cookie, value, max_age=YEAR, httponly=True, samesite="strict", secure=request.url.scheme == "https"
    )
    return answer


@router.get("/help")
def help_page(request: Request, visitor: Anyone) -> Response:
    return page(request, visitor, "help.html.j2", name="help")


__all__ = ["error_page", "router"]
