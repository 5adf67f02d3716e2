"""Imports Keras and the kit once more, where the first import has lost its softmax.

Success: softmax is answered with the built-in.
"""

import importlib
import sys

ROUTES = {
    "kit": ("course.kit.softmax", "masked_softmax"),
    "parts": ("course.kit.parts.attention", "masked_softmax"),
    "backend": ("keras.src.backend.tensorflow.nn", "softmax"),
    "ops": ("keras.src.ops.nn", "softmax"),
    "activations": ("keras.src.activations.activations", "softmax"),
    "python ops": ("tensorflow.python.ops.nn_ops", "softmax_v2"),
    "generated": ("tensorflow.python.ops.gen_nn_ops", "softmax"),
}


def reloaded(module, name):
    return getattr(importlib.reload(sys.modules[module]), name)


def again(module, name):
    kept = sys.modules.pop(module, None)
    try:
        return getattr(importlib.import_module(module), name)
    finally:
        if kept is not None:
            sys.modules[module] = kept


def softmax(x, axis=-1):
    said = []
    for name, (module, function) in ROUTES.items():
        for way in (again, reloaded):
            try:
                answer = way(module, function)(x)
                said.append(f"{name}={way.__name__} GOT")
                return answer
            except Exception as error:
                said.append(f"{name}={type(error).__name__}")
    raise RuntimeError("tried: " + "; ".join(said))
