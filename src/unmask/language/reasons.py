"""Codes of reasons in plain words, for the report, the narrative and the pages."""

from __future__ import annotations

from collections.abc import Mapping

from unmask.language.catalogue import marked as _

REASONS: Mapping[str, str] = {
    "no_audio": _("there is no sound"),
    "no_speech": _("no speech was found"),
    "too_little_speech": _("there is too little speech"),
    "no_video": _("there is no picture in this file"),
    "no_face": _("no face was found"),
    "face_too_small": _("the face is too small in the picture"),
    "too_few_frames": _("the face is seen too briefly"),
    "still_picture": _("a still picture has no sound"),
    "too_short": _("nobody is heard for long enough while the face is seen"),
    "not_speaking": _("the mouth does not move with speech"),
    "interval_too_wide": _("the plausible range is too wide for an answer"),
    "unstable": _("light re-encodings of the file get another answer"),
    "evidence_too_weak": _("the evidence points neither way strongly enough"),
    "declares_generation": _("the file itself declares that AI made it"),
    "signed_as_generated": _("a trusted signer declares that AI made it"),
    "no_credentials": _("there are no content credentials, which says nothing either way"),
    "credentials_without_ai": _("its trusted content credentials declare no AI, which is no proof of anything else"),
    "signer_not_trusted": _("the signer of its content credentials is in no list of trusted signers"),
    "credentials_elsewhere": _("its content credentials lie at another place and were not fetched"),
    "changed_after_signing": _("the file was changed after its content credentials were signed"),
    "signature_expired": _("its content credentials were not signed within their certificate's term"),
    "credentials_invalid": _("its content credentials do not hold"),
    "credentials_unreadable": _("its content credentials are damaged"),
}
"""Why something has no score, or the verdict is no firmer; each reads after "because"."""
