"""The families of translators: their names, their classes, and the paths of their weights.

A family names a class of the exercises and the arguments that it is made with. The weights of a
model are known by their paths in the contract of the exercises, `encoder.cell.kernel` say, so that
weights of one implementation fit every other.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from course.kit.errors import UserError
from course.kit.language import say


@dataclass(frozen=True)
class Family:
    """One kind of translator.

    Attributes:
        name: what the commands call it.
        unit, exercise: its class is this exercise of this unit.
        title: in English and in Chinese.
        fixed: arguments that make the family what it is.
    """

    name: str
    unit: str
    exercise: str
    title: tuple[str, str]
    fixed: Mapping[str, Any]


FAMILIES = {
    family.name: family
    for family in (
        Family("rnn", "rnn", "RNNSeq2Seq", ("RNN with attention", "带注意力的 RNN"), {}),
        Family(
            "rnn-fixed",
            "rnn",
            "RNNSeq2Seq",
            ("RNN, one fixed-length vector", "RNN（固定长度向量）"),
            {"attention": False},
        ),
        Family("cnn", "cnn", "ConvSeq2Seq", ("CNN", "CNN"), {}),
        Family("transformer", "transformer", "Transformer", ("Transformer", "Transformer"), {}),
    )
}


def family_of(name: str) -> Family:
    """Return a family by its name.

    Raises:
        UserError: there is none of that name.
    """
    if name not in FAMILIES:
        known = ", ".join(FAMILIES)
        raise UserError(
            say(
                f"There is no family {name!r}; the families are: {known}.",
                f"没有名为 {name!r} 的模型；可选：{known}。",
            )
        )
    return FAMILIES[name]


def build(family: str, model_class: type, sizes: Mapping[str, Any]) -> keras.Model:
    """Make a translator and its weights.

    Args:
        family: its name.
        model_class: the exercise's class, the student's or the reference's.
        sizes: the class's arguments.
    """
    model = model_class(**{**family_of(family).fixed, **sizes})
    word = np.array([[4]], "int32")
    model((word, word))  # the first call makes the weights that `build` left out
    return model


def weight_paths(family: str, sizes: Mapping[str, Any]) -> list[str]:
    """Return the paths of a family's weights, as the exercises name their parts."""
    layers = range(sizes.get("num_layers", 0))
    if family in ("rnn", "rnn-fixed"):
        cell = ("kernel", "recurrent_kernel", "bias")
        looks = ("query", "key", "score") if family == "rnn" else ()
        return [
            "encoder.embedding.embeddings",
            *(f"encoder.cell.{name}" for name in cell),
            "decoder.embedding.embeddings",
            *(f"decoder.attention.{name}_projection.kernel" for name in looks),
            *(f"decoder.cell.{name}" for name in cell),
            *_dense("decoder.output_projection"),
        ]
    sides = ("source", "target")
    if family == "cnn":
        blocks = [f"{side}_blocks.{n}" for side in ("encoder", "decoder") for n in layers]
        return [
            *(f"{s}_{kind}.embeddings" for s in sides for kind in ("embedding", "positions")),
            *(path for block in blocks for path in _dense(f"{block}.convolution")),
            *(
                path
                for n in layers
                for name in ("query", "output")
                for path in _dense(f"attentions.{n}.{name}_projection")
            ),
            *_dense("output_projection"),
        ]
    encoder, decoder = ("attention",), ("self_attention", "cross_attention")
    return [
        *(f"{side}_embedding.embeddings" for side in sides),
        *(path for n in layers for path in _layer(f"encoder_layers.{n}", encoder)),
        *(path for n in layers for path in _layer(f"decoder_layers.{n}", decoder)),
        *_dense("output_projection"),
    ]


def _dense(prefix: str) -> list[str]:
    return [f"{prefix}.kernel", f"{prefix}.bias"]


def _layer(prefix: str, attentions: tuple[str, ...]) -> list[str]:
    """Return the weights of a Transformer's layer: attentions, network and normalisations."""
    projections = [
        f"{prefix}.{attention}.{name}_projection"
        for attention in attentions
        for name in ("query", "key", "value", "output")
    ]
    denses = [*projections, f"{prefix}.feed_forward.inner", f"{prefix}.feed_forward.outer"]
    norms = [f"{prefix}.{name}_norm" for name in (*attentions, "feed_forward")]
    return [
        *(path for dense in denses for path in _dense(dense)),
        *(f"{norm}.{name}" for norm in norms for name in ("gamma", "beta")),
    ]


def get_weights(model: Any, paths: list[str]) -> dict[str, np.ndarray]:
    """Return a model's weights by path.

    Raises:
        UserError: a part has another name.
    """
    return {path: keras.ops.convert_to_numpy(_weight(model, path)) for path in paths}


def set_weights(model: Any, weights: Mapping[str, np.ndarray]) -> None:
    """Put weights into a model, by path; Keras's own layers may keep heads and width apart.

    Raises:
        UserError: a part has another name or another size.
    """
    for path, value in weights.items():
        weight = _weight(model, path)
        if math.prod(weight.shape) != value.size:
            raise UserError(
                say(
                    f"{path} has the shape {tuple(weight.shape)}, and {value.shape} is to go in; "
                    "make the model with the sizes that the weights were trained with.",
                    f"{path} 的形状是 {tuple(weight.shape)}，而权重的形状是 {value.shape}；"
                    "请用训练时的尺寸创建模型。",
                )
            )
        weight.assign(np.reshape(value, tuple(weight.shape)).astype("float32"))


def _weight(model: Any, path: str) -> Any:
    owner = model
    try:
        for part in path.split("."):
            owner = owner[int(part)] if part.isdigit() else getattr(owner, part)
    except (AttributeError, IndexError, TypeError):
        raise UserError(
            say(
                f"The model has no {path}; name its parts as the exercise says.",
                f"模型中没有 {path}；请按练习要求命名各部分。",
            )
        ) from None
    return owner
