import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from support.fakeevaluation import made, many, outcome, row
from unmask.evaluation.cases import cases
from unmask.evaluation.compare import compare
from unmask.evaluation.figures import SIDE, alarm_scale, det, roc, whisker
from unmask.evaluation.outcome import Estimate
from unmask.evaluation.page import in_words, percent, render_page, span

VOID = {"meta", "br"}


class Page(HTMLParser):
    """Tags with their attributes, and what is left open or closed wrongly."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.wrong, self.text, self._open = [], [], "", []
        self.feed(html)
        self.wrong += self._open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self._open or self._open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        if self._open[-1:] != ["style"]:
            self.text += data


@pytest.fixture(scope="module")
def evaluation():
    return made(many())


@pytest.fixture(scope="module")
def html(evaluation):
    before = made(many(skill=0.5, seed=3))
    return render_page(evaluation.model_copy(update={"comparison": compare(evaluation, before)}))


def test_the_page_is_well_formed(html):
    assert Page(html).wrong == []


def test_the_page_asks_nothing_of_any_other_place_and_runs_nothing(html):
    page = Page(html)
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "link", "iframe", "object", "img"}
    links = [attrs[key] for _, attrs in page.tags for key in ("href", "src") if key in attrs]
    assert links and all(link.startswith("#") for link in links)
    assert not re.search(r"https?:|@import|url\(", html)
    assert "default-src 'none'" in html


def test_every_link_has_its_place(html):
    tags = Page(html).tags
    ids = {attrs.get("id") for _, attrs in tags}
    assert {attrs["href"][1:] for tag, attrs in tags if tag == "a"} <= ids


def test_names_from_outside_are_shown_and_can_do_nothing():
    bad = "<b>x</b>\u202e.mp4"
    found = cases(
        [row(bad, source=bad, person="a"), row("y.mp4", "fake", method=bad, source="s", person="b")],
        [outcome(bad, "likely_manipulated", 0.9, face=0.9), outcome("y", "likely_authentic", 0.1, face=0.1)],
    )
    page = render_page(made(found))
    assert "<b>" not in page and "\u202e" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page


def test_the_headline_is_the_false_alarm_rate_with_its_range(evaluation, html):
    text = Page(html).text
    alarm = evaluation.subject("verdict").numbers.false_alarm
    assert f"{percent(alarm.value)} of real media called manipulated" in text
    assert span(alarm, "false_alarm") in text


def test_every_condition_method_and_source_is_on_the_page(evaluation, html):
    text = Page(html).text
    for subject in evaluation.subjects:
        names = [s.name for s in (*subject.conditions, *subject.methods)] + [s.source for s in subject.sources]
        assert all(name in text for name in names)


def test_the_comparison_shows_signs_and_whether_chance_may_explain_it(html):
    text = Page(html).text
    assert re.search(r"\+0\.\d{3}", text) and re.search("\N{MINUS SIGN}\\d+\\.\\d points", text)
    assert "overlap" in text and "apart" in text


def test_few_real_files_are_warned_of(evaluation, html):
    assert "so few" in render_page(made(many(60))) and "so few" not in html


def test_a_run_in_which_every_file_failed_still_has_its_page():
    found = cases([row("a.mp4")], [outcome("a.mp4", None, None, error="empty_file")])
    page = Page(render_page(made(found)))
    assert page.wrong == []
    assert "Nothing could be measured" in page.text and "empty_file" in page.text


def test_rates_are_in_percent_and_never_rounded_to_certainty():
    assert [percent(rate) for rate in (0, 0.004, 0.031, 0.123, 0.997, 1)] == [
        "0 %",
        "0.4 %",
        "3.1 %",
        "12 %",
        "99.7 %",
        "100 %",
    ]
    assert in_words(None, "auc") == "\N{EN DASH}"
    assert in_words(Estimate(value=0.9, low=0.8, high=0.95), "auc") == "0.900"


def test_curves_stay_in_their_squares_and_lose_no_corner(evaluation):
    for plot in (roc(evaluation.subjects), det(evaluation.subjects)):
        assert {line.name for line in plot.lines} == {"verdict", "face", "voice"}
        for line in plot.lines:
            points = [tuple(map(float, p.split())) for p in line.path[1:].split("L")]
            assert all(-0.1 <= v <= SIDE + 0.1 for p in points for v in p)
            assert all(b[0] >= a[0] and b != a for a, b in pairwise(points))
            straight = sum(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(points))
            assert straight == len(points) - 1  # no two scores are tied here, so the curve is a staircase


def test_whiskers_stay_on_their_scale():
    found = whisker(Estimate(value=0.4, low=0.1, high=0.9), top=0.25)
    assert (found.mark, found.low, found.low + found.width) == (100.0, 40.0, 100.0)


def test_the_scale_of_false_alarms_holds_the_highest(evaluation):
    numbers = [s.numbers for s in evaluation.subject("verdict").sources]
    highest = max(n.false_alarm.value for n in numbers)
    assert highest <= alarm_scale(numbers) < 1.0
    assert alarm_scale([]) == 0.1
