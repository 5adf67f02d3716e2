"""Known mistakes of the CNN unit. Read as text, never imported by the grader."""

import math

from keras import ops

from autograder.grading.mistakes import mistake
from course.kit.softmax import masked_softmax
from course.kit.tokens import PAD_ID
from solutions.cnn import (
    CausalConv1D,
    ConvAttention,
    ConvBlock,
    ConvSeq2Seq,
    gated_linear_unit,
    receptive_field,
)


@mistake(
    "the-word-itself-not-counted",
    caught_by="values",
    title=("the word itself is not counted", "没有数上自己"),
    hint=(
        "Without any layer a word sees itself: that is one already.",
        "一层也没有时，词也看得到自己：这已经是一个。",
    ),
)
def receptive_field(kernel_size, num_layers, dilation=1):
    return num_layers * (kernel_size - 1) * dilation


@mistake(
    "kernel-times-layers",
    caught_by="values",
    title=("kernel size times layers", "用窗口大小乘以层数"),
    hint=(
        "The windows of the next layer overlap: each layer adds K - 1 words, not K.",
        "下一层的窗口彼此重叠：每层增加 K - 1 个词，而不是 K 个。",
    ),
)
def receptive_field(kernel_size, num_layers, dilation=1):
    return kernel_size * num_layers * dilation


@mistake(
    "dilation-ignored",
    caught_by="dilation",
    title=("dilation is not used", "没有用到 dilation"),
    hint=(
        "With gaps in the window, its K inputs reach (K - 1) * dilation words.",
        "窗口中有空隙时，K 个输入跨越 (K - 1) * dilation 个词。",
    ),
)
def receptive_field(kernel_size, num_layers, dilation=1):
    return 1 + num_layers * (kernel_size - 1)


@mistake(
    "halves-swapped",
    caught_by="values",
    title=("the first half gates the second", "用前一半去控制后一半"),
    hint=(
        "The second half goes through the sigmoid, and decides what passes of the first.",
        "经过 sigmoid 的是后一半，它决定前一半通过多少。",
    ),
)
def gated_linear_unit(x):
    gates, values = ops.split(x, 2, axis=-1)
    return values * ops.sigmoid(gates)


@mistake(
    "tanh-gate",
    caught_by="values",
    title=("the gate is a tanh", "门用了 tanh"),
    hint=("A gate is open or shut, from 0 to 1.", "门的取值在 0 到 1 之间。"),
)
def gated_linear_unit(x):
    values, gates = ops.split(x, 2, axis=-1)
    return values * ops.tanh(gates)


@mistake(
    "values-squashed-too",
    caught_by="values",
    title=("the values go through a tanh", "值也经过了 tanh"),
    hint=(
        "The unit is called linear for its values: they pass as they are, times the gate.",
        "之所以叫“线性”，是因为值不经变换，只乘以门。",
    ),
)
def gated_linear_unit(x):
    values, gates = ops.split(x, 2, axis=-1)
    return ops.tanh(values) * ops.sigmoid(gates)


@mistake(
    "every-other-feature",
    caught_by="values",
    title=("values and gates alternate", "值和门交错排列"),
    hint=(
        "The features are cut in the middle: all values first, then all gates.",
        "特征从中间切开：先是全部的值，再是全部的门。",
    ),
)
def gated_linear_unit(x):
    return x[..., 0::2] * ops.sigmoid(x[..., 1::2])


def windows(layer, x, before, after=0):
    padded = ops.pad(x, [[0, 0], [before, after], [0, 0]])
    return ops.conv(padded, layer.kernel, data_format="channels_last") + layer.bias


@mistake(
    "same-padding",
    caught_by="values",
    title=("the window surrounds its word", "窗口居中（'same' 填充）"),
    hint=(
        "Half of such a window lies in the future. All zeros belong in front.",
        "这样的窗口有一半在未来。零应全部补在前面。",
    ),
)
class CausalConv1D(CausalConv1D):
    def call(self, x):
        before = (self.kernel_size - 1) // 2
        return windows(self, x, before, self.kernel_size - 1 - before)


@mistake(
    "padded-on-the-right",
    caught_by="values",
    title=("the zeros stand behind the sentence", "零补在了句子后面"),
    hint=(
        "Output t is to see the past: which side lacks words for the first window?",
        "输出 t 要看过去：第一个窗口缺的是哪一侧的词？",
    ),
)
class CausalConv1D(CausalConv1D):
    def call(self, x):
        return windows(self, x, 0, self.kernel_size - 1)


@mistake(
    "strictly-past",
    caught_by="values",
    title=("the present word is not seen", "看不到当前的词"),
    hint=(
        "Causal means up to and including now; count the zeros in front once more.",
        "因果指“直到当前”，包含当前；再数一下前面的零。",
    ),
)
class CausalConv1D(CausalConv1D):
    def call(self, x):
        return windows(self, x, self.kernel_size)[:, : ops.shape(x)[1]]


@mistake(
    "kernel-turned-around",
    caught_by="values",
    title=("the kernel runs backwards in time", "卷积核在时间上反了"),
    hint=("The last part of the kernel meets the present word.", "卷积核的最后一段对应当前的词。"),
)
class CausalConv1D(CausalConv1D):
    def call(self, x):
        padded = ops.pad(x, [[0, 0], [self.kernel_size - 1, 0], [0, 0]])
        kernel = ops.flip(ops.convert_to_tensor(self.kernel), axis=0)
        return ops.conv(padded, kernel, data_format="channels_last") + self.bias


@mistake(
    "bias-forgotten",
    caught_by="values",
    title=("the bias is made and never added", "创建了偏置却没有加上"),
    hint=(
        "Every weight that is made has a place in the equation.",
        "每个创建的权重在公式里都有位置。",
    ),
)
class CausalConv1D(CausalConv1D):
    def call(self, x):
        return windows(self, x, self.kernel_size - 1) - self.bias  # windows() adds it


def gated(layer, x, mask=None, causal=None):
    """The gate's output in the reference's block."""
    causal = layer.causal if causal is None else causal
    later = 0 if causal else layer.kernel_size // 2
    seen = layer.convolution(ops.pad(x, [[0, 0], [0, later], [0, 0]]))[:, later:]
    return gated_linear_unit(seen)


def silenced(x, mask):
    return x if mask is None else x * ops.cast(mask, x.dtype)[:, :, None]


@mistake(
    "no-residual",
    caught_by="values",
    title=("the block's input is not added", "没有加上块的输入"),
    hint=(
        "A block adds to what comes in; it doesn't replace it.",
        "块是在输入上做加法，而不是取代它。",
    ),
)
class ConvBlock(ConvBlock):
    def call(self, x, mask=None):
        return gated(self, silenced(x, mask)) * math.sqrt(0.5)


@mistake(
    "not-rescaled",
    caught_by="values",
    title=("the factor sqrt(0.5) is missing", "缺少系数 sqrt(0.5)"),
    hint=(
        "A sum of two has twice the variance: what brings it back?",
        "两项之和的方差加倍：用什么把它拉回来？",
    ),
)
class ConvBlock(ConvBlock):
    def call(self, x, mask=None):
        x = silenced(x, mask)
        return x + gated(self, x)


@mistake(
    "halved",
    caught_by="values",
    title=("multiplied by 0.5 in place of its root", "乘以 0.5，而不是它的平方根"),
    hint=(
        "It is the variance that doubles; the typical size grows with its root.",
        "加倍的是方差，典型大小按平方根增长。",
    ),
)
class ConvBlock(ConvBlock):
    def call(self, x, mask=None):
        x = silenced(x, mask)
        return (x + gated(self, x)) * 0.5


@mistake(
    "padding-seen",
    caught_by="mask",
    title=("padding goes into the convolution", "填充进入了卷积"),
    hint=(
        "The last real words have padding in their windows: set it to zero first.",
        "最后几个真实词的窗口里有填充：先把它置零。",
    ),
)
class ConvBlock(ConvBlock):
    def call(self, x, mask=None):
        return (x + gated(self, x)) * math.sqrt(0.5)


@mistake(
    "always-centred",
    caught_by="causal",
    title=("causal is not used: windows are centred", "没有用 causal：窗口总是居中"),
    hint=("In the decoder a window ends at its word.", "在解码器里，窗口以当前词结束。"),
)
class ConvBlock(ConvBlock):
    def call(self, x, mask=None):
        x = silenced(x, mask)
        return (x + gated(self, x, causal=False)) * math.sqrt(0.5)


@mistake(
    "always-causal",
    caught_by="values",
    title=("windows end at their word in the encoder too", "编码器里的窗口也只看过去"),
    hint=(
        "The encoder may look ahead: half of its window lies to the right.",
        "编码器可以向后看：窗口的一半在右侧。",
    ),
)
class ConvBlock(ConvBlock):
    def call(self, x, mask=None):
        x = silenced(x, mask)
        return (x + gated(self, x, causal=True)) * math.sqrt(0.5)


def attended(layer, query, keys, values, mask, scale=1.0):
    scores = ops.matmul(query, ops.swapaxes(keys, -1, -2)) * scale
    weights = masked_softmax(scores, None if mask is None else mask[:, None, :])
    return layer.output_projection(ops.matmul(weights, values)), weights


@mistake(
    "written-word-not-in-the-query",
    caught_by="values",
    title=("the target embedding is not added", "没有加上目标词嵌入"),
    hint=(
        "The query is what the layer computed plus the word that was written last.",
        "查询由该层的状态和最近写出的词相加而成。",
    ),
)
class ConvAttention(ConvAttention):
    def call(self, state, target_embedding, memory, source_embedding, memory_mask=None):
        query = self.query_projection(state)
        return attended(self, query, memory, memory + source_embedding, memory_mask)


@mistake(
    "values-without-the-words",
    caught_by="values",
    title=("the source embedding is not added to the values", "值里没有加源词嵌入"),
    hint=(
        "What is fetched is the encoder's output together with the word itself.",
        "取出的是编码器输出加上词本身。",
    ),
)
class ConvAttention(ConvAttention):
    def call(self, state, target_embedding, memory, source_embedding, memory_mask=None):
        query = self.query_projection(state) + target_embedding
        return attended(self, query, memory, memory, memory_mask)


@mistake(
    "keys-with-the-words",
    caught_by="values",
    title=("the source embedding is added to the keys too", "键里也加了源词嵌入"),
    hint=("The query is compared with the encoder's output alone.", "查询只与编码器输出比较。"),
)
class ConvAttention(ConvAttention):
    def call(self, state, target_embedding, memory, source_embedding, memory_mask=None):
        query = self.query_projection(state) + target_embedding
        both = memory + source_embedding
        return attended(self, query, both, both, memory_mask)


@mistake(
    "scaled-dot-products",
    caught_by="values",
    title=("the scores are divided by sqrt(E)", "分数除以了 sqrt(E)"),
    hint=(
        "That scale is the Transformer's; this paper takes the inner products as they are.",
        "那是 Transformer 的缩放；这篇论文直接用内积。",
    ),
)
class ConvAttention(ConvAttention):
    def call(self, state, target_embedding, memory, source_embedding, memory_mask=None):
        query = self.query_projection(state) + target_embedding
        scale = memory.shape[-1] ** -0.5
        return attended(self, query, memory, memory + source_embedding, memory_mask, scale)


@mistake(
    "mask-ignored",
    caught_by="mask",
    title=("memory_mask is accepted, but not used", "接收了 memory_mask 却没有使用"),
    hint=("Padding in the source should get no weight.", "源句里的填充不应得到权重。"),
)
class ConvAttention(ConvAttention):
    def call(self, state, target_embedding, memory, source_embedding, memory_mask=None):
        query = self.query_projection(state) + target_embedding
        return attended(self, query, memory, memory + source_embedding, None)


@mistake(
    "context-not-projected",
    caught_by="values",
    title=("the output projection is not used", "没有使用输出投影"),
    hint=("The context has to become as wide as the state.", "上下文要变得和状态一样宽。"),
)
class ConvAttention(ConvAttention):
    def call(self, state, target_embedding, memory, source_embedding, memory_mask=None):
        query = self.query_projection(state) + target_embedding
        scores = ops.matmul(query, ops.swapaxes(memory, -1, -2))
        mask = None if memory_mask is None else memory_mask[:, None, :]
        weights = masked_softmax(scores, mask)
        return ops.matmul(weights, memory + source_embedding), weights


@mistake(
    "no-positions",
    caught_by="values",
    title=("the position vectors are not added", "没有加位置向量"),
    hint=(
        "Attention from the decoder doesn't know where a word stands: its vector has to say.",
        "解码器的注意力不知道词在哪里：要由词向量告诉它。",
    ),
)
class ConvSeq2Seq(ConvSeq2Seq):
    def _embed(self, tokens, embedding, positions):
        return embedding(tokens)


@mistake(
    "positions-from-one",
    caught_by="values",
    title=("positions count from 1", "位置从 1 开始数"),
    hint=("The first word gets row 0 of the table.", "第一个词用表的第 0 行。"),
)
class ConvSeq2Seq(ConvSeq2Seq):
    def _embed(self, tokens, embedding, positions):
        if tokens.shape[1] is not None and tokens.shape[1] > self.max_length:
            raise ValueError("too long")
        places = ops.arange(1, ops.shape(tokens)[1] + 1)
        return embedding(tokens) + positions(places)


@mistake(
    "encoder-ignores-padding",
    caught_by="padding",
    title=("the encoder's blocks get no mask", "编码器的块没有得到掩码"),
    hint=(
        "A block can only silence padding that it is told of.",
        "要告诉块哪些是填充，它才能置零。",
    ),
)
class ConvSeq2Seq(ConvSeq2Seq):
    def encode(self, source):
        source_mask = ops.not_equal(source, PAD_ID)
        embedded = self._embed(source, self.source_embedding, self.source_positions)
        memory = embedded
        for block in self.encoder_blocks:
            memory = block(memory)
        return memory, embedded, source_mask


@mistake(
    "decoder-sees-the-future",
    caught_by="future",
    title=("the decoder's blocks are not causal", "解码器的块不是因果的"),
    hint=(
        "A decoder that sees the next word has nothing to guess.",
        "看得到下一个词的解码器就没什么可猜的了。",
    ),
)
class ConvSeq2Seq(ConvSeq2Seq):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.decoder_blocks = [
            ConvBlock(self.filters, self.kernel_size) for _ in range(self.num_layers)
        ]


def decoded(model, target_in, memory, combine, layers=None):
    encoded, source_embedding, source_mask = memory
    embedded = model._embed(target_in, model.target_embedding, model.target_positions)
    state = embedded
    for number, (block, attention) in enumerate(
        zip(model.decoder_blocks, model.attentions, strict=True)
    ):
        state = block(state)
        context, _ = attention(state, embedded, encoded, source_embedding, memory_mask=source_mask)
        if layers is None or number in layers:
            state = combine(state, context)
    return model.output_projection(state)


@mistake(
    "context-replaces-state",
    caught_by="values",
    title=("the context takes the state's place", "上下文取代了状态"),
    hint=(
        "Here too there is a residual: state plus context, times sqrt(0.5).",
        "这里也有残差：状态加上下文，再乘以 sqrt(0.5)。",
    ),
)
class ConvSeq2Seq(ConvSeq2Seq):
    def decode(self, target_in, memory, return_attention_scores=False):
        return decoded(self, target_in, memory, lambda state, context: context)


@mistake(
    "attention-sum-not-rescaled",
    caught_by="values",
    title=("state + context without the factor", "状态加上下文，没有乘系数"),
    hint=(
        "Every sum of two in this model is followed by sqrt(0.5).",
        "这个模型里，每次两项相加之后都要乘 sqrt(0.5)。",
    ),
)
class ConvSeq2Seq(ConvSeq2Seq):
    def decode(self, target_in, memory, return_attention_scores=False):
        return decoded(self, target_in, memory, lambda state, context: state + context)


@mistake(
    "attention-in-the-last-layer-only",
    caught_by="values",
    title=("only the last layer attends", "只有最后一层做了注意力"),
    hint=(
        "Each of the decoder's blocks is followed by an attention of its own.",
        "解码器的每个块之后都有自己的注意力。",
    ),
)
class ConvSeq2Seq(ConvSeq2Seq):
    def decode(self, target_in, memory, return_attention_scores=False):
        def combine(state, context):
            return (state + context) * math.sqrt(0.5)

        return decoded(self, target_in, memory, combine, layers=(self.num_layers - 1,))
