"""The hidden suite of the translation unit: one property a check, 100 points; see claims.md."""

import collections
import functools
import math

import numpy as np
from hypothesis import strategies as st

from autograder.base.text import text
from autograder.grading import expect
from autograder.grading.check import check
from autograder.grading.properties import for_all
from autograder.hidden import battery, translating
from autograder.hidden.battery import COMPILED, ROWS, WRONG_VALUES, normal
from autograder.hidden.function_checks import Function
from autograder.hidden.model_checks import expect_value_error
from autograder.hidden.slopes import gradient
from autograder.hidden.translation import oracle as oracle
from course.kit.tokens import END_ID, PAD_ID, START_ID, UNKNOWN_ID

VOCABULARY = 11


def sentences(rng, batch, length):
    """Rows of words that end in the end id and padding; the first row fills its length."""
    words = rng.choice([UNKNOWN_ID, *range(END_ID + 1, VOCABULARY)], (batch, length))
    lengths = rng.integers(0, length, batch)
    lengths[0] = length - 1
    places = np.arange(length)
    words[places == lengths[:, None]] = END_ID
    words[places > lengths[:, None]] = PAD_ID
    return words.astype("int32")


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
@for_all(seed=st.integers(0, 99), batch=st.integers(1, 3), length=st.integers(1, 5), examples=5)
def test_shift_right_values(student, seed, batch, length):
    fed_where_it_counts(student, sentences(np.random.default_rng(seed), batch, length))


@check("shift_right", 2, "Every row begins with the start id", "每一行都以开始符开头")
def test_shift_right_start(student, rng):
    because = text("A row doesn't begin with START_ID.", "有的行不是以 START_ID 开头。")
    for sizes in ((3, 4), (2, 1), (1, 3)):
        got = expect.array(student.shift_right(sentences(rng, *sizes)))
        expect.shape(got, sizes)
        expect.close(got[:, 0], np.full(sizes[0], START_ID), because)


@check("shift_right", 1, "Ids stay integers", "编号仍是整数")
def test_shift_right_integers(student, rng):
    target = sentences(rng, 2, 3)
    target[target > END_ID] += 70_000  # a large vocabulary
    got = fed_where_it_counts(student, target)
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


def scored(rng, batch=3, length=5):
    """Labels `(B, T)` with padding anywhere, one real token at least, and logits."""
    labels = sentences(rng, batch, length)
    labels[rng.random(labels.shape) < 0.25] = PAD_ID
    labels[0, -1] = END_ID
    logits = normal(rng, batch, length, VOCABULARY) * 2
    return [labels, logits + normal(rng, batch, length, 1) * 8]


def expect_other_loss(student, labels, logits, first):
    """Fail where other logits at real tokens have the same loss."""
    other = expect.number(student.masked_cross_entropy(labels, logits[..., ::-1]))
    battery.expect_varied(np.array([first, other]))


LOSS = Function(
    unit="translation",
    exercise="masked_cross_entropy",
    inputs=scored,
    right=oracle.masked_cross_entropy,
    specs=[(None, None), (None, None, VOCABULARY)],
    keywords={"label_smoothing": 0.2},
    tolerance={"rtol": 2e-5, "atol": 2e-6},
)
test_masked_cross_entropy_unknown_sizes = LOSS.unknown_sizes(2)


@check("masked_cross_entropy", 4, "The mean of -log p over real tokens", "真实词元上 -log p 的平均")
@for_all(seed=st.integers(0, 99), batch=st.integers(1, 3), length=st.integers(1, 5), examples=5)
def test_masked_cross_entropy_values(student, seed, batch, length):
    labels, logits = scored(np.random.default_rng(seed), batch, length)
    got = student.masked_cross_entropy(labels, logits)
    expect.close(got, oracle.masked_cross_entropy(labels, logits), WRONG_VALUES, **LOSS.tolerance)


@check("masked_cross_entropy", 3, "Logits at padding have no influence", "填充处的 logits 没有影响")
def test_masked_cross_entropy_padding(student, rng):
    labels, logits = scored(rng)
    labels[1, 0] = labels[2] = PAD_ID  # in front, and a whole sentence of it
    first = expect.number(student.masked_cross_entropy(labels, logits))
    logits[labels == PAD_ID] = 7 * normal(rng, int((labels == PAD_ID).sum()), VOCABULARY)
    because = text(
        "Other logits at padded positions change the loss.", "改动填充处的 logits，损失也变了。"
    )
    expect.same(student.masked_cross_entropy(labels, logits), first, because)
    expect_other_loss(student, labels, logits, first)


@check("masked_cross_entropy", 3, "More padding changes nothing", "再多填充也不改变损失")
def test_masked_cross_entropy_more_padding(student, rng):
    labels, logits = scored(rng, 2, 3)
    first = expect.number(student.masked_cross_entropy(labels, logits))
    wider = np.pad(labels, [(0, 0), (0, 4)]), np.pad(logits, [(0, 0), (0, 4), (0, 0)])
    because = text(
        "The same sentences, padded to a greater length, have another loss.",
        "同样的句子填充得更长，损失就变了。",
    )
    expect.same(student.masked_cross_entropy(*wider), first, because)
    expect_other_loss(student, labels, logits, first)


@check(
    "masked_cross_entropy",
    3,
    "Every token counts alike, in long sentences and short",
    "长句短句里的词元同等重要",
)
def test_masked_cross_entropy_tokens(student, rng):
    labels = np.array([[4, 5, 6, 7, 3], [3, 0, 0, 0, 0], [0, 0, 0, 0, 0]], "int32")
    logits = normal(rng, 3, 5, 9) * 3
    because = text(
        "The mean is to be taken over all tokens of the batch, not first over each sentence.",
        "应对整批的词元求平均，而不是先对每句求平均。",
    )
    for given in ((labels, logits), scored(rng, 3, 1367)):  # thousands of tokens, too
        right = oracle.masked_cross_entropy(*given)
        expect.close(student.masked_cross_entropy(*given), right, because, **LOSS.tolerance)


@check(
    "masked_cross_entropy", 4, "Smoothed labels, at real tokens only", "标签平滑，只在真实词元上"
)
def test_masked_cross_entropy_smoothing(student, rng):
    because = text("With label_smoothing the loss is wrong.", "使用 label_smoothing 时损失不正确。")
    for smoothing, sizes in ((0.1, (3, 5)), (0.5, (2, 1)), (1.0, (1, 4))):
        labels, logits = scored(rng, *sizes)
        right = oracle.masked_cross_entropy(labels, logits, smoothing)
        got = student.masked_cross_entropy(labels, logits, label_smoothing=smoothing)
        expect.close(got, right, because, **LOSS.tolerance)


@check("masked_cross_entropy", 1, "Nothing but padding gives 0", "全是填充时为 0")
def test_masked_cross_entropy_nothing(student, rng):
    because = text("Without a real token the loss should be 0.", "没有真实词元时损失应为 0。")
    given = [np.zeros((2, 3), "int32"), normal(rng, 2, 3, 5)]
    expect.same(expect.finite(student.masked_cross_entropy(*given), because), 0.0, because)
    learns = text(
        "Without a real token nothing should be learnt: the gradient should be 0.",
        "没有真实词元时不应学到任何东西：梯度应为 0。",
    )
    [slope] = battery.input_gradients(student.masked_cross_entropy, given, [np.float32(1)])
    expect.same(expect.finite(slope, learns), np.zeros_like(given[1]), learns)
    expect_other_loss(student, np.full((2, 3), 4, "int32"), given[1], 0.0)


@check("masked_cross_entropy", 2, "Huge logits give a finite loss", "logits 极大时损失仍为有限值")
def test_masked_cross_entropy_huge(student):
    labels = np.array([[4, 3], [5, 3]], "int32")
    logits = np.zeros((2, 2, 6), "float32")  # the second sentence's are ordinary
    logits[0, 0, [4, 5]], logits[0, 1, 5] = 2000.0, 2000.0
    because = text("Large finite logits should give a finite loss.", "logits 有限，损失也应有限。")
    for smoothing in (0.0, 0.1):
        got = expect.finite(student.masked_cross_entropy(labels, logits, smoothing), because)
        right = oracle.masked_cross_entropy(labels, logits, smoothing)
        expect.close(got, right, WRONG_VALUES)


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
    for d_model, warmup_steps in ((24, 37), (2, 3), (1, 1), (512, 20_000)):
        schedule = student.WarmupInverseSqrt(d_model, warmup_steps)
        for step in (100, 0, 1, 5, warmup_steps - 1, warmup_steps, 5000, 300_000):
            right = oracle.warmup_inverse_sqrt(d_model, warmup_steps, step)
            expect.close(schedule(step), right, WRONG_VALUES, rtol=2e-5, atol=0)


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
    later = expect.number(student.WarmupInverseSqrt(16, 10)(9))
    battery.expect_varied(np.array([rate, later]))


@check(
    "WarmupInverseSqrt", 2, "It takes steps as integer tensors, compiled", "接受整数张量，可编译"
)
def test_warmup_inverse_sqrt_layer_tensors(student):
    schedule = student.WarmupInverseSqrt(24, 37)
    for step in (np.array(7, "int64"), np.array(90, "int32"), np.array(7, "float32")):
        right = oracle.warmup_inverse_sqrt(24, 37, float(step))
        expect.close(schedule.graph(step, specs=[()]), right, COMPILED, atol=0)


@check("WarmupInverseSqrt", 2, "Its configuration makes it again", "可由配置重建")
def test_warmup_inverse_sqrt_layer_config(student):
    copy = student.WarmupInverseSqrt(24, 37).clone()
    because = text("The copy gives another rate.", "副本给出的学习率不同。")
    for step in (3, 90):
        expect.close(copy(step), oracle.warmup_inverse_sqrt(24, 37, step), because, atol=0)


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


def one_row_for_each(count):
    """Sources of which each has its own row in a table of this many rows by source."""
    return np.array([[count + row, PAD_ID] for row in range(count)], "int32")


def scripted(student, given):
    return student.kit("models.scripted.ScriptedModel")(*given), oracle.Script(*given)


def sources(rng, batch):
    """Rows of up to four words, with padding behind all but the first."""
    words = rng.integers(4, 12, (batch, 4)).astype("int32")
    words[1:, rng.integers(1, 4) :] = PAD_ID
    return words


def close_race():
    """Tables and sources: word 4, then word 5 is ahead by little; then comes the end."""
    by_word = np.full((WORDS, WORDS), -30.0, "float32")
    by_word[START_ID, 4:6] = 0.7
    by_word[4:, END_ID] = 5.0
    by_source = np.zeros((2, WORDS), "float32")
    by_source[0, 4] = by_source[1, 5] = 2e-4
    nothing = np.zeros((1, WORDS), "float32")
    return [by_word, nothing, by_source, nothing], np.array([[4], [5]], "int32")


def written(answer, batch, max_length):
    """The words of an answer, as rows without the padding; the form is checked."""
    got = expect.array(answer)
    shaped = text(
        f"The result should be ids, of the shape ({batch}, at most {max_length}).",
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


@check("greedy_decode", 3, "The likeliest word, again and again", "一次又一次选最可能的词")
def test_greedy_decode_words(student, rng):
    for given, source in (
        (tables(rng), sources(rng, 3)),
        (tables(rng), sources(rng, 5)),
        close_race(),
    ):
        model, script = scripted(student, given)
        rows = written(student.greedy_decode(model, source, 6), len(source), 6)
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
    model, script = scripted(student, tables(rng))
    source = sources(rng, 3)
    together = written(student.greedy_decode(model, source, 5), 3, 5)
    same_rows(together, [script.greedy(row, 5) for row in source])
    for row in range(3):
        alone = written(student.greedy_decode(model, source[row : row + 1], 5), 1, 5)
        same_rows(alone, together[row : row + 1], ROWS)


@check("greedy_decode", 2, "Each source is read once", "每个源句只读一次")
def test_greedy_decode_reads_once(student, rng):
    model, _ = scripted(student, endless(rng))
    student.greedy_decode(model, sources(rng, 2), 4)
    because = text(
        "The source doesn't change while the target is written: encode it once.",
        "写目标句时源句不变：只需编码一次。",
    )
    expect.that(model.value("sentences_read") == 2, because)


@check("greedy_decode", 1, "Writing stops when all have ended", "全部结束就停止")
def test_greedy_decode_stops(student, rng):
    given = tables(rng)
    given[1][2:, END_ID] += 60  # no row has more than three words
    model, script = scripted(student, given)
    source = sources(rng, 2)
    rows = written(student.greedy_decode(model, source, 20), 2, 20)
    same_rows(rows, [script.greedy(row, 20) for row in source])
    because = text(
        "The model is asked on after every sentence has ended.", "所有句子都结束之后还在问模型。"
    )
    expect.that(
        model.value("decode_calls") <= 2 * 3, because
    )  # also where rows are asked one by one


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


@check("beam_search", 2, "A beam of one is greedy", "束宽为一就是贪心")
def test_beam_search_beam_of_one(student, rng):
    model, script = scripted(student, tables(rng))
    source = sources(rng, 2)
    for most in (1, 5):
        rows = written(student.beam_search(model, source, most, beam_size=1), 2, most)
        same_rows(rows, [script.greedy(row, most) for row in source])


def garden_path(rng, rank, end):
    """Tables: of all words the one of this rank is the likeliest to end well, and alone.

    After the words that look better at first anything may follow; the logit of the end is given.
    """
    words = rng.permutation(np.arange(END_ID + 1, VOCABULARY))
    by_word = np.full((VOCABULARY, VOCABULARY), -30.0, "float32")
    by_word[START_ID, words] = -0.1 * np.arange(len(words))
    for word in (UNKNOWN_ID, *words):
        by_word[word, [UNKNOWN_ID, *words]] = 0.0
        by_word[word, END_ID] = end
    by_word[words[rank - 1]] = -30.0
    by_word[words[rank - 1], END_ID] = 0.0
    nothing = np.zeros((1, VOCABULARY), "float32")
    return [by_word, nothing, nothing, nothing]


def expect_beam_of(student, rng, beam_size, options):
    """Fail unless exactly so many beginnings are kept."""
    source = sources(rng, 2)
    for rank in (beam_size, beam_size + 1):
        # What ends equally well as it goes on is a tie: only who misses the best gets there.
        given = garden_path(rng, rank, end=0.0 if rank == beam_size else 0.5)
        model, script = scripted(student, given)
        answer = student.beam_search(model, source, 4, **options)
        because = text(
            f"With beam_size {beam_size} another translation scores best; at each step the "
            f"{beam_size} best beginnings should go on.",
            f"beam_size 为 {beam_size} 时，得分最高的是另一个译文；"
            f"每一步应保留最好的 {beam_size} 个开头。",
        )
        if rank > beam_size:
            because = text(
                f"With beam_size {beam_size} no more than {beam_size} beginnings should go on.",
                f"beam_size 为 {beam_size} 时，保留的开头不应多于 {beam_size} 个。",
            )
        right = [script.beam(row, 4, beam_size, 0.0) for row in source]
        same_rows(written(answer, 2, 4), right, because)


@check("beam_search", 3, "It finds what greedy decoding misses", "找到贪心解码错过的译文")
def test_beam_search_garden_path(student, rng):
    for beam_size in (2, 3, 5):
        expect_beam_of(student, rng, beam_size, {"beam_size": beam_size, "length_penalty": 0.0})


ROWS_BY_SOURCE = 200


@functools.cache
def searches(seed, beam_size, penalty, most, batch=6):
    """Tables, sources, and what beam search returns: other words than greedy decoding's.

    Whether hypotheses that have ended keep their place in the beam makes no difference to them,
    nor do small errors of rounding. With a large penalty, scores that count only in the end do.
    """
    rng = np.random.default_rng(seed)
    options = (most, beam_size, penalty)
    while True:
        drawn = tables(rng, scale=0.5)
        drawn[0][:, END_ID] += 1.0
        drawn[2] = normal(rng, ROWS_BY_SOURCE, WORDS) / 2
        drawn[3] *= 3.0
        script = oracle.Script(*drawn)
        shaken = oracle.Script(*(table + 1e-4 * normal(rng, *table.shape) for table in drawn))
        found, seen = [], collections.Counter()
        for row in one_row_for_each(ROWS_BY_SOURCE):
            best = script.beam(row, *options)
            clear = best == shaken.beam(row, *options) == script.pooled(row, *options)
            if clear and best != script.greedy(row, most):
                found.append((script.late(row, *options) == best, seen[tuple(best)], row, best))
                seen[tuple(best)] += 1
        found.sort(key=lambda item: item[:2])  # what tells the most, and few of one kind
        if len(found) >= batch and not (penalty > 1 and found[0][0]):
            _, _, source, right = zip(*found[:batch], strict=True)
            return drawn, np.array(source), list(right)


@check("beam_search", 4, "At each step the best by score go on", "每一步保留得分最高的几个")
def test_beam_search_beams(student, rng):
    because = text(
        "Of all beginnings of a step the best by log P / lp(Y) should go on.",
        "每一步应在所有开头中保留 log P / lp(Y) 最高的几个。",
    )
    seed = int(rng.integers(2**32))
    for beam_size, penalty, most in ((3, 0.0, 4), (2, 2.0, 5), (4, 0.6, 3), (9, 1.0, 3)):
        given, source, right = searches(seed, beam_size, penalty, most)
        model, _ = scripted(student, given)
        options = {"beam_size": beam_size, "length_penalty": penalty}
        answer = student.beam_search(model, source, most, **options)
        same_rows(written(answer, len(source), most), right, because)


def even_odds(penalty, short, long, advantage):
    """How much likelier the short hypothesis has to be, in nats, for scores that are nearly even.

    One of the two is written. The scores of the lengths differ by the factor `advantage`.
    """
    ratio = ((5 + long) / (5 + short)) ** penalty * advantage
    low, high = 0.0, 1.0  # the probability of the short one
    for _ in range(60):
        middle = (low + high) / 2
        if math.log1p(-middle) > ratio * math.log(middle):
            low = middle
        else:
            high = middle
    return math.log(middle / (1 - middle))


def expect_penalty_of(student, penalty, options):
    """Fail unless scores are divided by lp(Y) with this penalty."""
    by_word = np.full((WORDS, WORDS), -60.0, "float32")
    by_word[START_ID, END_ID : END_ID + 3] = 0.0
    for word, following in ((4, END_ID), (5, 6), (6, END_ID)):
        by_word[word, following] = 60.0
    by_source = np.zeros((4, WORDS), "float32")
    for row, advantage in enumerate((1 - 1e-4, 1 + 1e-4)):
        # The end at once against one word, and one word against two.
        by_source[row, [END_ID, 5]] = even_odds(penalty, 1, 2, advantage), -40.0
        by_source[row + 2, [4, END_ID]] = even_odds(penalty, 2, 3, advantage), -40.0
    nothing = np.zeros((1, WORDS), "float32")
    model, _ = scripted(student, [by_word, nothing, by_source, nothing])
    answer = student.beam_search(model, one_row_for_each(4), 5, **options)
    because = text(
        "Another hypothesis has a better log P / lp(Y) at this length_penalty.",
        "在此 length_penalty 下，另有译文的 log P / lp(Y) 更高。",
    )
    right = [[4, END_ID], [END_ID], [5, 6, END_ID], [4, END_ID]]
    same_rows(written(answer, 4, 5), right, because)


@check("beam_search", 3, "Scores are divided by lp(Y)", "得分要除以 lp(Y)")
def test_beam_search_length_penalty(student):
    for penalty in (1.0, 0.0, 0.3, 2.0):
        expect_penalty_of(student, penalty, {"beam_size": 3, "length_penalty": penalty})


@check(
    "beam_search", 1, "Four beams and a penalty of 0.6, where none is given", "默认四束，惩罚 0.6"
)
def test_beam_search_defaults(student, rng):
    expect_penalty_of(student, 0.6, {})
    expect_beam_of(student, rng, 4, {})


@check("beam_search", 2, "Whoever has ended stays as it is", "已结束的译文保持不变")
def test_beam_search_ended(student, rng):
    given = tables(rng)
    given[1][1, END_ID] += 3
    given[2][1, END_ID] += 3
    model, _ = scripted(student, given)
    for _ in range(2):
        written(student.beam_search(model, sources(rng, 3), 6, beam_size=3), 3, 6)
    # One sentence of a batch ends at once, whatever else is tried; another goes on.
    for ends, goes_on in ((0, 1), (1, 0)):
        given[2] = np.zeros((2, WORDS), "float32")
        given[2][ends, END_ID], given[2][goes_on, END_ID] = 60, -60
        model, script = scripted(student, given)
        source = one_row_for_each(2)
        answer = student.beam_search(model, source, 6, beam_size=3, length_penalty=0.0)
        right = [script.beam(row, 6, 3, 0.0) for row in source]
        same_rows(written(answer, 2, 6), right)


@check("beam_search", 2, "Sentences of a batch don't mix", "批量中的句子互不影响")
def test_beam_search_rows(student, rng):
    model, script = scripted(student, tables(rng))
    source, options = sources(rng, 3), {"beam_size": 2, "length_penalty": 0.0}
    together = written(student.beam_search(model, source, 4, **options), 3, 4)
    same_rows(together, [script.beam(row, 4, 2, 0.0) for row in source])
    for row in range(3):
        alone = written(student.beam_search(model, source[row : row + 1], 4, **options), 1, 4)
        same_rows(alone, together[row : row + 1], ROWS)


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
RUNS = ["a", "aa", "aaa"]  # written without spaces, other n-grams look like these
CASES = ["the", "The", "THE", "1", "1.0", "é", "e\u0301"]  # all of them other tokens
BLEU = {"rtol": 1e-5, "atol": 1e-4}


def corpus(rng, size, tokens):
    """References, and hypotheses that differ from them by a few tokens."""
    references = [list(rng.choice(tokens, int(rng.integers(5, 12)))) for _ in range(size)]
    hypotheses = []
    for reference in references:
        changed = [str(t) if rng.random() < 0.8 else str(rng.choice(tokens)) for t in reference]
        hypotheses.append(changed[: len(changed) - int(rng.integers(0, 2))])
    return hypotheses, [[str(token) for token in reference] for reference in references]


def expect_bleu(student, hypotheses, references, because=WRONG_VALUES):
    """Fail unless the score is sacreBLEU's."""
    got = student.corpus_bleu(hypotheses, references)
    expect.close(got, oracle.corpus_bleu(hypotheses, references), because, **BLEU)


@check(
    "corpus_bleu", 3, "It equals sacreBLEU's on the same tokens", "与 sacreBLEU 在同样的词元上一致"
)
def test_corpus_bleu_values(student, rng):
    for size in (1, 2, 4, 8):
        expect_bleu(student, *corpus(rng, size, TOKENS))
        expect_bleu(student, *corpus(rng, size, CASES))
        expect_bleu(student, *corpus(rng, size, RUNS))


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
    for hypothesis in (reference[:7], reference[:4], reference[:-1], [*reference, "！", "！"]):
        expect_bleu(student, [hypothesis], [reference], because)


@check(
    "corpus_bleu",
    2,
    "A word counts as often as it is in the reference",
    "一个词最多计参考译文中的次数",
)
def test_corpus_bleu_clipping(student):
    hypotheses = [list("猫猫猫猫我养了一只猫"), list("我养了一只狗"), list("狗狗狗")]
    references = [list("我养了一只猫"), list("我养了一只猫"), list("狗狗")]
    because = text("Repeating a right word should not pay.", "重复正确的词不应加分。")
    expect_bleu(student, hypotheses, references, because)


@check("corpus_bleu", 2, "Counts are summed over the corpus first", "先在整个语料上累计")
def test_corpus_bleu_corpus(student):
    hypotheses = [list("我喜欢深度学习"), list("它很可爱吗你呢他好")]
    references = [list("我喜欢深度学习"), list("它很可爱")]
    because = text(
        "BLEU of a corpus is not the mean of its sentences' BLEU.",
        "语料的 BLEU 不是各句 BLEU 的平均。",
    )
    expect_bleu(student, hypotheses, references, because)
    # In all not too short, though the first sentence is.
    expect_bleu(student, [references[0][:5], hypotheses[1]], references, because)


@check("corpus_bleu", 2, "Lengths without a right n-gram are smoothed", "没有匹配的长度要平滑")
def test_corpus_bleu_smoothing(student):
    because = text(
        "Where no n-gram of a length is right, p_n is 1 / (2^k * number of n-grams), and k grows "
        "from one such length to the next.",
        "某个长度没有匹配的 n 元组时，p_n 为 1 / (2^k * n 元组个数)，每多一个这样的长度，k 加一。",
    )
    reference = list("我养了一只猫，它很可爱")
    for hypothesis in ("我是他的", "了养我猫只一很它", "我养猫只一了很它", "我养了猫只一很它"):
        expect_bleu(student, [list(hypothesis)], [reference], because)


@check("corpus_bleu", 1, "From 0 to 100: nothing right, all right", "从 0 到 100：全错，全对")
def test_corpus_bleu_ends(student):
    because = text("All right is 100, no right word is 0.", "全对为 100，没有一个词对为 0。")
    right = [list("我喜欢深度学习")]
    expect.close(student.corpus_bleu(right, right), 100.0, because, **BLEU)
    expect.close(student.corpus_bleu([list("猫狗它很可爱")], right), 0.0, because, **BLEU)


@check(
    "corpus_bleu", 1, "Without sentences, words or n-grams it is 0", "没有句子、词或 n 元组时为 0"
)
def test_corpus_bleu_nothing(student):
    because = text(
        "Without any n-gram of a length BLEU is 0, also where nothing was written at all.",
        "某个长度没有任何 n 元组时 BLEU 为 0，什么都没写时也是。",
    )
    right = list("我喜欢深度学习")
    for hypotheses in ([], [[]], [[], []], [right[:3], right[:2]]):
        got = student.corpus_bleu(hypotheses, [right] * len(hypotheses))
        expect.close(got, 0.0, because, **BLEU)
    # One sentence without a word beside others counts like any other.
    expect_bleu(student, [[], right], [right, right])
    expect_bleu(student, [right, right], [[], right])


@check(
    "corpus_bleu", 1, "As many references as hypotheses, or ValueError", "数量不同时抛出 ValueError"
)
def test_corpus_bleu_numbers(student):
    because = text(
        "Where there are more hypotheses than references, or fewer, it should raise ValueError.",
        "译文与参考译文数量不同时，应抛出 ValueError。",
    )
    right = list("我喜欢深度学习")
    for hypotheses, references in (([right], [right, right]), ([right, right], [right])):
        call = functools.partial(student.corpus_bleu, hypotheses, references)
        expect_value_error(call, because)
    expect.number(student.corpus_bleu([right], [right]))
