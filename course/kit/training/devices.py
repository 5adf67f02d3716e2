"""Which devices to train on, in which precision, and whether to compile with XLA.

One GPU, or the CPU, needs nothing. Several GPUs get a copy of the model each and a share of every
batch: through `keras.distribution` on JAX, through `tf.distribute` on TensorFlow. With PyTorch one
of them is used.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras

from course.kit.errors import UserError
from course.kit.language import say

PRECISIONS = ("auto", "float32", "mixed_float16", "mixed_bfloat16")


@dataclass(frozen=True)
class Plan:
    """Where and how to train: devices, precision, and whether to compile.

    Attributes:
        device: `cpu` or `gpu`.
        count: the number of these devices.
        precision: a Keras dtype policy.
        jit_compile: whether XLA compiles the training step.
        scope: returns the context in which the model is to be built.
    """

    device: str
    count: int
    precision: str
    jit_compile: bool
    scope: Callable[[], Any] = contextlib.nullcontext

    def __str__(self) -> str:
        what = {"cpu": say("the CPU", "CPU"), "gpu": f"{self.count} GPU"}[self.device]
        return what + f", {self.precision}" + (", XLA" if self.jit_compile else "")


def gpus() -> list[str]:
    """Return the names of the GPUs that Keras's backend sees."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return [f"GPU:{n}" for n, _ in enumerate(tf.config.list_logical_devices("GPU"))]
    if backend == "jax":
        return [name for name in keras.distribution.list_devices() if not name.startswith("cpu")]
    import torch

    return [f"cuda:{n}" for n in range(torch.cuda.device_count())]


def choose(device: str = "auto", precision: str = "auto", jit: str = "auto") -> Plan:
    """Return where and how to train.

    `auto` means every GPU that the backend sees, with half precision (bfloat16 on JAX, float16 with
    loss scaling elsewhere) and XLA. Without a GPU `auto` means the CPU with neither, since both
    measured slower there for models of this size.

    Args:
        device: `auto`, `cpu` or `gpu`.
        precision: `auto` or a dtype policy.
        jit: `auto`, `on` or `off`.

    Raises:
        UserError: a GPU is asked for and there is none.
    """
    names = [] if device == "cpu" else gpus()
    if device == "gpu" and not names:
        raise UserError(
            say(
                f"The {keras.backend.backend()} backend sees no GPU; train with --device cpu, or "
                "install TensorFlow with CUDA (requirements/cuda.txt).",
                f"{keras.backend.backend()} 后端没有找到 GPU；请用 --device cpu，"
                "或安装带 CUDA 的 TensorFlow（requirements/cuda.txt）。",
            )
        )
    backend = keras.backend.backend()
    on_gpu = bool(names)
    if precision == "auto":
        half = "mixed_bfloat16" if backend == "jax" else "mixed_float16"
        precision = half if on_gpu else "float32"
    compiled = jit == "on" or (jit == "auto" and on_gpu and backend != "torch")
    count = len(names) if on_gpu and backend != "torch" else 1
    return Plan(
        device="gpu" if on_gpu else "cpu",
        count=count,
        precision=precision,
        jit_compile=compiled,
        scope=_shared_by(names) if count > 1 else contextlib.nullcontext,
    )


@contextlib.contextmanager
def in_precision(policy: str) -> Iterator[None]:
    """Make models of this dtype policy, and leave Keras's own setting as it was."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _shared_by(devices: list[str]) -> Callable[[], Any]:
    """Return a function whose contexts copy a model to all these devices."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.distribute.MirroredStrategy(devices).scope

    @contextlib.contextmanager
    def distributed() -> Any:
        before = keras.distribution.distribution()
        keras.distribution.set_distribution(keras.distribution.DataParallel(devices=devices))
        try:
            yield
        finally:
            keras.distribution.set_distribution(before)

    return distributed
