"""The panel on the file's origin."""

import pytest

from support import fakeresult as fake
from unmask.report.html import render_html
from unmask.report.origin import origin_panel


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("origin")


def test_a_signed_declaration_stands_in_the_panel_with_its_evidence_and_adds_up(folder):
    result = fake.declared(folder)
    panel = origin_panel(result)
    rows = {row.name: row for row in panel.rows}
    assert rows["Signer"].value == "Made Signer, made.test"
    assert rows["Signer"].note == ""
    assert "decides the answer" in rows["Declares to be made by AI"].note
    assert panel.evidence
    page = render_html(result, folder)
    assert f'href="#{panel.evidence[0]}"' in page
    assert "Declared to be made by AI" in page
    assert "The origin of the file" in page
    assert '<span class="who">Media' not in page


def test_texts_of_the_file_are_escaped_and_marked_as_not_proven(folder):
    result = fake.hostile(folder)
    rows = origin_panel(result).rows
    assert {row.note for row in rows if row.name in ("Signer", "Title given")} == {"not proven"}
    page = render_html(result, folder)
    assert "<script>alert(3)" not in page
    assert "&lt;script&gt;alert(3)" in page
    assert "\u202e" not in page


def test_without_provenance_there_is_no_panel(folder):
    result = fake.authentic(folder)
    assert origin_panel(result) is None
    assert "Where the file says it comes from" not in render_html(result, folder)
