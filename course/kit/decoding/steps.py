"""One step of a translator at a time: the state between two words, for each family.

`model.decode` computes all positions from the beginning. Word by word, that would be the same work
again and again. But in a causal decoder later words change nothing at earlier positions, so that
the results for these can be stored: keys and values in a Transformer, the last inputs of each
window in a convolutional decoder, the state in a recurrent one.

`steps_for` makes a `Steps` for a model. It calls the model's own layers, by the names that the
exercises give them.

Notation: B batch, S source length, D model width, H heads, V vocabulary size, L longest target.
"""

import math
from typing import Any, Protocol

import keras
import numpy as np
from keras import ops

from course.kit.softmax import masked_softmax
from course.kit.tokens import END_ID, PAD_ID, START_ID

State = dict[str, Any]


class Steps(Protocol):
    """The interface of a model that the search needs.

    A state is `{"fixed": ..., "moving": ...}`, nested lists of tensors whose first axis is the
    batch. The fixed ones come from the source, whose length is their second axis; the moving ones
    come from the words so far. From one step to the next every tensor keeps its shape and its
    place.
    """

    def begin(self, source: Any, max_length: int) -> State:
        """Read the source, token ids `(B, S)`; return the state before the first word."""

    def step(self, words: Any, position: int, state: State) -> tuple[Any, State]:
        """Take the word `(B,)` at a position; return logits `(B, V)` of the next, and the state.

        The position is a number, or a tensor of one.
        """


class TransformerSteps:
    """A `Transformer`, whose state is the keys and values of its layers.

    Self-attention at position t has one query, and the keys 0 to t. Keys and values lie in buffers
    `(B, L, H, D/H)` of fixed size, so that every step has the same shapes.
    """

    def __init__(self, model: Any):
        self.model = model

    def begin(self, source: Any, max_length: int) -> State:
        encoded, source_mask = self.model.encode(source)
        fixed, moving = [], []
        for layer in self.model.decoder_layers:
            attention = layer.cross_attention
            keys = _by_head(attention.key_projection(encoded), attention.num_heads)
            values = _by_head(attention.value_projection(encoded), attention.num_heads)
            fixed.append([keys, values])
            shape = (ops.shape(source)[0], max_length, *keys.shape[2:])
            moving.append([ops.zeros(shape, keys.dtype), ops.zeros(shape, values.dtype)])
        return {"fixed": [source_mask, fixed], "moving": moving}

    def step(self, words: Any, position: int, state: State) -> tuple[Any, State]:
        model = self.model
        source_mask, memories = state["fixed"]
        x = model.target_embedding(words[:, None]) * math.sqrt(model.d_model)
        x = x + _position(model, position, state["moving"][0][0].shape[1], x)
        moving = []
        for layer, memory, buffers in zip(
            model.decoder_layers, memories, state["moving"], strict=True
        ):
            attention = layer.self_attention
            here = (ops.arange(buffers[0].shape[1]) == position)[None, :, None, None]
            keys, values = (
                ops.where(here, _by_head(projection(x), attention.num_heads), before)
                for projection, before in zip(
                    (attention.key_projection, attention.value_projection), buffers, strict=True
                )
            )
            moving.append([keys, values])
            past = (ops.arange(keys.shape[1]) <= position)[None]
            x = layer.self_attention_norm(x + _attend(attention, x, keys, values, past))
            output = _attend(layer.cross_attention, x, memory[0], memory[1], source_mask)
            x = layer.cross_attention_norm(x + output)
            x = layer.feed_forward_norm(x + layer.feed_forward(x))
        logits = model.output_projection(x)[:, 0]
        return logits, {"fixed": state["fixed"], "moving": moving}


def _position(model: Any, position: Any, length: int, x: Any) -> Any:
    """Return what the model adds at a position below `length`: a row of its table, `(1, 1, D)`."""
    table = model.positions(ops.zeros((1, length, x.shape[-1]), x.dtype))
    return ops.take(table, ops.reshape(position, (1,)), axis=1)


def _by_head(x: Any, num_heads: int) -> Any:
    """Return `(B, T, D)` as `(B, T, H, D/H)`."""
    return ops.reshape(x, (*ops.shape(x)[:2], num_heads, x.shape[-1] // num_heads))


def _attend(attention: Any, x: Any, keys: Any, values: Any, allowed: Any) -> Any:
    """Attend with one query `(B, 1, D)` to `(B, L, H, D/H)`, where `allowed` `(B, L)` is True."""
    query = _by_head(attention.query_projection(x), attention.num_heads)
    scores = ops.einsum("bthd,bshd->bhts", query * keys.shape[-1] ** -0.5, keys)
    weights = masked_softmax(scores, allowed[:, None, None, :])
    heads = ops.einsum("bhts,bshd->bthd", weights, values)
    return attention.output_projection(ops.reshape(heads, ops.shape(x)))


class RNNSteps:
    """An `RNNSeq2Seq`, whose state is that of its cell."""

    def __init__(self, model: Any):
        self.decoder, self.encode = model.decoder, model.encode

    def begin(self, source: Any, max_length: int) -> State:
        outputs, state, source_mask = self.encode(source)
        return {"fixed": [outputs, source_mask], "moving": [state]}

    def step(self, words: Any, position: int, state: State) -> tuple[Any, State]:
        (outputs, source_mask), [hidden] = state["fixed"], state["moving"]
        decoder = self.decoder
        word = decoder.embedding(words)
        if decoder.attention is None:
            _, [hidden] = decoder.cell(word, [hidden])
            feature = hidden
        else:
            context, _ = decoder.attention(hidden, outputs, keys_mask=source_mask)
            _, [hidden] = decoder.cell(ops.concatenate([word, context], axis=-1), [hidden])
            feature = ops.concatenate([hidden, context], axis=-1)
        return decoder.output_projection(feature), {"fixed": state["fixed"], "moving": [hidden]}


class ConvSteps:
    """A `ConvSeq2Seq`, whose state is the last K - 1 inputs of each of its decoder's blocks.

    Before the first word these are zeros, as in causal padding.
    """

    def __init__(self, model: Any):
        self.model = model

    def begin(self, source: Any, max_length: int) -> State:
        model = self.model
        encoded, source_embedding, source_mask = model.encode(source)
        shape = (ops.shape(source)[0], model.kernel_size - 1, encoded.shape[-1])
        windows = [ops.zeros(shape, encoded.dtype) for _ in model.decoder_blocks]
        return {"fixed": [encoded, source_embedding, source_mask], "moving": windows}

    def step(self, words: Any, position: int, state: State) -> tuple[Any, State]:
        model = self.model
        encoded, source_embedding, source_mask = state["fixed"]
        word = model.target_embedding(words[:, None])
        word = word + model.target_positions(ops.reshape(position, (1,)))[None]
        x, windows = word, []
        for block, attention, before in zip(
            model.decoder_blocks, model.attentions, state["moving"], strict=True
        ):
            window = ops.concatenate([before, x], axis=1)
            windows.append(window[:, 1:])
            x = block(window)[:, -1:]
            context, _ = attention(x, word, encoded, source_embedding, memory_mask=source_mask)
            x = (x + context) * math.sqrt(0.5)
        logits = model.output_projection(x)[:, 0]
        return logits, {"fixed": state["fixed"], "moving": windows}


class PrefixSteps:
    """Any model with `encode` and `decode`: all words so far are decoded again at each step.

    The state, these words, grows from step to step.
    """

    def __init__(self, model: Any):
        self.model = model

    def begin(self, source: Any, max_length: int) -> State:
        nothing = ops.zeros((ops.shape(source)[0], 0), "int32")
        return {"fixed": list(self.model.encode(source)), "moving": [nothing]}

    def step(self, words: Any, position: int, state: State) -> tuple[Any, State]:
        [before] = state["moving"]
        target = ops.concatenate([before, ops.cast(words, "int32")[:, None]], axis=1)
        logits = self.model.decode(target, tuple(state["fixed"]))[:, -1]
        return logits, {"fixed": state["fixed"], "moving": [target]}


def steps_for(model: Any) -> Steps:
    """Return the quickest steps that give the logits of `model.decode`.

    A model whose parts have other names, or work otherwise, is decoded from the beginning at each
    step: slower, but right.
    """
    for family, mark in (
        (TransformerSteps, "decoder_layers"),
        (ConvSteps, "decoder_blocks"),
        (RNNSteps, "decoder"),
    ):
        if hasattr(model, mark) and _agrees(model, family(model)):
            return family(model)
    return PrefixSteps(model)


def _agrees(model: Any, steps: Steps) -> bool:
    """Whether steps give the logits of `model.decode`, on a small batch with padding."""
    source = np.array([[4, 5, 6, END_ID], [5, END_ID, PAD_ID, PAD_ID]], "int32")
    target = np.array([[START_ID, 4, 5, 6, 4], [START_ID, 6, 6, 5, 5]], "int32")
    source, target = ops.convert_to_tensor(source), ops.convert_to_tensor(target)
    right = ops.convert_to_numpy(model.decode(target, model.encode(source)))
    try:
        state = steps.begin(source, target.shape[1])
        answers = []
        for position in range(target.shape[1]):
            logits, state = steps.step(target[:, position], position, state)
            answers.append(ops.convert_to_numpy(logits))
    except Exception:  # a model without these parts may raise anything
        return False
    half = keras.backend.standardize_dtype(right.dtype) in ("float16", "bfloat16")
    tolerance = 5e-2 if half else 1e-3
    return np.allclose(np.stack(answers, axis=1), right, rtol=tolerance, atol=tolerance)
