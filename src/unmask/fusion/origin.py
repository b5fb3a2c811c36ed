"""What the file says of its own origin, and what that weighs.

Only one thing weighs: a valid manifest of a trusted signer that declares the content, or a part of it, to be made by
AI. The signer states that about its own product, the trust list says that it is who it says, and the hash binds the
statement to these bytes. That is as good as a confession, and it decides.

Nothing else gets a number, because none could be measured:

- *absent* is unknown. Most honest files carry no manifest, and anyone can strip one.
- *an untrusted signer* has proven that the file was not changed since it was signed, not who signed it.
- *an invalid manifest* says that the bytes were changed after signing. Every program that does not know C2PA does that
  when it crops, converts or tags a file; how often forgers do, nobody has counted. It is stated and adds nothing.
- *a valid manifest of a camera* says which device signed. A screen can be filmed, signing keys of cameras have been
  taken out, and such a manifest is no reason to overrule what is seen in the pixels. It is stated and adds nothing.
- *an unsigned declaration of AI* (metadata, a generator's parameters, a manifest that is not trusted) can be written by
  anyone, also to discredit a real recording. It adds nothing, but no media that declares itself generated is called
  authentic: the answer is then *inconclusive*, with that reason.
- *names of encoders, editors and cameras* are in honest and in forged files alike.
"""

from __future__ import annotations

from dataclasses import dataclass

from unmask.fusion.calibration import LIMIT, sigmoid
from unmask.result import Finding
from unmask.types import Credentials, Provenance

DETECTOR = "provenance"
SUBJECT = "media"

DECISIVE = LIMIT
"""Log-odds of a trusted declaration: set by rule, not measured, at the most that any detector is believed (400 to 1).

High enough that all other detectors together, each of which can take off log(1 - share) at most, leave the verdict at
`likely_manipulated`.
"""

SIGNED_AS_GENERATED = f"{DETECTOR}: signed_as_generated"
SAYS_GENERATED = "declares_generation"


@dataclass(frozen=True, slots=True)
class Origin:
    """The finding about the origin, what it adds to the log-odds (None: nothing), and whether it bars "authentic"."""

    finding: Finding
    log_odds: float | None
    bars_authentic: bool


def judge_origin(provenance: Provenance | None) -> Origin | None:
    """What the file's own statements amount to; None where nobody looked for them."""
    if provenance is None:
        return None
    if any(declaration.trusted for declaration in provenance.declarations):
        certain = sigmoid(DECISIVE)
        finding = Finding(
            detector=DETECTOR,
            subject=SUBJECT,
            state="scored",
            probability=certain,
            interval=(certain, certain),
            samples=1,
        )
        return Origin(finding, DECISIVE, bars_authentic=True)
    credentials = provenance.credentials
    reason = _reason(credentials)
    state = "failed" if credentials.state == "unreadable" else "not_applicable"
    finding = Finding.model_validate({"detector": DETECTOR, "subject": SUBJECT, "state": state, "reason": reason})
    return Origin(finding, None, bars_authentic=bool(provenance.declarations))


def _reason(credentials: Credentials) -> str:
    """The code that says why the origin has no number."""
    if credentials.state == "invalid":
        if any(".mismatch" in code for code in credentials.failures):
            return "changed_after_signing"
        return "signature_expired" if "signingCredential.expired" in credentials.failures else "credentials_invalid"
    return {
        "absent": "no_credentials",
        "trusted": "credentials_without_ai",
        "untrusted": "signer_not_trusted",
        "remote": "credentials_elsewhere",
    }.get(credentials.state, "credentials_unreadable")
