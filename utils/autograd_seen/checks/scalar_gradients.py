"""The checks of assignment 01: how steep is a function at one point?"""

from autograd_seen.checks.by_hand import by_hand
from autograd_seen.checks.engine import check_function, check_value
from autograd_seen.checks.families import cubic, half_held, ratio

receives = check_value("1.1", "receives")

two_steps = check_value("1.2", "two_steps")

nudged_slope = check_function(
    "1.3", "nudged_slope", cases=[(cubic(5, -4), 1.3, 0.1), (ratio(1, 6), 1.7, 0.2)]
)

slope_by_hand = check_function("1.4", "slope_by_hand", cases=[1.5, -0.7], evaluate=by_hand)

slope = check_function(
    "1.5",
    "slope",
    cases=[(cubic(5, -4), 1.5), (ratio(1, 6), 1.7), (cubic(5, -4), 3), (half_held(1), 0.8)],
)

slopes = check_function(
    "1.6", "slopes", cases=[(cubic(5, -4), [1.5, -0.4, 2.2]), (half_held(1), [0.7, 3.1])]
)
