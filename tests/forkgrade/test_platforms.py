"""Each platform's way to name files is read, and no other name is taken for one."""

from datetime import UTC, datetime
from pathlib import PurePosixPath

import pytest
from forkgrade.archives import BadDownload, Found, Unreadable
from forkgrade.platforms import platform_of

from tests.forkgrade.downloads import METADATA, NAME

NAMES = [NAME, "assignment_01"]


METADATA_OF_ADA = ["Ada_1_assignsubmission_file/submission_metadata.yml"]


def found(path, time=7.0):
    return Found(PurePosixPath(path), 1, time, None)


def described(path, *others, metadata=METADATA):
    """(the platform, what it says of the first file) of a download with these files."""
    files = [found(one) for one in (path, *others)]
    platform = platform_of(files, lambda *_: metadata.encode(), NAMES)
    return platform.name, platform.describe(files[0])


@pytest.mark.parametrize(
    ("file", "place", "called", "keys", "number", "late"),
    [
        (
            "lovelaceada_1001_5001_assignment_01.ipynb",
            "assignment_01.ipynb",
            "lovelaceada_1001",
            [("id", "1001"), ("name", "lovelaceada")],
            5001,
            False,
        ),
        (
            "x/oneilzoë_LATE_1002_5002_my 2_3_work-2.ipynb",
            "my 2_3_work-2.ipynb",
            "oneilzoë_1002",
            [("id", "1002"), ("name", "oneilzoë")],
            5002,
            True,
        ),
        (
            "anon_fK3x2_5003_assignment_01.ipynb",
            "assignment_01.ipynb",
            "anon_fK3x2",
            [("student", "anon_fK3x2")],
            5003,
            False,
        ),
        (
            "LATE_anon_fK3x2_5_a.ipynb",
            "a.ipynb",
            "anon_fK3x2",
            [("student", "anon_fK3x2")],
            5,
            True,
        ),
    ],
)
def test_canvas_says_who_and_which_is_later(file, place, called, keys, number, late):
    name, (one,) = described(file)
    assert (name, one.place, one.called) == ("Canvas", PurePosixPath(place), called)
    assert (one.levels, one.number, one.late, one.time) == ([keys], number, late, None)


def test_a_name_that_is_not_of_canvas_is_nobodys_there():
    assert described("notes.txt", "a_1_2_b.ipynb") == ("Canvas", [])


@pytest.mark.parametrize(
    ("file", "place"),
    [
        ("Ada King_90_assignsubmission_file_/assignment_01.ipynb", "assignment_01.ipynb"),
        ("Ada King_90_assignsubmission_file/sub/x.ipynb", "sub/x.ipynb"),
        ("all/Ada King_90_assignsubmission_file_my_file_1.ipynb", "my_file_1.ipynb"),
        ("all/Ada King_90_assignsubmission_onlinetext_onlinetext.html", "onlinetext.html"),
    ],
)
def test_moodle_says_who_in_folders_and_in_names(file, place):
    others = "all/Zoë_91_assignsubmission_file_/x.ipynb", "all/Bob_92_assignsubmission_file/x.ipynb"
    name, (one,) = described(file, *(others if file.startswith("all") else ()))
    assert (name, one.place, one.called) == ("Moodle", PurePosixPath(place), "Ada King_90")
    assert one.levels == [[("id", "90"), ("name", "Ada King")]] and one.number == 7
    assert described("all/x.ipynb", *others) == ("Moodle", [])


def test_gradescope_says_who_and_when():
    name, (one,) = described("e/submission_501/sub/a.ipynb", "e/submission_metadata.yml")
    assert (name, one.place) == ("Gradescope", PurePosixPath("sub/a.ipynb"))
    assert one.levels == [[("email", "ada@x.org"), ("sid", "4711"), ("name", "Ada Lovelace")]]
    assert one.time == datetime(2026, 9, 1, 17, 0, 0, 250000, tzinfo=UTC)
    assert one.number == one.time.timestamp()


def test_a_group_is_each_of_its_students():
    _, both = described("submission_502/a.ipynb", "submission_metadata.yml")
    assert [one.called for one in both] == ["zoe@x.org", "ali@x.org"]
    assert {one.time for one in both} == {datetime(2026, 9, 2, 9, tzinfo=UTC)}


@pytest.mark.parametrize(
    "metadata",
    [
        "submission_501:\n  :submitters: 7\n",
        "submission_501:\n  :submitters: [7, {':sid': [1]}, {}]\n",
        "submission_501: 7\n",
        "submission_9: {}\n",
    ],
)
def test_whom_the_metadata_do_not_name_is_nobody(metadata):
    files = ["submission_501/a.ipynb", "submission_metadata.yml"]
    assert described(*files, metadata=metadata) == ("Gradescope", [])


@pytest.mark.parametrize("when", ["soon", "7", "[]", "{':x': 1}"])
def test_a_time_that_is_none_leaves_the_time_of_the_file(when):
    text = f"submission_501:\n  :submitters: [{{':sid': 1}}]\n  :created_at: {when}\n"
    _, (one,) = described("submission_501/a", "submission_metadata.yml", metadata=text)
    assert (one.time, one.number) == (None, 7)


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        ("a: [", "is no YAML that can be read"),
        ("!!python/object/apply:os.system [true]", "is no YAML that can be read: could not determ"),
        ("[" * 10_000, "is no YAML that can be read"),
        ("a: &a {b: 1}\nc: {<<: *a}", "is no YAML that can be read"),  # merged keys can be a bomb
        ("- 1", "is not Gradescope's"),
    ],
)
def test_metadata_that_are_none_refuse_the_download(metadata, says):
    with pytest.raises(BadDownload, match=rf"submission_metadata.yml {says}"):
        described("submission_1/a", "submission_metadata.yml", metadata=metadata)


def test_metadata_that_cannot_be_read_refuse_the_download():
    def read(*_):
        raise Unreadable("is a link")

    with pytest.raises(BadDownload, match=r"submission_metadata.yml is a link"):
        platform_of([found("submission_metadata.yml")], read, NAMES)


@pytest.mark.parametrize(
    ("files", "called"),
    [
        (["ada/assignment_01.ipynb"], "ada"),
        (["x/ada/01_numbers/assignment_01.ipynb"], "ada"),
        (["ada.ipynb", "zoe.ipynb"], "ada"),
        (["hw/ada_assignment_01.ipynb", "hw/zoe.ipynb"], "ada"),
        (["hw/ada/x/y.ipynb", "hw/ada/z.ipynb", "hw/zoe/y.ipynb", "list.txt"], "ada"),
        (["assignment_01-2 (ada).ipynb", "zoe.ipynb"], "ada"),
        (["assignment_01.ipynb"], ""),
        (["list.txt", "ada.ipynb"], ""),
    ],
)
def test_without_a_roster_a_folder_or_a_name_says_who(files, called):
    name, (one,) = described(*files)
    assert (name, one.called, one.place) == ("a folder", called, PurePosixPath(files[0]))


def test_a_student_in_a_folder_cannot_be_another():
    _, (one,) = described("ada/zoe/x.ipynb", "zoe/x.ipynb")
    assert one.called == "ada"
    assert {("login", "ada"), ("login", "zoe")} <= set(one.levels[2])  # which a roster refuses


@pytest.mark.parametrize(
    ("files", "name"),
    [
        (["Ada_1_assignsubmission_file/submission_metadata.yml"], "Moodle"),
        (["a/submission_metadata.yml"], "a folder"),
        (["submission_metadata.yml"], "a folder"),
        (["a/submission_501/submission_metadata.yml"], "a folder"),
        (["ada_1_5_x_90_assignsubmission_file_y.ipynb"], "Canvas"),
        (["a_1_2_x.ipynb", "bob.ipynb", "eve.ipynb"], "a folder"),
        ([f"ada/a_1_2_{n}.ipynb" for n in range(9)], "a folder"),
        ([f"ada/Zoe_2_assignsubmission_file/{n}.ipynb" for n in range(9)], "a folder"),
        (["Ada_1_assignsubmission_file/submission_1/x", *METADATA_OF_ADA], "Moodle"),
        (["Ada_90_assignsubmission_file/y.ipynb", "bob.ipynb", "eve.ipynb"], "a folder"),
    ],
)
def test_what_one_student_calls_a_file_changes_no_platform(files, name):
    others = {
        "Moodle": ["Zoe_2_assignsubmission_file/x.ipynb"],
        "Canvas": ["zoe_2_6_x.ipynb"],
        "a folder": ["zoe/x.ipynb"],
    }
    assert described(*files, *others[name])[0] == name


def test_a_file_of_canvas_is_of_canvas_whatever_the_student_calls_it():
    name, (one,) = described("ada_1_5_x_90_assignsubmission_file_y.ipynb")
    assert (name, one.called) == ("Canvas", "ada_1")


def test_a_path_that_leads_out_changes_nothing_for_the_others():
    _, (one,) = described("hw/ada/x.ipynb", "hw/zoe/x.ipynb", "../x.ipynb")
    assert one.called == "ada"
    files = "e/submission_501/x.ipynb", "e/submission_metadata.yml", "../x.ipynb"
    assert described(*files)[0] == "Gradescope"


def test_metadata_in_a_students_folder_are_not_those_of_the_export():
    files = ["e/submission_501/submission_metadata.yml", "e/submission_metadata.yml"]
    assert described("e/submission_501/x.ipynb", *files)[1][0].called == "ada@x.org"


@pytest.mark.parametrize(
    ("file", "key"),
    [
        ("hw1/ada.ipynb", ("login", "ada")),
        ("ada/x.ipynb", ("student", "ada")),
        ("hw 1/homework 7.ipynb", ("file", "homework 7.ipynb")),
        ("Ada Lovelace hw1.ipynb", ("name", "Ada Lovelace")),
        ("hw1_ada-lovelace.ipynb", ("name", "ada-lovelace")),
        ("hw1 ada.l@x.org.ipynb", ("email", "ada.l@x.org")),
    ],
)
def test_a_roster_is_asked_for_parts_of_a_name(file, key):
    _, (one,) = described(file)
    assert key in [known for level in one.levels for known in level]


def test_the_longest_run_of_words_is_asked_for_first_and_none_that_is_short():
    _, (one,) = described("hw_1_ada_lovelace.ipynb")
    names = [[value for kind, value in level if kind == "name"] for level in one.levels]
    longest = next(place for place, some in enumerate(names) if "ada_lovelace" in some)
    single = next(place for place, some in enumerate(names) if "ada" in some)
    assert longest < single and not any({"1", "hw"} & set(some) for some in names)
