"""Multipart forms, read as they come: a file of gigabytes passes through in pieces and touches no disk of ours."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from unmask.service.errors import InvalidRequest, PayloadTooLarge

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_MOST_PARTS = 32
_MOST_TEXT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Head:
    """What stands before a part's bytes: the field's name, and the file's name where it is a file."""

    name: str
    filename: str | None


class Part:
    """One part of a form, whose bytes are read at most once, and before the next part."""

    def __init__(self, head: Head, form: Form) -> None:
        self.name = head.name
        self.filename = head.filename
        self._form = form

    async def pieces(self) -> AsyncIterator[bytes]:
        """The part's bytes as they come."""
        while True:
            event = await self._form.next_event()
            if not isinstance(event, bytes):
                return
            yield event

    async def text(self) -> str:
        """The whole part, which must be short.

        Raises:
            PayloadTooLarge: it is not.
            InvalidRequest: it is no UTF-8.
        """
        data = b""
        async for piece in self.pieces():
            data += piece
            if len(data) > _MOST_TEXT:
                raise PayloadTooLarge(f"The field {self.name[:50]!r} is longer than {_MOST_TEXT} bytes.")
        try:
            return data.decode()
        except UnicodeDecodeError as wrong:
            raise InvalidRequest(f"The field {self.name[:50]!r} is not UTF-8.") from wrong


_END = object()


class Form:
    """The parts of a multipart body, in order."""

    def __init__(self, content_type: str, body: AsyncIterator[bytes]) -> None:
        _, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if not boundary:
            raise InvalidRequest("The form names no boundary.")
        self._body = body
        self._events: deque[Head | bytes | object] = deque()
        self._field, self._value = b"", b""
        self._headers: dict[bytes, bytes] = {}
        self._count = 0
        self._complete = False
        try:
            self._parser = MultipartParser(boundary, self._callbacks(), max_header_count=8, max_header_size=4096)
        except FormParserError as wrong:
            raise InvalidRequest("The form's boundary can't be used.") from wrong

    async def parts(self) -> AsyncIterator[Part]:
        """Each part; what of it was not read is skipped.

        Raises:
            InvalidRequest: the body is no multipart form, or ends too early.
            PayloadTooLarge: it has too many parts.
        """
        while True:
            event = await self.next_event()
            if event is None:
                return
            if isinstance(event, Head):
                self._count += 1
                if self._count > _MOST_PARTS:
                    raise PayloadTooLarge(f"A form may have {_MOST_PARTS} parts.")
                yield Part(event, self)

    async def next_event(self) -> Head | bytes | object | None:
        """The next head, piece or end of a part; None at the end of the form."""
        while not self._events:
            try:
                piece = await anext(self._body)
            except StopAsyncIteration:
                if not self._complete:
                    raise InvalidRequest("The form ends before its last boundary.") from None
                return None
            try:
                self._parser.write(piece)
            except FormParserError as wrong:
                raise InvalidRequest("The body is not a multipart form.") from wrong
        return self._events.popleft()

    def _callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._headers.clear,
            "on_part_data": lambda data, start, end: self._events.append(data[start:end]),
            "on_part_end": lambda: self._events.append(_END),
            "on_header_field": self._on_field,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header,
            "on_headers_finished": self._on_headers,
            "on_end": self._on_end,
        }

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        self._headers[self._field.lower()] = self._value
        self._field, self._value = b"", b""

    def _on_headers(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b"").decode("latin-1"))
        name, filename = options.get(b"name", b""), options.get(b"filename")
        self._events.append(Head(_text(name), None if filename is None else _text(filename)))

    def _on_end(self) -> None:
        self._complete = True


def _text(raw: bytes) -> str:
    # curl and browsers send UTF-8; the header was read as Latin-1, which gives the same bytes back
    return raw.decode("utf-8", "replace")
