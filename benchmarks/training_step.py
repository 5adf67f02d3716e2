"""A training step of the course's Transformer, beside the same of Keras's and KerasHub's layers.

    pip install -r requirements/bench.txt      # for KerasHub; left out where it is missing
    python -m benchmarks.training_step [--rows 128] [--repeats 15]

Same sizes, same batch, same loss and optimizer; the models take turns, step by step, and the ratio
is that of the medians, within one run.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import keras
import numpy as np
from keras import ops

import solutions.transformer as course
from course.kit.training.loss import TokenLoss
from solutions.multi_head import MultiHeadAttention as ReferenceAttention

SOURCE_WORDS, TARGET_WORDS, WIDTH, HEADS, INNER, LAYERS = 4000, 2400, 128, 4, 512, 2


class KerasAttention(keras.layers.MultiHeadAttention):
    """Keras's own layer, called as the course calls its own."""

    def __init__(self, d_model: int, num_heads: int, dropout: float = 0.0, **kwargs: Any):
        super().__init__(num_heads, d_model // num_heads, dropout=dropout, **kwargs)


def course_model_class(attention: type) -> type:
    """The reference Transformer's class, on another attention."""

    class OnOther(course.Transformer):
        def __init__(self, *args: Any, **kwargs: Any):
            with mock.patch.object(course, "MultiHeadAttention", attention):
                super().__init__(*args, **kwargs)

    return OnOther


def course_model(attention: type = course.MultiHeadAttention) -> keras.Model:
    """The reference Transformer, on the kit's attention or on another."""
    sizes = (SOURCE_WORDS, TARGET_WORDS, WIDTH, HEADS, INNER, LAYERS)
    return course_model_class(attention)(*sizes, max_length=64)


def hub_model() -> keras.Model:
    """The same model of KerasHub's layers."""
    import keras_hub

    def embedded(ids: Any, words: int) -> Any:
        vectors = keras.layers.Embedding(words, WIDTH)(ids) * WIDTH**0.5
        positions = keras_hub.layers.SinePositionEncoding()(vectors)
        return keras.layers.Dropout(0.1)(vectors + positions)

    source, target_in = (keras.Input((None,), dtype="int32") for _ in range(2))
    real_source, real_target = ops.not_equal(source, 0), ops.not_equal(target_in, 0)
    x = embedded(source, SOURCE_WORDS)
    for _ in range(LAYERS):
        layer = keras_hub.layers.TransformerEncoder(INNER, HEADS, dropout=0.1)
        x = layer(x, padding_mask=real_source)
    y = embedded(target_in, TARGET_WORDS)
    for _ in range(LAYERS):
        layer = keras_hub.layers.TransformerDecoder(INNER, HEADS, dropout=0.1)
        y = layer(y, x, decoder_padding_mask=real_target, encoder_padding_mask=real_source)
    return keras.Model((source, target_in), keras.layers.Dense(TARGET_WORDS)(y))


def models() -> dict[str, Callable[[], keras.Model]]:
    """What is measured, by name; the first is what the others are divided by."""
    found: dict[str, Callable[[], keras.Model]] = {
        "course (kit's attention)": course_model,
        "course (multi_head unit)": lambda: course_model(ReferenceAttention),
        "keras.layers.MultiHeadAttention": lambda: course_model(KerasAttention),
    }
    try:
        import keras_hub  # noqa: F401
    except ImportError:
        print("KerasHub is not installed; it is left out.")
    else:
        found["keras_hub TransformerEncoder/Decoder"] = hub_model
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=128, help="sentences of a batch")
    parser.add_argument("--repeats", type=int, default=15, help="steps that are counted")
    parser.add_argument("--jit", action="store_true", help="compile with XLA")
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    source = rng.integers(4, SOURCE_WORDS, (arguments.rows, 8)).astype("int32")
    target = rng.integers(4, TARGET_WORDS, (arguments.rows, 12)).astype("int32")
    batch = ((source, target), target, np.ones(target.shape, "float32"))
    made = {}
    for name, make in models().items():
        model = make()
        optimizer = keras.optimizers.Adam(1e-3)
        model.compile(optimizer, TokenLoss(0.1), jit_compile=arguments.jit)
        for _ in range(3):
            model.train_on_batch(*batch)
        made[name] = model
    seconds: dict[str, list[float]] = {name: [] for name in made}
    for _ in range(arguments.repeats):
        for name, model in made.items():
            started = time.perf_counter()
            model.train_on_batch(*batch)
            seconds[name].append(time.perf_counter() - started)
    first = statistics.median(next(iter(seconds.values())))
    print("| model | parameters | ms a step, median | ÷ course |")
    print("|---|---|---|---|")
    for name, each in seconds.items():
        middle = statistics.median(each)
        size = made[name].count_params()
        print(f"| {name} | {size:,} | {1000 * middle:.0f} | {middle / first:.2f} |")


if __name__ == "__main__":
    main()
