"""uvicorn's HTTP protocol, with an end to what the head of a request may hold."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from twinspace_rt.web.security import SECURITY_HEADERS

HEAD_MAX_BYTES = 32 * 1024
_SECURITY_LINES = "".join(f"{name}: {value}\r\n" for name, value in SECURITY_HEADERS.items())


class HttpProtocol(HttpToolsProtocol):
    """An HTTP connection that ends with 431 when the head of a request grows too large.

    The parser knows no limit: whoever sends one header for ever would fill the memory before
    anybody has asked who it is.
    """

    _in_head = False
    _head_bytes = 0
    _unread_bytes = 0

    def data_received(self, data: bytes) -> None:
        was_in_head = self._in_head
        super().data_received(data)
        # The parser tells of a header only when it is whole, so what arrives is counted as well.
        self._unread_bytes = self._unread_bytes + len(data) if was_in_head and self._in_head else 0
        if self._unread_bytes > HEAD_MAX_BYTES and not self.transport.is_closing():
            self._answer_and_close("431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        large = self._head_bytes > HEAD_MAX_BYTES
        self._answer_and_close(
            "431 Request Header Fields Too Large" if large else "400 Bad Request"
        )

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > HEAD_MAX_BYTES:
            raise ValueError("the head of the request is too large")  # the parser stops at this

    def _answer_and_close(self, status: str) -> None:
        head = f"HTTP/1.1 {status}\r\n{_SECURITY_LINES}content-length: 0\r\nconnection: close"
        self.transport.write(f"{head}\r\n\r\n".encode("ascii"))
        self.transport.close()
