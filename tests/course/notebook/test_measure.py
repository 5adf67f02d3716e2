"""What lessons measure."""

import numpy as np
from keras import ops

from course.kit.notebook import measure


def test_seconds_are_measured_for_each_length():
    batch = np.ones((2, 8, 3), "float32")
    seen = []

    def run(x):
        seen.append(x.shape)
        return x * 2.0

    measured = measure.seconds(run, batch, [4, 8], repeats=2)
    assert len(measured) == 2
    assert min(measured) > 0
    assert seen


def test_a_gradient_is_that_of_a_sum_with_known_factors():
    inputs = np.ones((2, 4, 3), "float32")
    factors = np.array([1.0, 2.0, 4.0, 8.0], "float32")[None, :, None]

    def run(x):
        return ops.sum(x * factors, axis=1)

    norms = measure.gradient_by_distance(run, inputs, np.ones((2, 3), "float32"))
    np.testing.assert_allclose(norms, [1.0, 0.5, 0.25, 0.125], rtol=1e-5)
