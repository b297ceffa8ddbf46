"""Origins: which pages may open our sockets and change things, and what a page of ours may load."""

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from twinspace_rt.settings import Settings

SECURITY_HEADERS = {
    # Styles: React Aria positions popovers through style attributes set by script (CSSOM), which
    # needs no 'unsafe-inline'.
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Origins:
    """The exact origins that may act: the public address and those the operator listed.

    While the server listens on a loopback address alone, ``*.localhost`` names of its own port are
    allowed as well: they lead to this machine and nowhere else (RFC 6761 section 6.3), and let one
    browser hold several people side by side.
    """

    def __init__(self, settings: Settings, *, port: int | None = None) -> None:
        port = settings.port if port is None else port
        self._allowed = {settings.origin, *settings.allowed_origins}
        self._loopback_port: int | None = None
        if is_loopback(settings.host):
            self._loopback_port = port
            self._allowed |= {f"http://{name}:{port}" for name in ("localhost", "127.0.0.1")}

    def allows(self, origin: str | None) -> bool:
        """Tell whether ``origin`` may act; a missing one (``None``) and ``null`` may not."""
        if origin is None:
            return False
        if origin in self._allowed:
            return True
        return self._loopback_port is not None and _is_local_name(origin, self._loopback_port)


def is_loopback(host: str) -> bool:
    """Tell whether ``host`` is an address of this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_local_name(origin: str, port: int) -> bool:
    parts = urlsplit(origin)
    name = parts.hostname or ""
    label = name.removesuffix(".localhost")
    try:
        same_port = parts.port == port
    except ValueError:
        return False
    return (
        origin == f"http://{name}:{port}"
        and same_port
        and label != name
        and label.isascii()
        and label.replace("-", "").isalnum()
    )


def header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str | None:
    """Find the one value of a header; ``None`` where it is missing or stands twice."""
    values = [value for key, value in headers if key.lower() == name]
    return values[0].decode("latin-1") if len(values) == 1 else None


def cookie(headers: Iterable[tuple[bytes, bytes]], name: str) -> str | None:
    """Find a cookie's value; ``None`` where it is missing."""
    for key, value in headers:
        if key.lower() != b"cookie":
            continue
        for part in value.decode("latin-1").split(";"):
            found, _, content = part.strip().partition("=")
            if found == name:
                return content
    return None


def client_address(
    headers: Iterable[tuple[bytes, bytes]], peer: str | None, trusted_proxies: int
) -> str:
    """Tell whose request it is: the peer, or what the configured proxies say they saw.

    Only the last ``trusted_proxies`` entries of ``X-Forwarded-For`` were written by our own
    proxies; what stands before them is whatever the client liked to send.
    """
    if trusted_proxies:
        hops = [
            hop.strip()
            for key, value in headers
            if key.lower() == b"x-forwarded-for"
            for hop in value.decode("latin-1").split(",")
        ]
        if len(hops) >= trusted_proxies:
            return hops[-trusted_proxies]
    return peer or "unknown"


class SecurityHeaders:
    """Puts the security headers on every HTTP answer that does not bring its own.

    A refused upgrade is one too.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] in {"http.response.start", "websocket.http.response.start"}:
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
