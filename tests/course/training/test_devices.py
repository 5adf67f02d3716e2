"""What is trained on: every GPU there is, or the CPU; asked for, and found."""

import pytest

from course.kit.errors import UserError
from course.kit.training import devices


@pytest.fixture
def with_gpus(monkeypatch):
    def found(number, backend="tensorflow"):
        monkeypatch.setattr(devices, "gpus", lambda: [f"GPU:{n}" for n in range(number)])
        monkeypatch.setattr(devices.keras.backend, "backend", lambda: backend)
        monkeypatch.setattr(devices, "_shared_by", lambda found: lambda: tuple(found))

    return found


def test_without_a_gpu_it_is_the_cpu_in_single_precision(with_gpus):
    with_gpus(0)
    plan = devices.choose()
    assert (plan.device, plan.count, plan.precision, plan.jit_compile) == (
        "cpu",
        1,
        "float32",
        False,
    )


@pytest.mark.parametrize(
    ("backend", "count", "precision", "jit"),
    [
        ("tensorflow", 2, "mixed_float16", True),
        ("jax", 2, "mixed_bfloat16", True),
        ("torch", 1, "mixed_float16", False),
    ],
)
def test_gpus_are_taken_as_the_backend_can(with_gpus, backend, count, precision, jit):
    with_gpus(2, backend)
    plan = devices.choose()
    assert (plan.device, plan.count) == ("gpu", count)
    assert (plan.precision, plan.jit_compile) == (precision, jit)
    shared = plan.scope()
    assert shared == ("GPU:0", "GPU:1") if count == 2 else not isinstance(shared, tuple)


def test_what_is_asked_for_is_done(with_gpus):
    with_gpus(1)
    assert devices.choose(device="cpu").device == "cpu"
    plan = devices.choose(precision="float32", jit="off")
    assert (plan.precision, plan.jit_compile) == ("float32", False)
    assert devices.choose(device="cpu", jit="on").jit_compile


def test_a_gpu_that_is_not_there_is_one_sentence(with_gpus):
    with_gpus(0)
    with pytest.raises(UserError, match="sees no GPU"):
        devices.choose(device="gpu")
