"""A record is kept whole, and is that of one submission as it was handed in."""

import json
from dataclasses import replace

import pytest
from forkgrade.records import GRADED, Record, RecordStore, Submission

SUBMISSION = Submission("=2+5", "01_numbers", "a digest")


@pytest.fixture
def store(tmp_path):
    return RecordStore(tmp_path / "records")


def test_what_is_written_is_read(store):
    record = Record("=2+5", "01_numbers", "a digest", GRADED, ["late", "odd"], "page.html")
    store.write(record)
    assert store.read(SUBMISSION) == record
    assert [path.name for path in store.path(record).parent.iterdir()] == ["01_numbers.json"]


def test_a_submission_without_a_record_says_that_it_was_not_graded(store):
    record = store.read(SUBMISSION)
    assert record.status == "not graded" and "not been graded yet" in record.reasons[0]
    assert not store.has(SUBMISSION)


def test_a_record_is_that_of_one_submission_and_of_no_other(store):
    store.write(Record("=2+5", "01_numbers", "a digest"))
    assert store.has(SUBMISSION)
    for other in {"digest": "another"}, {"student": "zoe"}, {"assignment": "02_words"}:
        assert not store.has(replace(SUBMISSION, **other))


def test_a_name_that_is_no_text_can_be_kept(store):
    record = Record("caf\udce9", "01_numbers", "a digest", reasons=["caf\udce9 is no text"])
    store.write(record)
    assert store.read(Submission("caf\udce9", "01_numbers")) == record
    assert json.loads(store.path(record).read_bytes())["reasons"] == record.reasons
