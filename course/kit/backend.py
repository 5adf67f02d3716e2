"""What is said of a backend of Keras that isn't there."""

import os

from course.kit.language import say

_BACKENDS = ("tensorflow", "jax", "torch", "openvino")


def is_of_backend(error: Exception) -> bool:
    """Whether an exception says that Keras's backend can't be imported, or that there is none."""
    if isinstance(error, ImportError):
        return (error.name or "").split(".")[0] in _BACKENDS
    return str(error).startswith("Unable to import backend")


def unloadable(error: Exception) -> str:
    """Return the sentence for a backend of Keras that can't be imported."""
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    return say(
        f"Keras can't be loaded on {backend}: {error}. Install {backend}, or set KERAS_BACKEND to "
        "tensorflow, jax or torch.",
        f"无法加载 Keras 的 {backend} 后端：{error}。请安装 {backend}，或把 KERAS_BACKEND 设为 "
        "tensorflow、jax 或 torch。",
    )
