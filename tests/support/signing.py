"""A certificate authority for tests, and files signed with content credentials (C2PA) by it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
FORMATS = {".mp4": "video/mp4", ".jpg": "image/jpeg", ".png": "image/png", ".wav": "audio/wav", ".webp": "image/webp"}


@dataclass(frozen=True)
class Signer:
    """A signer under a root of its own; `root` is what goes into a trust list."""

    root: bytes
    chain: bytes
    key: bytes


def make_signer(organisation: str = "Test Signer", seconds_left: float = 86_400 * 30) -> Signer:
    """A fresh root and a certificate under it that ends in so many seconds."""
    now = dt.datetime.now(dt.UTC)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, name = _name("Test Root"), _name(organisation)
    start = now - dt.timedelta(days=400)
    root = (
        _certificate(root_name, root_name, root_key, start, now + dt.timedelta(days=900))
        .add_extension(x509.BasicConstraints(True, None), True)
        .add_extension(_usage(certificates=True), True)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        _certificate(name, root_name, key, start, now + dt.timedelta(seconds=seconds_left))
        .add_extension(x509.BasicConstraints(False, None), True)
        .add_extension(_usage(certificates=False), True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), False)
        .sign(root_key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Signer(_pem(root), _pem(leaf) + _pem(root), secret)


def _name(organisation: str) -> x509.Name:
    parts = (
        (NameOID.COUNTRY_NAME, "XX"),
        (NameOID.ORGANIZATION_NAME, organisation),
        (NameOID.COMMON_NAME, "made.test"),
    )
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])


def _certificate(
    name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, start: dt.datetime, end: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    )


def _usage(certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def manifest(source_type: str | None = "digitalCapture", title: str = "a title", **action: Any) -> dict[str, Any]:
    """A manifest whose first action created the content, of that IPTC source type; None: it opened an ingredient."""
    made = {"action": "c2pa.created", "digitalSourceType": IPTC + str(source_type)} | action
    actions = [{"label": "c2pa.actions.v2", "data": {"actions": [made]}}] if source_type else []
    return {
        "claim_generator_info": [{"name": "Made Tool", "version": "1.0"}],
        "title": title,
        "assertions": actions,
    }


def sign(
    source: Path,
    out: Path,
    signer: Signer,
    definition: dict[str, Any],
    *,
    remote: str | None = None,
    embed: bool = True,
    ingredients: Sequence[tuple[str, Path]] = (),
) -> Path:
    """Sign `source` into `out`. `ingredients` are (relationship, file); a parent is opened by the first action."""
    quiet = {"verify": {"verify_after_sign": False}, "builder": {"thumbnail": {"enabled": False}}}
    context = c2pa.Context(settings=c2pa.Settings.from_dict(quiet))
    info = c2pa.C2paSignerInfo(alg=b"es256", sign_cert=signer.chain, private_key=signer.key, ta_url=None)
    if ingredients:
        definition = json.loads(json.dumps(definition))
        relations = {"parentOf": "c2pa.opened", "componentOf": "c2pa.placed"}
        opened = [
            {"action": relations[kind], "parameters": {"ingredientIds": [f"i{number}"]}}
            for number, (kind, _) in enumerate(ingredients)
            if kind in relations
        ]
        for assertion in definition["assertions"]:
            assertion["data"]["actions"] += opened
            opened = []
        if opened:
            definition["assertions"].append({"label": "c2pa.actions.v2", "data": {"actions": opened}})
    builder = c2pa.Builder(definition, context=context)
    if remote:
        builder.set_remote_url(remote)
    if not embed:
        builder.set_no_embed()
    for number, (kind, path) in enumerate(ingredients):
        with path.open("rb") as file:
            entry = {
                "title": path.name,
                "relationship": kind,
                "instance_id": f"xmp:iid:{number}",
                "label": f"i{number}",
            }
            builder.add_ingredient(entry, FORMATS[path.suffix], file)
    with source.open("rb") as file, out.open("w+b") as target:
        builder.sign(c2pa.Signer.from_info(info), FORMATS[source.suffix], file, target)
    return out
