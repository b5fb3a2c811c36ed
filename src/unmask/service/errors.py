"""Coded errors of the service, beside those of the analysis in `unmask.errors`."""

from __future__ import annotations

from typing import Any

from unmask.errors import Later, UnmaskError


class ServiceError(UnmaskError):
    """Root of what the service refuses."""

    code = "bad_request"
    http_status = 400


class InvalidRequest(ServiceError):
    """A malformed payload; `faults` names the fields."""

    code = "invalid_request"
    http_status = 422

    def __init__(self, message: str, faults: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.faults = faults or []


class NotFound(ServiceError):
    """Nothing with that id in this project."""

    code = "not_found"
    http_status = 404


class Gone(ServiceError):
    """It was deleted."""

    code = "deleted"
    http_status = 410


class LinkUnknown(ServiceError):
    """No link to a result has that token."""

    code = "link_unknown"
    http_status = 404


class LinkExpired(ServiceError):
    """The link to a result has expired."""

    code = "link_expired"
    http_status = 410


class LinkRevoked(ServiceError):
    """The link to a result was taken back."""

    code = "link_revoked"
    http_status = 410


class WrongState(ServiceError):
    """The analysis is in a state in which this can't be done."""

    code = "wrong_state"
    http_status = 409


class MediaGone(ServiceError):
    """The media is no longer kept, so it can't be analysed again."""

    code = "media_gone"
    http_status = 409
    hint = "Send the file again."


class IdempotencyConflict(ServiceError):
    """The same Idempotency-Key came with another request."""

    code = "idempotency_conflict"
    http_status = 409
    hint = "Use a new Idempotency-Key for every request that differs."


class NameTaken(ServiceError):
    """There is something of that name already."""

    code = "name_taken"
    http_status = 409


class Busy(Later):
    """The same is being done already, and once at a time is enough."""

    code = "busy"
    hint = "Wait until it has ended."


class UploadUnfinished(ServiceError):
    """The upload has not all its bytes yet."""

    code = "upload_unfinished"
    http_status = 409


class OffsetMismatch(ServiceError):
    """The bytes sent don't start where the upload stands."""

    code = "offset_mismatch"
    http_status = 409
    hint = "Ask for the offset with HEAD and go on from there."


class UnsupportedPayload(ServiceError):
    """A content type that this route does not take."""

    code = "unsupported_payload"
    http_status = 415


class PayloadTooLarge(ServiceError):
    """More bytes or items than the limit allows."""

    code = "payload_too_large"
    http_status = 413


class RangeUnsatisfiable(ServiceError):
    """The range asked for lies outside of the object."""

    code = "range_unsatisfiable"
    http_status = 416


class StoreUnavailable(ServiceError):
    """The object store does not answer, is full or refuses."""

    code = "store_unavailable"
    http_status = 503
    hint = "Try again in a while."


class DatabaseUnavailable(ServiceError):
    """The database does not answer."""

    code = "database_unavailable"
    http_status = 503
    hint = "Try again in a while."


class NoSuchRoute(ServiceError):
    """There is nothing at this address."""

    code = "no_such_route"
    http_status = 404


class MethodNotAllowed(ServiceError):
    """The address does not know the method."""

    code = "method_not_allowed"
    http_status = 405


class WrongVersion(ServiceError):
    """The upload protocol is spoken in another version."""

    code = "wrong_version"
    http_status = 412
    hint = "Send the header: Tus-Resumable: 1.0.0."


class WrongHost(ServiceError):
    """A server that needs no key was asked by another name than its own, as a foreign page would do."""

    code = "wrong_host"
    http_status = 403
    hint = "Open it as http://127.0.0.1 or http://localhost, or make a key."


class Internal(ServiceError):
    """Something broke in the server. It is a bug, and its log says more."""

    code = "internal"
    http_status = 500
