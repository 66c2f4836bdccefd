"""The parameters of the shaped lab are those that the lab is given; the others are the published ones."""

from dataclasses import fields

import numpy
import pytest

from bench.predict.parameters import PARAMETERS, core_time, draw, drawn, lab_parameters, parameter
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


def test_a_core_that_is_as_fast_as_lambdas_gives_times_like_its_own():
    assert core_time(figure("core-fibonacci").range.value).points == ((0.0, 0.62), (0.5, 0.85), (1.0, 1.1))


def test_the_faster_the_measuring_machine_the_longer_lambda_takes():
    fast, slow = (draw(fibonacci_ms=ms) for ms in (300.0, 600.0))
    assert numpy.allclose(fast.core_time, 2 * slow.core_time)
    assert numpy.allclose(fast.tokenizer_ms * fast.core_time, slow.tokenizer_ms * slow.core_time)
    of_machine = {"core_time", "tokenizer_ms", "file_core_ms", "bucket_core_ms"}
    others = {each.name for each in fields(fast)} - of_machine
    assert all((getattr(fast, name) == getattr(draw(), name)).all() for name in others)


def test_a_machine_of_unknown_speed_has_the_wide_assumption():
    assumed = figure("core-time").range
    assert assumed.low <= draw().core_time.min() < draw().core_time.max() <= assumed.high
