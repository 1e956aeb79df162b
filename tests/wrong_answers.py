"""What a check must reject and accept: a `Table` for each exercise.

TABLES in a lesson's private/wrong_answers.py maps the name of each check to its table.
tests/autograd_seen/checks/test_engine.py finds these files by itself, and fails where a table has
fewer than three misconceptions, or a check has a cause that no row draws out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Table:
    """Answers to one exercise.

    Attributes:
        right: accepted variants by name. The first is the plainest; wrong forms are made from it.
        wrong: by the name of the misconception, the answer and a part of the likely cause that must
            be told.
        forms: what is told of a wrong form where it differs from FORMS in test_engine.py; None
            where the form is accepted.
    """

    right: Mapping[str, object]
    wrong: Mapping[str, tuple[object, str]]
    forms: Mapping[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.right:
            raise ValueError(
                "a Table needs one right answer at least: wrong forms are made from it"
            )


#: What is told of a wrong form where a tensor with its graph is wanted, and one number of it is
#: judged.
OF_A_GRAPH = {
    "None": "type NoneType",
    "str": "type str",
    "shape": "one number",
    "int_tensor": "without grad_fn",
    "complex": "one number",
    "detached": "without grad_fn",
}
