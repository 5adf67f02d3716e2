"""Known mistakes of the RNN unit. Read as text, never imported by the grader."""

from keras import ops

from autograder.grading.mistakes import mistake
from course.kit.loops import scan
from course.kit.softmax import masked_softmax
from course.kit.tokens import PAD_ID
from solutions.rnn import (
    AdditiveAttention,
    GRUCell,
    LSTMCell,
    RNNCell,
    RNNDecoder,
    RNNEncoder,
    RNNSeq2Seq,
    unroll,
)


@mistake(
    "tanh-forgotten",
    caught_by="values",
    title=("the tanh is missing", "缺少 tanh"),
    hint=(
        "Without it many steps are one matrix, and the state grows without bound.",
        "没有它，许多步就等于一个矩阵，状态会无限增长。",
    ),
)
class RNNCell(RNNCell):
    def call(self, inputs, states):
        [state] = states
        state = (
            ops.matmul(inputs, self.kernel) + ops.matmul(state, self.recurrent_kernel) + self.bias
        )
        return state, [state]


@mistake(
    "state-forgotten",
    caught_by="values",
    title=("the last state is not used", "没有用到上一个状态"),
    hint=(
        "A cell that forgets its state reads every word for itself.",
        "忘掉状态的单元只会孤立地读每个词。",
    ),
)
class RNNCell(RNNCell):
    def call(self, inputs, states):
        [state] = states
        state = ops.tanh(ops.matmul(inputs, self.kernel) + self.bias)
        return state, [state]


@mistake(
    "sigmoid-for-tanh",
    caught_by="values",
    title=("a sigmoid in place of the tanh", "用了 sigmoid 而不是 tanh"),
    hint=("The state goes from -1 to 1.", "状态的取值在 -1 到 1 之间。"),
)
class RNNCell(RNNCell):
    def call(self, inputs, states):
        [state] = states
        z = ops.matmul(inputs, self.kernel) + ops.matmul(state, self.recurrent_kernel) + self.bias
        state = ops.sigmoid(z)
        return state, [state]


def gru(cell, inputs, state, order=(0, 1, 2)):
    """The gates' parts, in a given order of the columns."""
    x = ops.split(ops.matmul(inputs, cell.kernel) + cell.bias, 3, axis=-1)
    r = ops.split(ops.convert_to_tensor(cell.recurrent_kernel), 3, axis=-1)
    x, r = [x[n] for n in order], [r[n] for n in order]
    update = ops.sigmoid(x[0] + ops.matmul(state, r[0]))
    reset = ops.sigmoid(x[1] + ops.matmul(state, r[1]))
    return update, reset, x[2], r[2]


@mistake(
    "gates-swapped",
    caught_by="values",
    title=("reset and update gate have changed places", "重置门和更新门对调了"),
    hint=(
        "The columns belong to z, r and the candidate, in this order.",
        "各列依次属于 z、r 和候选。",
    ),
)
class GRUCell(GRUCell):
    def call(self, inputs, states):
        [state] = states
        update, reset, x, r = gru(self, inputs, state, (1, 0, 2))
        candidate = ops.tanh(x + ops.matmul(reset * state, r))
        state = update * state + (1 - update) * candidate
        return state, [state]


@mistake(
    "update-gate-inverted",
    caught_by="values",
    title=("z takes the candidate, 1 - z the old state", "z 给了候选，1 - z 给了旧状态"),
    hint=(
        "In this paper z says how much of the old state stays.",
        "在这篇论文里，z 表示旧状态保留多少。",
    ),
)
class GRUCell(GRUCell):
    def call(self, inputs, states):
        [state] = states
        update, reset, x, r = gru(self, inputs, state)
        candidate = ops.tanh(x + ops.matmul(reset * state, r))
        state = (1 - update) * state + update * candidate
        return state, [state]


@mistake(
    "reset-after-the-product",
    caught_by="values",
    title=("the reset gate comes after the product", "重置门放在了矩阵乘法之后"),
    hint=("The gate works on the state, then comes the matrix.", "门先作用于状态，再乘矩阵。"),
)
class GRUCell(GRUCell):
    def call(self, inputs, states):
        [state] = states
        update, reset, x, r = gru(self, inputs, state)
        candidate = ops.tanh(x + reset * ops.matmul(state, r))
        state = update * state + (1 - update) * candidate
        return state, [state]


@mistake(
    "reset-gate-unused",
    caught_by="values",
    title=("the reset gate is not used", "没有用到重置门"),
    hint=(
        "The candidate sees only what the reset gate lets through of the state.",
        "候选只能看到重置门放行的那部分状态。",
    ),
)
class GRUCell(GRUCell):
    def call(self, inputs, states):
        [state] = states
        update, _, x, r = gru(self, inputs, state)
        candidate = ops.tanh(x + ops.matmul(state, r))
        state = update * state + (1 - update) * candidate
        return state, [state]


@mistake(
    "gate-order",
    caught_by="values",
    title=("the gates are in another order", "门的顺序不对"),
    hint=(
        "The columns belong to input gate, forget gate, candidate, output gate.",
        "各列依次属于输入门、遗忘门、候选、输出门。",
    ),
)
class LSTMCell(LSTMCell):
    def call(self, inputs, states):
        state, memory = states
        z = ops.matmul(inputs, self.kernel) + ops.matmul(state, self.recurrent_kernel) + self.bias
        i, f, o, g = ops.split(z, 4, axis=-1)
        memory = ops.sigmoid(f) * memory + ops.sigmoid(i) * ops.tanh(g)
        state = ops.sigmoid(o) * ops.tanh(memory)
        return state, [state, memory]


@mistake(
    "memory-not-squashed",
    caught_by="values",
    title=("the memory leaves without its tanh", "记忆输出前没有经过 tanh"),
    hint=(
        "The memory may grow; what leaves the cell is its tanh, times a gate.",
        "记忆可以增长；输出的是它的 tanh 乘以门。",
    ),
)
class LSTMCell(LSTMCell):
    def call(self, inputs, states):
        state, memory = states
        z = ops.matmul(inputs, self.kernel) + ops.matmul(state, self.recurrent_kernel) + self.bias
        i, f, g, o = ops.split(z, 4, axis=-1)
        memory = ops.sigmoid(f) * memory + ops.sigmoid(i) * ops.tanh(g)
        state = ops.sigmoid(o) * memory
        return state, [state, memory]


@mistake(
    "states-swapped",
    caught_by="values",
    title=("h and c are handed on in the wrong order", "h 和 c 传出的顺序反了"),
    hint=("The list is [h, c], on the way in and on the way out.", "列表是 [h, c]，进出都一样。"),
)
class LSTMCell(LSTMCell):
    def call(self, inputs, states):
        state, memory = states
        z = ops.matmul(inputs, self.kernel) + ops.matmul(state, self.recurrent_kernel) + self.bias
        i, f, g, o = ops.split(z, 4, axis=-1)
        memory = ops.sigmoid(f) * memory + ops.sigmoid(i) * ops.tanh(g)
        state = ops.sigmoid(o) * ops.tanh(memory)
        return state, [memory, state]


@mistake(
    "forget-gate-missing",
    caught_by="values",
    title=("the old memory stays as it is", "旧记忆原样保留，没有遗忘门"),
    hint=(
        "What stays of the old memory is for the forget gate to say.",
        "旧记忆留下多少，由遗忘门决定。",
    ),
)
class LSTMCell(LSTMCell):
    def call(self, inputs, states):
        state, memory = states
        z = ops.matmul(inputs, self.kernel) + ops.matmul(state, self.recurrent_kernel) + self.bias
        i, _, g, o = ops.split(z, 4, axis=-1)
        memory = memory + ops.sigmoid(i) * ops.tanh(g)
        state = ops.sigmoid(o) * ops.tanh(memory)
        return state, [state, memory]


@mistake(
    "forget-bias-zero",
    caught_by="forget_bias",
    title=("the forget gate's bias starts at 0", "遗忘门的偏置从 0 开始"),
    hint=(
        "At 0 half of the memory is lost at every step, before anything is learned.",
        "从 0 开始，还没学习，每一步就丢掉一半记忆。",
    ),
)
class LSTMCell(LSTMCell):
    def build(self, input_shape):
        super().build(input_shape)
        self.bias.assign(ops.zeros_like(self.bias))


def walked(cell, inputs, initial_states, mask, keep_states=True, keep_output=True, zero=False):
    """The reference's unroll with its treatment of padding exchanged."""

    def step(carry, t):
        output, states = cell(inputs[:, t], carry[1:])
        new = [output, *states]
        if mask is not None:
            real = mask[:, t][:, None]
            held = [ops.where(real, a, b) for a, b in zip(new, carry, strict=True)]
            output = ops.where(real, output, ops.zeros_like(output)) if zero else held[0]
            new = [output if keep_output else new[0], *(held if keep_states else new)[1:]]
        return new, new[0]

    first = [ops.zeros_like(initial_states[0]), *initial_states]
    last, outputs = scan(step, first, ops.shape(inputs)[1])
    return outputs, last[1:]


@mistake(
    "mask-not-used",
    caught_by="mask_states",
    title=("padding is read like a word", "把填充当作词来读了"),
    hint=("At a padded step the states stay what they were.", "遇到填充时，状态保持原样。"),
)
def unroll(cell, inputs, initial_states, mask=None):
    outputs, states = walked(cell, inputs, initial_states, None)
    return ops.swapaxes(outputs, 0, 1), states


@mistake(
    "state-not-carried-over-padding",
    caught_by="mask_states",
    title=("the output is held at padding, the states are not", "填充处输出保持了，状态却没有"),
    hint=(
        "It is the states that have to come safely across the padding.",
        "要安全越过填充的是状态。",
    ),
)
def unroll(cell, inputs, initial_states, mask=None):
    outputs, states = walked(cell, inputs, initial_states, mask, keep_states=False)
    return ops.swapaxes(outputs, 0, 1), states


@mistake(
    "padded-output-zeroed",
    caught_by="mask_outputs",
    title=("the output at padding is zeros", "填充处的输出是零"),
    hint=(
        "Zeros stand only before the first real step; later the last output is repeated.",
        "只有第一个真实步之前才是零；之后重复上一个输出。",
    ),
)
def unroll(cell, inputs, initial_states, mask=None):
    outputs, states = walked(cell, inputs, initial_states, mask, zero=True)
    return ops.swapaxes(outputs, 0, 1), states


@mistake(
    "time-first",
    caught_by="values",
    title=("the outputs are (T, B, U)", "输出的形状是 (T, B, U)"),
    hint=(
        "The batch comes first: two axes have to change places again.",
        "批量轴在最前：要把两个轴换回来。",
    ),
)
def unroll(cell, inputs, initial_states, mask=None):
    return walked(cell, inputs, initial_states, mask)


@mistake(
    "last-output-only",
    caught_by="values",
    title=("only the last output is given", "只返回了最后一个输出"),
    hint=("The outputs of all steps are wanted.", "要返回每一步的输出。"),
)
def unroll(cell, inputs, initial_states, mask=None):
    outputs, states = walked(cell, inputs, initial_states, mask)
    return outputs[-1], states


@mistake(
    "state-not-handed-on",
    caught_by="values",
    title=("every step begins with the first states", "每一步都从初始状态开始"),
    hint=(
        "What a step gives as its states is what the next one gets.",
        "上一步给出的状态，就是下一步得到的状态。",
    ),
)
def unroll(cell, inputs, initial_states, mask=None):
    outputs = [cell(inputs[:, t], initial_states) for t in range(inputs.shape[1])]
    return ops.stack([output for output, _ in outputs], axis=1), outputs[-1][1]


@mistake(
    "read-backwards",
    caught_by="values",
    title=("the sentence is read from its end", "从句尾开始读了"),
    hint=("The first step reads the first word.", "第一步读第一个词。"),
)
def unroll(cell, inputs, initial_states, mask=None):
    outputs, states = walked(cell, ops.flip(inputs, axis=1), initial_states, mask)
    return ops.flip(ops.swapaxes(outputs, 0, 1), axis=1), states


@mistake(
    "no-tanh",
    caught_by="values",
    title=("the tanh is missing", "缺少 tanh"),
    hint=(
        "Without it the query adds the same to every score, and changes nothing.",
        "没有它，查询给每个分数加上同样的数，等于没有作用。",
    ),
)
class AdditiveAttention(AdditiveAttention):
    def call(self, query, keys, keys_mask=None):
        hidden = self.query_projection(query)[:, None, :] + self.key_projection(keys)
        weights = masked_softmax(self.score_projection(hidden)[..., 0], keys_mask)
        return ops.sum(weights[:, :, None] * keys, axis=1), weights


@mistake(
    "context-of-projected-keys",
    caught_by="values",
    title=("the context sums projected keys", "对投影后的键做了加权和"),
    hint=(
        "The keys are projected for the scores; what is summed are the keys themselves.",
        "投影只用来算分数；加权求和的是键本身。",
    ),
)
class AdditiveAttention(AdditiveAttention):
    def call(self, query, keys, keys_mask=None):
        projected = self.key_projection(keys)
        hidden = ops.tanh(self.query_projection(query)[:, None, :] + projected)
        weights = masked_softmax(self.score_projection(hidden)[..., 0], keys_mask)
        return ops.sum(weights[:, :, None] * projected, axis=1), weights


@mistake(
    "mask-ignored",
    caught_by="mask",
    title=("keys_mask is not used", "没有使用 keys_mask"),
    hint=("Padding in the source should get no weight.", "源句里的填充不应得到权重。"),
)
class AdditiveAttention(AdditiveAttention):
    def call(self, query, keys, keys_mask=None):
        hidden = ops.tanh(self.query_projection(query)[:, None, :] + self.key_projection(keys))
        weights = masked_softmax(self.score_projection(hidden)[..., 0])
        return ops.sum(weights[:, :, None] * keys, axis=1), weights


@mistake(
    "scores-not-normalised",
    caught_by="values",
    title=("the scores are used without a softmax", "分数没有经过 softmax"),
    hint=("Scores become shares first.", "分数要先变成比例。"),
)
class AdditiveAttention(AdditiveAttention):
    def call(self, query, keys, keys_mask=None):
        hidden = ops.tanh(self.query_projection(query)[:, None, :] + self.key_projection(keys))
        weights = self.score_projection(hidden)[..., 0]
        if keys_mask is not None:
            weights = ops.where(keys_mask, weights, 0.0)
        return ops.sum(weights[:, :, None] * keys, axis=1), weights


@mistake(
    "softmax-over-the-batch",
    caught_by="values",
    title=("softmax runs over the batch", "softmax 沿批量方向做了"),
    hint=(
        "Each query shares out among its own keys: which axis counts them?",
        "每个查询在自己的键之间分配：哪个轴是键？",
    ),
)
class AdditiveAttention(AdditiveAttention):
    def call(self, query, keys, keys_mask=None):
        hidden = ops.tanh(self.query_projection(query)[:, None, :] + self.key_projection(keys))
        weights = ops.softmax(self.score_projection(hidden)[..., 0], axis=0)
        return ops.sum(weights[:, :, None] * keys, axis=1), weights


@mistake(
    "state-of-the-last-column",
    caught_by="padding",
    title=("the state is taken after the padding", "状态取自填充之后"),
    hint=(
        "The state of the last real word has to be carried over the padding.",
        "最后一个真实词的状态要越过填充传下去。",
    ),
)
class RNNEncoder(RNNEncoder):
    def call(self, source):
        words = self.embedding(source)
        outputs, [state] = unroll(self.cell, words, [ops.zeros_like(words[:, 0])])
        return outputs, state


@mistake(
    "real-words-masked",
    caught_by="values",
    title=("the mask is inverted", "掩码弄反了"),
    hint=("True marks real words, not padding.", "True 标记的是真实的词，不是填充。"),
)
class RNNEncoder(RNNEncoder):
    def call(self, source):
        words = self.embedding(source)
        start = ops.zeros_like(words[:, 0])
        outputs, [state] = unroll(self.cell, words, [start], mask=ops.equal(source, PAD_ID))
        return outputs, state


@mistake(
    "first-state-ones",
    caught_by="values",
    title=("the first state is not zeros", "初始状态不是零"),
    hint=("Before the first word nothing is known: zeros.", "第一个词之前一无所知：应为零。"),
)
class RNNEncoder(RNNEncoder):
    def call(self, source):
        words = self.embedding(source)
        start = ops.ones_like(words[:, 0])
        outputs, [state] = unroll(self.cell, words, [start], mask=ops.not_equal(source, PAD_ID))
        return outputs, state


def spoken(layer, target, memory, mask, scores_too, late=False, fresh=False, context_out=True):
    """The reference's decoder with attention, with its parts exchanged."""
    outputs, state = memory
    words = layer.embedding(target)
    state = ops.zeros_like(state) if fresh else state

    def step(state, t):
        context, weights = layer.attention(state, outputs, keys_mask=mask)
        _, [new] = layer.cell(ops.concatenate([words[:, t], context], axis=-1), [state])
        if late:
            context, weights = layer.attention(new, outputs, keys_mask=mask)
        feature = context if context_out else ops.zeros_like(context)
        return new, (ops.concatenate([new, feature], axis=-1), weights)

    _, (features, weights) = scan(step, state, ops.shape(target)[1])
    logits = layer.output_projection(ops.swapaxes(features, 0, 1))
    return (logits, ops.swapaxes(weights, 0, 1)) if scores_too else logits


@mistake(
    "starts-from-zeros",
    caught_by="values",
    title=("the decoder starts from zeros", "解码器从零开始"),
    hint=("Its first state is the encoder's last one.", "它的初始状态是编码器的最后状态。"),
)
class RNNDecoder(RNNDecoder):
    def call(self, target, memory, memory_mask=None, return_attention_scores=False):
        if self.attention is None:
            return super().call(target, memory, memory_mask)
        return spoken(self, target, memory, memory_mask, return_attention_scores, fresh=True)


@mistake(
    "logits-without-the-context",
    caught_by="values",
    title=("the logits don't see the context", "logits 没有用到上下文"),
    hint=("State and context go into the logits together.", "状态和上下文一起决定 logits。"),
)
class RNNDecoder(RNNDecoder):
    def call(self, target, memory, memory_mask=None, return_attention_scores=False):
        if self.attention is None:
            return super().call(target, memory, memory_mask)
        return spoken(self, target, memory, memory_mask, return_attention_scores, context_out=False)


@mistake(
    "asks-with-the-new-state",
    caught_by="values",
    title=("the logits use the attention of the new state", "logits 用了新状态的注意力"),
    hint=(
        "The step asks once, with the state before it, and uses that context throughout.",
        "每一步只用之前的状态问一次，此后都用这个上下文。",
    ),
)
class RNNDecoder(RNNDecoder):
    def call(self, target, memory, memory_mask=None, return_attention_scores=False):
        if self.attention is None:
            return super().call(target, memory, memory_mask)
        return spoken(self, target, memory, memory_mask, return_attention_scores, late=True)


@mistake(
    "memory-mask-ignored",
    caught_by="mask",
    title=("memory_mask is not used", "没有使用 memory_mask"),
    hint=("Padding in the source should get no weight.", "源句里的填充不应得到权重。"),
)
class RNNDecoder(RNNDecoder):
    def call(self, target, memory, memory_mask=None, return_attention_scores=False):
        if self.attention is None:
            return super().call(target, memory, memory_mask)
        return spoken(self, target, memory, None, return_attention_scores)


@mistake(
    "plain-starts-from-zeros",
    caught_by="plain",
    title=("without attention it starts from zeros", "不带注意力时从零开始"),
    hint=(
        "Without attention the first state is the only thing that comes from the source.",
        "没有注意力时，初始状态是来自源句的唯一信息。",
    ),
)
class RNNDecoder(RNNDecoder):
    def call(self, target, memory, memory_mask=None, return_attention_scores=False):
        if self.attention is None:
            _, state = memory
            states, _ = unroll(self.cell, self.embedding(target), [ops.zeros_like(state)])
            return self.output_projection(states)
        return super().call(target, memory, memory_mask, return_attention_scores)


@mistake(
    "no-mask-for-the-decoder",
    caught_by="padding",
    title=("the decoder isn't told of padding", "没有把填充告诉解码器"),
    hint=(
        "The memory's last item is the source mask: hand it on.",
        "memory 的最后一项是源句掩码：把它传下去。",
    ),
)
class RNNSeq2Seq(RNNSeq2Seq):
    def decode(self, target_in, memory, return_attention_scores=False):
        outputs, state, _ = memory
        return self.decoder(
            target_in, (outputs, state), return_attention_scores=return_attention_scores
        )


@mistake(
    "scores-without-heads",
    caught_by="scores",
    title=("the scores have no axis for heads", "分数里没有头的轴"),
    hint=(
        "All families give (B, H, T, S); here H is 1.",
        "各家族都给出 (B, H, T, S)；这里 H 是 1。",
    ),
)
class RNNSeq2Seq(RNNSeq2Seq):
    def attention_scores(self, source, target_in):
        found = super().attention_scores(source, target_in)
        return {name: scores[:, 0] for name, scores in found.items()}


@mistake(
    "mask-of-padding",
    caught_by="interface",
    title=("the mask is True at padding", "掩码在填充处为 True"),
    hint=("True marks real words.", "True 标记真实的词。"),
)
class RNNSeq2Seq(RNNSeq2Seq):
    def encode(self, source):
        outputs, state, mask = super().encode(source)
        return outputs, state, ops.logical_not(mask)
