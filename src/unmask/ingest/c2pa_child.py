"""The content credentials (C2PA manifest) of one file as a short JSON text, read in a process of its own.

Run as a program: `python -I c2pa_child.py FILE TRUST SECONDS`, TRUST being a PEM file of trusted roots or "". The
native library is written in Rust and parses what strangers wrote: it may panic, loop or ask for much memory. Here that
ends this process, which can write no more than `MAX_OUTPUT` bytes, and not the one that asked. It reaches no network:
remote manifests, revocation lists and identity documents are not fetched. It imports nothing of Unmask, so that it
starts fast.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MAX_OUTPUT = 1024 * 1024
MAX_MEMORY = 2 * 1024**3
MAX_TEXT = 300
MAX_ITEMS = 32
MAX_DEPTH = 8
TRUSTED = "signingCredential.trusted"
UNTRUSTED = "signingCredential.untrusted"


def settings(trust: str) -> dict[str, Any]:
    """The library's settings: trust is checked against `trust` (PEM text) alone, and no host may be asked."""
    found: dict[str, Any] = {
        "verify": {"verify_trust": True, "remote_manifest_fetch": False, "ocsp_fetch": False},
        "core": {"decode_identity_assertions": False, "allowed_network_hosts": [], "allow_redirects": False},
    }
    return found | ({"trust": {"user_anchors": trust}} if trust else {})


def read(path: Path, trust: str) -> dict[str, Any]:
    """What the file's manifest says. `outcome` is "read", "none", "remote" or "damaged"; the rest as found."""
    import c2pa

    context = c2pa.Context(settings=c2pa.Settings.from_dict(settings(trust)))
    try:
        with path.open("rb") as file:
            reader = c2pa.Reader.try_create(None, file, context=context)
            if reader is None:
                return {"outcome": "none"}
            return {"outcome": "read", **distil(json.loads(reader.json()))}
    except (c2pa.C2paError, ValueError, RecursionError) as error:
        said = str(error)
        return {"outcome": "remote" if said.startswith("Remote") else "damaged", "error": said[:MAX_TEXT]}


def distil(store: dict[str, Any]) -> dict[str, Any]:
    """The few facts that are shown, out of the library's report on a manifest store."""
    active, results = str(store.get("active_manifest", "")), _dict(store.get("validation_results"))
    manifest = _dict(_dict(store.get("manifests")).get(active))
    signed = _dict(manifest.get("signature_info"))
    infos = [_software(one) for one in _list(manifest.get("claim_generator_info"))]
    state = str(store.get("validation_state"))
    return {
        "state": state,
        "failures": [_text(one.get("code")) for one in _codes(results.get("activeManifest"), "failure")],
        "signer": _text(signed.get("issuer")),
        "signer_name": _text(signed.get("common_name")),
        "signed_at": _text(signed.get("time")),
        "software": _text(", ".join(filter(None, infos)) or manifest.get("claim_generator")),
        "title": _text(manifest.get("title")),
        "statements": list(_statements(store, active, state == "Trusted"))[:MAX_ITEMS],
    }


def _statements(store: dict[str, Any], active: str, trusted: bool) -> Iterator[dict[str, Any]]:
    """What the active manifest and those it was made from say about the content's source, the active one first."""
    manifests, results = _dict(store.get("manifests")), _dict(store.get("validation_results"))
    deltas = {str(d.get("ingredientAssertionURI")): d for d in _list(results.get("ingredientDeltas"))}
    waiting, seen = [(active, trusted, 0)], set[str]()
    while waiting and len(seen) < MAX_ITEMS:
        label, trusted, depth = waiting.pop(0)
        if label in seen:
            continue
        seen.add(label)
        manifest = _dict(manifests.get(label))
        for assertion in _list(manifest.get("assertions"))[:MAX_ITEMS]:
            for source, action, software in _sources(assertion.get("data"), 0):
                yield {
                    "source_type": _text(source),
                    "action": _text(action),
                    "software": _text(software),
                    "ingredient": depth > 0,
                    "trusted": trusted,
                }
        for part in _list(manifest.get("ingredients"))[:MAX_ITEMS]:
            # Material that was only looked at (inputTo, a prompt's picture) is not in the content.
            if depth < MAX_DEPTH and part.get("relationship") in ("parentOf", "componentOf"):
                uri = f"self#jumbf=/c2pa/{label}/c2pa.assertions/{part.get('label')}"
                vouched = trusted and _vouched(part, _dict(deltas.get(uri)))
                waiting.append((str(part.get("active_manifest")), vouched, depth + 1))


def _vouched(part: dict[str, Any], delta: dict[str, Any]) -> bool:
    """Whether an ingredient's own signer is trusted: by this check, or in the record of the signer that took it in.

    The delta lists where this check differs from the record.
    """
    recorded = _dict(part.get("validation_results")).get("activeManifest")
    now = delta.get("validationDeltas")
    good = {str(one.get("code")) for one in (*_codes(recorded, "success"), *_codes(now, "success"))}
    bad = {str(one.get("code")) for one in _codes(recorded, "failure")} - {UNTRUSTED}
    return TRUSTED in good and not bad and not _codes(now, "failure")


def _sources(value: Any, depth: int) -> Iterator[tuple[Any, Any, Any]]:
    """Every digitalSourceType inside an assertion, with the action and the software beside it."""
    if depth > MAX_DEPTH:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            if str(key).rpartition(":")[2].lower() == "digitalsourcetype" and isinstance(inner, str):
                yield inner, value.get("action"), _software(value.get("softwareAgent"))
            else:
                yield from _sources(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value[: 2 * MAX_ITEMS]:
            yield from _sources(inner, depth + 1)


def _software(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(str(value[key]) for key in ("name", "version") if value.get(key))
    return str(value or "")


def _codes(results: Any, kind: str) -> list[dict[str, Any]]:
    return _list(_dict(results).get(kind))


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return str(value)[:MAX_TEXT] if value else ""


def main(path: str, trust: str, seconds: str) -> None:
    """Read one file within the limits and print what was found."""
    limits = {
        resource.RLIMIT_AS: MAX_MEMORY,
        resource.RLIMIT_CPU: int(seconds),
        resource.RLIMIT_FSIZE: MAX_OUTPUT,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 64,
    }
    for what, most in limits.items():
        resource.setrlimit(what, (most, most))
    found = read(Path(path), Path(trust).read_text(encoding="ascii") if trust else "")
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:4])
