"""The folder of a notebook is measured without end or depth, and removed whatever it holds."""

import os

from forkgrade import scratch


def test_the_use_of_a_folder_is_that_of_its_own_files(tmp_path):
    (tmp_path / "beside").write_bytes(bytes(10_000))
    own = tmp_path / "own"
    (own / "inner").mkdir(parents=True)
    (own / "one").write_bytes(bytes(300))
    (own / "inner" / "two").write_bytes(bytes(50))
    (own / "link").symlink_to(tmp_path)
    assert scratch.usage(str(own), 10) == (350 + len(str(tmp_path)), 4)


def test_counting_stops_where_the_limit_is_passed(tmp_path):
    for number in range(9):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "file").write_text("x")
    assert 4 <= scratch.usage(str(tmp_path), 3)[1] <= 9


def test_a_folder_that_is_deep_and_closed_is_removed_with_all_that_is_in_it(tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    here = os.open(own, os.O_RDONLY)
    for _ in range(2_000):  # deeper than Python calls itself, and than a path is long
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    (own / "closed").mkdir()
    (own / "closed" / "file").write_text("x")
    (own / "closed").chmod(0)
    (own / "d").chmod(0)
    (tmp_path / "beside").write_text("x")
    (own / "link").symlink_to(tmp_path / "beside")
    scratch.remove(str(own))
    assert [path.name for path in tmp_path.iterdir()] == ["beside"]


def test_what_a_link_leads_to_is_not_removed(tmp_path):
    (tmp_path / "kept" / "inner").mkdir(parents=True)
    (tmp_path / "gone").mkdir()
    (tmp_path / "gone" / "link").symlink_to(tmp_path / "kept")
    (tmp_path / "way").symlink_to(tmp_path / "kept")
    for name in "gone", "way", "missing":
        scratch.remove(tmp_path / name)
    assert (tmp_path / "kept" / "inner").is_dir() and not (tmp_path / "gone").exists()
