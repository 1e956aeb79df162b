"""The third quarter of the operators: see test_operators.py."""

import pytest

from tests.autograd_seen.live.test_operators import check_operator, quarter


@pytest.mark.filterwarnings("ignore")
@quarter(2)
def test_an_operator_is_drawn_and_recorded_before_and_after_backward(
    operator, record_property, most_samples
):
    check_operator(operator, record_property, most_samples)
