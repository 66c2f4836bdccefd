"""The parameters of the shaped lab are those that the lab is given; the others are the published ones."""

import pytest

from bench.predict.parameters import PARAMETERS, drawn, lab_parameters, parameter
from lab.shape.shape import like_lambda
from published.read import figure


@pytest.mark.parametrize("fast", [True, False])
def test_the_labs_parameters_are_those_of_its_shape(fast):
    shape, lab = like_lambda(fast_file_system=fast), lab_parameters(fast_file_system=fast)
    assert (lab.mb_per_core, lab.init_cores) == (shape.processor.mb_per_core, shape.processor.init_cores)
    assert (lab.burst, lab.steady) == (shape.network.burst, shape.network.steady)
    assert lab.burst_bytes * (1 - lab.steady / lab.burst) == pytest.approx(shape.network.bucket)
    assert (lab.first_byte_ms, lab.connection) == (shape.bucket.first_byte_ms, shape.bucket.connection)
    assert lab.stream == pytest.approx(shape.file_system.stream)
    assert lab.client == shape.file_system.client
    assert (lab.chunk, lab.chunk_later_ms) == (shape.image.chunk, shape.image.later_ms)
    assert lab.chunk_first_ms == shape.image.first_ms


def test_every_parameter_names_figures_that_exist_and_lies_within_their_ends():
    for name, found in PARAMETERS.items():
        assert parameter(name) is found
        for key in found.figures:
            assert figure(key).range
    with pytest.raises(KeyError):
        parameter("none")


def test_what_is_drawn_is_what_has_a_range():
    assert "burst" in drawn()
    assert "mb_per_core" not in drawn()
