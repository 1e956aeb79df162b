"""A record is kept whole, and is that of one submission as it was handed in."""

import json
from dataclasses import replace

import pytest
from forkgrade.records import GRADED, Record, RecordStore, Submission, is_of

SUBMISSION = Submission("=2+5", "01_numbers", "a digest")


@pytest.fixture
def store(tmp_path):
    return RecordStore(tmp_path / "records", say=pytest.fail)


def test_what_is_written_is_read(store):
    record = Record("=2+5", "01_numbers", "a digest", GRADED, ["late", "odd"], "page.html")
    store.write(record)
    assert store.read(SUBMISSION) == record
    assert [path.name for path in store.path(record).parent.iterdir()] == ["01_numbers.json"]


def test_a_submission_without_a_record_says_that_it_was_not_graded(store):
    record = store.read(SUBMISSION)
    assert record.status == "not graded" and "not been graded yet" in record.reasons[0]
    assert not is_of(store.read(SUBMISSION), SUBMISSION)


def test_a_record_is_that_of_one_submission_and_of_no_other(store):
    store.write(Record("=2+5", "01_numbers", "a digest", GRADED, feedback="page.html"))
    assert is_of(store.read(SUBMISSION), SUBMISSION)
    for other in {"digest": "another"}, {"student": "zoe"}, {"assignment": "02_words"}:
        assert not is_of(store.read(replace(SUBMISSION, **other)), replace(SUBMISSION, **other))


def test_a_name_that_is_no_text_can_be_kept(store):
    record = Record("caf\udce9", "01_numbers", "a digest", reasons=["caf\udce9 is no text"])
    store.write(record)
    assert store.read(Submission("caf\udce9", "01_numbers")) == record
    assert json.loads(store.path(record).read_bytes())["reasons"] == record.reasons


def test_what_could_not_be_graded_has_no_grade(store):
    store.write(Record("=2+5", "01_numbers", "a digest", reasons=["no space left"]))
    assert not is_of(store.read(SUBMISSION), SUBMISSION)


def test_what_is_forgotten_has_no_record(store):
    store.write(Record(**WHOLE))
    store.forget(SUBMISSION)
    store.forget(SUBMISSION)
    assert not store.path(SUBMISSION).exists()


WHOLE = {"student": "=2+5", "assignment": "01_numbers", "digest": "a digest", "status": GRADED}
WHOLE |= {"reasons": [], "feedback": "page.html"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "Expecting value"),
        (json.dumps(WHOLE).encode()[:40], "Unterminated string"),
        (b"\0" * 100, "Expecting value"),
        (b"\xff\xfe\xff", "decode"),
        (b"[]", "expected the fields student, assignment"),
        (json.dumps({"student": "=2+5"}).encode(), "expected the fields"),
        (json.dumps(WHOLE | {"reasons": "late"}).encode(), "expected the fields"),
        (json.dumps(WHOLE | {"student": "zoe"}).encode(), "it is that of zoe"),
    ],
)
def test_a_broken_record_is_set_aside_and_named_in_one_line(store, content, why):
    said = []
    store.say = said.append
    path = store.path(SUBMISSION)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert not is_of(store.read(SUBMISSION), SUBMISSION)
    (line,) = said
    assert line.startswith(f"{path} was broken (") and why in line and "\n" not in line
    assert [(one.name, one.read_bytes()) for one in path.parent.iterdir()] == [
        ("01_numbers.broken", content)
    ]
    store.write(Record(**WHOLE))
    assert is_of(store.read(SUBMISSION), SUBMISSION) and len(said) == 1
