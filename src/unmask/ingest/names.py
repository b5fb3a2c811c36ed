"""Names that programs and cameras leave in files, and what kind of program each belongs to.

The lists are ours, from the programs' own documentation and from files that they wrote. A name in a file is what
somebody wrote there; a match says that the file *names* a program, not that the program made it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from unmask.types import Declared, TraceKind

Role = Literal["software", "prose", "device"]
"""What a field is for: naming a program, free text (a title, a comment), or naming a device."""


@dataclass(frozen=True, slots=True)
class Field:
    """One text of the file, cleaned: where it stands, and what it is for."""

    where: str
    text: str
    role: Role


_ENCODERS: Mapping[str, str] = {
    "FFmpeg (libavformat)": r"\bLav[cf]\d|\bFFmpeg\b",
    "x264": r"\bx264\b|\blibx264\b",
    "x265": r"\bx265\b|\blibx265\b",
    "HandBrake": r"\bHandBrake\b",
    "LAME": r"\bLAME ?3\.",
    "MainConcept": r"\bMainconcept\b",
    "GPAC": r"\bGPAC\b",
    "L-SMASH": r"\bL-SMASH\b",
    "GStreamer": r"\bGStreamer\b",
    "mkvmerge": r"\bmkvmerge\b|\blibebml\b",
    "Apple Core Media": r"\bCore Media (?:Audio|Video|Data)\b",
    "Google (YouTube)": r"ISO Media file produced by Google",
    "OBS Studio": r"\bOBS(?: Studio|-output)\b",
    "Bento4": r"\bBento4\b",
    "VLC": r"\bvlc\b.*\d",
}

_EDITORS: Mapping[str, str] = {
    "Adobe Premiere": r"\bPremiere\b",
    "Adobe After Effects": r"\bAfter Effects\b",
    "Adobe Media Encoder": r"\bAdobe Media Encoder\b",
    "Adobe Photoshop": r"\bPhotoshop\b",
    "Adobe Lightroom": r"\bLightroom\b",
    "Adobe Audition": r"\bAudition\b",
    "CapCut": r"\bCapCut\b|\bJianying\b|\bLemon8\b",
    "Final Cut Pro": r"\bFinal Cut\b",
    "iMovie": r"\biMovie\b",
    "DaVinci Resolve": r"\bDaVinci\b|\bBlackmagic Design\b",
    "Avid": r"\bAvid Media Composer\b",
    "Vegas": r"\bVEGAS (?:Pro|Movie)\b",
    "Filmora": r"\bFilmora\b|\bWondershare\b",
    "Camtasia": r"\bCamtasia\b",
    "InShot": r"\bInShot\b",
    "KineMaster": r"\bKineMaster\b",
    "VN": r"\bVN Video Editor\b",
    "Kdenlive": r"\bKdenlive\b|\bMLT \d",
    "Shotcut": r"\bShotcut\b",
    "Blender": r"\bBlender\b",
    "Audacity": r"\bAudacity\b",
    "Canva": r"\bCanva\b",
    "GIMP": r"\bGIMP\b",
    "Snapseed": r"\bSnapseed\b",
}

_GENERATORS: Mapping[str, str] = {
    "Stable Diffusion": r"\bStable[ _-]?Diffusion\b|\bAUTOMATIC1111\b|\bSDXL\b|\bDreamStudio\b",
    "ComfyUI": r"\bComfyUI\b",
    "InvokeAI": r"\bInvokeAI\b",
    "Fooocus": r"\bFooocus\b",
    "NovelAI": r"\bNovelAI\b",
    "FLUX": r"\bFLUX[. ]?1\b|\bBlack Forest Labs\b",
    "Midjourney": r"\bMidjourney\b",
    "DALL-E": r"\bDALL[-·. ]?E\b",
    "OpenAI": r"\bOpenAI\b|\bChatGPT\b|\bSora (?:\d|by OpenAI|app)\b|\bGPT-4o\b",
    "Adobe Firefly": r"\bFirefly\b",
    "Google generative AI": r"\bGoogle AI\b|\bGoogle Generative AI\b|\bImagen \d|\bVeo ?\d|\bNano Banana\b",
    "Bing Image Creator": r"\bBing Image Creator\b|\bMicrosoft Designer\b",
    "Runway": r"\bRunway(?:ML| Gen-?\d)\b",
    "Pika": r"\bPika (?:Labs|AI|\d)",
    "Kling": r"\bKling ?AI\b|\bKlingAI\b",
    "Luma": r"\bLuma (?:AI|Dream Machine|Ray)\b",
    "Hailuo": r"\bHailuo\b|\bMiniMax\b",
    "Jimeng": r"\bJimeng\b|\bDreamina\b|\bSeedance\b",
    "Hunyuan": r"\bHunyuan(?:Video)?\b",
    "Wan": r"\bWan ?2\.\d\b",
    "Grok Imagine": r"\bGrok Imagine\b|\bxAI Grok\b",
    "HeyGen": r"\bHeyGen\b",
    "Synthesia": r"\bSynthesia\b",
    "D-ID": r"\bD-ID\b",
    "Hedra": r"\bHedra\b",
    "ElevenLabs": r"\bEleven ?Labs\b",
    "Suno": r"\bSuno\b",
    "Udio": r"\bUdio\b",
    "Reface": r"\bReface(?: app|\.ai|AI)\b",
    "FaceFusion": r"\bFaceFusion\b",
    "DeepFaceLab": r"\bDeepFaceLab\b",
    "Wav2Lip": r"\bWav2Lip\b",
    "SadTalker": r"\bSadTalker\b",
    "LivePortrait": r"\bLivePortrait\b",
}

_TABLES: tuple[tuple[TraceKind, Mapping[str, str]], ...] = (
    ("generator", _GENERATORS),
    ("editor", _EDITORS),
    ("encoder", _ENCODERS),
)
_PROGRAMS = tuple(
    (kind, name, re.compile(pattern, re.IGNORECASE)) for kind, table in _TABLES for name, pattern in table.items()
)

# In free text a program's name means something only after these words: people make films about Suno.
_MADE = re.compile(
    r"\b(?:made|created|generated|produced|rendered|animated|dubbed|voiced|powered)\s+(?:\w+\s+)?"
    r"(?:with|by|using|via|in|on|through)\b(.{0,60})",
    re.IGNORECASE,
)
_AIGC = re.compile(r"\{[^{}]*\"Label\"\s*:\s*\"?([12])\b", re.IGNORECASE)
"""China's label of generated content (GB 45438-2025, annex E): 1 is generated, 2 perhaps; 3, suspected, is no claim."""

_SOURCE_TYPES: Mapping[str, Declared] = {
    "trainedalgorithmicmedia": "generated",
    "trainedalgorithmicdata": "generated",
    "compositewithtrainedalgorithmicmedia": "partly_generated",
    "compositesynthetic": "partly_generated",
}


def programs(field: Field) -> Iterator[tuple[TraceKind, str]]:
    """Kind and name of the known programs that a field names; of free text only generators said to have made it."""
    if field.role == "device":
        return
    prose = field.role == "prose"
    text = " | ".join(match.group(1) for match in _MADE.finditer(field.text)) if prose else field.text
    for kind, name, pattern in _PROGRAMS:
        if (kind == "generator" or not prose) and pattern.search(text):
            yield kind, name


def short_source(uri: str) -> str:
    """The last part of a digitalSourceType, which is a URI in most files and a bare name in some."""
    return re.split(r"[/#:]", uri.strip().rstrip("/"))[-1]


def declared_by(uri: str) -> Declared | None:
    """What an IPTC digital source type declares of AI; None for all others, cameras and plain composites among them.

    Source: IPTC NewsCodes, digitalsourcetype (trained models and composites with them), and C2PA's own addition to it.
    """
    return _SOURCE_TYPES.get(short_source(uri).lower())


def declares_aigc(text: str) -> bool:
    """Whether a text is China's label with the value "generated"."""
    found = _AIGC.search(text)
    return found is not None and found.group(1) == "1"


def generation_parameters(key: str, text: str) -> str | None:
    """The generator whose parameters a text chunk holds, by the chunk's key and form; None when it holds none."""
    key = key.lower()
    if re.search(r"\bSteps: ?\d+", text) and re.search(r"\bSampler: ?\w|\bCFG scale: ?\d", text):
        return "Stable Diffusion"
    if key in {"prompt", "workflow"} and re.search(r'"class_type"\s*:|"last_node_id"\s*:|"nodes"\s*:', text):
        return "ComfyUI"
    if key in {"invokeai_metadata", "invokeai_graph", "sd-metadata", "dream"}:
        return "InvokeAI"
    if key == "fooocus_scheme":
        return "Fooocus"
    if "sui_image_params" in text:
        return "Stable Diffusion"
    return "Midjourney" if re.search(r"\bJob ID: ?[0-9a-f-]{36}", text) else None
