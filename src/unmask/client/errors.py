"""What can go wrong on the way to a server and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from unmask.client.models import Analysis

_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_WAIT = 300.0


class ClientError(Exception):
    """Root of all errors of the client."""

    passing = False
    """Whether the same request may succeed later."""

    retry_after: float | None = None
    """Seconds that the server asks to wait."""


class Unreachable(ClientError):
    """No connection, or it broke, or nothing came in time."""

    passing = True


class ApiError(ClientError):
    """The server refused, with a problem document (RFC 9457) or something that is none.

    Attributes:
        status: HTTP status.
        code: stable; `unknown` when the answer was no problem document.
        detail: for people.
        hint: what can be done about it, or empty.
    """

    def __init__(self, status: int, code: str, detail: str, hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(f"{detail} ({code})")
        self.status, self.code, self.detail, self.hint = status, code, detail, hint
        self.retry_after = retry_after
        self.passing = status in _PASSING and code != "quota_exceeded"

    @classmethod
    def of(cls, answer: httpx.Response) -> ApiError:
        """From an answer whose body was read."""
        try:
            body = answer.json()
        except ValueError:
            body = None
        problem = body if isinstance(body, dict) else {}
        detail = str(problem.get("detail") or f"The server answered with status {answer.status_code}.")
        faults = problem.get("errors") or []
        told = [f"{one.get('where')}: {one.get('message')}" for one in faults if isinstance(one, dict)]
        return cls(
            answer.status_code,
            str(problem.get("code", "unknown")),
            " ".join([detail, *told]),
            str(problem.get("hint", "")),
            _seconds(answer.headers.get("retry-after")),
        )


class AnalysisFailed(ClientError):
    """The analysis ended without a verdict: it failed or was cancelled. `analysis` says more."""

    def __init__(self, analysis: Analysis) -> None:
        error = analysis.error
        super().__init__(f"{error.message} ({error.code})" if error else f"The analysis was {analysis.state}.")
        self.analysis = analysis


def _seconds(text: str | None) -> float | None:
    return min(float(text), _LONGEST_WAIT) if text and text.isascii() and text.isdecimal() else None
