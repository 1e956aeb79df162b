"""Lines of JSON arrive as they were sent, and a silent or endless other side is noticed."""

import contextlib
import os
import threading

import pytest
from forkgrade.protocol import JsonLines


@pytest.fixture
def pipe():
    """A line to itself, and the descriptor to write on."""
    read, write = os.pipe()
    yield JsonLines(read, write, most=2**18), write
    for descriptor in read, write:
        with contextlib.suppress(OSError):  # the test has closed it
            os.close(descriptor)


def test_values_arrive_one_by_one_whatever_the_pieces(pipe):
    lines, write = pipe
    os.write(write, b'{"a": 1}\n{"b"')
    assert lines.receive() == {"a": 1}
    os.write(write, b": 2}\n")
    assert lines.receive() == {"b": 2}
    lines.send({"text": "ä\n"})
    assert lines.receive() == {"text": "ä\n"}


def test_the_end_is_none(pipe):
    lines, write = pipe
    os.close(write)
    assert lines.receive() is None


def test_silence_ends_in_a_timeout(pipe):
    lines, write = pipe
    os.write(write, b"half a line")
    with pytest.raises(TimeoutError):
        lines.receive(seconds=0.05)


def test_a_line_without_end_is_not_read_to_the_end(pipe):
    lines, write = pipe
    lines.most = 1000
    os.write(write, b"x" * 2000)
    with pytest.raises(OverflowError):
        lines.receive(seconds=1)


def test_a_value_is_sent_by_the_functions_that_were_bound_before(pipe, monkeypatch):
    lines, _ = pipe
    monkeypatch.setattr("json.dumps", lambda value: "forged")
    lines.send([1])
    assert lines.receive() == [1]


def test_a_side_that_does_not_read_holds_up_nobody(pipe):
    lines, _ = pipe
    with pytest.raises(TimeoutError):
        lines.send("x" * 2**20, seconds=0.05)  # many times what a pipe holds


def test_a_long_value_arrives_whole_where_it_is_taken_piece_by_piece(pipe):
    lines, write = pipe
    reader = JsonLines(lines.inward, write)
    found = []
    thread = threading.Thread(target=lambda: found.append(reader.receive(seconds=5)))
    thread.start()
    lines.send({"text": "x" * 2**20}, seconds=5)
    thread.join()
    assert found == [{"text": "x" * 2**20}]
    assert reader.received == 2**20 + len('{"text": ""}\n')
