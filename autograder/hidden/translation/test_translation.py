"""The hidden suite of the translation unit: 35 checks, one property each, 100 points."""

import numpy as np
from hypothesis import strategies as st

from autograder.base.text import text
from autograder.grading import expect
from autograder.grading.check import check
from autograder.grading.properties import for_all
from autograder.hidden import translating
from autograder.hidden.battery import COMPILED, ROWS, WRONG_VALUES, normal
from autograder.hidden.slopes import gradient
from autograder.hidden.translation import oracle as oracle
from course.kit.tokens import END_ID, PAD_ID, START_ID


def sentences(rng, batch, length, vocabulary_size=9):
    """Rows of words that end in the end id and padding; the first row fills its length."""
    rows = np.zeros((batch, length), "int32")
    for row in range(batch):
        words = length - 1 if row == 0 else int(rng.integers(1, length))
        rows[row, :words] = rng.integers(4, vocabulary_size, words)
        rows[row, words] = END_ID
    return rows


# -- shift_right ---------------------------------------------------------------------------------


def fed_where_it_counts(student, target):
    """Fail unless the shifted target is right wherever there is something to say."""
    got = expect.array(student.shift_right(target))
    expect.shape(got, target.shape)
    real = target != PAD_ID
    because = text(
        "Before each word the decoder should be fed the word that stands before it.",
        "说每个词之前，解码器应得到它前面的那个词。",
    )
    expect.close(got[real], oracle.shift_right(target)[real], because)
    return got


@check("shift_right", 5, "Each word is fed one step later", "每个词晚一步输入")
@for_all(seed=st.integers(0, 99), batch=st.integers(1, 3), length=st.integers(2, 5), examples=4)
def test_shift_right_values(student, seed, batch, length):
    fed_where_it_counts(student, sentences(np.random.default_rng(seed), batch, length))


@check("shift_right", 2, "Every row begins with the start id", "每一行都以开始符开头")
def test_shift_right_start(student, rng):
    got = expect.array(student.shift_right(sentences(rng, 3, 4)))
    expect.shape(got, (3, 4))
    because = text("A row doesn't begin with START_ID.", "有的行不是以 START_ID 开头。")
    expect.close(got[:, 0], np.full(3, START_ID), because)


@check("shift_right", 1, "Ids stay integers", "编号仍是整数")
def test_shift_right_integers(student, rng):
    got = expect.array(student.shift_right(sentences(rng, 2, 3)))
    because = text("Token ids should stay integers.", "词元编号应保持为整数。")
    expect.that(got.dtype.kind in "iu", because)


@check("shift_right", 2, "It compiles with unknown sizes", "在未知尺寸下也能编译")
def test_shift_right_unknown_sizes(student, rng):
    target = sentences(rng, 2, 4)
    got = expect.array(student.shift_right.graph(target, specs=[(None, None)]))
    expect.shape(got, (2, 4))
    real = target != PAD_ID
    expect.close(got[real], oracle.shift_right(target)[real], COMPILED)


# -- masked_cross_entropy ------------------------------------------------------------------------


def scored(rng, batch=2, length=4, vocabulary_size=9):
    return sentences(rng, batch, length), normal(rng, batch, length, vocabulary_size) * 2


@check("masked_cross_entropy", 5, "The mean of -log p over real tokens", "真实词元上 -log p 的平均")
@for_all(seed=st.integers(0, 99), batch=st.integers(1, 3), length=st.integers(2, 5), examples=4)
def test_masked_cross_entropy_values(student, seed, batch, length):
    labels, logits = scored(np.random.default_rng(seed), batch, length)
    got = student.masked_cross_entropy(labels, logits)
    expect.close(got, oracle.masked_cross_entropy(labels, logits), WRONG_VALUES)


@check("masked_cross_entropy", 4, "Logits at padding have no influence", "填充处的 logits 没有影响")
def test_masked_cross_entropy_padding(student, rng):
    labels, logits = scored(rng, 3, 5)
    first = expect.number(student.masked_cross_entropy(labels, logits))
    logits[labels == PAD_ID] = 7 * normal(rng, int((labels == PAD_ID).sum()), 9)
    because = text(
        "Other logits at padded positions change the loss.", "改动填充处的 logits，损失也变了。"
    )
    expect.close(student.masked_cross_entropy(labels, logits), first, because)


@check("masked_cross_entropy", 3, "More padding changes nothing", "再多填充也不改变损失")
def test_masked_cross_entropy_more_padding(student, rng):
    labels, logits = scored(rng, 2, 3)
    first = expect.number(student.masked_cross_entropy(labels, logits))
    wider = np.pad(labels, [(0, 0), (0, 4)]), np.pad(logits, [(0, 0), (0, 4), (0, 0)])
    because = text(
        "The same sentences, padded to a greater length, have another loss.",
        "同样的句子填充得更长，损失就变了。",
    )
    expect.close(student.masked_cross_entropy(*wider), first, because)


@check(
    "masked_cross_entropy",
    3,
    "Every token counts alike, in long sentences and short",
    "长句短句里的词元同等重要",
)
def test_masked_cross_entropy_tokens(student, rng):
    labels = np.array([[4, 5, 6, 7, 3], [3, 0, 0, 0, 0]], "int32")
    logits = normal(rng, 2, 5, 9) * 3
    because = text(
        "The mean is to be taken over all tokens of the batch, not first over each sentence.",
        "应对整批的词元求平均，而不是先对每句求平均。",
    )
    right = oracle.masked_cross_entropy(labels, logits)
    expect.close(student.masked_cross_entropy(labels, logits), right, because)


@check(
    "masked_cross_entropy", 4, "Smoothed labels, at real tokens only", "标签平滑，只在真实词元上"
)
def test_masked_cross_entropy_smoothing(student, rng):
    labels, logits = scored(rng, 3, 4)
    because = text("With label_smoothing the loss is wrong.", "使用 label_smoothing 时损失不正确。")
    for smoothing in (0.1, 0.5):
        right = oracle.masked_cross_entropy(labels, logits, smoothing)
        got = student.masked_cross_entropy(labels, logits, label_smoothing=smoothing)
        expect.close(got, right, because)


@check("masked_cross_entropy", 1, "Nothing but padding gives 0", "全是填充时为 0")
def test_masked_cross_entropy_nothing(student, rng):
    because = text("Without a real token the loss should be 0.", "没有真实词元时损失应为 0。")
    got = student.masked_cross_entropy(np.zeros((2, 3), "int32"), normal(rng, 2, 3, 5))
    expect.close(expect.finite(got, because), 0.0, because)


@check("masked_cross_entropy", 2, "Huge logits give a finite loss", "logits 极大时损失仍为有限值")
def test_masked_cross_entropy_huge(student):
    labels = np.array([[4, 3]], "int32")
    logits = np.zeros((1, 2, 6), "float32")
    logits[0, 0, 5], logits[0, 1, 3] = 2000.0, 2000.0
    because = text("Large finite logits should give a finite loss.", "logits 有限，损失也应有限。")
    got = expect.finite(student.masked_cross_entropy(labels, logits), because)
    expect.close(got, oracle.masked_cross_entropy(labels, logits), WRONG_VALUES)


@check("masked_cross_entropy", 3, "Its gradient is right, and 0 at padding", "梯度正确，填充处为 0")
def test_masked_cross_entropy_gradient(student, rng):
    labels = np.array([[4, 3, 0], [3, 0, 0]], "int32")
    logits, one = normal(rng, 2, 3, 5), np.ones((), "float32")

    def loss(values):
        return oracle.masked_cross_entropy(labels, values, 0.1)

    # The labels are integers: the only gradient to an input is that to the logits.
    answer = student.masked_cross_entropy.gradients(
        labels, logits, cotangents=[one], wrt=[], label_smoothing=0.1
    )
    slopes = answer.get("inputs") if isinstance(answer, dict) else None
    because = text(
        "The gradient is missing or wrong; does everything stay in keras.ops?",
        "梯度缺失或有误；是否始终使用 keras.ops？",
    )
    expect.that(isinstance(slopes, list) and len(slopes) == 1, because)
    expect.that(slopes[0] is not None, because)
    (right,) = gradient(loss, [logits], 1.0)
    expect.close(slopes[0], right, because, rtol=1e-3, atol=1e-4)


# -- WarmupInverseSqrt ---------------------------------------------------------------------------


@check(
    "WarmupInverseSqrt", 5, "Equation 3, the first update counted as 1", "公式 3，第一次更新记为 1"
)
def test_warmup_inverse_sqrt_layer_values(student):
    schedule = student.WarmupInverseSqrt(64, 40)
    for step in (100, 0, 1, 5, 38, 39, 40, 41, 5000):
        right = oracle.warmup_inverse_sqrt(64, 40, step)
        expect.close(schedule(step), right, WRONG_VALUES, atol=1e-8)


@check(
    "WarmupInverseSqrt",
    2,
    "The very first rate is finite and more than 0",
    "最初的学习率有限且大于 0",
)
def test_warmup_inverse_sqrt_layer_first(student):
    because = text(
        "The first update, step 0 for Keras, needs a rate that is finite and positive.",
        "第一次更新（Keras 的第 0 步）需要有限且为正的学习率。",
    )
    rate = expect.number(expect.finite(student.WarmupInverseSqrt(16, 10)(0), because))
    expect.that(rate > 0, because)


@check(
    "WarmupInverseSqrt", 2, "It takes steps as integer tensors, compiled", "接受整数张量，可编译"
)
def test_warmup_inverse_sqrt_layer_tensors(student):
    schedule = student.WarmupInverseSqrt(64, 40)
    got = schedule.graph(np.array(7, "int64"), specs=[()])
    expect.close(got, oracle.warmup_inverse_sqrt(64, 40, 7), COMPILED, atol=1e-8)


@check("WarmupInverseSqrt", 2, "Its configuration makes it again", "可由配置重建")
def test_warmup_inverse_sqrt_layer_config(student):
    copy = student.WarmupInverseSqrt(64, 40).clone()
    because = text("The copy gives another rate.", "副本给出的学习率不同。")
    expect.close(copy(3), oracle.warmup_inverse_sqrt(64, 40, 3), because, atol=1e-8)


# -- greedy_decode -------------------------------------------------------------------------------

WORDS = 7  # PAD, UNKNOWN, START, END and three words
NEVER = (PAD_ID, START_ID)


def tables(rng, vocabulary_size=WORDS, scale=1.5):
    """Four random tables that never ask for padding or the start id."""
    shapes = [(vocabulary_size, vocabulary_size), (6, vocabulary_size)]
    shapes += [(5, vocabulary_size), (4, vocabulary_size)]
    drawn = [normal(rng, *shape) * scale for shape in shapes]
    drawn[0][:, NEVER] -= 60
    return drawn


def endless(rng):
    """Tables that never end a sentence, either."""
    drawn = tables(rng)
    drawn[0][:, END_ID] -= 60
    return drawn


def scripted(student, given):
    return student.kit("models.scripted.ScriptedModel")(*given), oracle.Script(*given)


def sources(rng, batch):
    return rng.integers(4, 12, (batch, 3)).astype("int32")


def written(answer, batch, max_length):
    """The words of an answer, as rows without the padding; the form is checked."""
    got = expect.array(answer)
    shaped = text(
        f"The result should be ids ({batch}, at most {max_length}).",
        f"结果应是编号，形状为 ({batch}, 至多 {max_length})。",
    )
    right = got.ndim == 2 and got.shape[0] == batch and got.shape[1] <= max_length
    expect.that(right and got.dtype.kind in "iu", shaped)
    rows = []
    for row in got.tolist():
        words = row[: row.index(END_ID) + 1] if END_ID in row else row
        after = text("After the end id there should be padding only.", "结束符之后应只有填充。")
        expect.that(not any(row[len(words) :]), after)
        rows.append(words)
    return rows


OTHER_WORDS = text("The words are not those that the model asks for.", "写出的词不是模型所要的。")


def same_rows(rows, right, because=OTHER_WORDS):
    expect.that(rows == right, because)


@check("greedy_decode", 4, "The likeliest word, again and again", "一次又一次选最可能的词")
def test_greedy_decode_words(student, rng):
    for _ in range(3):
        model, script = scripted(student, tables(rng))
        source = sources(rng, 3)
        rows = written(student.greedy_decode(model, source, 6), 3, 6)
        same_rows(rows, [script.greedy(row, 6) for row in source])


@check("greedy_decode", 3, "After the end id comes padding only", "结束符之后只有填充")
def test_greedy_decode_end(student, rng):
    given = tables(rng)
    given[1][2, END_ID] += 40  # rows end at the third word at the latest,
    given[2][1, END_ID] += 40  # and those of one source at once
    model, script = scripted(student, given)
    source = np.array([[4, 4, 4], [4, 6, 6], [5, 4, 4]], "int32")
    rows = written(student.greedy_decode(model, source, 8), 3, 8)
    same_rows(rows, [script.greedy(row, 8) for row in source])


@check("greedy_decode", 3, "At most max_length words", "最多 max_length 个词")
def test_greedy_decode_max_length(student, rng):
    model, script = scripted(student, endless(rng))
    source = sources(rng, 2)
    for most in (1, 4):
        rows = written(student.greedy_decode(model, source, most), 2, most)
        same_rows(rows, [script.greedy(row, most) for row in source])


@check(
    "greedy_decode",
    3,
    "All that was written counts, not the last word alone",
    "写过的一切都算数，不只最后一个词",
)
def test_greedy_decode_history(student, rng):
    given = endless(rng)
    given[3] *= 8
    model, script = scripted(student, given)
    source = sources(rng, 2)
    rows = written(student.greedy_decode(model, source, 5), 2, 5)
    because = text(
        "The model wants to be fed the start id and every word written so far.",
        "每一步都要把开始符和已写出的全部词输入模型。",
    )
    same_rows(rows, [script.greedy(row, 5) for row in source], because)


@check("greedy_decode", 2, "Sentences of a batch don't mix", "批量中的句子互不影响")
def test_greedy_decode_rows(student, rng):
    model, _ = scripted(student, tables(rng))
    source = sources(rng, 3)
    together = written(student.greedy_decode(model, source, 5), 3, 5)
    for row in range(3):
        alone = written(student.greedy_decode(model, source[row : row + 1], 5), 1, 5)
        same_rows(alone, together[row : row + 1], ROWS)


@check("greedy_decode", 2, "The source is read once", "源句只读一次")
def test_greedy_decode_reads_once(student, rng):
    model, _ = scripted(student, endless(rng))
    student.greedy_decode(model, sources(rng, 2), 4)
    because = text(
        "The source doesn't change while the target is written: encode it once.",
        "写目标句时源句不变：只需编码一次。",
    )
    expect.that(model.value("encode_calls") == 1, because)


@check(
    "greedy_decode",
    3,
    "It writes 40 real translations",
    "写出 40 句真实的译文",
    timeout=60,
    evident=False,
)
def test_greedy_decode_translations(student):
    right = translating.record_of(translating.SEARCHES).greedy
    translating.expect_searches(student, student.greedy_decode, right)


# -- beam_search ---------------------------------------------------------------------------------


@check("beam_search", 3, "A beam of one is greedy", "束宽为一就是贪心")
def test_beam_search_beam_of_one(student, rng):
    model, script = scripted(student, tables(rng))
    source = sources(rng, 2)
    rows = written(student.beam_search(model, source, 5, beam_size=1), 2, 5)
    same_rows(rows, [script.greedy(row, 5) for row in source])


@check("beam_search", 3, "It finds what greedy decoding misses", "找到贪心解码错过的译文")
def test_beam_search_garden_path(student):
    # Word 4 looks better than word 5 at first; but after 4 anything may follow, after 5 the end.
    first, second, flat = 4, 5, 0.0
    by_word = np.full((WORDS, WORDS), flat, "float32")
    by_word[START_ID] = -30.0
    by_word[START_ID, [first, second]] = 0.5, 0.4
    by_word[second] = -30.0
    by_word[second, END_ID] = 5.0
    by_word[:, NEVER] = -60.0
    nothing = np.zeros((1, WORDS), "float32")
    model, _ = scripted(student, [by_word, nothing, nothing, nothing])
    source = np.array([[4, 5], [6, 0]], "int32")
    rows = written(student.beam_search(model, source, 4, beam_size=2, length_penalty=0.0), 2, 4)
    because = text(
        "The likeliest translation begins with the second likeliest word; it is not found.",
        "最可能的译文以次可能的词开头，但没有找到它。",
    )
    same_rows(rows, [[second, END_ID]] * 2, because)


MOST = 2


def telling(rng, short, long):
    """Tables and a source, with the best hypothesis under some penalties.

    Under those in `short` it is the end at once, under those in `long` it has two words; none of
    them has a close rival.
    """
    lengths = dict.fromkeys(short, 1) | dict.fromkeys(long, MOST)
    while True:
        given = tables(rng, vocabulary_size=6, scale=1.0)
        given[0][:, 1] -= 60  # a beam as wide as the vocabulary holds every first word
        source, script, best = sources(rng, 1), oracle.Script(*given), {}
        for penalty, length in lengths.items():
            (high, words), (next_best, _) = script.ranked(source[0], MOST, penalty)[:2]
            if high - next_best < 0.02 or len(words) != length:
                break
            best[penalty] = words
        if len(best) == len(lengths):
            return given, source, best


@check(
    "beam_search",
    5,
    "With room for all, it returns the best by score",
    "束够宽时返回得分最高的译文",
)
def test_beam_search_best_of_all(student, rng):
    because = text(
        "Another hypothesis has a better log P / lp(Y) at this length_penalty.",
        "在此 length_penalty 下，另有译文的 log P / lp(Y) 更高。",
    )
    for short, long in (((-1.0,), (0.0, 1.0)), ((0.0,), (1.0,))):
        given, source, best = telling(rng, short, long)
        model, _ = scripted(student, given)
        for penalty in (1.0, 0.0):
            answer = student.beam_search(model, source, MOST, beam_size=6, length_penalty=penalty)
            same_rows(written(answer, 1, MOST), [best[penalty]], because)


@check("beam_search", 2, "Whoever has ended stays as it is", "已结束的译文保持不变")
def test_beam_search_ended(student, rng):
    given = tables(rng)
    given[1][1, END_ID] += 3
    given[2][1, END_ID] += 3
    model, _ = scripted(student, given)
    for _ in range(2):
        written(student.beam_search(model, sources(rng, 3), 6, beam_size=3), 3, 6)


@check("beam_search", 2, "Sentences of a batch don't mix", "批量中的句子互不影响")
def test_beam_search_rows(student, rng):
    model, _ = scripted(student, tables(rng))
    source = sources(rng, 3)
    together = written(student.beam_search(model, source, 4, beam_size=3), 3, 4)
    for row in range(3):
        alone = written(student.beam_search(model, source[row : row + 1], 4, beam_size=3), 1, 4)
        same_rows(alone, together[row : row + 1], ROWS)


@check("beam_search", 2, "By its own score it is no worse than greedy", "按自己的得分不逊于贪心")
def test_beam_search_not_worse(student, rng):
    given = tables(rng)
    given[1][:, END_ID] += 2
    model, script = scripted(student, given)
    source = sources(rng, 4)
    rows = written(student.beam_search(model, source, 5, beam_size=5), 4, 5)
    because = text(
        "A greedy translation has a better score than what the beam gives.",
        "贪心译文的得分反而高于束搜索的结果。",
    )
    for row, words in zip(source, rows, strict=True):
        simple = script.score(row, script.greedy(row, 5), 0.6)
        expect.that(script.score(row, words, 0.6) >= simple - 1e-4, because)


@check(
    "beam_search",
    3,
    "It finds 40 real translations",
    "找到 40 句真实的译文",
    timeout=60,
    evident=False,
)
def test_beam_search_translations(student):
    right = translating.record_of(translating.SEARCHES).beam
    options = (translating.BEAM_SIZE, translating.LENGTH_PENALTY)
    translating.expect_searches(student, student.beam_search, right, *options)


# -- corpus_bleu ---------------------------------------------------------------------------------

TOKENS = list("我你他养了一只猫狗，它很可爱喜欢深度学习。")


def corpus(rng, size=4):
    """References, and hypotheses that differ from them by a few tokens."""
    references = [list(rng.choice(TOKENS, int(rng.integers(5, 12)))) for _ in range(size)]
    hypotheses = []
    for reference in references:
        tokens = [str(t) if rng.random() < 0.8 else str(rng.choice(TOKENS)) for t in reference]
        hypotheses.append(tokens[: len(tokens) - int(rng.integers(0, 2))])
    return hypotheses, [[str(token) for token in reference] for reference in references]


@check(
    "corpus_bleu", 5, "It equals sacreBLEU's on the same tokens", "与 sacreBLEU 在同样的词元上一致"
)
def test_corpus_bleu_values(student, rng):
    for size in (1, 2, 4, 8):
        hypotheses, references = corpus(rng, size)
        got = student.corpus_bleu(hypotheses, references)
        expect.close(got, oracle.corpus_bleu(hypotheses, references), WRONG_VALUES, rtol=1e-3)


@check(
    "corpus_bleu",
    2,
    "Short translations are penalised, long ones not twice",
    "过短受罚，过长不重复受罚",
)
def test_corpus_bleu_brevity(student):
    reference = list("我养了一只猫，它很可爱")
    because = text(
        "The brevity penalty is wrong: 1 where the hypotheses are the longer, else exp(1 - r / h).",
        "长度惩罚不正确：译文更长时为 1，否则为 exp(1 - r / h)。",
    )
    for hypothesis in (reference[:7], [*reference, "！", "！"]):
        right = oracle.corpus_bleu([hypothesis], [reference])
        expect.close(student.corpus_bleu([hypothesis], [reference]), right, because, rtol=1e-3)


@check(
    "corpus_bleu",
    3,
    "A word counts as often as it is in the reference",
    "一个词最多计参考译文中的次数",
)
def test_corpus_bleu_clipping(student):
    hypotheses = [list("猫猫猫猫我养了一只猫"), list("我养了一只狗")]
    references = [list("我养了一只猫"), list("我养了一只猫")]
    because = text("Repeating a right word should not pay.", "重复正确的词不应加分。")
    right = oracle.corpus_bleu(hypotheses, references)
    expect.close(student.corpus_bleu(hypotheses, references), right, because, rtol=1e-3)


@check("corpus_bleu", 2, "Counts are summed over the corpus first", "先在整个语料上累计")
def test_corpus_bleu_corpus(student):
    hypotheses = [list("我喜欢深度学习"), list("它很可爱吗你呢他好")]
    references = [list("我喜欢深度学习"), list("它很可爱")]
    because = text(
        "BLEU of a corpus is not the mean of its sentences' BLEU.",
        "语料的 BLEU 不是各句 BLEU 的平均。",
    )
    right = oracle.corpus_bleu(hypotheses, references)
    expect.close(student.corpus_bleu(hypotheses, references), right, because, rtol=1e-3)


@check("corpus_bleu", 2, "From 0 to 100: nothing right, all right", "从 0 到 100：全错，全对")
def test_corpus_bleu_ends(student):
    because = text("All right is 100, no right word is 0.", "全对为 100，没有一个词对为 0。")
    right = [list("我喜欢深度学习")]
    expect.close(student.corpus_bleu(right, right), 100.0, because)
    expect.close(student.corpus_bleu([list("猫狗它很可爱")], right), 0.0, because)
