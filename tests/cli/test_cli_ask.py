"""`ask` on the command line: one question, a conversation, files, and what is refused."""

from __future__ import annotations

import json

import pytest

from loquitur.library.index.embedded import EmbeddedIndex
from loquitur.model.library import Part, Passage, Volume

KEYS = {"n", "media_id", "start_ms", "end_ms", "text", "url"}
TEXT = (
    "A group is a set with one operation. Évariste Galois wrote his last letter in 1832."
    " Emmy Noether taught in Göttingen for many years."
)


@pytest.fixture
def library(tmp_path):
    """A library with one passage, whose title and words come from somebody hostile."""
    path = tmp_path / "course.library"
    index = EmbeddedIndex(path)
    said = Passage(
        media_id="youtube:abcdefghijk", part="speech:en", number=0, start_ms=60_000,
        end_ms=90_000, text=TEXT, language="en", speaker="Ada\x1b[2J", sentences=(0, 37, 84),
    )  # fmt: skip
    volume = Volume(
        media_id=said.media_id, title="Algebra\n\x1b]0;owned\x07", language="en",
        origin="https://youtu.be/abcdefghijk", duration_ms=90_000,
    )  # fmt: skip
    index.replace(volume, Part(language="en"), [said])
    index.close()
    return path


def test_an_answer_as_json_has_the_keys_of_the_contract(loquitur, library):
    answer = loquitur(
        "ask", "When did Galois write", "his last letter?", "--library", library, "--json"
    )
    assert answer.code == 0
    found = answer.json
    assert found["question"] == "When did Galois write his last letter?"
    assert found["answer"] == "Évariste Galois wrote his last letter in 1832. [1]"
    assert found["refused"] is False
    [one] = found["citations"]
    assert one.keys() >= KEYS
    assert one["url"] == "https://youtu.be/abcdefghijk?t=60"


def test_an_answer_for_people_steers_no_terminal(loquitur, library):
    answer = loquitur("ask", "When did Galois write his last letter?", "--library", library)
    assert answer.code == 0
    assert "*1832*" in answer.out
    assert "(before: A group is a set with one operation.)" in answer.out
    assert "https://youtu.be/abcdefghijk?t=60" in answer.out
    assert "\x1b" not in answer.out
    assert "\x07" not in answer.out


def test_a_refusal_is_no_failure_and_shows_where_to_look(loquitur, library):
    answer = loquitur("ask", "Who won the letter of Galois in a raffle?", "--library", library)
    assert answer.code == 0
    assert answer.out.startswith("No answer: ")
    assert "'won'" in answer.out
    assert "nearest passages" in answer.out
    found = loquitur("ask", "Who wrote Hamlet?", "--library", library, "--json").json
    assert (found["answer"], found["refused"], found["citations"]) == (None, True, [])


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ([""], 2, "empty"),
        (["x", "--after", "yesterday"], 2, "no day"),
        (["x", "--budget", "much"], 2, "no budget"),
        (["x", "--persona", "napoleon"], 2, "napoleon"),
        (["x", "--set", "refine.base_url=x"], 2, "--set llm.KEY=VALUE"),
        (["x", "--save", "a.pdf"], 2, "no such kind of file"),
        (["x", "--llm", "nobody"], 2, "nobody"),
        (["x", "--library", "nowhere"], 2, "there is no library"),
    ],
)
def test_what_is_wrong_is_one_line_and_a_code(loquitur, library, arguments, code, says):
    chosen = [] if "--library" in arguments else ["--library", library]
    answer = loquitur("ask", *arguments, *chosen)
    assert answer.code == code
    assert says in answer.err
    assert len(answer.err.splitlines()) == 1


def test_asking_a_library_that_is_not_there_makes_none(loquitur, tmp_path):
    assert loquitur("ask", "x", "--library", tmp_path / "no.library").code == 2
    assert not (tmp_path / "no.library").exists()


def test_an_empty_library_says_what_to_type(loquitur, tmp_path):
    EmbeddedIndex(tmp_path / "new.library").close()
    answer = loquitur("ask", "x", "--library", tmp_path / "new.library")
    assert answer.code == 4
    assert "loquitur library add" in answer.err
    assert loquitur("ask", "--library", tmp_path / "new.library", stdin="x\n").code == 4


def test_a_conversation_from_a_pipe(loquitur, library, tmp_path):
    lines = (
        "When did Galois write his last letter?\n\nAnd what is he known for?\n/sources\n"
        "/filter --speaker Nobody\nWhere did Emmy Noether teach?\n/filter\n"
        f"/save {tmp_path / 'talk.md'}\n/help\n/quit\nnever read\n"
    )
    answer = loquitur("ask", "--library", library, stdin=lines)
    assert answer.code == 0
    assert answer.out.count("*1832*") >= 1
    assert "searched: And what is he known for? (Galois)" in answer.out
    assert "never read" not in answer.out
    assert "/sources" in answer.out
    saved = (tmp_path / "talk.md").read_text("utf-8")
    assert saved.count("\n## ") == 3
    assert "?t=60" in saved


def test_a_conversation_as_json_lines_ends_with_its_input(loquitur, library, tmp_path):
    target = tmp_path / "talk.json"
    answer = loquitur(
        "ask", "--library", library, "--json", "--save", target,
        stdin="What is a group?\nWho wrote Hamlet?\n",
    )  # fmt: skip
    assert [one["refused"] for one in answer.lines] == [False, True]
    assert json.loads(target.read_text("utf-8"))["answers"] == answer.lines


@pytest.mark.parametrize(
    "line", ["/nothing", "/filter --speaker", "/filter 'a", "/save", "/sources"]
)
def test_a_wrong_command_from_a_pipe_is_a_usage_error(loquitur, library, line):
    assert loquitur("ask", "--library", library, stdin=f"{line}\n").code == 2


def test_ctrl_c_stops_an_answer_and_not_the_conversation(loquitur, library, monkeypatch):
    from loquitur.library.asking import Conversation

    answered = Conversation.ask

    def interrupted(self, question, **more):
        if question.startswith("Why"):
            raise KeyboardInterrupt
        return answered(self, question, **more)

    monkeypatch.setattr(Conversation, "ask", interrupted)
    answer = loquitur("ask", "--library", library, stdin="Why?\nWhat is a group?\n")
    assert answer.code == 0
    assert "stopped" in answer.err
    assert "A group is a set with one operation." in answer.out
