"""Public checks of the translation unit: small examples, worked out by hand."""

import math

import keras
import numpy as np

from course.kit.checking import Mismatch, as_array, expect_equal, expect_shape, tensor
from course.kit.language import say
from course.kit.models.scripted import ScriptedModel, in_a_model
from course.kit.public_checks import public_check
from course.kit.tokens import END_ID, START_ID


@public_check(
    "shift_right",
    title=("Two words and the end", "两个词和结束符"),
    hint=(
        "The start id comes first, the last column goes.",
        "最前面是起始符，最后一列去掉。",
    ),
)
def test_shift_right_one_row(work):
    target = tensor([[7, 8, END_ID]], "int32")
    expect_equal(work.shift_right(target), [[START_ID, 7, 8]], target=target)


@public_check(
    "shift_right",
    title=("Every row gets its start id", "每一行都有起始符"),
    hint=("The shift runs along the words, not along the batch.", "沿词的方向移动，不沿批量方向。"),
)
def test_shift_right_two_rows(work):
    target = tensor([[7, 8, 6, END_ID], [9, END_ID, 0, 0]], "int32")
    got = as_array(work.shift_right(target))
    part = ("the first two columns", "前两列")
    expect_equal(got[:, :2], [[START_ID, 7], [START_ID, 9]], part=part, target=target)


@public_check(
    "masked_cross_entropy",
    title=("Equal logits over four words: ln 4", "四个词的 logits 相等：ln 4"),
    hint=("The right word has the probability 1/4.", "正确的词的概率是 1/4。"),
)
def test_masked_cross_entropy_even(work):
    given = {"labels": tensor([[3]], "int32"), "logits": tensor([[[0] * 4]])}
    expect_equal(work.masked_cross_entropy(**given), math.log(4), **given)


ONE_TO_FOUR = [math.log(1), math.log(2), math.log(3), math.log(4)]  # of ten


@public_check(
    "masked_cross_entropy",
    title=("Three words of two sentences, beside padding", "两个句子共三个词，旁边是填充"),
    hint=(
        "The mean of ln 10/3, ln 10/4 and ln 10/4: every real token counts once, padding never.",
        "ln 10/3、ln 10/4、ln 10/4 三者的平均：真实词元各计一次，填充不计。",
    ),
)
def test_masked_cross_entropy_padding(work):
    labels = np.array([[2, 3, 0], [3, 0, 0]], "int32")
    logits = np.tile(ONE_TO_FOUR, (2, 3, 1))
    logits[labels == 0] = [0, 9, 0, 5]  # at padding the model may say what it likes
    given = {"labels": tensor(labels, "int32"), "logits": tensor(logits)}
    right = (math.log(10 / 3) + 2 * math.log(10 / 4)) / 3
    expect_equal(work.masked_cross_entropy(**given), right, **given)


@public_check(
    "masked_cross_entropy",
    title=("Smoothing by one half", "平滑一半"),
    hint=(
        "Half of the truth stays with the right word; the other half goes to all words alike.",
        "一半概率留给正确的词，另一半平均分给所有词。",
    ),
)
def test_masked_cross_entropy_smoothing(work):
    given = {"labels": tensor([[3, 0]], "int32"), "logits": tensor([[ONE_TO_FOUR, [9, 0, 0, 0]]])}
    given["label_smoothing"] = 0.5
    of_all = (math.log(10) + math.log(10 / 2) + math.log(10 / 3) + math.log(10 / 4)) / 4
    right = 0.5 * math.log(10 / 4) + 0.5 * of_all
    expect_equal(work.masked_cross_entropy(**given), right, **given)


@public_check(
    "masked_cross_entropy",
    title=(
        "A word with the probability e^-1000; and only padding",
        "概率为 e^-1000 的词；以及全是填充",
    ),
    hint=(
        "e^-1000 rounds to 0: take softmax and logarithm in one step. Without real tokens it is 0.",
        "e^-1000 会舍入成 0：softmax 和对数要一步算出。没有真实词元时结果为 0。",
    ),
)
def test_masked_cross_entropy_ends(work):
    for label, right in ((3, 1000.0), (0, 0.0)):
        given = {"labels": tensor([[label]], "int32"), "logits": tensor([[[0, 1000, 0, 0]]])}
        expect_equal(work.masked_cross_entropy(**given), right, **given)


@public_check(
    "masked_cross_entropy",
    title=("It can be part of a model", "可以用在模型里"),
    hint=(
        "In training the labels have no numbers yet: what depends on them has to stay a tensor.",
        "搭建训练时标签还没有数值：凡是取决于标签的，都要一直是张量。",
    ),
)
def test_masked_cross_entropy_in_a_model(work):
    labels, logits = keras.Input((3,), dtype="int32"), keras.Input((3, 4))
    expect_shape(in_a_model(work.masked_cross_entropy, labels, logits), ())


@public_check(
    "WarmupInverseSqrt",
    title=("The first update, Keras's step 0", "第一次更新，Keras 的第 0 步"),
    hint=("n counts from 1, step from 0.", "n 从 1 数起，step 从 0 数起。"),
)
def test_warmup_inverse_sqrt_first(work):
    # D = 16: D^-0.5 = 1/4; n = 1 of 4 warm-up steps: 1 * 4^-1.5 = 1/8.
    expect_equal(work.WarmupInverseSqrt(16, 4)(0), 1 / 32, d_model=16, warmup_steps=4, step=0)


@public_check(
    "WarmupInverseSqrt",
    title=("The peak, and four times later half of it", "最高点，以及四倍时间之后减半"),
    hint=("Of the two terms the smaller one counts.", "两项中取较小的一项。"),
)
def test_warmup_inverse_sqrt_peak(work):
    for step, right in ((3, 1 / 8), (15, 1 / 16)):
        got = work.WarmupInverseSqrt(16, 4)(step)
        expect_equal(got, right, d_model=16, warmup_steps=4, step=step)


VOCABULARY = 7


def storyteller(*stories):
    """A model that tells a fixed story to each source: source [[4]] the first, [[5]] the next."""
    by_word = np.zeros((VOCABULARY, VOCABULARY))
    by_source = np.zeros((len(stories), VOCABULARY))
    # After each word the story's next one: the words of the stories differ.
    for story in stories:
        for last, word in zip([START_ID, *story], story, strict=False):
            by_word[last, word] += 5
    for row, story in enumerate(stories):
        by_source[(4 + row) % len(stories), story[0]] += 2
    nothing = np.zeros((1, VOCABULARY))
    return ScriptedModel(by_word, nothing, by_source, nothing)


def by_last_word(by_word):
    """A model whose next word hangs on its last word alone: a row of logits for each."""
    nothing = np.zeros((1, VOCABULARY))
    return ScriptedModel(by_word, nothing, nothing, nothing)


def expect_words(search, model, source, max_length, expected, **options):
    """Compare what a search writes; how much padding stands behind all sentences doesn't matter."""
    source = tensor(source, "int32")
    ids, width = as_array(search(model, source, max_length, **options)), len(expected[0])
    if ids.ndim == 2 and not ids[:, width:].any():
        ids = ids[:, :width]
    expect_equal(ids, expected, source=source, max_length=max_length, **options)


@public_check(
    "greedy_decode",
    title=("It tells the model's story to the end", "写出模型想说的话，直到结束"),
    hint=(
        "Feed the start id and all words written; the last position names the next word.",
        "输入起始符和已写出的词；最后一个位置给出下一个词。",
    ),
)
def test_greedy_decode_story(work):
    model = storyteller([4, 5, 6, END_ID])
    expect_words(work.greedy_decode, model, [[4]], 10, [[4, 5, 6, END_ID]])


@public_check(
    "greedy_decode",
    title=("A short story is padded beside a long one", "短句在长句旁边要填充"),
    hint=(
        "A row that has said its end id gets padding; writing stops when all have.",
        "写出结束符的行之后用填充；全部结束才停。",
    ),
)
def test_greedy_decode_padding(work):
    model = storyteller([4, END_ID], [5, 6, END_ID])
    expect_words(work.greedy_decode, model, [[4], [5]], 10, [[4, END_ID, 0], [5, 6, END_ID]])


@public_check(
    "greedy_decode",
    title=("The next word depends on all words before", "下一个词取决于前面所有的词"),
    hint=(
        "Feed all that was written, not the last word alone.",
        "输入写过的全部，不只是最后一个词。",
    ),
)
def test_greedy_decode_position(work):
    by_position = np.zeros((4, VOCABULARY))
    by_position[range(4), [4, 4, 5, END_ID]] = 5  # the same word twice, then another one
    nothing = np.zeros((1, VOCABULARY))
    model = ScriptedModel(np.zeros((VOCABULARY, VOCABULARY)), by_position, nothing, nothing)
    expect_words(work.greedy_decode, model, [[4]], 10, [[4, 4, 5, END_ID]])


@public_check(
    "greedy_decode",
    title=("It asks the model no more than is needed", "不多问模型"),
    hint=(
        "Encode each source once, before the loop; leave the loop once all have ended.",
        "每个源句只在循环之前编码一次；全部结束后就离开循环。",
    ),
)
def test_greedy_decode_calls(work):
    model = storyteller([4, END_ID], [5, 6, END_ID])
    work.greedy_decode(model, tensor([[4], [5]], "int32"), 10)
    if model.sentences_read != 2:
        got = say(f"{model.sentences_read} sentences read", f"读了 {model.sentences_read} 句")
        raise Mismatch(say("2 sentences read", "读 2 句"), got)
    if model.decode_calls > 5:  # two words and three, even where they are asked for one by one
        got = say(f"{model.decode_calls} calls of decode", f"调用 decode {model.decode_calls} 次")
        raise Mismatch(say("5 calls of decode at most", "调用 decode 至多 5 次"), got)


@public_check(
    "greedy_decode",
    title=("Two words are the most", "最多两个词"),
    hint=("Stop after max_length words, ended or not.", "写满 max_length 个词就停，不论是否结束。"),
)
def test_greedy_decode_max_length(work):
    model = storyteller([4, 5, 6, END_ID])
    expect_words(work.greedy_decode, model, [[4]], 2, [[4, 5]])


@public_check(
    "beam_search",
    title=("A beam of one is greedy", "束宽为一就是贪心"),
    hint=("With one beam only the best word goes on.", "只有一束时，只有最好的词能延续。"),
)
def test_beam_search_one(work):
    model = storyteller([4, 5, END_ID])
    expect_words(work.beam_search, model, [[4]], 10, [[4, 5, END_ID]], beam_size=1)


@public_check(
    "beam_search",
    title=("A short translation beside a long one", "短译文在长译文旁边"),
    hint=(
        "What has ended stays as it is: only padding may follow, and it costs nothing.",
        "已结束的译文保持不变：后面只能是填充，而且不扣分。",
    ),
)
def test_beam_search_ended(work):
    model = storyteller([4, END_ID], [5, 6, END_ID])
    right = [[4, END_ID, 0], [5, 6, END_ID]]
    expect_words(work.beam_search, model, [[4], [5]], 10, right, beam_size=3)


@public_check(
    "beam_search",
    title=(
        "One word more for a penalty of 3, not for 2",
        "length_penalty 为 3 时多写一个词，为 2 时不写",
    ),
    hint=(
        "ln 0.56 / 1 against ln 0.44 / (7/6)^2, and against ln 0.44 / (7/6)^3.",
        "比较 ln 0.56 / 1 与 ln 0.44 / (7/6)^2，再与 ln 0.44 / (7/6)^3 比较。",
    ),
)
def test_beam_search_length_penalty(work):
    by_word = np.full((VOCABULARY, VOCABULARY), -60.0)
    by_word[START_ID, [END_ID, 4]] = math.log(0.56), math.log(0.44)
    by_word[4, END_ID] = 0.0
    model = by_last_word(by_word)
    for penalty, right in ((2.0, [END_ID]), (3.0, [4, END_ID])):
        options = {"beam_size": 2, "length_penalty": penalty}
        expect_words(work.beam_search, model, [[4], [5]], 4, [right, right], **options)


@public_check(
    "beam_search",
    title=("Two beginnings that score more than an end", "两个开头的得分都高于一个结尾"),
    hint=(
        "Scores decide at each step which go on: ln 0.29 / (7/6)^6 is more than ln 0.4 / 1.",
        "每一步保留哪些都由得分决定：ln 0.29 / (7/6)^6 大于 ln 0.4 / 1。",
    ),
)
def test_beam_search_scores(work):
    by_word = np.full((VOCABULARY, VOCABULARY), -60.0)
    by_word[START_ID, [END_ID, 4]] = math.log(0.4), math.log(0.6)
    by_word[4, [5, 6]] = math.log(0.51), math.log(0.49)
    by_word[5] = 0.0  # after word 5 anything may follow,
    by_word[6, END_ID] = 0.0  # and after word 6 only the end
    model = by_last_word(by_word)
    options = {"beam_size": 2, "length_penalty": 6.0}
    expect_words(work.beam_search, model, [[4]], 3, [[4, 6, END_ID]], **options)


@public_check(
    "beam_search",
    title=("The second best word leads to the best translation", "次好的词引出最好的译文"),
    hint=(
        "Keep both beginnings; compare by the sum of log-probabilities.",
        "两个开头都留着；按对数概率之和比较。",
    ),
)
def test_beam_search_garden_path(work):
    by_word = np.full((VOCABULARY, VOCABULARY), -30.0)
    by_word[START_ID, [4, 5]] = 0.5, 0.4  # word 4 looks better at first,
    by_word[4, 4:] = by_word[4, END_ID] = 0.0  # but after it anything may follow,
    by_word[6] = by_word[4]
    by_word[5, END_ID] = 5.0  # and after word 5 only the end
    model = by_last_word(by_word)
    options = {"beam_size": 2, "length_penalty": 0.0}
    expect_words(work.beam_search, model, [[4]], 4, [[5, END_ID]], **options)


def expect_bleu(work, hypotheses, references, right):
    """Compare a score; each character is a token."""
    given = {"hypotheses": list(map(list, hypotheses)), "references": list(map(list, references))}
    expect_equal(work.corpus_bleu(**given), right, 1e-3, **given)


@public_check(
    "corpus_bleu",
    title=("All right is 100, all wrong is 0", "全对为 100，全错为 0"),
    hint=("From 0 to 100, not from 0 to 1.", "范围是 0 到 100，不是 0 到 1。"),
)
def test_corpus_bleu_ends(work):
    expect_bleu(work, ["我喜欢深度学习"], ["我喜欢深度学习"], 100.0)
    expect_bleu(work, ["它很可爱吗"], ["我喜欢深度学习"], 0.0)


@public_check(
    "corpus_bleu",
    title=("Four right characters of six", "六个字里写对了四个"),
    hint=(
        "Every n-gram written is right; what is missing costs the brevity penalty exp(1 - 6/4).",
        "写出的 n 元组全对；缺少的部分由长度惩罚 exp(1 - 6/4) 扣分。",
    ),
)
def test_corpus_bleu_brevity(work):
    expect_bleu(work, ["太阳晒屁"], ["太阳晒屁股啦"], 100 * math.exp(-0.5))


@public_check(
    "corpus_bleu",
    title=("One character four times, where one is right", "同一个字写四遍，只有一个对"),
    hint=(
        "One of four characters counts. No pair, triple or four is right: 1/2, 1/4 and 1/8 of an "
        "n-gram stand in, over 3, 2 and 1.",
        "四个字里只计一个。二、三、四元组都没有匹配：分别按 1/2、1/4、1/8 个算，分母为 3、2、1。",
    ),
)
def test_corpus_bleu_repeated(work):
    right = 100 * (1 / 4 * (1 / 2) / 3 * (1 / 4) / 2 * (1 / 8) / 1) ** (1 / 4)
    expect_bleu(work, ["晒晒晒晒"], ["晒"], right)


@public_check(
    "corpus_bleu",
    title=("Two sentences, one too short and one too long", "两个句子，一个太短，一个太长"),
    hint=(
        "Add up first: 5 of 6 characters, 3 of 4 pairs, all triples and fours; 6 against 6 long.",
        "先相加：6 个字对了 5 个，4 个二元组对了 3 个，三、四元组全对；长度 6 对 6。",
    ),
)
def test_corpus_bleu_two_sentences(work):
    right = 100 * (5 / 6 * 3 / 4) ** (1 / 4)
    expect_bleu(work, ["太阳晒屁", "它们"], ["太阳晒屁股", "它"], right)


@public_check(
    "corpus_bleu",
    title=("Too short for four in a row: 0", "短得没有四元组：0"),
    hint=("Without any n-gram of a length BLEU is 0.", "某个长度没有任何 n 元组时，BLEU 为 0。"),
)
def test_corpus_bleu_short(work):
    expect_bleu(work, ["太阳"], ["太阳"], 0.0)
    expect_bleu(work, [""], ["太阳"], 0.0)


@public_check(
    "corpus_bleu",
    title=("As many references as hypotheses", "参考译文与译文数量相同"),
    hint=("Raise ValueError where the numbers differ.", "数量不同时抛出 ValueError。"),
)
def test_corpus_bleu_numbers(work):
    try:
        work.corpus_bleu([["我"]], [])
    except ValueError:
        return
    raise Mismatch("ValueError", say("no error", "没有报错"))
