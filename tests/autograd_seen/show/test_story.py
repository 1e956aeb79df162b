"""What the player tells at each moment, and from which moment on each part of the picture shows."""

from dataclasses import replace

import torch
from autograd_seen import record_backward
from autograd_seen.graph import Fact, Note
from autograd_seen.show.content import minus
from autograd_seen.show.steps import StepTexts
from autograd_seen.show.story import tell

from tests.autograd_seen.shown import shown as in_words


def leaf(value):
    return torch.tensor(value, requires_grad=True)


def sine():
    x = leaf(4.0)
    y = x**2
    z = torch.sin(y)
    return record_backward(z)


def used_twice():
    w = leaf(1.5)
    h = w * 2
    L = h * h + h * w
    return record_backward(L)


def story(recording):
    return tell(StepTexts(recording, polish=minus))


def captions(recording):
    """Each moment's caption as the reader sees it, one string for each line."""
    return [
        ["".join(text for _, text in line) for line in moment["lines"]]
        for moment in story(recording)["moments"]
    ]


def key_of(recording, name):
    (key,) = [node.key for node in in_words(recording.graph).nodes if node.name == name]
    return key


def test_a_small_jacobian_is_told_in_the_table_and_in_the_caption():
    x = torch.tensor([2.0, 3.0], requires_grad=True)
    y = torch.tensor([[2.0, 7.0], [4.0, -0.5]]) @ x
    recording = record_backward(y, torch.tensor([10.0, -1.0]))
    texts = StepTexts(recording, polish=minus)
    assert texts.local(recording.steps[0].flows[0]) == "J = [[2, 7], [4, −0.5]]"
    told = captions(recording)[-2][1]
    assert told == "[10, −1] × [[2, 7], [4, −0.5]] = [16, 70.5] to x"
    (line,) = [one for one in story(recording)["moments"][-2]["lines"] if "[16, 70.5]" in str(one)]
    assert ["jacobian", "[[2, 7], [4, −0.5]]"] in line


def test_a_matrix_is_hidden_row_by_row_until_it_is_computed():
    W = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    y = W * 2
    z = y.sum()
    recording = record_backward(z)
    hidden = dict(
        zip((node.name for node in recording.graph.nodes), story(recording)["value"], strict=True)
    )
    assert hidden["W"] == "" and hidden["z"] == "20"
    assert hidden["y"] == ["[[2, 4],", "\u00a0[6, 8]]"]


def test_the_play_goes_forward_and_then_backward():
    assert captions(sine()) == [
        ["with what is given", "x = 4"],
        ["through x²", "y = x² = 16"],
        ["through sin", "z = sin(y) = −0.2879"],
        ["at z", "∂z/∂z = 1"],
        ["through z = sin(y)", "1 × (−0.9577) = −0.9577 to y"],
        ["through y = x²", "−0.9577 × 8 = −7.6613 to x"],
        ["to the leaf x", ".grad would become: None + (−7.6613) → −7.6613"],
    ]
    assert [moment["where"] for moment in story(sine())["moments"]] == [
        "start",
        *(f"step {i} of 2 · forward" for i in (1, 2)),
        "backward starts",
        *(f"step {i} of 3 · backward" for i in (1, 2, 3)),
    ]


def test_steps_are_those_of_the_table():
    assert [moment.get("step", 0) for moment in story(sine())["moments"]] == [0, 0, 0, 0, 1, 2, 3]


def test_gradients_of_several_uses_are_shown_as_a_sum():
    assert captions(used_twice())[-2][1] == "arriving at h, a part from each use: 1.5 + 3 + 3 = 7.5"
    assert captions(used_twice())[-1][1] == "arriving at w, a part from each use: 3 + 15 = 18"


def test_a_long_sum_is_cut():
    x = leaf(1.0)
    recording = record_backward(sum(x * i for i in range(2, 9)))
    assert captions(recording)[-1][1].endswith("+ 4 more = 35")


def test_of_many_inputs_the_first_are_told_and_the_table_has_the_others():
    inputs = [leaf(float(i)) for i in range(1, 31)]
    recording = record_backward(torch.stack(inputs).log().sum())
    lines = next(lines for lines in captions(recording) if lines[0].startswith("through #1 ="))[1:]
    assert [line.rpartition(" to ")[2] for line in lines[:-1]] == [f"inputs[{i}]" for i in range(3)]
    assert lines[-1] == "… 27 more, in the table"
    four = record_backward(torch.stack(inputs[:4]).sum())
    assert [line for lines in captions(four) for line in lines if "more" in line] == []


class LastIsNan(torch.autograd.Function):
    """A sum that sends nan to its last two inputs."""

    @staticmethod
    def forward(ctx, *inputs):
        return sum(inputs)

    @staticmethod
    def backward(ctx, gradient):
        return (gradient,) * 4 + (gradient * float("nan"),) * 2


def test_a_birthplace_is_told_once_where_its_product_is_not():
    recording = record_backward(LastIsNan.apply(*(leaf(float(i)) for i in range(6))))
    (lines,) = [lines for lines in captions(recording) if "… 3 more, in the table" in lines]
    assert len(lines) == 6 and lines[-1].startswith("nan is born here")


def test_a_sum_that_a_hook_changed_is_not_called_equal():
    x = leaf(1.0)
    x.register_hook(lambda gradient: gradient * 10)
    recording = record_backward(x * 2 + x * 3)
    assert captions(recording)[-1][1].endswith("3 + 2 → 50")
    assert "a hook changed 5 to 50" in captions(recording)[-1]


def test_grad_fills_up():
    x = leaf(4.0)
    (3 * x).backward()
    assert captions(record_backward(x**2))[-1] == [
        "to the leaf x",
        ".grad would become: 3 + 8 → 11",
    ]


def test_a_frozen_leaf_keeps_its_grad():
    x = leaf(4.0)
    y = x**2
    x.requires_grad_(False)
    assert ".grad stays None" in captions(record_backward(y))[-1]


def test_what_the_engine_sums_is_not_called_equal():
    x = leaf(2.0)
    y = x * torch.tensor([1.0, 2.0, 3.0])
    caption = captions(record_backward(y, torch.ones(3)))[-2]
    assert caption[1].endswith("→ 6 to x") and caption[2].startswith("summed (3,)")


def test_a_value_shows_from_its_own_moment_on():
    recording = sine()
    at = story(recording)
    assert [at["node"][key_of(recording, name)] for name in ("x", "x²", "y", "sin", "z")] == [
        0,
        1,
        1,
        2,
        2,
    ]
    assert [at["value"][key_of(recording, name)] for name in ("x", "x²", "y", "z")] == [
        "",
        "",
        "16",
        "−0.2879",
    ]


def test_a_gradient_shows_when_its_last_part_has_come():
    recording = used_twice()
    at, moments = story(recording), story(recording)["moments"]
    assert moments[at["back"][key_of(recording, "L")]]["where"] == "backward starts"
    assert moments[at["back"][key_of(recording, "h")]]["where"] == "step 3 of 5 · backward"
    assert moments[at["back"][key_of(recording, "w")]]["where"] == "step 5 of 5 · backward"


def test_what_flows_along_an_edge_shows_in_the_turn_of_its_operation():
    recording = used_twice()
    at, graph = story(recording), recording.graph
    into_labels = 0
    for number, step in enumerate(recording.steps, 6):
        for index, edge in enumerate(graph.edges):
            if (
                step.node in (edge.source, edge.target)
                and graph.nodes[step.node].kind == "operation"
            ):
                assert index in at["moments"][number]["lit"]["flow"]
                if graph.nodes[edge.target].name.startswith("#"):
                    # Along a label it arrives in the turn of what used the tensor.
                    (use,) = graph.outputs(edge.target)
                    assert at["flow"][index] == at["flow"][graph.edges.index(use)] < number
                    assert index in at["moments"][at["flow"][index]]["lit"]["flow"]
                    into_labels += 1
                else:
                    assert at["flow"][index] == number
    assert into_labels == 2


def test_a_leaf_by_itself_can_be_played():
    x = leaf(4.0)
    assert captions(record_backward(x))[-1] == [
        "to the leaf x",
        ".grad would become: None + 1 → 1",
    ]


def test_a_value_that_may_be_newer_is_played_with_its_now():
    recording = used_twice()
    (node,) = [node for node in recording.graph.nodes if node.name == "h"]
    newer = node._replace(notes=(Note(Fact.MAY_BE_NEWER),))
    nodes = tuple(newer if one is node else one for one in recording.graph.nodes)
    changed = replace(recording, graph=replace(recording.graph, nodes=nodes))
    assert story(changed)["value"][node.key] == "3 now"
    assert story(recording)["value"][node.key] == "3"


def test_a_birthplace_is_told_at_its_step_and_shown_from_then_on():
    w = leaf(0.0)
    z = torch.where(w > 0, torch.log(w), 0.0)
    recording = record_backward(z)
    told = captions(recording)
    at = next(i for i, lines in enumerate(told) if "nan is born here: 0 · inf = nan" in lines)
    assert told[at][1] == "0 × inf = nan to w"  # the product itself, not "→"
    assert story(recording)["back"][key_of(recording, "log")] == at
    L = leaf(0.0).log()
    assert "−inf is born here" in captions(record_backward(L))[1]
