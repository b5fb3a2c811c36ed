"""Codes in plain words: English, marked for the catalogues. An unknown code is shown as it is."""

from __future__ import annotations

from collections.abc import Mapping

from unmask.language import Language
from unmask.language import marked as _
from unmask.language.reasons import REASONS

LABELS: Mapping[str, str] = {
    "likely_manipulated": _("Likely manipulated"),
    "likely_authentic": _("Likely authentic"),
    "inconclusive": _("Inconclusive"),
    "not_assessable": _("Not assessable"),
}
LEADS: Mapping[str, str] = {
    "likely_manipulated": _(
        "What was examined points to a manipulation. This is strong evidence and no proof: look at the places below."
    ),
    "likely_authentic": _(
        "What was examined points to no manipulation. That is no proof: a forgery that nobody knows yet can look like "
        "this."
    ),
    "inconclusive": _("Something was examined, but it does not carry an answer. Do not read it as a yes or a no."),
    "not_assessable": _(
        "Nothing in this file could be examined: no face and no speech were large, long or clear enough."
    ),
}
SAMPLES: Mapping[str, str] = {
    "manipulated.mp4": _("a manipulated clip"),
    "untouched.mp4": _("an untouched clip"),
}
STATES: Mapping[str, str] = {
    "queued": _("Waiting"),
    "running": _("Running"),
    "done": _("Done"),
    "failed": _("Failed"),
    "cancelled": _("Cancelled"),
}
STAGES: Mapping[str, tuple[str, str]] = {
    "ingest": (_("Receive"), _("Reads the container, the streams and where the file says it comes from")),
    "media": (_("Decode"), _("Finds faces and speech, stretch by stretch")),
    "detect": (_("Examine"), _("Each detector scores what it was made for")),
    "fuse": (_("Weigh"), _("Calibrates the scores and combines them to a verdict")),
    "explain": (_("Explain"), _("Draws heat maps, curves and spectrograms")),
    "report": (_("Report"), _("Writes the record and the report")),
}
DETECTORS: Mapping[str, str] = {
    "face": _("Face"),
    "motion": _("Movement"),
    "voice": _("Voice"),
    "lip_sync": _("Lips and voice"),
    "provenance": _("Origin of the file"),
    "quality": _("Quality of the file"),
    "frame_review": _("Opinion of a vision model"),
    "brightness": _("Brightness"),
    "loudness": _("Loudness"),
}
SUBJECTS: Mapping[str, str] = {"voice": _("the voice"), "media": _("the file"), "faces": _("all faces")}
EVIDENCE: Mapping[str, str] = {
    "heat_map": _("Heat map"),
    "face": _("Face"),
    "waterfall": _("How the answer adds up"),
    "signal_curve": _("Curve"),
    "sync_curve": _("Lips against voice"),
    "spectrogram": _("Spectrogram"),
    "clip": _("Clip"),
    "provenance_fact": _("Origin"),
    "frame_review": _("Opinion of a vision model"),
}
REGIONS: Mapping[str, str] = {
    "eyes": _("eyes"),
    "nose": _("nose"),
    "mouth": _("mouth"),
    "cheeks": _("cheeks"),
    "jaw": _("jaw line"),
    "forehead": _("forehead"),
    "background": _("surroundings"),
}
CREDENTIALS: Mapping[str, str] = {
    "absent": _("None in the file. Most files carry none, so this says nothing either way."),
    "trusted": _("Intact, and signed by somebody in the list of trusted signers."),
    "untrusted": _("Intact, but the signer is in no list of trusted signers."),
    "invalid": _("They do not hold: the file was changed after it was signed, or the signature is broken."),
    "unreadable": _("Damaged, so that they can't be read."),
    "remote": _("They lie at another place, which was not asked."),
}
TRACES: Mapping[str, str] = {
    "camera": _("Camera"),
    "editor": _("Editing program"),
    "encoder": _("Encoder"),
    "generator": _("Generator"),
    "re_encoded": _("Encoded again"),
}
SCOPES: Mapping[str, tuple[str, str]] = {
    "read": (_("Read"), _("sees analyses and reports")),
    "write": (_("Write"), _("sends media, stops and deletes analyses")),
    "admin": (_("Admin"), _("also keys, webhooks and retention of its project")),
    "operator": (_("Operator"), _("also makes projects, sets what they may store, and manages the keys of all")),
}
KEY_STATES: Mapping[str, str] = {"holds": _("Holds"), "ended": _("Ended"), "revoked": _("Revoked")}
DELIVERIES: Mapping[str, str] = {
    "pending": _("On its way"),
    "delivered": _("Delivered"),
    "dead": _("Given up"),
}
SILENCES: Mapping[str, str] = {
    text: text
    for text in (
        _("The other server could not be reached, or broke off."),
        _("The other server was too slow."),
        _("The host's name is not known."),
        _("The host's name leads nowhere."),
        _("The name server of the host did not answer in time."),
        _("The host is not among those that this server fetches from."),
    )
}
"""Why a message got no answer, as `unmask.fetching` says it; what is not here is shown in English."""
EVENTS: Mapping[str, str] = {
    "analysis.done": _("an analysis is done"),
    "analysis.failed": _("an analysis failed"),
    "analysis.cancelled": _("an analysis was stopped"),
}
ROLES: Mapping[str, tuple[str, str]] = {
    "wording": (
        _("Wording"),
        _("May put the built-in sentences otherwise. Each is checked against the evidence before it is shown."),
    ),
    "vision": (
        _("Opinion on frames"),
        _("Looks at the pictures that weigh most. Its opinion is shown and adds nothing to the answer."),
    ),
}
ERRORS: Mapping[str, str] = {
    "too_large": _("This file is larger than this server takes. Cut out the part in question and send that."),
    "payload_too_large": _("This file is larger than this server takes. Cut out the part in question and send that."),
    "too_long": _("This media is longer than this server takes. Cut out the part in question and send that."),
    "too_many_pixels": _("This picture is larger than this server takes. Scale it down and send it again."),
    "empty_file": _("The file is empty. The download or copy may have failed: fetch it again."),
    "not_media": _("This is no video, sound or picture. Send the media file itself."),
    "no_streams": _("The file holds neither a picture nor sound."),
    "unsupported_container": _(
        "This file only refers to other files. Send the video itself, not a playlist or a link list."
    ),
    "unsupported_codec": _(
        "Its coding is not known here. Convert it to H.264 and AAC; note that this is a new encode."
    ),
    "encrypted": _("The file is protected against copying, so it can't be examined."),
    "truncated": _("The file breaks off. The download may have stopped early: fetch it again."),
    "zero_duration": _("The file has no running time."),
    "decode_failed": _("The file is damaged: its pictures or its sound can't be decoded."),
    "unreadable_first_frame": _("The file is damaged: its pictures or its sound can't be decoded."),
    "decoder_stopped": _("The decoder broke down on this file. It may be damaged, or made to do harm."),
    "stage_timeout": _("The examination took too long and was stopped. Cut out the part in question and send that."),
    "url_refused": _("This address is not fetched from here. Use a public http or https address of the media itself."),
    "fetch_failed": _("Nothing could be fetched from this address. See whether it opens in your browser."),
    "fetch_timeout": _("The other server took too long. Download the file and send it here."),
    "invalid_request": _("The server did not understand this. Check the address or the options."),
    "quota_exceeded": _("Your allowance is used up for now. Try again later."),
    "rate_limited": _("Too many requests at once. Wait a moment."),
    "unauthorized": _("Your key is not known here, or not any more. Sign in again."),
    "forbidden": _("Your key does not allow this."),
    "not_found": _("There is nothing at this address. It may have been deleted."),
    "no_such_route": _("There is nothing at this address. It may have been deleted."),
    "deleted": _("It was deleted."),
    "link_unknown": _("This link shows nothing."),
    "link_expired": _("This link has expired."),
    "link_revoked": _("This link was taken back."),
    "wrong_state": _("It has ended already."),
    "media_gone": _("The media is no longer kept, so it can't be examined again. Send the file again."),
    "store_unavailable": _("The server's store does not answer. Try again in a while."),
    "database_unavailable": _("The server's database does not answer. Try again in a while."),
    "wrong_host": _("Open this page as http://127.0.0.1 or http://localhost."),
    "name_taken": _("There is something of that name already."),
    "busy": _("This is being done already. Wait until it has ended."),
    "internal": _("Something broke in the server. Its log says more."),
    "offline": _("No connection. It goes on by itself as soon as there is one."),
}


def words(table: Mapping[str, str], code: str, language: Language) -> str:
    """A code in words; an unknown one with its underscores as spaces."""
    return language.gettext(table[code]) if code in table else code.replace("_", " ")


def reason(code: str, language: Language) -> str:
    """A reason; "voice: no_speech" names its detector first."""
    head, colon, tail = code.partition(": ")
    if colon and head in DETECTORS:
        return f"{words(DETECTORS, head, language)}: {reason(tail, language)}"
    return words(REASONS, code, language)


def subject(name: str, language: Language) -> str:
    """Who or what a finding is about; "person-1" stays as it is, for the player names it so."""
    return words(SUBJECTS, name, language) if name in SUBJECTS else name
