"""What a file says of its origin outside of a signed manifest: tags, EXIF, XMP, names that programs left."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from unmask.ingest.names import (
    Field,
    Role,
    declared_by,
    declares_aigc,
    generation_parameters,
    programs,
    short_source,
)
from unmask.ingest.regions import has_manifest, metadata_regions, stream_start
from unmask.ingest.sniff import read_head
from unmask.ingest.stills import still_kind
from unmask.ingest.stilltags import still_tags
from unmask.ingest.text import MAX_VALUE, clean
from unmask.ingest.xmp import XmpFacts, read_xmp
from unmask.types import Declaration, DeclaredSource, Media, Trace

MOST_TRACES = 32
MOST_DECLARATIONS = 16

_PROSE = {"title", "comment", "description", "synopsis", "artist", "copyright", "imagedescription", "usercomment"}
_DEVICE = re.compile(r"(^|[.\-_])(make|model|manufacturer)(-eng)?$|^com\.android\.(version|manufacturer|model)$")
_OWN_WRITERS = {"Adobe Premiere", "Adobe Media Encoder", "Final Cut Pro", "iMovie", "DaVinci Resolve", "Avid"}
"""Editors that write files themselves: a second encoder's name beside theirs means a second writing."""

_SIGNATURES = re.compile(rb"x264 - core \d+(?: r\d+)?|x265 \(build \d+\)|Lavc\d+\.\d+\.\d+|LAME3\.\d+")
_FOREIGN_XMP = "xml:com.adobe.xmp"


@dataclass(frozen=True, slots=True)
class Claims:
    """Unsigned statements and traces, as found. `manifest`: whether a C2PA manifest lies in the file.

    `elsewhere`: the XMP names a manifest on some server.
    """

    manifest: bool
    elsewhere: bool
    declarations: tuple[Declaration, ...]
    traces: tuple[Trace, ...]


def read_claims(media: Media) -> Claims:
    """All that the file says but for its manifest. Never raises for what the file holds; work is bounded."""
    xmp = read_xmp(metadata_regions(media.path))
    raw = dict(_raw_fields(media))
    fields = [*_fields(raw), *_xmp_fields(xmp), *_stream_fields(media)]
    declared = list(_declared(raw, xmp))
    traces = list(_traces(fields))
    for field in fields:
        declared.extend(
            Declaration(_source_of(field.where), "generated", field.text, name)
            for kind, name in programs(field)
            if kind == "generator"
        )
    return Claims(
        manifest=has_manifest(media.path),
        elsewhere=bool(xmp.manifest),
        declarations=tuple(dict.fromkeys(declared))[:MOST_DECLARATIONS],
        traces=tuple(dict.fromkeys([*traces, *_written_again(traces)]))[:MOST_TRACES],
    )


def _raw_fields(media: Media) -> Iterator[tuple[str, str]]:
    """Names and values of the container's tags; of a still picture, of its EXIF and text chunks, whole."""
    kind = still_kind(read_head(media.path))
    yield from media.tags.items() if kind is None else still_tags(media.path, kind)


def _fields(raw: dict[str, str]) -> Iterator[Field]:
    for where, value in raw.items():
        if where.endswith(_FOREIGN_XMP):
            continue
        text = clean(value, MAX_VALUE)
        if text:
            yield Field(clean(where, MAX_VALUE), text, _role(where))


def _role(where: str) -> Role:
    last = where.rpartition(".")[2]
    if _DEVICE.search(where):
        return "device"
    if last in _PROSE or (where.startswith("text.") and last not in {"software", "source"}):
        return "prose"
    return "software"


def _xmp_fields(xmp: XmpFacts) -> Iterator[Field]:
    groups: tuple[tuple[Role, tuple[tuple[str, str], ...]], ...] = (
        ("software", xmp.software),
        ("prose", xmp.prose),
        ("device", xmp.device),
    )
    for role, found in groups:
        for name, value in found[:MOST_TRACES]:
            text = clean(value, MAX_VALUE)
            if text:
                yield Field(f"xmp.{name.lower()}", text, role)


def _stream_fields(media: Media) -> Iterator[Field]:
    """Names that encoders put into the picture or sound itself, where a change of container leaves them."""
    if media.kind == "image":
        return
    found = dict.fromkeys(match.group().decode("ascii") for match in _SIGNATURES.finditer(stream_start(media.path)))
    for text in list(found)[:8]:
        yield Field("stream", clean(text, MAX_VALUE), "software")


def _declared(raw: dict[str, str], xmp: XmpFacts) -> Iterator[Declaration]:
    """What the file states of AI outside a manifest, without a program's name in a field made for it."""
    for uri in xmp.source_types:
        declares = declared_by(uri)
        if declares is not None:
            yield Declaration("xmp", declares, clean(short_source(uri), MAX_VALUE))
    for text in xmp.aigc:
        if declares_aigc(text):
            yield Declaration("xmp", "generated", clean(text, MAX_VALUE))
    for where, value in raw.items():
        source, last = _source_of(where), where.rpartition(".")[2]
        generator = generation_parameters(last, value)
        if generator:
            yield Declaration(source, "generated", clean(f"{last}: {value}", MAX_VALUE), generator)
        elif (last == "aigc" or "AIGC" in value) and declares_aigc(value):
            yield Declaration(source, "generated", clean(value, MAX_VALUE))


def _traces(fields: list[Field]) -> Iterator[Trace]:
    for field in fields:
        if field.role == "device":
            yield Trace("camera", "", field.where, field.text)
        for kind, name in programs(field):
            yield Trace(kind, name, field.where, field.text)


def _written_again(traces: list[Trace]) -> Iterator[Trace]:
    """That the file was written more than once, where names tell: a camera beside a program, or two writers.

    Sharing, trimming and every platform do that; it says nothing about what changed.
    """
    first = {kind: next((t for t in traces if t.kind == kind), None) for kind in ("camera", "editor", "encoder")}
    camera, writer = first["camera"], first["editor"] or first["encoder"]
    apple = "Apple Core Media"  # the name that Apple's own cameras leave
    if camera and writer and writer.name != apple:
        yield Trace("re_encoded", "", writer.where, f"a camera is named, and {writer.name} wrote the file after it")
    editors = [t for t in traces if t.name in _OWN_WRITERS]
    others = [t for t in traces if t.kind == "encoder" and t.name not in {apple, "MainConcept"}]
    if editors and others:
        text = f"{editors[0].name} and {others[0].name} are both named as its writer"
        yield Trace("re_encoded", "", others[0].where, text)
    cores = {t.text for t in traces if t.where == "stream" and t.name == "x264"}
    if len(cores) > 1:
        yield Trace("re_encoded", "", "stream", f"parts of it were encoded by {len(cores)} versions of x264")


def _source_of(where: str) -> DeclaredSource:
    heads: dict[str, DeclaredSource] = {"xmp": "xmp", "exif": "exif", "text": "text"}
    return heads.get(where.partition(".")[0], "tags")
