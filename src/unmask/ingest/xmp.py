"""XMP packets (ISO 16684-1): the few properties that tell of a file's origin, out of XML that strangers wrote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

LARGEST = 1024 * 1024
"""Most bytes of one packet; most of what is larger holds thumbnails."""
MOST_PACKETS = 4

_BEGIN, _END = b"<x:xmpmeta", b"</x:xmpmeta>"
_MOST_NODES = 20_000
_SOFTWARE = {"CreatorTool", "softwareAgent", "AISystemUsed", "Software", "creatorTool"}
_PROSE = {"Credit", "description", "title", "AISystemVersionUsed", "AIPromptWriterName", "Headline"}
_DEVICE = {"Make", "Model"}


@dataclass(frozen=True, slots=True)
class XmpFacts:
    """Values of the packets, as written: source types (URIs), texts by property, and where a manifest is said to be."""

    source_types: tuple[str, ...] = ()
    software: tuple[tuple[str, str], ...] = ()
    prose: tuple[tuple[str, str], ...] = ()
    device: tuple[tuple[str, str], ...] = ()
    aigc: tuple[str, ...] = ()
    manifest: str = ""


def read_xmp(pieces: Iterable[bytes]) -> XmpFacts:
    """What the packets in these pieces of a file say. Broken ones, and those with a document type, are passed over."""
    found: list[tuple[str, str]] = []
    for number, packet in enumerate(_packets(pieces)):
        if number >= MOST_PACKETS:
            break
        found.extend(_properties(packet))
    found = list(dict.fromkeys(found))
    return XmpFacts(
        source_types=tuple(value for name, value in found if name.lower() == "digitalsourcetype"),
        software=tuple(item for item in found if item[0] in _SOFTWARE),
        prose=tuple(item for item in found if item[0] in _PROSE),
        device=tuple(item for item in found if item[0] in _DEVICE),
        aigc=tuple(value for name, value in found if name == "AIGC"),
        manifest=next((value for name, value in found if name == "provenance" and "://" in value), ""),
    )


def _packets(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        start = piece.find(_BEGIN)
        while start >= 0:
            end = piece.find(_END, start, start + LARGEST)
            if end < 0:
                break
            yield piece[start : end + len(_END)]
            start = piece.find(_BEGIN, end)


def _properties(packet: bytes) -> Iterator[tuple[str, str]]:
    """Local name and value of each attribute and each text of a packet."""
    if b"<!" in packet:  # a document type could define entities that grow without end; XMP has none
        return
    try:
        # Without a document type there is nothing to expand, and expat reads nothing from outside.
        root = ElementTree.fromstring(packet)  # noqa: S314
    except (ElementTree.ParseError, ValueError, LookupError):
        return
    parents: list[str] = []
    for number, node in enumerate(_walk(root, parents)):
        if number >= _MOST_NODES:
            return
        for key, value in node.attrib.items():
            yield _local(key), value.strip()
        if node.text and node.text.strip():
            yield _name_of(parents), node.text.strip()


def _walk(root: ElementTree.Element, parents: list[str]) -> Iterator[ElementTree.Element]:
    """All nodes in order; `parents` holds the local names from the root to the present one."""
    waiting = [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        del parents[depth:]
        parents.append(_local(node.tag))
        yield node
        waiting.extend((child, depth + 1) for child in reversed(node))


def _name_of(parents: list[str]) -> str:
    """The property that a text belongs to: lists (Alt, Bag, Seq, li) stand between it and its text."""
    return next((name for name in reversed(parents) if name not in {"li", "Alt", "Bag", "Seq"}), "")


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
