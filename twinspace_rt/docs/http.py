"""HTTP for documents: taking one away as a file."""

import re
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from twinspace_rt.accounts.entry import Entry
from twinspace_rt.accounts.http import signed_in
from twinspace_rt.docs.engine import Engine, EngineError
from twinspace_rt.docs.export import Format
from twinspace_rt.docs.library import Library
from twinspace_rt.docs.queries import document_facts
from twinspace_rt.errors import CommandError, InvalidCommand, NotFound, RateLimited
from twinspace_rt.rooms.admission import principal_of
from twinspace_rt.rooms.bucket import Buckets

MEDIA_TYPES: dict[str, tuple[Format, str, str]] = {
    "markdown": ("markdown", "md", "text/markdown; charset=utf-8"),
    "html": ("html", "html", "text/html; charset=utf-8"),
}
# A file is a whole document's work for the engine, which everyone shares.
PER_S = 0.5
BURST = 20
# The file opens without a server and without asking anybody; should a browser show it at our own
# address all the same, it can run nothing and reach nothing.
FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


class EngineAway(CommandError):
    """The engine could not answer; the document itself is safe."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            "This document cannot be exported just now. Please try again.",
            code="docs.engine_away",
            retryable=True,
            retry_after_s=5,
        )


class DocumentRoutes:
    """The routes of documents, below ``/api``."""

    def __init__(self, entry: Entry, library: Library, engine: Engine) -> None:
        self._entry = entry
        self._library = library
        self._engine = engine
        self._pace = Buckets(PER_S, BURST)

    def routes(self) -> list[BaseRoute]:
        """List them."""
        path = "/rooms/{room_id}/documents/{document_id}/export"
        return [Route(path, self.export, methods=["GET"])]

    async def export(self, request: Request) -> Response:
        """Give a document as a file, with all that is committed in it.

        Raises:
            NotFound: Not there, or not for this person.
            InvalidCommand: Neither ``format=markdown`` nor ``format=html``.
            EngineAway: The engine could not make the file.
        """
        who = await signed_in(self._entry, request)
        room_id = request.path_params["room_id"]
        document_id = request.path_params["document_id"]
        principal = await self._entry.database.read(lambda db: principal_of(db, who, room_id))
        # Its room is asked for before it is opened: nobody makes another room's work.
        if principal is None or await self._library.room_of(document_id) != room_id:
            raise NotFound
        wait_s = self._pace[principal.member_id].take(1)
        if wait_s:
            raise RateLimited("Please wait a moment before the next file.", retry_after_s=wait_s)
        document = await self._library.open(document_id)
        if document is None or self._library.scope_of(document, principal) is None:
            raise NotFound
        wanted = MEDIA_TYPES.get(request.query_params.get("format", ""))
        if wanted is None:
            raise InvalidCommand("Choose the format: markdown or html.", code="docs.format")
        form, ending, media_type = wanted
        facts = await self._entry.database.read(lambda db: document_facts(db, document_id))
        async with document.committed() as loaded:
            snapshot, updates = loaded.snapshot, [entry.body for entry in loaded.tail]
        try:
            body = await self._engine.export(
                snapshot,
                updates,
                kind=facts.kind,
                title=facts.title,
                format=form,
                language=principal.language,
            )
        except EngineError as error:
            raise EngineAway from error
        return Response(
            body,
            media_type=media_type,
            headers={
                "content-disposition": _attachment(facts.title, ending),
                "content-security-policy": FILE_POLICY,
                "cache-control": "no-store",
            },
        )


def _attachment(title: str, ending: str) -> str:
    """Name the file after the document, as RFC 6266 has it: never shown inside a page of ours."""
    plain = re.sub(r"[^A-Za-z0-9 _-]+", "", title).strip()[:80] or "document"
    exact = quote(f"{title[:80]}.{ending}", safe="")
    return f"attachment; filename=\"{plain}.{ending}\"; filename*=UTF-8''{exact}"
