"""Where a click on a box or a frame leads."""

import itertools

from autograd_seen.arrange.module_views import ModuleViews
from autograd_seen.arrange.modules import arrange_modules

from tests.autograd_seen.nets import nets, recorded_graph


def views_of(name, opened="auto"):
    graph = recorded_graph(name)
    return ModuleViews(graph, True, 200, arrange_modules(graph, True, 200, opened).opened)


def views(name, opened="auto", most=30):
    all_views = views_of(name, opened)
    return all_views.graph, list(itertools.islice(all_views.reachable(), most))


def named(graph, places):
    return sorted(graph.scopes[place].module.name for place in places)


def toggle(view, name, kind="box"):
    return next(one for one in view.toggles if one.module.name == name and one.kind == kind)


def test_a_box_opens_itself_and_a_frame_shuts_with_all_in_it():
    graph, (first, *_) = views("residual")
    box = toggle(first, "model.layer2.0")
    assert named(graph, box.opened - first.opened) == ["model.layer2.0"]
    frame = toggle(first, "model", "frame")
    assert frame.opened == frozenset()


def test_what_opens_shuts_again():
    _, seen = views("residual")
    there = toggle(seen[0], "model.layer1.1").opened
    opened = next(view for view in seen if view.opened == there)
    assert toggle(opened, "model.layer1.1", "frame").opened == seen[0].opened


def test_a_box_of_several_opens_all_of_them():
    graph, (first, *_) = views("encoder", 2)
    box = toggle(first, "model.encoder.layers.0")
    layers = [f"model.encoder.layers.{i}" for i in range(4)]
    assert named(graph, box.opened - first.opened) == layers


def test_a_box_in_a_block_that_repeats_opens_in_all_copies():
    graph, (first, *_) = views("encoder")
    box = toggle(first, "model.encoder.layers.0.self_attn")
    attention = [f"model.encoder.layers.{i}.self_attn" for i in range(4)]
    assert named(graph, box.opened - first.opened) == attention


def test_a_frame_that_repeats_shuts_all_copies():
    graph, (first, *_) = views("encoder")
    frame = toggle(first, "model.encoder.layers.0", "frame")
    assert named(graph, frame.opened) == ["model", "model.encoder"]
    assert graph.scopes


def test_a_box_of_a_loop_opens_in_all_rounds_of_its_block():
    graph, (first, *_) = views("loop", 1)
    block = next(group for group in first.drawn.graph.groups if group.times > 1)
    inside = next(one for one in first.toggles if one.kind == "box" and one.place in block.nodes)
    assert len(inside.opened - first.opened) == block.times
    assert named(graph, inside.opened - first.opened) == ["model.cell"] * block.times


def test_each_picture_comes_once_and_the_first_comes_first():
    for name in nets():
        all_views = views_of(name)
        seen = [view.opened for view in itertools.islice(all_views.reachable(), 40)]
        assert seen[0] == all_views.opened and len(set(seen)) == len(seen)


def test_large_modules_come_before_small_ones():
    _, seen = views("residual")
    first = seen[0]
    order = [view.opened for view in seen]
    assert order.index(toggle(first, "model.layer4.1").opened) < order.index(
        toggle(first, "model.bn1").opened
    )


def test_what_shuts_one_module_comes_before_what_shuts_those_inside_it_too():
    _, seen = views("encoder", 3)
    shut = [len(seen[0].opened - one.opened) for one in seen[0].toggles if one.kind == "frame"]
    order = [view.opened for view in seen]
    places = [order.index(one.opened) for one in seen[0].toggles if one.kind == "frame"]
    assert len(set(shut)) > 1
    assert [number for _, number in sorted(zip(places, shut, strict=True))] == sorted(shut)
