"""HTTP for administrators: the documents in trouble, and what can be done about them."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from twinspace_rt.accounts.entry import Entry
from twinspace_rt.accounts.http import administrator
from twinspace_rt.docs.repair import Repairs, read_troubled
from twinspace_rt.json_http import Done, answer


class RepairRoutes:
    """The routes, below ``/api``; whoever is no administrator finds nothing behind them.

    No content of a document leaves through them: an administrator is in no room.
    """

    def __init__(self, entry: Entry, repairs: Repairs) -> None:
        self._entry = entry
        self._repairs = repairs

    def routes(self) -> list[BaseRoute]:
        """List them."""
        path = "/administration/troubled"
        return [
            Route(path, self.troubled, methods=["GET"]),
            Route(path + "/{id}/try-again", self.try_again, methods=["POST"]),
            Route(path + "/{id}/go-back", self.go_back, methods=["POST"]),
        ]

    async def troubled(self, request: Request) -> Response:
        """List the documents in trouble."""
        await administrator(self._entry, request)
        return answer(await self._entry.database.read(read_troubled))

    async def try_again(self, request: Request) -> Response:
        """Prove a document and open it with all that was written in it."""
        await administrator(self._entry, request)
        await self._repairs.try_again(request.path_params["id"])
        return answer(Done())

    async def go_back(self, request: Request) -> Response:
        """Open a document as it was in its last good state."""
        await administrator(self._entry, request)
        await self._repairs.go_back(request.path_params["id"])
        return answer(Done())
