"""What Unmask is built on is pinned by hash, is what is installed, and stands under licences that allow its use."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "scripts"))

import audit  # noqa: E402


def test_every_package_is_pinned_by_hash_installed_as_pinned_and_allowed():
    assert list(audit.faults()) == []


def test_a_good_file_of_requirements_has_more_than_a_hundred_packages():
    pins = list(audit.read_pins(ROOT / "requirements" / "run.txt"))
    assert len(pins) > 100
    assert all(pin.hashes for pin in pins)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("numpy>=2\n", "not an exact version"),
        ("numpy==2.4.0\n", "numpy has no hash"),
        ("numpy==2.4.0 \\\n    --hash=md5:0123\n", "not an exact version"),
        ("git+https://example.org/numpy\n", "not an exact version"),
        ("--extra-index-url https://example.org\n", "not an exact version"),
        ("numpy==0.0.1 \\\n    --hash=sha256:" + "0" * 64 + "\n", "0.0.1 is pinned"),
        ("no-such-package-here==1 \\\n    --hash=sha256:" + "0" * 64 + "\n", "not installed"),
    ],
)
def test_a_fault_is_found_and_named(tmp_path, monkeypatch, text, said):
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "run.txt").write_text(text)
    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = []\n")
    monkeypatch.setattr(audit, "ROOT", tmp_path)
    assert any(said in fault for fault in audit.faults())


def test_a_licence_that_is_not_on_the_list_is_named(monkeypatch):
    monkeypatch.setattr(audit, "ALLOWED", audit.ALLOWED - {"LGPL-3.0-only"})
    assert any("psycopg" in fault and "LGPL-3.0-only" in fault for fault in audit.faults())


def test_what_is_wanted_and_not_pinned_is_named(tmp_path, monkeypatch):
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "run.txt").write_text("")
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["numpy>=2"]\n')
    monkeypatch.setattr(audit, "ROOT", tmp_path)
    assert list(audit.faults()) == ["run.txt: numpy is wanted by pyproject.toml and not pinned"]
