"""The pinned requirements fit pyproject.toml and name no index."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
PARTS = ("run", "dev", "train")


def pins(part):
    text = (ROOT / "requirements" / f"{part}.txt").read_text()
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==([^ ;\\]+)", text, flags=re.MULTILINE))


def wanted(*extras):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    texts = project["dependencies"] + [t for e in extras for t in project["optional-dependencies"][e]]
    return [Requirement(text) for text in texts]


def test_every_dependency_is_pinned_within_its_range():
    pinned = pins("run")
    for requirement in wanted():
        assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)]), requirement


def test_every_extra_is_pinned_within_its_range():
    pinned = pins("run") | pins("dev") | pins("train")
    for requirement in wanted("dev", "samples", "train"):
        assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)]), requirement


def test_no_package_is_pinned_twice():
    names = [name for part in PARTS for name in pins(part)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("part", PARTS)
def test_every_pin_has_a_hash_and_no_file_names_an_index(part):
    text = (ROOT / "requirements" / f"{part}.txt").read_text()
    blocks = re.findall(r"^[a-z0-9][^\n]*(?:\n    --hash=sha256:[0-9a-f]{64}(?: \\)?)+$", text, flags=re.MULTILINE)
    assert len(blocks) == len(pins(part))
    assert "://" not in text
    assert "-index" not in text
