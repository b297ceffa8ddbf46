"""Where metrics are read: an address of its own, which no proxy stands in front of.

On the server's own port a request that came through a reverse proxy looks like one from this
machine, so no rule about addresses would keep the figures from the public there. And processes
that share that port would answer in turn: each needs an address at which it alone is asked.
"""

import asyncio
import contextlib
import hmac
import logging
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn
from prometheus_client import CollectorRegistry, make_asgi_app
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from twinspace_rt.errors import BadSetting
from twinspace_rt.settings import Settings

log = logging.getLogger(__name__)
PORTS_TRIED = 64
LOOPBACKS = frozenset({"127.0.0.1", "::1", "localhost"})


class MetricsApp:
    """Answers ``GET /metrics``, to whoever knows the token if there is one."""

    def __init__(self, registry: CollectorRegistry, token: str) -> None:
        self._metrics: ASGIApp = make_asgi_app(registry)
        self._expected = f"Bearer {token}".encode() if token else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer: ASGIApp = self._metrics
        if scope["path"] != "/metrics":
            answer = PlainTextResponse("Metrics are at /metrics.", 404)
        elif scope["method"] not in {"GET", "HEAD"}:
            answer = PlainTextResponse("Metrics are only read.", 405, {"allow": "GET, HEAD"})
        elif not self._knows_token(scope):
            answer = PlainTextResponse(
                "Send the token of TWINSPACE_METRICS_TOKEN.", 401, {"www-authenticate": "Bearer"}
            )
        await answer(scope, receive, send)

    def _knows_token(self, scope: Scope) -> bool:
        if self._expected is None:
            return True
        sent = [value for name, value in scope["headers"] if name == b"authorization"]
        return len(sent) == 1 and hmac.compare_digest(sent[0], self._expected)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the server beside this one."""
        yield


def check_guarded(settings: Settings) -> None:
    """Refuse to let everybody read.

    Raises:
        BadSetting: Other machines could, without a token.
    """
    if settings.metrics_host not in LOOPBACKS and not settings.metrics_token:
        raise BadSetting(
            "TWINSPACE_METRICS_HOST lets other machines read the metrics: set "
            "TWINSPACE_METRICS_TOKEN as well, and have Prometheus send it."
        )


def bind(settings: Settings) -> socket.socket | None:
    """Take the first free port from ``metrics_port`` on; ``None`` if no metrics are wanted.

    Processes of one machine that are set alike so get ports beside each other.
    """
    if not settings.metrics_port:
        return None
    family = socket.AF_INET6 if ":" in settings.metrics_host else socket.AF_INET
    for port in range(settings.metrics_port, min(settings.metrics_port + PORTS_TRIED, 1 << 16)):
        try:
            return socket.create_server((settings.metrics_host, port), family=family)
        except OSError:
            continue
    log.error("metrics without a free port from=%d", settings.metrics_port)
    return None


@contextlib.asynccontextmanager
async def serving(
    listener: socket.socket | None, registry: CollectorRegistry, token: str
) -> AsyncIterator[None]:
    """Answer at ``listener`` while the context lasts."""
    if listener is None:
        yield
        return
    server = _Server(
        uvicorn.Config(
            MetricsApp(registry, token),
            http="h11",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
    )
    task = asyncio.create_task(server.serve(sockets=[listener]), name="metrics")
    try:
        yield
    finally:
        server.should_exit = True
        await task
