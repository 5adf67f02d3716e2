"""Known mistakes of the translation unit. Read as text, never imported by the grader."""

import math
from collections import Counter

import keras
from keras import ops

from autograder.grading.mistakes import mistake
from course.kit.tokens import END_ID, PAD_ID, START_ID
from solutions.translation import (
    WarmupInverseSqrt,
    beam_search,
    corpus_bleu,
    greedy_decode,
    masked_cross_entropy,
    shift_right,
)

# -- shift_right ---------------------------------------------------------------------------------


@mistake(
    "fed-what-it-is-to-say",
    caught_by="values",
    title=("the target is fed without the shift", "目标句没有右移就输入了"),
    hint=(
        "At t the decoder has to guess target[t]: it must not have seen it yet.",
        "在 t 处解码器要猜 target[t]：它还不能看到这个词。",
    ),
)
def shift_right(target):
    return ops.convert_to_tensor(target)


@mistake(
    "shifted-left",
    caught_by="values",
    title=("shifted to the left", "向左移了"),
    hint=(
        "The start id comes in front, so everything moves one step later.",
        "开始符放在最前面，其余都往后移一步。",
    ),
)
def shift_right(target):
    padding = ops.full_like(target[:, :1], PAD_ID)
    return ops.concatenate([target[:, 1:], padding], axis=1)


@mistake(
    "rolled-around",
    caught_by="start",
    title=("the last id came round to the front", "最后一个编号转到了最前面"),
    hint=(
        "A roll brings the end to the beginning; what belongs there is the start id.",
        "循环移位会把末尾带到开头；开头应是开始符。",
    ),
)
def shift_right(target):
    return ops.roll(target, 1, axis=1)


@mistake(
    "one-column-more",
    caught_by="values",
    title=("a column more than was given", "比原来多出一列"),
    hint=(
        "Each word to be said needs one word that is fed: the shapes agree.",
        "要说几个词，就输入几个词：形状应一致。",
    ),
)
def shift_right(target):
    start = ops.full_like(target[:, :1], START_ID)
    return ops.concatenate([start, target], axis=1)


# -- masked_cross_entropy ------------------------------------------------------------------------


def losses_at(labels, logits, label_smoothing):
    """The reference's losses, a token each."""
    logs = ops.log_softmax(ops.cast(logits, "float32"))
    right = ops.take_along_axis(logs, ops.cast(labels, "int32")[..., None], axis=-1)[..., 0]
    return -(1 - label_smoothing) * right - label_smoothing * ops.mean(logs, axis=-1)


def real_tokens(labels):
    return ops.cast(ops.not_equal(labels, PAD_ID), "float32")


@mistake(
    "padding-counted-in-the-mean",
    caught_by="more_padding",
    title=("divided by all positions, padding too", "除以了包括填充在内的全部位置"),
    hint=(
        "The losses at padding are gone, but the number that divides still counts them.",
        "填充处的损失去掉了，但除数里仍算上了它们。",
    ),
)
def masked_cross_entropy(labels, logits, label_smoothing=0.0):
    return ops.mean(losses_at(labels, logits, label_smoothing) * real_tokens(labels))


@mistake(
    "padding-not-masked",
    caught_by="padding",
    title=("the model is taught to say padding", "让模型去学着说填充"),
    hint=(
        "What is said after the end of a sentence is of no interest: leave it out.",
        "句子结束之后说什么都无所谓：不要计入。",
    ),
)
def masked_cross_entropy(labels, logits, label_smoothing=0.0):
    return ops.mean(losses_at(labels, logits, label_smoothing))


@mistake(
    "averaged-by-sentence",
    caught_by="tokens",
    title=("a mean per sentence first", "先对每句求了平均"),
    hint=(
        "A token of a short sentence then weighs more than one of a long one.",
        "这样一来，短句里的词元比长句里的更重。",
    ),
)
def masked_cross_entropy(labels, logits, label_smoothing=0.0):
    real = real_tokens(labels)
    losses = losses_at(labels, logits, label_smoothing) * real
    counts = ops.sum(real, axis=1)
    means = ops.sum(losses, axis=1) / ops.maximum(counts, 1.0)
    sentences = ops.sum(ops.cast(counts > 0, "float32"))
    return ops.sum(means) / ops.maximum(sentences, 1.0)


@mistake(
    "summed-not-averaged",
    caught_by="values",
    title=("a sum over the tokens, not their mean", "对词元求了和，没有求平均"),
    hint=("A larger batch should not have a larger loss.", "批量变大，损失不应随之变大。"),
)
def masked_cross_entropy(labels, logits, label_smoothing=0.0):
    return ops.sum(losses_at(labels, logits, label_smoothing) * real_tokens(labels))


@mistake(
    "smoothing-ignored",
    caught_by="smoothing",
    title=("label_smoothing is not used", "没有使用 label_smoothing"),
    hint=(
        "With smoothing the truth is spread: every word gets a little of it.",
        "平滑之后，每个词都分到一点概率。",
    ),
)
def masked_cross_entropy(labels, logits, label_smoothing=0.0):
    real = real_tokens(labels)
    return ops.sum(losses_at(labels, logits, 0.0) * real) / ops.maximum(ops.sum(real), 1.0)


@mistake(
    "smoothing-over-padding",
    caught_by="smoothing",
    title=("the smoothed part is counted at padding too", "平滑项在填充处也计入了"),
    hint=("Both parts of the loss belong to real tokens only.", "损失的两部分都只属于真实词元。"),
)
def masked_cross_entropy(labels, logits, label_smoothing=0.0):
    real = real_tokens(labels)
    sharp = losses_at(labels, logits, 0.0) * real * (1 - label_smoothing)
    even = -label_smoothing * ops.mean(ops.log_softmax(ops.cast(logits, "float32")), axis=-1)
    return ops.sum(sharp + even) / ops.maximum(ops.sum(real), 1.0)


@mistake(
    "smoothed-without-the-right-word",
    caught_by="smoothing",
    title=("smoothed over the wrong words only", "平滑的部分只分给了错误的词"),
    hint=(
        "label_smoothing / V goes to every word, the right one among them.",
        "label_smoothing / V 分给每个词，正确的词也有一份。",
    ),
)
def masked_cross_entropy(labels, logits, label_smoothing=0.0):
    real = real_tokens(labels)
    logs = ops.log_softmax(ops.cast(logits, "float32"))
    right = ops.take_along_axis(logs, ops.cast(labels, "int32")[..., None], axis=-1)[..., 0]
    others = (ops.sum(logs, axis=-1) - right) / (logs.shape[-1] - 1)
    losses = -(1 - label_smoothing) * right - label_smoothing * others
    return ops.sum(losses * real) / ops.maximum(ops.sum(real), 1.0)


@mistake(
    "logits-taken-for-probabilities",
    caught_by="values",
    title=("log of logits without a softmax", "没有 softmax，直接对 logits 取了对数"),
    hint=(
        "Logits may be negative: they become probabilities first.",
        "logits 可能为负：要先变成概率。",
    ),
)
def masked_cross_entropy(labels, logits, label_smoothing=0.0):
    real = real_tokens(labels)
    logs = ops.log(ops.clip(ops.cast(logits, "float32"), 1e-7, 1.0))
    right = ops.take_along_axis(logs, ops.cast(labels, "int32")[..., None], axis=-1)[..., 0]
    return ops.sum(-right * real) / ops.maximum(ops.sum(real), 1.0)


@mistake(
    "softmax-then-log",
    caught_by="huge",
    title=("log of a softmax that has become 0", "softmax 变成 0 之后再取对数"),
    hint=(
        "A small probability rounds to 0, and its logarithm is -inf: take both in one step.",
        "很小的概率会舍入成 0，对数就是 -inf：两步要合成一步算。",
    ),
)
def masked_cross_entropy(labels, logits, label_smoothing=0.0):
    real = real_tokens(labels)
    logs = ops.log(ops.softmax(ops.cast(logits, "float32")))
    right = ops.take_along_axis(logs, ops.cast(labels, "int32")[..., None], axis=-1)[..., 0]
    losses = -(1 - label_smoothing) * right - label_smoothing * ops.mean(logs, axis=-1)
    return ops.sum(ops.where(real > 0, losses, 0.0)) / ops.maximum(ops.sum(real), 1.0)


@mistake(
    "nothing-gives-nan",
    caught_by="nothing",
    title=("0 divided by 0 where all is padding", "全是填充时出现 0 除以 0"),
    hint=(
        "What divides can be 0: decide what the loss is then.",
        "除数可能为 0：想好这时损失是多少。",
    ),
)
def masked_cross_entropy(labels, logits, label_smoothing=0.0):
    real = real_tokens(labels)
    return ops.sum(losses_at(labels, logits, label_smoothing) * real) / ops.sum(real)


# -- WarmupInverseSqrt ---------------------------------------------------------------------------


@mistake(
    "step-counted-from-zero",
    caught_by="values",
    title=("Keras's step is put in as it is", "直接代入了 Keras 的步数"),
    hint=(
        "Keras calls the first update 0, the equation calls it 1.",
        "Keras 把第一次更新记为 0，公式记为 1。",
    ),
)
class WarmupInverseSqrt(WarmupInverseSqrt):
    def __call__(self, step):
        n = ops.cast(step, "float32")
        return self.d_model**-0.5 * ops.minimum(n**-0.5, n * self.warmup_steps**-1.5)


@mistake(
    "no-warmup",
    caught_by="values",
    title=("the rate only falls", "学习率只降不升"),
    hint=(
        "During the first warmup_steps the rate grows in a straight line.",
        "前 warmup_steps 步里，学习率直线上升。",
    ),
)
class WarmupInverseSqrt(WarmupInverseSqrt):
    def __call__(self, step):
        n = ops.cast(step, "float32") + 1.0
        return self.d_model**-0.5 * n**-0.5


@mistake(
    "larger-of-the-two",
    caught_by="values",
    title=("the larger of the two terms", "取了两项中较大的"),
    hint=(
        "Early the line is the lower one, late the root: which of the two counts?",
        "早期直线较低，后期平方根较低：应取哪一个？",
    ),
)
class WarmupInverseSqrt(WarmupInverseSqrt):
    def __call__(self, step):
        n = ops.cast(step, "float32") + 1.0
        return self.d_model**-0.5 * ops.maximum(n**-0.5, n * self.warmup_steps**-1.5)


@mistake(
    "width-forgotten",
    caught_by="values",
    title=("d_model is left out", "漏掉了 d_model"),
    hint=(
        "Wider models get smaller steps: one factor is missing.",
        "模型越宽步子越小：少了一个系数。",
    ),
)
class WarmupInverseSqrt(WarmupInverseSqrt):
    def __call__(self, step):
        n = ops.cast(step, "float32") + 1.0
        return ops.minimum(n**-0.5, n * self.warmup_steps**-1.5)


# -- greedy_decode -------------------------------------------------------------------------------


def written_by(model, source, max_length, choose=None, fed=None, pad=True, stop=True):
    """Greedy decoding with its parts exchanged."""
    memory = model.encode(source)
    written = ops.full((ops.shape(source)[0], 1), START_ID, dtype="int32")
    ended = ops.zeros_like(written[:, 0], dtype="bool")
    for _ in range(max_length):
        logits = model.decode(fed(written) if fed else written, memory)
        logits = choose(logits) if choose else logits[:, -1]
        word = ops.cast(ops.argmax(logits, axis=-1), "int32")
        word = ops.where(ended, PAD_ID, word) if pad else word
        written = ops.concatenate([written, word[:, None]], axis=1)
        ended = ops.logical_or(ended, ops.equal(word, END_ID))
        if stop and ops.all(ended):
            break
    return written


@mistake(
    "words-after-the-end",
    caught_by="end",
    title=("ended sentences are written on", "结束的句子还在继续写"),
    hint=(
        "A sentence that has said its end id gets padding from then on.",
        "写出结束符的句子，此后只写填充。",
    ),
)
def greedy_decode(model, source, max_length):
    return written_by(model, source, max_length, pad=False)[:, 1:]


@mistake(
    "start-id-returned",
    caught_by="words",
    title=("the start id is returned too", "把开始符也返回了"),
    hint=(
        "The start id was fed, not written: the result begins after it.",
        "开始符是输入的，不是写出的：结果从它之后开始。",
    ),
)
def greedy_decode(model, source, max_length):
    return written_by(model, source, max_length)


@mistake(
    "only-the-last-word-fed",
    caught_by="history",
    title=("only the last word is fed", "只输入了最后一个词"),
    hint=(
        "decode knows nothing of earlier calls: give it all that was written.",
        "decode 不记得之前的调用：要把写过的全部给它。",
    ),
)
def greedy_decode(model, source, max_length):
    return written_by(model, source, max_length, fed=lambda words: words[:, -1:])[:, 1:]


@mistake(
    "first-position-read",
    caught_by="words",
    title=("the logits of the first position are used", "用了第一个位置的 logits"),
    hint=(
        "The next word is what the model says at the last position.",
        "下一个词由最后一个位置的输出决定。",
    ),
)
def greedy_decode(model, source, max_length):
    return written_by(model, source, max_length, choose=lambda logits: logits[:, 0])[:, 1:]


@mistake(
    "source-read-at-every-step",
    caught_by="reads_once",
    title=("the source is encoded again for every word", "每写一个词都重新编码源句"),
    hint=(
        "The memory stays the same from the first word to the last: make it before the loop.",
        "从第一个词到最后一个词，记忆都不变：在循环之前算好。",
    ),
)
def greedy_decode(model, source, max_length):
    for _ in range(max_length - 1):
        model.encode(source)
    return written_by(model, source, max_length)[:, 1:]


@mistake(
    "stops-with-the-first-sentence",
    caught_by="end",
    title=("all stop when the first sentence has ended", "第一个句子结束时全都停了"),
    hint=("Writing goes on until every row has its end id.", "要等每一行都写出结束符才停。"),
)
def greedy_decode(model, source, max_length):
    memory = model.encode(source)
    written = ops.full((ops.shape(source)[0], 1), START_ID, dtype="int32")
    for _ in range(max_length):
        logits = model.decode(written, memory)[:, -1]
        word = ops.cast(ops.argmax(logits, axis=-1), "int32")
        written = ops.concatenate([written, word[:, None]], axis=1)
        if ops.any(ops.equal(word, END_ID)):
            break
    return written[:, 1:]


# -- beam_search ---------------------------------------------------------------------------------


def searched(model, source, max_length, beam_size, length_penalty, keep=True, from_all=False):
    """The reference's beam search with its parts exchanged."""
    batch = source.shape[0]
    memory = keras.tree.map_structure(
        lambda part: ops.repeat(part, beam_size, axis=0), model.encode(source)
    )
    written = ops.full((batch, beam_size, 1), START_ID, dtype="int32")
    rest = 0.0 if from_all else -math.inf
    total = ops.tile([[0.0] + [rest] * (beam_size - 1)], (batch, 1))
    length = ops.zeros((batch, beam_size))
    ended = ops.zeros((batch, beam_size), dtype="bool")
    for _ in range(max_length):
        logits = model.decode(ops.reshape(written, (batch * beam_size, -1)), memory)[:, -1]
        size = logits.shape[-1]
        gains = ops.reshape(ops.log_softmax(ops.cast(logits, "float32")), (batch, beam_size, size))
        if keep:
            only_padding = ops.where(ops.equal(ops.arange(size), PAD_ID), 0.0, -math.inf)
            gains = ops.where(ended[:, :, None], only_padding, gains)
        totals = total[:, :, None] + gains
        lengths = length + ops.cast(ops.logical_not(ended), "float32")
        scores = totals / (((5.0 + lengths) / 6.0) ** length_penalty)[:, :, None]
        _, best = ops.top_k(ops.reshape(scores, (batch, -1)), beam_size)
        beam, word = best // size, ops.cast(best % size, "int32")
        total = ops.take_along_axis(ops.reshape(totals, (batch, -1)), best, axis=1)
        length = ops.take_along_axis(lengths, beam, axis=1)
        ended = ops.take_along_axis(ended, beam, axis=1)
        written = ops.take_along_axis(written, beam[:, :, None], axis=1)
        written = ops.concatenate([written, word[:, :, None]], axis=-1)
        ended = ops.logical_or(ended, ops.equal(word, END_ID))
        if ops.all(ended):
            break
    return written[:, :, 1:], total, length


@mistake(
    "length-not-normalised",
    caught_by="best_of_all",
    title=("log P is not divided by lp(Y)", "log P 没有除以 lp(Y)"),
    hint=(
        "Every word makes log P smaller, so short ones win unless length is paid for.",
        "每多一个词 log P 就更小，不按长度修正，短译文总会赢。",
    ),
)
def beam_search(model, source, max_length, beam_size=4, length_penalty=0.6):
    return searched(model, source, max_length, beam_size, 0.0)[0][:, 0]


@mistake(
    "finished-beams-extended",
    caught_by="ended",
    title=("ended translations are continued", "已结束的译文还在继续"),
    hint=(
        "What has ended competes as it is; the only thing that may follow is padding.",
        "已结束的译文原样参与竞争；后面只能是填充。",
    ),
)
def beam_search(model, source, max_length, beam_size=4, length_penalty=0.6):
    return searched(model, source, max_length, beam_size, length_penalty, keep=False)[0][:, 0]


@mistake(
    "every-beam-the-same",
    caught_by="garden_path",
    title=("all beams begin equal and stay equal", "各束起点相同，一直相同"),
    hint=(
        "If all beams may be continued from the start, each finds the same best word.",
        "如果一开始每一束都能延续，它们都会找到同一个最好的词。",
    ),
)
def beam_search(model, source, max_length, beam_size=4, length_penalty=0.6):
    found = searched(model, source, max_length, beam_size, length_penalty, from_all=True)
    return found[0][:, 0]


@mistake(
    "beam-size-ignored",
    caught_by="garden_path",
    title=("beam_size is not used: it is greedy", "没有用到 beam_size：其实是贪心"),
    hint=("Several beginnings have to live on side by side.", "要让几个开头同时保留下去。"),
)
def beam_search(model, source, max_length, beam_size=4, length_penalty=0.6):
    return greedy_decode(model, source, max_length)


@mistake(
    "worst-beam-returned",
    caught_by="garden_path",
    title=("the last beam is returned, not the first", "返回了最后一束，而不是第一束"),
    hint=("The beams are sorted: which end is the best?", "各束是排好序的：哪一端最好？"),
)
def beam_search(model, source, max_length, beam_size=4, length_penalty=0.6):
    return searched(model, source, max_length, beam_size, length_penalty)[0][:, -1]


@mistake(
    "multiplied-by-the-penalty",
    caught_by="best_of_all",
    title=("log P is multiplied by lp(Y)", "log P 乘以了 lp(Y)"),
    hint=(
        "log P is negative: which operation brings a long translation nearer to 0?",
        "log P 是负数：哪种运算能让长译文更接近 0？",
    ),
)
def beam_search(model, source, max_length, beam_size=4, length_penalty=0.6):
    return searched(model, source, max_length, beam_size, -length_penalty)[0][:, 0]


# -- corpus_bleu ---------------------------------------------------------------------------------


def ngrams(sentence, n):
    return Counter(tuple(sentence[i : i + n]) for i in range(len(sentence) - n + 1))


def bleu(hypotheses, references, clip=True, brevity=True, largest=4, scale=100.0, smooth=True):
    """The reference's BLEU with its parts exchanged."""
    pairs = list(zip(hypotheses, references, strict=True))
    logs, missed = 0.0, 0
    for n in range(1, largest + 1):
        right = 0
        for h, r in pairs:
            known = ngrams(r, n)
            counted = ngrams(h, n)
            right += sum(min(c, known[g]) if clip else c * (g in known) for g, c in counted.items())
        written = sum(ngrams(h, n).total() for h, _ in pairs)
        if written == 0 or (right == 0 and (n == 1 or not smooth)):
            return 0.0
        if right == 0:
            missed += 1
            right = 0.5**missed
        logs += math.log(right / written) / largest
    h, r = sum(len(a) for a, _ in pairs), sum(len(b) for _, b in pairs)
    penalty = min(1.0, math.exp(1 - r / h)) if brevity else 1.0
    return scale * penalty * math.exp(logs)


@mistake(
    "no-brevity-penalty",
    caught_by="brevity",
    title=("the brevity penalty is missing", "没有长度惩罚"),
    hint=(
        "Otherwise one safe word would be a perfect translation.",
        "否则只写一个有把握的词就成了完美译文。",
    ),
)
def corpus_bleu(hypotheses, references):
    return bleu(hypotheses, references, brevity=False)


@mistake(
    "repeats-not-clipped",
    caught_by="clipping",
    title=("repeated n-grams count every time", "重复的 n 元组每次都计分"),
    hint=(
        "An n-gram counts at most as often as it is in its reference.",
        "一个 n 元组最多计它在参考译文中出现的次数。",
    ),
)
def corpus_bleu(hypotheses, references):
    return bleu(hypotheses, references, clip=False)


@mistake(
    "mean-of-sentences",
    caught_by="corpus",
    title=("the mean of the sentences' BLEU", "对各句 BLEU 取了平均"),
    hint=(
        "Numerators and denominators are summed over the corpus before anything is divided.",
        "先在整个语料上累加分子和分母，再相除。",
    ),
)
def corpus_bleu(hypotheses, references):
    if len(hypotheses) != len(references):
        raise ValueError("lengths")
    each = [bleu([h], [r]) for h, r in zip(hypotheses, references, strict=True)]
    return sum(each) / len(each)


@mistake(
    "up-to-bigrams",
    caught_by="values",
    title=("only words and pairs of words", "只算到二元组"),
    hint=("BLEU goes up to runs of four.", "BLEU 一直算到四元组。"),
)
def corpus_bleu(hypotheses, references):
    return bleu(hypotheses, references, largest=2)


@mistake(
    "from-zero-to-one",
    caught_by="ends",
    title=("the result is between 0 and 1", "结果在 0 和 1 之间"),
    hint=("BLEU is told from 0 to 100.", "BLEU 的范围是 0 到 100。"),
)
def corpus_bleu(hypotheses, references):
    return bleu(hypotheses, references, scale=1.0)


@mistake(
    "hypotheses-and-references-swapped",
    caught_by="brevity",
    title=("hypotheses and references have changed places", "译文和参考译文弄反了"),
    hint=(
        "The precision is over what was written, and the penalty is for writing too little.",
        "精确率的分母是写出的内容，惩罚的是写得太短。",
    ),
)
def corpus_bleu(hypotheses, references):
    return bleu(references, hypotheses)
