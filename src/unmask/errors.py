"""Coded errors: every failure a user can meet has a stable code, an HTTP status and a hint what to do."""

from __future__ import annotations

from typing import ClassVar


class UnmaskError(Exception):
    """Root of all errors that Unmask raises on purpose.

    Attributes:
        code: stable, lower_snake_case; scripts and the API rely on it.
        http_status: the status with which the API renders it.
        hint: what the user can do about it, or an empty string.
    """

    code: ClassVar[str] = "internal"
    http_status: ClassVar[int] = 500
    hint: ClassVar[str] = ""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def to_dict(self) -> dict[str, str | int]:
        """The error as a JSON-ready mapping: code, status, message and hint."""
        return {"code": self.code, "status": self.http_status, "message": self.message, "hint": self.hint}


class SettingsError(UnmaskError):
    """A setting is missing, contradictory or out of its range."""

    code = "bad_settings"
    http_status = 500


class ModelError(UnmaskError):
    """Weights or a model card are missing, or do not match their hash."""

    code = "model_unusable"
    http_status = 500
    hint = "Run `unmask models verify`, and reinstall the package when a hash differs."


class MediaError(UnmaskError):
    """The file as received can't be analysed; the subclass says why."""

    code = "bad_media"
    http_status = 400


class FileMissing(MediaError):
    """There is no file at that path, or it can't be read."""

    code = "file_missing"
    http_status = 404


class NotAFile(MediaError):
    """The path names a folder, a socket or a device."""

    code = "not_a_file"


class EmptyFile(MediaError):
    """The file has no bytes."""

    code = "empty_file"
    hint = "The download or copy may have failed: fetch the file again."


class TooLarge(MediaError):
    """More bytes than the limit allows."""

    code = "too_large"
    http_status = 413
    hint = "Cut the part in question out of the file, or raise UNMASK_MAX_BYTES."


class TooLong(MediaError):
    """Longer than the limit allows."""

    code = "too_long"
    http_status = 413
    hint = "Cut the part in question out of the file, or raise UNMASK_MAX_SECONDS."


class TooManyPixels(MediaError):
    """A picture of more pixels than the limit allows."""

    code = "too_many_pixels"
    http_status = 413
    hint = "Scale the picture down, or raise UNMASK_MAX_PIXELS."


class NotMedia(MediaError):
    """No known container: not a video, sound or picture."""

    code = "not_media"
    http_status = 415
    hint = "Unmask takes videos, sound files and still pictures."


class NoStreams(MediaError):
    """A container with neither a video nor an audio stream."""

    code = "no_streams"
    http_status = 415


class UnsupportedCodec(MediaError):
    """A stream whose codec this build can't decode."""

    code = "unsupported_codec"
    http_status = 415
    hint = "Convert the file to H.264 video and AAC sound and try again; note that this is a new encode."


class UnsupportedContainer(MediaError):
    """A container that is refused on purpose: playlists, scripts and everything that refers to other files."""

    code = "unsupported_container"
    http_status = 415
    hint = "Send the video itself, not a playlist or a link list."


class Encrypted(MediaError):
    """A stream protected by digital rights management."""

    code = "encrypted"
    http_status = 415
    hint = "Unmask can't open protected media."


class Truncated(MediaError):
    """The file ends before its own index or data does."""

    code = "truncated"
    hint = "The download may have stopped early: fetch the file again."


class ZeroDuration(MediaError):
    """The file has streams, but no time in them."""

    code = "zero_duration"


class UnreadableFrame(MediaError):
    """Not even the first picture or sound can be decoded."""

    code = "unreadable_first_frame"
    hint = "The file is damaged: fetch it again, or send the original."


class DecodeFailed(MediaError):
    """Decoding broke down in the middle of the file."""

    code = "decode_failed"


class StageTimeout(MediaError):
    """A stage took longer than its limit."""

    code = "stage_timeout"
    http_status = 504


class DecoderStopped(MediaError):
    """The process that decodes crashed on this file, hung, or took more memory or time than it may."""

    code = "decoder_stopped"
    hint = "The file may be damaged, or made to do harm; a fresh encode of it may pass. See UNMASK_SANDBOX_MEMORY."


class SandboxUnavailable(UnmaskError):
    """No process can be started to decode in."""

    code = "sandbox_unavailable"
    http_status = 503
    hint = "The system refuses new processes: see its limits, or set UNMASK_SANDBOX_ENABLED=false for trusted files."


class Cancelled(UnmaskError):
    """The user stopped the analysis."""

    code = "cancelled"
    http_status = 409


class DatasetError(UnmaskError):
    """A manifest or a data folder for training or evaluation is unusable."""

    code = "bad_dataset"
    http_status = 400


class RecordError(UnmaskError):
    """A result document is not what it claims to be."""

    code = "bad_record"
    http_status = 400


class Unauthorized(UnmaskError):
    """No key was presented, or one that is unknown, revoked or expired."""

    code = "unauthorized"
    http_status = 401
    hint = "Send a key as `Authorization: Bearer KEY`; `unmask access create` makes one."


class Forbidden(UnmaskError):
    """The key is known, but its scopes do not reach this far."""

    code = "forbidden"
    http_status = 403
    hint = "Use a key with the scope that is named, or have one made."


class Later(UnmaskError):
    """Too much was asked for now.

    Attributes:
        retry_after: seconds after which the same request can pass.
    """

    code = "too_many_requests"
    http_status = 429

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RateLimited(Later):
    """More requests than the key's rate allows."""

    code = "rate_limited"
    hint = "Wait as long as `Retry-After` says."


class QuotaExceeded(Later):
    """The key or project has used up what it may use, of analyses or of bytes kept."""

    code = "quota_exceeded"
    hint = "Delete analyses that are not needed, wait, or have the quota raised."


class UrlRefused(UnmaskError):
    """The address is one that this server does not fetch from or send to."""

    code = "url_refused"
    http_status = 400
    hint = "Give a public http or https address without a user name, or send the file itself."


class FetchFailed(UnmaskError):
    """The other server could not be reached, or did not answer with the file.

    Attributes:
        passing: whether a later try may succeed.
    """

    code = "fetch_failed"
    http_status = 502
    hint = "Check that the address answers with the file itself, or send the file."

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing


class FetchTimeout(FetchFailed):
    """The other server was too slow."""

    code = "fetch_timeout"
    http_status = 504


class BadSignature(UnmaskError):
    """A message is not signed with the shared secret, or is older than the replay window."""

    code = "bad_signature"
    http_status = 400


class SigningKeyError(UnmaskError):
    """A key to sign with, or to check with, can't be used."""

    code = "bad_signing_key"
    http_status = 500
    hint = "`unmask keys show` says which key is used; a private key's file must have mode 600."


class TimestampError(UnmaskError):
    """A timestamp server gave no timestamp, or one that does not hold."""

    code = "no_timestamp"
    http_status = 502


class ReportError(UnmaskError):
    """A report, or a video of it, can't be made from the document and the files beside it."""

    code = "no_report"
    http_status = 500
