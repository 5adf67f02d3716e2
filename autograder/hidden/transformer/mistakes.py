"""Known mistakes of the Transformer unit. Read as text, never imported by the grader."""

import math

import keras
from keras import ops

from autograder.grading.mistakes import mistake
from course.kit.parts import causal_mask
from course.kit.tokens import PAD_ID
from solutions.transformer import DecoderLayer, EncoderLayer, FeedForward, Transformer


@mistake(
    "no-relu",
    caught_by="values",
    title=("the ReLU is missing", "缺少 ReLU"),
    hint=(
        "Two linear layers without anything in between are one linear layer.",
        "两个线性层之间什么都没有，就等于一个线性层。",
    ),
)
class FeedForward(FeedForward):
    def call(self, x):
        kernel, bias = self.inner.kernel, self.inner.bias
        return self.outer(ops.matmul(x, kernel) + bias)


@mistake(
    "relu-at-the-end-too",
    caught_by="values",
    title=("the output goes through a ReLU too", "输出也经过了 ReLU"),
    hint=(
        "The output has to be able to lower a number as well as to raise it.",
        "输出既要能调高，也要能调低。",
    ),
)
class FeedForward(FeedForward):
    def call(self, x):
        return ops.relu(self.outer(self.inner(x)))


@mistake(
    "residual-inside",
    caught_by="values",
    title=("x is added inside the network", "在网络内部加上了 x"),
    hint=(
        "The residual stands in the layer around it; here it would count twice.",
        "残差在外面那一层里；放在这里就加了两次。",
    ),
)
class FeedForward(FeedForward):
    def call(self, x):
        return x + self.outer(self.inner(x))


@mistake(
    "one-dense",
    caught_by="weights",
    title=("one Dense layer only", "只有一个 Dense 层"),
    hint=("First wide, then back: that takes two matrices.", "先变宽再变回来：需要两个矩阵。"),
)
class FeedForward(FeedForward):
    def __init__(self, d_model, d_ff, **kwargs):
        super().__init__(d_model, d_ff, **kwargs)
        self.outer = keras.layers.Identity()
        self.inner = keras.layers.Dense(d_model, activation="relu")

    def build(self, input_shape):
        self.inner.build(input_shape)

    def call(self, x):
        return self.inner(x)


def looked(layer, x, mask=None, training=None):
    """What the reference's encoder layer sees of its words."""
    attention_mask = None if mask is None else mask[:, None, :]
    return layer.attention(query=x, value=x, attention_mask=attention_mask, training=training)


def encoded(layer, x, seen, training=None):
    """The rest of the reference's encoder layer."""
    x = layer.attention_norm(x + layer.dropout_layer(seen, training=training))
    thought = layer.feed_forward(x)
    return layer.feed_forward_norm(x + layer.dropout_layer(thought, training=training))


@mistake(
    "norm-before-the-sub-layer",
    caught_by="values",
    title=("normalised before each sub-layer", "归一化放在了子层之前"),
    hint=(
        "The paper normalises the sum; what you wrote is called pre-norm, and came later.",
        "论文是对相加的结果归一化；你写的是后来才有的 pre-norm。",
    ),
)
class EncoderLayer(EncoderLayer):
    def call(self, x, mask=None, training=None):
        x = x + looked(self, self.attention_norm(x), mask)
        return x + self.feed_forward(self.feed_forward_norm(x))


@mistake(
    "no-residual",
    caught_by="values",
    title=("the sub-layer's input is not added", "没有加上子层的输入"),
    hint=(
        "A sub-layer adds to its input, then comes the norm: LayerNorm(x + ...).",
        "子层在输入上做加法，再归一化：LayerNorm(x + ……)。",
    ),
)
class EncoderLayer(EncoderLayer):
    def call(self, x, mask=None, training=None):
        x = self.attention_norm(looked(self, x, mask))
        return self.feed_forward_norm(self.feed_forward(x))


@mistake(
    "residual-after-the-norm",
    caught_by="values",
    title=("added after the norm, not before", "先归一化再相加"),
    hint=(
        "What is normalised is the sum, not the sub-layer's output.",
        "要归一化的是和，而不是子层的输出。",
    ),
)
class EncoderLayer(EncoderLayer):
    def call(self, x, mask=None, training=None):
        x = x + self.attention_norm(looked(self, x, mask))
        return x + self.feed_forward_norm(self.feed_forward(x))


@mistake(
    "one-norm-for-both",
    caught_by="values",
    title=("the same normalisation is used twice", "两处用了同一个归一化层"),
    hint=(
        "Each sum has a normalisation of its own, with weights of its own.",
        "每次相加之后都有自己的归一化层和权重。",
    ),
)
class EncoderLayer(EncoderLayer):
    def call(self, x, mask=None, training=None):
        x = self.attention_norm(x + looked(self, x, mask))
        return self.attention_norm(x + self.feed_forward(x))


@mistake(
    "mask-ignored",
    caught_by="mask",
    title=("mask is accepted, but not used", "接收了 mask 却没有使用"),
    hint=(
        "Follow the mask from the arguments to the attention.",
        "从参数一路跟到注意力，看 mask 去了哪里。",
    ),
)
class EncoderLayer(EncoderLayer):
    def call(self, x, mask=None, training=None):
        return encoded(self, x, looked(self, x), training)


@mistake(
    "mask-inverted",
    caught_by="mask",
    title=("True was read as padding", "把 True 当成了填充"),
    hint=("In this course True means: a real token.", "在本课程里，True 表示真实的词。"),
)
class EncoderLayer(EncoderLayer):
    def call(self, x, mask=None, training=None):
        mask = None if mask is None else ops.logical_not(mask)
        return encoded(self, x, looked(self, x, mask), training)


@mistake(
    "mask-over-the-queries",
    caught_by="mask",
    title=("the mask hides queries, not keys", "掩码用在了查询上，而不是键上"),
    hint=(
        "(B, T, S): the last axis says who may be looked at.",
        "(B, T, S)：最后一个轴表示可以看谁。",
    ),
)
class EncoderLayer(EncoderLayer):
    def call(self, x, mask=None, training=None):
        attention_mask = None if mask is None else mask[:, :, None]
        seen = self.attention(query=x, value=x, attention_mask=attention_mask)
        return encoded(self, x, seen, training)


@mistake(
    "causal-encoder",
    caught_by="values",
    title=("the encoder can't look ahead", "编码器看不到后面的词"),
    hint=(
        "The source is known as a whole: every word may look at every other.",
        "源句整句已知：每个词都可以看所有的词。",
    ),
)
class EncoderLayer(EncoderLayer):
    def call(self, x, mask=None, training=None):
        may_see = causal_mask(ops.shape(x)[1])
        if mask is not None:
            may_see = ops.logical_and(may_see, mask[:, None, :])
        seen = self.attention(query=x, value=x, attention_mask=may_see)
        return encoded(self, x, seen, training)


@mistake(
    "dropout-always-on",
    caught_by="inference",
    title=("dropout works outside of training too", "不在训练时 dropout 也起作用"),
    hint=(
        "Whether anything is dropped is for the caller to say: hand training on.",
        "是否丢弃由调用者决定：把 training 传下去。",
    ),
)
class EncoderLayer(EncoderLayer):
    def call(self, x, mask=None, training=None):
        return encoded(self, x, looked(self, x, mask), True)


@mistake(
    "dropout-after-the-norm",
    caught_by="dropout",
    title=("dropped after the norm", "在归一化之后才丢弃"),
    hint=(
        "It is the sub-layer's output that is dropped, before it is added.",
        "丢弃的是子层的输出，在相加之前。",
    ),
)
class EncoderLayer(EncoderLayer):
    def call(self, x, mask=None, training=None):
        x = self.attention_norm(x + looked(self, x, mask))
        x = self.dropout_layer(x, training=training)
        x = self.feed_forward_norm(x + self.feed_forward(x))
        return self.dropout_layer(x, training=training)


def decoded(layer, target, memory, may_see, memory_mask, training=None, scores_too=False):
    """The reference's decoder layer under a given mask for its own words."""
    seen = layer.self_attention(query=target, value=target, attention_mask=may_see)
    x = layer.self_attention_norm(target + layer.dropout_layer(seen, training=training))
    found, scores = layer.cross_attention(
        query=x,
        value=memory,
        attention_mask=None if memory_mask is None else memory_mask[:, None, :],
        return_attention_scores=True,
    )
    x = layer.cross_attention_norm(x + layer.dropout_layer(found, training=training))
    thought = layer.feed_forward(x)
    x = layer.feed_forward_norm(x + layer.dropout_layer(thought, training=training))
    return (x, scores) if scores_too else x


def past(target, target_mask=None):
    may_see = causal_mask(ops.shape(target)[1])
    if target_mask is None:
        return may_see
    return ops.logical_and(may_see, target_mask[:, None, :])


@mistake(
    "future-seen",
    caught_by="future",
    title=("the causal mask is missing", "缺少因果掩码"),
    hint=(
        "While it writes, the decoder knows only what it has written.",
        "解码器写到哪里，就只知道哪里之前的词。",
    ),
)
class DecoderLayer(DecoderLayer):
    def call(
        self,
        target,
        memory,
        target_mask=None,
        memory_mask=None,
        training=None,
        return_attention_scores=False,
    ):
        mask = None if target_mask is None else target_mask[:, None, :]
        return decoded(self, target, memory, mask, memory_mask, training, return_attention_scores)


@mistake(
    "strictly-causal",
    caught_by="values",
    title=("a word can't see itself", "词看不到自己"),
    hint=(
        "Position t may see the positions up to and including t.",
        "位置 t 可以看到 t 及之前的位置。",
    ),
)
class DecoderLayer(DecoderLayer):
    def call(
        self,
        target,
        memory,
        target_mask=None,
        memory_mask=None,
        training=None,
        return_attention_scores=False,
    ):
        length = ops.shape(target)[1]
        place = ops.arange(length)
        may_see = (place[:, None] > place[None, :])[None]
        return decoded(
            self, target, memory, may_see, memory_mask, training, return_attention_scores
        )


@mistake(
    "causal-mask-turned",
    caught_by="values",
    title=("words see the future and not the past", "看到了未来，看不到过去"),
    hint=(
        "The row is the query: it may see the columns to its left.",
        "行是查询：它可以看左边的列。",
    ),
)
class DecoderLayer(DecoderLayer):
    def call(
        self,
        target,
        memory,
        target_mask=None,
        memory_mask=None,
        training=None,
        return_attention_scores=False,
    ):
        may_see = ops.swapaxes(past(target, target_mask), 1, 2)
        return decoded(
            self, target, memory, may_see, memory_mask, training, return_attention_scores
        )


@mistake(
    "padding-forgotten-beside-the-future",
    caught_by="target_mask",
    title=("target_mask is not used", "没有使用 target_mask"),
    hint=(
        "Two conditions, one mask: not later, and no padding.",
        "两个条件合成一个掩码：不在后面，且不是填充。",
    ),
)
class DecoderLayer(DecoderLayer):
    def call(
        self,
        target,
        memory,
        target_mask=None,
        memory_mask=None,
        training=None,
        return_attention_scores=False,
    ):
        may_see = past(target)
        return decoded(
            self, target, memory, may_see, memory_mask, training, return_attention_scores
        )


@mistake(
    "target-mask-for-the-memory",
    caught_by="target_mask",
    title=("the target's mask hides the source", "用目标句的掩码去掩盖源句"),
    hint=("Whose words are the keys of the second attention?", "第二个注意力的键是谁的词？"),
)
class DecoderLayer(DecoderLayer):
    def call(
        self,
        target,
        memory,
        target_mask=None,
        memory_mask=None,
        training=None,
        return_attention_scores=False,
    ):
        may_see = past(target, target_mask)
        return decoded(
            self, target, memory, may_see, target_mask, training, return_attention_scores
        )


@mistake(
    "memory-mask-ignored",
    caught_by="memory_mask",
    title=("memory_mask is not used", "没有使用 memory_mask"),
    hint=("Padding in the source should get no weight.", "源句里的填充不应得到权重。"),
)
class DecoderLayer(DecoderLayer):
    def call(
        self,
        target,
        memory,
        target_mask=None,
        memory_mask=None,
        training=None,
        return_attention_scores=False,
    ):
        may_see = past(target, target_mask)
        return decoded(self, target, memory, may_see, None, training, return_attention_scores)


@mistake(
    "source-never-looked-at",
    caught_by="values",
    title=("the second attention looks at the target again", "第二个注意力又看了目标句"),
    hint=(
        "The keys and values of the second attention are the memory.",
        "第二个注意力的键和值来自 memory。",
    ),
)
class DecoderLayer(DecoderLayer):
    def call(
        self,
        target,
        memory,
        target_mask=None,
        memory_mask=None,
        training=None,
        return_attention_scores=False,
    ):
        seen = self.self_attention(
            query=target, value=target, attention_mask=past(target, target_mask)
        )
        x = self.self_attention_norm(target + seen)
        found, scores = self.cross_attention(
            query=x, value=x, attention_mask=past(target), return_attention_scores=True
        )
        x = self.cross_attention_norm(x + found)
        x = self.feed_forward_norm(x + self.feed_forward(x))
        return (x, scores) if return_attention_scores else x


@mistake(
    "source-before-target",
    caught_by="values",
    title=("it looks at the source first, then at its own words", "先看源句，再看自己的词"),
    hint=("First the words written so far, then the source.", "先看已写出的词，再看源句。"),
)
class DecoderLayer(DecoderLayer):
    def call(
        self,
        target,
        memory,
        target_mask=None,
        memory_mask=None,
        training=None,
        return_attention_scores=False,
    ):
        mask = None if memory_mask is None else memory_mask[:, None, :]
        found, scores = self.cross_attention(
            query=target, value=memory, attention_mask=mask, return_attention_scores=True
        )
        x = self.cross_attention_norm(target + found)
        seen = self.self_attention(query=x, value=x, attention_mask=past(x, target_mask))
        x = self.self_attention_norm(x + seen)
        x = self.feed_forward_norm(x + self.feed_forward(x))
        return (x, scores) if return_attention_scores else x


@mistake(
    "dropout-always-on-in-the-decoder",
    caught_by="inference",
    title=("dropout works outside of training too", "不在训练时 dropout 也起作用"),
    hint=(
        "Whether anything is dropped is for the caller to say: hand training on.",
        "是否丢弃由调用者决定：把 training 传下去。",
    ),
)
class DecoderLayer(DecoderLayer):
    def call(
        self,
        target,
        memory,
        target_mask=None,
        memory_mask=None,
        training=None,
        return_attention_scores=False,
    ):
        may_see = past(target, target_mask)
        return decoded(self, target, memory, may_see, memory_mask, True, return_attention_scores)


def read(model, source, factor, positions=True, layers=None, mask=None, training=None):
    """The reference's encoder with its parts exchanged."""
    source_mask = ops.not_equal(source, PAD_ID)
    x = model.source_embedding(source) * factor
    x = model.positions(x, training=training) if positions else x
    for layer in model.encoder_layers[:layers]:
        x = layer(x, mask=source_mask if mask is None else None, training=training)
    return x, source_mask


def write(model, target_in, memory, factor, positions=True, masked=True, scores_too=False):
    """The reference's decoder with its parts exchanged."""
    encoded, source_mask = memory
    x = model.target_embedding(target_in) * factor
    x = model.positions(x) if positions else x
    scores = []
    for layer in model.decoder_layers:
        x, weights = layer(
            x,
            encoded,
            target_mask=ops.not_equal(target_in, PAD_ID),
            memory_mask=source_mask if masked else ops.ones_like(source_mask),
            return_attention_scores=True,
        )
        scores.append(weights)
    logits = model.output_projection(x)
    return (logits, scores) if scores_too else logits


@mistake(
    "embedding-not-scaled",
    caught_by="values",
    title=("embeddings are not multiplied by sqrt(D)", "词嵌入没有乘以 sqrt(D)"),
    hint=(
        "Without its factor the word is drowned by its position.",
        "没有这个系数，词会被位置盖过。",
    ),
)
class Transformer(Transformer):
    def encode(self, source, training=None):
        return read(self, source, 1.0)

    def decode(self, target_in, memory, training=None, return_attention_scores=False):
        return write(self, target_in, memory, 1.0, scores_too=return_attention_scores)


@mistake(
    "embedding-scaled-by-width",
    caught_by="values",
    title=("embeddings are multiplied by D", "词嵌入乘以了 D"),
    hint=("It is the root of the width that scales.", "系数是宽度的平方根。"),
)
class Transformer(Transformer):
    def encode(self, source, training=None):
        return read(self, source, float(self.d_model))

    def decode(self, target_in, memory, training=None, return_attention_scores=False):
        return write(
            self, target_in, memory, float(self.d_model), scores_too=return_attention_scores
        )


@mistake(
    "source-without-positions",
    caught_by="values",
    title=("the source gets no positions", "源句没有加位置"),
    hint=("Both sides need to know where a word stands.", "两边都需要知道词在哪里。"),
)
class Transformer(Transformer):
    def encode(self, source, training=None):
        return read(self, source, math.sqrt(self.d_model), positions=False)


@mistake(
    "target-without-positions",
    caught_by="values",
    title=("the target gets no positions", "目标句没有加位置"),
    hint=("Both sides need to know where a word stands.", "源句和目标句都需要位置。"),
)
class Transformer(Transformer):
    def decode(self, target_in, memory, training=None, return_attention_scores=False):
        return write(
            self,
            target_in,
            memory,
            math.sqrt(self.d_model),
            positions=False,
            scores_too=return_attention_scores,
        )


@mistake(
    "encoder-skipped",
    caught_by="values",
    title=("the embeddings are taken for the memory", "把词嵌入直接当成了 memory"),
    hint=("The source goes through all encoder layers first.", "源句要先经过所有编码层。"),
)
class Transformer(Transformer):
    def encode(self, source, training=None):
        return read(self, source, math.sqrt(self.d_model), layers=0)


@mistake(
    "encoder-without-padding-mask",
    caught_by="padding",
    title=("the encoder layers get no mask", "编码层没有得到掩码"),
    hint=(
        "Both the encoder and the decoder have to be told of padding in the source.",
        "编码器和解码器都要知道源句的填充。",
    ),
)
class Transformer(Transformer):
    def encode(self, source, training=None):
        return read(self, source, math.sqrt(self.d_model), mask=False)


@mistake(
    "decoder-attends-to-padding",
    caught_by="padding",
    title=("the decoder layers attend to padding", "解码层关注了填充"),
    hint=(
        "The memory's last item tells which source words are real.",
        "memory 的最后一项说明哪些源词是真实的。",
    ),
)
class Transformer(Transformer):
    def decode(self, target_in, memory, training=None, return_attention_scores=False):
        return write(
            self,
            target_in,
            memory,
            math.sqrt(self.d_model),
            masked=False,
            scores_too=return_attention_scores,
        )


@mistake(
    "probabilities-in-place-of-logits",
    caught_by="values",
    title=("softmax is applied to the logits", "对 logits 做了 softmax"),
    hint=(
        "The loss and the search take logits; the softmax is theirs.",
        "损失和搜索需要的是 logits；softmax 由它们来做。",
    ),
)
class Transformer(Transformer):
    def decode(self, target_in, memory, training=None, return_attention_scores=False):
        answer = write(
            self, target_in, memory, math.sqrt(self.d_model), scores_too=return_attention_scores
        )
        if return_attention_scores:
            return ops.softmax(answer[0]), answer[1]
        return ops.softmax(answer)
