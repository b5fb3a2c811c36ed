"""The words that scripts show, by the names they call them; each page carries them as data."""

from __future__ import annotations

from collections.abc import Mapping

from unmask.language import Language
from unmask.language import marked as _
from unmask.llm.errors import NOTES
from unmask.web.words import DETECTORS, ERRORS, SILENCES, STATES, SUBJECTS

SCRIPT: Mapping[str, str] = {
    "waiting": _("Waiting"),
    "uploading": _("{done} of {total}, {speed}/s, {left} left"),
    "paused": _("Paused at {done} of {total}"),
    "reconnecting": _("The connection broke at {done} of {total}. It goes on by itself."),
    "sent_together": _("Sent. It waits for the others of its batch."),
    "uploaded": _("Sent. The examination begins."),
    "pause": _("Pause"),
    "resume": _("Go on"),
    "give_up": _("Remove"),
    "open": _("Open"),
    "too_large_here": _(
        "This file has {size}, and this server takes at most {most}. Cut out the part in question and send that."
    ),
    "empty_here": _("The file is empty. The download or copy may have failed: fetch it again."),
    "seconds": _("{count} s"),
    "minutes": _("{count} min"),
    "not_an_address": _("This is no address. It must begin with http:// or https://."),
    "sample_failed": _("The sample could not be read."),
    "faces_found": _("{count} faces were looked at so far"),
    "highest": _("{detector}: the highest reading so far is {probability}, at {time}. Not a finding yet."),
    "finding": _("{detector}, {subject}: {probability}"),
    "finding_none": _("{detector}, {subject}: not examined"),
    "finding_alone": _("{detector}: {probability}"),
    "finding_none_alone": _("{detector}: not examined"),
    "media_known": _("The media is {time} long"),
    "connected": _("Live"),
    "disconnected": _("The connection broke. It comes back by itself."),
    "confirm_delete": _("Delete this analysis with its media and reports, everywhere? This can't be undone."),
    "confirm_delete_many": _("Delete {count} analyses with their media and reports, everywhere? This can't be undone."),
    "play": _("Play"),
    "stop": _("Stop"),
    "loop_on": _("Loops {start} to {end}"),
    "loop_off": _("No loop"),
    "speed": _("Speed {value}"),
    "cannot_play": _(
        "This browser can't play the file. Everything else on this page is there; the evidence shows the "
        "pictures that matter."
    ),
    "jumped": _("At {time}: {what}"),
    "frame": _("Frame {number}"),
    "thanks": _("Thank you. Your judgement is kept with the analysis."),
    "asking": _("Asking …"),
    "no_scope": _("Choose at least one thing that the key may do."),
    "no_event": _("Choose at least one event."),
    "confirm_key": _("Revoke this key? Whoever uses it is shut out at once, for good."),
    "confirm_own_key": _("Revoke the key that you are using? You are signed out at once, and need another one."),
    "confirm_webhook": _("Remove this address, with all that is on its way there?"),
    "confirm_secret": _("Replace the project's own secret? Receivers that know the old one will refuse messages."),
    "confirm_existing": _(
        "Hold what is here already to this rule? What is past its time is then deleted within minutes, everywhere."
    ),
    "rule_kept": _("The rule is kept. It counts for analyses that end from now on."),
    "rule_kept_for_all": _("The rule is kept. What is here already follows within minutes."),
    "hook_answered": _("The other side answered with {status} after {seconds} s: it has the message."),
    "hook_refused": _("The other side answered with {status} after {seconds} s, and that counts as refused."),
    "hook_silent": _("No answer, after {seconds} s."),
    "model_answered": _("{model} answered after {seconds} s:"),
    "model_silent": _("No usable answer, after {seconds} s."),
    "heat_at": _("Heat map at {time}"),
    "batch_ended": _("All analyses of this batch have ended."),
    "link_made": _("The link holds until {time}."),
    "link_active": _("Holds until {time}"),
    "link_expired": _("Expired {time}"),
    "link_revoked": _("Taken back {time}"),
    "take_back": _("Take back"),
    "taken_back": _("The link shows nothing any more."),
    "copied": _("Copied."),
    "copy_by_hand": _("This browser does not let a page copy: the link is marked, copy it by hand."),
}


def script_words(language: Language) -> dict[str, dict[str, str]]:
    """All of them in one language."""
    tables = {"": SCRIPT, "error": ERRORS, "detector": DETECTORS, "state": STATES, "subject": SUBJECTS}
    tables |= {"note": NOTES, "silence": SILENCES}
    return {
        name or "say": {code: language.gettext(text) for code, text in table.items()} for name, table in tables.items()
    }
