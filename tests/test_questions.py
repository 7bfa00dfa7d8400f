"""Questions: readable without markup, the same bytes every time, and every answer explained."""

import re
from html.parser import HTMLParser

import pytest

from course_lib import ask, predict, right, wrong

ANSWERS = (right("$2/(L + \\mu)$", "Yes, <it> is."), wrong("`a<b`", "No: $x^2$ & more."))


class Text(HTMLParser):
    """Collect what is left of a page when every tag is dropped."""

    def __init__(self, html):
        super().__init__()
        self.words, self.skip = [], False
        self.feed(html)
        self.text = " ".join("".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.skip = tag in ("style", "script")

    def handle_endtag(self, tag):
        self.skip = False

    def handle_data(self, data):
        if not self.skip:
            self.words.append(data)


@pytest.mark.parametrize(
    "question", [ask("demo-1", "What is $\\eta$?", *ANSWERS), predict("demo-2", "Which?", *ANSWERS)]
)
def test_the_fragment_is_fixed_self_contained_and_reads_as_text(question):
    html = question._repr_html_()
    assert html == question._repr_html_()
    assert "http://" not in html.replace("http://www.w3.org/1998/Math/MathML", "")
    assert "https://" not in html
    assert "$" not in re.sub(r"<script>.*?</script>", "", html, flags=re.S)
    assert "<math" in html
    text = Text(html).text
    assert "2/(L+μ)" in text.replace(" ", "")
    assert "a<b" in text


def test_every_answer_explains_itself():
    html = ask("demo", "?", *ANSWERS)._repr_html_()
    explained = re.findall(r"<details class=\"(.*?)\".*?<p><strong>(.*?)</strong>", html)
    assert explained == [("course-q-right", "Yes."), ("", "Not quite.")]
    assert "Yes, &lt;it&gt; is." in html


def test_a_prediction_does_not_give_its_answer_away():
    guess = predict("demo", "?", *ANSWERS)
    assert "course-q-right" not in re.sub(
        r"<style>.*?</style>", "", guess._repr_html_(), flags=re.S
    )
    assert "more." not in guess._repr_html_()
    assert "more." in guess.reveal()._repr_html_()


@pytest.mark.parametrize(
    ("id", "answers", "words"),
    [
        ("Not An Id", ANSWERS, "id='Not An Id' may hold only small letters"),
        ("demo", ANSWERS[:1], "answers to 'demo' must be two or more"),
        ("demo", (ANSWERS[0], ANSWERS[0]), "exactly one right"),
        ("demo", (ANSWERS[1], ANSWERS[1]), "exactly one right"),
    ],
)
def test_bad_questions_are_refused(id, answers, words):
    with pytest.raises(ValueError, match=words):
        ask(id, "?", *answers)
