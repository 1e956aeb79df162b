"""With the extension a reader's IPython shows errors and warnings in short, and works as before in
everything else.
"""

import re
import warnings

import autograd_seen
import torch
from autograd_seen import extension

TWICE = "x = torch.tensor(2.0, requires_grad=True)\ny = x**2\ny.backward()\ny.backward()"
EXPLAINED = [
    "Explained in 04, Two passes through one graph;",
    "             08, A state that drags its past along",
]


def test_an_error_is_short_and_ends_where_it_is_explained(reader):
    lines = reader.run(TWICE)
    assert lines[0] == "Cell In[2], line 4" and lines[4] == "----> 4 y.backward()"
    assert re.fullmatch(r"\(\d frames inside torch are left out: %tb shows the whole\)", lines[5])
    assert lines[7].startswith("RuntimeError: Trying to backward through the graph a second")
    assert lines[8:] == EXPLAINED


def test_tb_shows_the_whole(reader):
    reader.run(TWICE)
    lines = reader.run("%tb")
    assert len(lines) > 20 and any("_tensor.py" in line for line in lines)
    assert "----> 4 y.backward()" in lines and EXPLAINED[0] not in lines


def test_the_history_keeps_what_was_shown(reader):
    """IPython lays out each frame of a recursion for it, which takes seconds."""
    kept = reader.shell.history_manager.exceptions
    reader.run("def deep(n):\n    return deep(n + 1)")
    lines = reader.run("deep(0)")
    assert len(lines) == 9
    assert [extension.COLOUR.sub("", line) for line in kept[3]["traceback"]] == lines
    assert kept[3]["ename"] == "RecursionError"
    reader.run("%nothing_of_this_name")
    assert kept[4]["traceback"] == [
        "UsageError: Line magic function `%nothing_of_this_name` not found."
    ]
    reader.run("%unload_ext autograd_seen")
    reader.run("1 / 0")
    assert len(kept[6]["traceback"]) > 2 and "Traceback" in kept[6]["traceback"][1]


def test_a_function_of_an_earlier_cell_is_shown_with_its_cell(reader):
    reader.run("def values(v):\n    return v.numpy()")
    lines = reader.run("values(torch.ones(2, requires_grad=True))")
    assert [line for line in lines if line.startswith("Cell")] == [
        "Cell In[3], line 1",
        "Cell In[2], line 2, in values",
    ]


def test_a_module_of_the_readers_is_shown_by_its_path_from_the_notebook(
    reader, tmp_path, monkeypatch
):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "model.py").write_text("def go(a):\n    return a / 0\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path / "mine"))
    lines = reader.run("import model\nmodel.go(1)")
    assert lines[3:6] == [
        "File mine/model.py, line 2, in go",
        "      1 def go(a):",
        "----> 2     return a / 0",
    ]
    monkeypatch.chdir(tmp_path / "mine")
    assert reader.run("model.go(1)")[2] == "File model.py, line 2, in go"
    (tmp_path / "away").mkdir()
    monkeypatch.chdir(tmp_path / "away")
    assert reader.run("model.go(1)")[2] == "File model.py, line 2, in go"


def test_our_own_frames_are_left_out(reader):
    lines = reader.run("from autograd_seen import find_error\nfind_error(3)")
    assert lines[3] == "(1 frame inside autograd_seen is left out: %tb shows the whole)"


def test_a_cell_that_cannot_be_read_is_shown_as_ever(reader):
    torn = ["x = (1 +", "  x = 1\n y = 2"]
    shown = [reader.run(source) for source in torn]
    assert [lines[-1].split(":")[0] for lines in shown] == ["SyntaxError", "IndentationError"]
    reader.run("%unload_ext autograd_seen")
    assert [reader.run(source)[1:] for source in torn] == [lines[1:] for lines in shown]


def test_an_interrupted_cell_is_short(reader):
    assert reader.run("raise KeyboardInterrupt") == [
        "Cell In[2], line 1",
        "----> 1 raise KeyboardInterrupt",
        "",
        "KeyboardInterrupt",
    ]


def test_a_check_keeps_its_own_report(reader):
    reader.run("from autograd_seen.checks import scalar_gradients as check")
    assert reader.run("check.nudged_slope(...)") == [
        "1.3: not attempted yet · 0 of 7 · 0 of 16 points"
    ]


def test_what_has_a_form_of_its_own_keeps_it(reader, capsys):
    assert reader.warned("%nothing") == ["UsageError: Line magic function `%nothing` not found."]
    reader.shell.run_cell("raise ExceptionGroup('two', [ValueError('a')])")
    assert "ExceptionGroup: two (1 sub-exception)" in capsys.readouterr().err


class Unprintable(Exception):
    def __str__(self):
        raise ValueError("no words")


def test_where_the_short_form_fails_the_ordinary_one_comes(reader, monkeypatch):
    def fail(*_):
        raise ValueError("no")

    monkeypatch.setattr(extension, "short_traceback", fail)
    lines = reader.run("1 / 0")
    assert "Traceback (most recent call last)" in lines[1] and lines[-1].startswith("ZeroDivision")
    monkeypatch.undo()
    reader.shell.user_ns["Unprintable"] = Unprintable
    assert any(
        "Traceback (most recent call last)" in line for line in reader.run("raise Unprintable")
    )
    # And the extension is still there.
    assert reader.run("1 / 0")[-1] == "ZeroDivisionError: division by zero"


def test_bold_letters_go_where_the_reader_wants_no_colours(reader, capsys):
    reader.shell.run_cell("1 / 0")
    assert "\x1b[1mZeroDivisionError" in capsys.readouterr().out
    reader.shell.colors = "nocolor"
    reader.shell.run_cell("1 / 0")
    assert "\x1b" not in capsys.readouterr().out


NOT_A_LEAF = "x = torch.ones(1, requires_grad=True)\n(2 * x).grad"


def test_a_warning_is_one_line_and_where_it_is_explained(reader):
    said, where = reader.warned(NOT_A_LEAF)
    assert said.startswith("UserWarning: The .grad attribute of a Tensor that is not a leaf Tensor")
    assert said.endswith("for more information.")
    assert where.startswith("Explained in 02, ")
    assert reader.warned("warnings.warn('one\\ntwo', FutureWarning)") == ["FutureWarning: one two"]


def test_where_torch_built_a_warning_is_not_told():
    assert extension.short_warning(
        "careful (Triggered internally at /pytorch/aten/a.cpp:12.)\n", UserWarning, str
    ) == ("UserWarning: careful\n")


def test_what_torch_says_of_its_own_code_is_left_out(reader):
    assert reader.warned("torch.func.jvp(torch.sin, (torch.ones(1),), (torch.ones(1),))") == []
    assert reader.warned(f"warnings.warn({extension.OF_ITSELF!r} + '.', FutureWarning)") == []


ANOMALY = """with torch.autograd.detect_anomaly():
    y = root(x)
    y.backward()"""


def test_of_a_traceback_in_a_warning_the_readers_own_lines_are_told(reader):
    reader.run("x = torch.zeros(1, requires_grad=True)\ndef root(x):\n    return 0 * x.sqrt()")
    _, said, *lines = [
        line for line in reader.warned(ANOMALY) if not line.startswith("Explained in")
    ]
    assert said == (
        "UserWarning: Error detected in SqrtBackward0. Traceback of forward call that caused the "
        "error:"
    )
    assert lines == [
        "Cell In[3], line 2",
        "----> 2     y = root(x)",
        "Cell In[2], line 3, in root",
        "----> 3     return 0 * x.sqrt()",
    ]


def test_a_traceback_without_a_line_of_the_readers_is_told_as_it_is(reader):
    told = 'failed:\\n  File "/lib/a.py", line 2, in f\\n    g()'
    assert reader.warned(f"warnings.warn('{told}')") == [
        'UserWarning: failed: File "/lib/a.py", line 2, in f g()'
    ]


def test_a_warning_comes_in_each_cell_and_once_for_a_line(reader):
    loop = "for _ in range(3):\n    warnings.warn('again')"
    assert reader.warned(loop) == ["UserWarning: again"]
    assert reader.warned(loop) == ["UserWarning: again"]
    # A library's own line, and what torch says once in a process.
    loss = "_ = torch.nn.MSELoss()(torch.ones(2), torch.ones(2, 1))"
    assert len(reader.warned(loss)) == len(reader.warned(loss)) == 2
    graph = "y = torch.ones((), requires_grad=True)**2\ny.backward(create_graph=True)"
    assert len(reader.warned(graph)) == len(reader.warned(graph)) == 2


def test_what_the_reader_silenced_stays_silent(reader):
    assert reader.warned("warnings.filterwarnings('ignore')\nwarnings.warn('a')") == []
    assert reader.warned("warnings.warn('a')") == []
    assert (
        reader.warned(
            "warnings.resetwarnings()\nwith warnings.catch_warnings(record=True) as caught:\n"
            "    warnings.warn('a')\nassert len(caught) == 1"
        )
        == []
    )


def test_a_warning_that_cannot_be_put_short_comes_as_ever(reader, monkeypatch):
    def fail(*_):
        raise ValueError("no")

    said = []
    reader.run("%unload_ext autograd_seen")
    monkeypatch.setattr(extension, "short_warning", fail)
    monkeypatch.setattr(warnings, "showwarning", lambda *told: said.append(told))
    reader.run("%load_ext autograd_seen")
    assert reader.warned("warnings.warn('a')") == []
    assert [(str(message), kind) for message, kind, *_ in said] == [("a", UserWarning)]


def test_between_the_cells_pythons_own_warnings_stand(reader):
    # A grader notes what a notebook replaced.
    own = warnings.showwarning
    for source in ("warnings.warn('a')", "1 / 0", "x = (1 +", "get_ipython().run_cell('1')"):
        reader.run(source)
        assert warnings.showwarning is own
    reader.run("inside = warnings.showwarning")
    assert reader.shell.user_ns["inside"] != own


def test_a_showwarning_of_the_readers_own_stays(reader):
    reader.run("warnings.showwarning = mine = lambda *told: print('mine', told[0])")
    assert reader.run("warnings.warn('a')") == ["mine a"]
    assert warnings.showwarning is reader.shell.user_ns["mine"]


def test_unloading_undoes_it_and_loading_twice_is_no_harm(reader):
    own = warnings.showwarning
    for _ in range(2):
        autograd_seen.load_ipython_extension(reader.shell)
    assert reader.warned("warnings.warn('a')") == ["UserWarning: a"]
    reader.run("%unload_ext autograd_seen")
    assert warnings.showwarning is own and not torch.is_warn_always_enabled()
    assert "Traceback (most recent call last)" in reader.run("1 / 0")[1]
    autograd_seen.unload_ipython_extension(reader.shell)
    reader.run("%load_ext autograd_seen")
    assert reader.run("1 / 0")[0].startswith("Cell In[")
