"""CNN: windows over the sentence, and layers of windows over windows.

A convolution looks at a few neighbouring words at a time. Its windows don't wait for one another,
so all of them are computed side by side; and each further layer lets a word hear of words farther
away. The unit builds the convolutional translator of Gehring et al. 2017: gated convolutions,
padded on the left where the future must stay unseen, and attention from every decoder layer.

Notation: B batch, S source length, T target length, D width of an input, F filters (width of a
layer), K kernel size, V vocabulary size. A mask is boolean and True means "a real token".
"""

import math

import keras
from keras import ops

from course.kit.softmax import masked_softmax
from course.kit.tokens import PAD_ID

__all__ = [
    "receptive_field",
    "gated_linear_unit",
    "CausalConv1D",
    "ConvBlock",
    "ConvAttention",
    "ConvSeq2Seq",
]


def receptive_field(kernel_size, num_layers, dilation=1):
    """Count the inputs that one output can see through stacked convolutions.

    One layer sees K words. Every further layer reaches (K - 1) * dilation words farther.

    Args:
        kernel_size: K, how many inputs a window takes in.
        num_layers: how many layers are stacked; 0 sees the word itself.
        dilation: the distance between neighbouring inputs of a window, the same in each layer.

    Returns:
        An int: the distance between the first and the last input seen, both counted.
    """
    ### BEGIN SOLUTION
    return 1 + num_layers * (kernel_size - 1) * dilation
    ### END SOLUTION


def gated_linear_unit(x):
    """Let one half of the features decide how much of the other half passes: a * sigmoid(b).

    Keras's own `glu` is not allowed here.

    Args:
        x: `(..., 2F)`: a first, then b.

    Returns:
        `(..., F)`.

    Source: Dauphin et al. 2017, "Language Modeling with Gated Convolutional Networks".
    """
    ### BEGIN SOLUTION
    values, gates = ops.split(x, 2, axis=-1)  # (..., 2F) -> two of (..., F)
    return values * ops.sigmoid(gates)
    ### END SOLUTION


@keras.saving.register_keras_serializable(package="course")
class CausalConv1D(keras.layers.Layer):
    """A convolution over time that never sees the future.

    output_t = bias + sum_k input_{t - (K - 1) + k} kernel_k,  k = 0, ..., K - 1

    The last part of the kernel meets the present, those before it the past. Before the first word
    there are zeros, K - 1 of them, so that the output is as long as the input.

    Keras's own convolution layers are not allowed here.

    Args:
        filters: F, the width of the output.
        kernel_size: K, how many inputs a window takes in.

    Call arguments:
        x: `(B, T, D)`.

    Returns:
        `(B, T, F)`; output t depends on the inputs up to and including t.

    Attributes:
        kernel: `(K, D, F)`.
        bias: `(F,)`.

    Source: Gehring et al. 2017, "Convolutional Sequence to Sequence Learning", section 3.2.
    """

    def __init__(self, filters, kernel_size, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size

    def build(self, input_shape):
        ### BEGIN SOLUTION
        self.kernel = self.add_weight(
            shape=(self.kernel_size, input_shape[-1], self.filters),
            initializer="glorot_uniform",
            name="kernel",
        )
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")
        ### END SOLUTION

    def call(self, x):
        ### BEGIN SOLUTION
        padded = ops.pad(x, [[0, 0], [self.kernel_size - 1, 0], [0, 0]])  # (B, K - 1 + T, D)
        output = ops.conv(padded, self.kernel, data_format="channels_last")  # (B, T, F)
        return output + self.bias
        ### END SOLUTION

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
        }


@keras.saving.register_keras_serializable(package="course")
class ConvBlock(keras.layers.Layer):
    """One layer of the translator: convolution, gate, residual.

    output = (x + gated_linear_unit(convolution(x))) * sqrt(0.5)

    The factor keeps the variance of a sum of two what it was, where both had the same. In the
    encoder a window has its word in the middle, with K // 2 words to the right of it; that is a
    causal window read K // 2 steps later. Padding is set to zero before the convolution, so that no
    word can tell how much of it follows.

    Args:
        filters: F, the width of input and output.
        kernel_size: K, how many inputs a window takes in.
        causal: whether a window ends at its word, as in the decoder, or surrounds it.

    Call arguments:
        x: `(B, T, F)`.
        mask: boolean `(B, T)`, True at real words; all are where it is None.

    Returns:
        `(B, T, F)`; at padding anything. A mask that Keras attached to `x` is `mask`, and stays
        attached.

    Attributes:
        convolution: a `CausalConv1D(2 * filters, kernel_size)`.

    Source: Gehring et al. 2017, sections 3.2 and 3.4.
    """

    def __init__(self, filters, kernel_size, causal=False, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.filters = filters
        self.kernel_size = kernel_size
        self.causal = causal
        ### BEGIN SOLUTION
        self.convolution = CausalConv1D(2 * filters, kernel_size)
        ### END SOLUTION

    def build(self, input_shape):
        ### BEGIN SOLUTION
        self.convolution.build(input_shape)
        ### END SOLUTION

    def call(self, x, mask=None):
        ### BEGIN SOLUTION
        if mask is not None:
            x = x * ops.cast(mask, x.dtype)[:, :, None]
        later = 0 if self.causal else self.kernel_size // 2
        windows = self.convolution(ops.pad(x, [[0, 0], [0, later], [0, 0]]))  # (B, T + later, 2F)
        windows = windows[:, later:]  # (B, T, 2F)
        return (x + gated_linear_unit(windows)) * math.sqrt(0.5)
        ### END SOLUTION

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "causal": self.causal,
        }


@keras.saving.register_keras_serializable(package="course")
class ConvAttention(keras.layers.Layer):
    """Attention from one decoder layer to the encoder.

    query_t = state_t W + b + target_embedding_t
    weights_t = softmax_s(query_t · memory_s)
    context_t = (sum_s weights_ts (memory_s + source_embedding_s)) W' + b'

    The query adds the word that was written last; the values add to what the encoder made of a
    word the word itself.

    Keras's own attention layers are not allowed here.

    Args:
        units: E, the width of the embeddings and of the memory.

    Call arguments:
        state: what the decoder's layer has computed, `(B, T, F)`.
        target_embedding: `(B, T, E)`.
        memory: the encoder's outputs, `(B, S, E)`.
        source_embedding: `(B, S, E)`.
        memory_mask: boolean `(B, S)`, True at real source words; all are where it is None.

    Returns:
        `(context, weights)` of shapes `(B, T, F)` and `(B, T, S)`. Masked weights are exactly 0.

    Attributes:
        query_projection: a Dense layer with bias, E wide: W and b.
        output_projection: a Dense layer with bias, F wide: W' and b'.

    Source: Gehring et al. 2017, section 3.3, equations 1 and 2, without the factor for the length
    of the source.
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, state_shape, target_embedding_shape, memory_shape, source_embedding_shape):
        ### BEGIN SOLUTION
        self.query_projection = keras.layers.Dense(self.units)
        self.query_projection.build(state_shape)
        self.output_projection = keras.layers.Dense(state_shape[-1])
        self.output_projection.build(memory_shape)
        ### END SOLUTION

    def call(self, state, target_embedding, memory, source_embedding, memory_mask=None):
        ### BEGIN SOLUTION
        query = self.query_projection(state) + target_embedding  # (B, T, F) -> (B, T, E)
        scores = ops.matmul(query, ops.swapaxes(memory, -1, -2))  # (B, T, S)
        mask = None if memory_mask is None else memory_mask[:, None, :]  # (B, 1, S)
        weights = masked_softmax(scores, mask)
        context = ops.matmul(weights, memory + source_embedding)  # (B, T, E)
        return self.output_projection(context), weights  # (B, T, E) -> (B, T, F)
        ### END SOLUTION

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable(package="course")
class ConvSeq2Seq(keras.Model):
    """The whole convolutional translator.

    Words and their positions are embedded and added. The encoder is a stack of blocks whose
    windows surround a word. The decoder is a stack of causal blocks, each followed by an attention
    of its own: state = (state + context) * sqrt(0.5).

    Args:
        source_vocabulary_size, target_vocabulary_size: the sizes of the two vocabularies.
        filters: F, the width of everything in between.
        kernel_size: K, of every block.
        num_layers: how many blocks the encoder has, and the decoder.
        max_length: how many positions there are vectors for.

    Call arguments:
        inputs: `(source (B, S), target_in (B, T))`, token ids; the target begins with the start
            id and ends before the last word.

    Returns:
        Logits `(B, T, V)`: at t the scores of the word that follows target_in[t].

    Raises:
        ValueError: a sentence is longer than `max_length`.

    Attributes:
        source_embedding, source_positions, target_embedding, target_positions: Embedding layers,
            F wide.
        encoder_blocks, decoder_blocks: lists of `ConvBlock`.
        attentions: a list of `ConvAttention(filters)`, one for each of the decoder's blocks.
        output_projection: a Dense layer with bias, V wide.

    Source: Gehring et al. 2017, section 3.
    """

    def __init__(
        self,
        source_vocabulary_size,
        target_vocabulary_size,
        filters,
        kernel_size,
        num_layers,
        max_length=256,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.source_vocabulary_size = source_vocabulary_size
        self.target_vocabulary_size = target_vocabulary_size
        self.filters = filters
        self.kernel_size = kernel_size
        self.num_layers = num_layers
        self.max_length = max_length
        ### BEGIN SOLUTION
        self.source_embedding = keras.layers.Embedding(source_vocabulary_size, filters)
        self.source_positions = keras.layers.Embedding(max_length, filters)
        self.target_embedding = keras.layers.Embedding(target_vocabulary_size, filters)
        self.target_positions = keras.layers.Embedding(max_length, filters)
        self.encoder_blocks = [ConvBlock(filters, kernel_size) for _ in range(num_layers)]
        self.decoder_blocks = [
            ConvBlock(filters, kernel_size, causal=True) for _ in range(num_layers)
        ]
        self.attentions = [ConvAttention(filters) for _ in range(num_layers)]
        self.output_projection = keras.layers.Dense(target_vocabulary_size)
        ### END SOLUTION

    def build(self, input_shape):
        ### BEGIN SOLUTION
        shape = (None, None, self.filters)
        for embedding in (self.source_embedding, self.target_embedding):
            embedding.build((None, None))
        for positions in (self.source_positions, self.target_positions):
            positions.build((None,))
        for block in (*self.encoder_blocks, *self.decoder_blocks):
            block.build(shape)
        for attention in self.attentions:
            attention.build(shape, shape, shape, shape)
        self.output_projection.build(shape)
        ### END SOLUTION

    def _embed(self, tokens, embedding, positions):
        length = tokens.shape[1]
        if length is not None and length > self.max_length:
            raise ValueError(
                f"The sentence has {length} tokens; there are positions for {self.max_length}."
            )
        return embedding(tokens) + positions(ops.arange(ops.shape(tokens)[1]))

    def encode(self, source):
        """Read the source `(B, S)`; return `(memory, source_embedding, source_mask)`.

        The first two are `(B, S, F)`; the mask is boolean `(B, S)`, True at real words.
        """
        ### BEGIN SOLUTION
        source_mask = ops.not_equal(source, PAD_ID)
        embedded = self._embed(source, self.source_embedding, self.source_positions)  # (B, S, F)
        memory = embedded
        for block in self.encoder_blocks:
            memory = block(memory, mask=source_mask)
        return memory, embedded, source_mask
        ### END SOLUTION

    def decode(self, target_in, memory, return_attention_scores=False):
        """Return logits `(B, T, V)` for the target so far `(B, T)` and what `encode` gave.

        With `return_attention_scores` it is `(logits, [weights (B, T, S) of each layer])`.
        """
        ### BEGIN SOLUTION
        encoded, source_embedding, source_mask = memory
        embedded = self._embed(target_in, self.target_embedding, self.target_positions)  # (B, T, F)
        state, scores = embedded, []
        for block, attention in zip(self.decoder_blocks, self.attentions, strict=True):
            state = block(state)
            context, weights = attention(
                state, embedded, encoded, source_embedding, memory_mask=source_mask
            )
            state = (state + context) * math.sqrt(0.5)
            scores.append(weights)
        logits = self.output_projection(state)  # (B, T, F) -> (B, T, V)
        return (logits, scores) if return_attention_scores else logits
        ### END SOLUTION

    def call(self, inputs, training=None):
        ### BEGIN SOLUTION
        source, target_in = inputs
        return self.decode(target_in, self.encode(source))
        ### END SOLUTION

    def attention_scores(self, source, target_in):
        """Return `{"layer_1": (B, 1, T, S), ...}`, one entry for each of the decoder's layers."""
        ### BEGIN SOLUTION
        _, scores = self.decode(target_in, self.encode(source), return_attention_scores=True)
        return {f"layer_{n}": weights[:, None] for n, weights in enumerate(scores, start=1)}
        ### END SOLUTION

    def get_config(self):
        return {
            **super().get_config(),
            "source_vocabulary_size": self.source_vocabulary_size,
            "target_vocabulary_size": self.target_vocabulary_size,
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "num_layers": self.num_layers,
            "max_length": self.max_length,
        }
