"""Public checks of the translation unit: small examples, worked out by hand."""

import math

import numpy as np

from course.kit.checking import Mismatch, as_array, expect_equal, public_check, tensor
from course.kit.language import say
from course.kit.models.scripted import ScriptedModel
from course.kit.tokens import END_ID, START_ID


@public_check(
    "shift_right",
    title=("Two words and the end", "两个词和结束符"),
    hint=(
        "The start id comes first, the last column goes.",
        "最前面是开始符，最后一列去掉。",
    ),
)
def test_shift_right_one_row(work):
    expect_equal(work.shift_right(tensor([[7, 8, END_ID]], "int32")), [[START_ID, 7, 8]])


@public_check(
    "shift_right",
    title=("Every row gets its start id", "每一行都有开始符"),
    hint=("The shift runs along the words, not along the batch.", "沿词的方向移动，不沿批量方向。"),
)
def test_shift_right_two_rows(work):
    got = as_array(work.shift_right(tensor([[7, 8, END_ID], [9, END_ID, 0]], "int32")))
    expect_equal(got[:, :2], [[START_ID, 7], [START_ID, 9]])


@public_check(
    "masked_cross_entropy",
    title=("Equal logits over four words: ln 4", "四个词的 logits 相等：ln 4"),
    hint=("The right word has the probability 1/4.", "正确的词的概率是 1/4。"),
)
def test_masked_cross_entropy_even(work):
    expect_equal(
        work.masked_cross_entropy(tensor([[3]], "int32"), tensor([[[0] * 4]])), math.log(4)
    )


@public_check(
    "masked_cross_entropy",
    title=("Padding counts neither above nor below the line", "填充既不进分子，也不进分母"),
    hint=(
        "Divide by the number of real tokens.",
        "除以真实词元的个数。",
    ),
)
def test_masked_cross_entropy_padding(work):
    labels = tensor([[3, 0, 0]], "int32")
    logits = tensor([[[0, 0], [9, 0], [0, 9]]])
    logits = tensor(np.pad(as_array(logits), [(0, 0), (0, 0), (0, 2)], constant_values=0.0))
    expect_equal(work.masked_cross_entropy(labels, logits), math.log(4))


@public_check(
    "masked_cross_entropy",
    title=("Smoothing by one half", "平滑一半"),
    hint=(
        "Half of the truth stays with the right word; the other half goes to all words alike.",
        "一半概率留给正确的词，另一半平均分给所有词。",
    ),
)
def test_masked_cross_entropy_smoothing(work):
    logits = tensor([[[math.log(3), 0, 0, 0]]])
    labels = tensor([[3]], "int32")
    # Log-probabilities: ln 1/2 for the first word, ln 1/6 for the others.
    right = 0.5 * math.log(6) + 0.5 * (math.log(2) + 3 * math.log(6)) / 4
    expect_equal(work.masked_cross_entropy(labels, logits, label_smoothing=0.5), right)


@public_check(
    "WarmupInverseSqrt",
    title=("The first update, Keras's step 0", "第一次更新，Keras 的第 0 步"),
    hint=("n counts from 1, step from 0.", "n 从 1 数起，step 从 0 数起。"),
)
def test_warmup_inverse_sqrt_first(work):
    # D = 4: D^-0.5 = 1/2; n = 1 of 4 warm-up steps: 1 * 4^-1.5 = 1/8.
    expect_equal(work.WarmupInverseSqrt(4, 4)(0), 1 / 16)


@public_check(
    "WarmupInverseSqrt",
    title=("The peak, and four times later half of it", "最高点，以及四倍时间之后减半"),
    hint=("Of the two terms the smaller one counts.", "两项中取较小的一项。"),
)
def test_warmup_inverse_sqrt_peak(work):
    schedule = work.WarmupInverseSqrt(4, 4)
    expect_equal(schedule(3), 1 / 4)
    expect_equal(schedule(15), 1 / 8)


VOCABULARY = 7


def storyteller(*stories):
    """A model that tells a fixed story to each source: source [[4]] the first, [[5]] the next."""
    longest = max(len(story) for story in stories)
    by_word = np.zeros((VOCABULARY, VOCABULARY))
    by_position = np.zeros((longest, VOCABULARY))
    by_source = np.zeros((len(stories), VOCABULARY))
    # After each word the story's next one: the words of the stories differ.
    for story in stories:
        for last, word in zip([START_ID, *story], story, strict=False):
            by_word[last, word] += 5
    for row, story in enumerate(stories):
        by_source[(4 + row) % len(stories), story[0]] += 2
    return ScriptedModel(by_word, by_position, by_source, np.zeros((1, VOCABULARY)))


@public_check(
    "greedy_decode",
    title=("It tells the model's story to the end", "写出模型想说的话，直到结束"),
    hint=(
        "Feed the start id and all words written; the last position names the next word.",
        "输入开始符和已写出的词；最后一个位置给出下一个词。",
    ),
)
def test_greedy_decode_story(work):
    model = storyteller([4, 5, 6, END_ID])
    expect_equal(work.greedy_decode(model, tensor([[4]], "int32"), 10), [[4, 5, 6, END_ID]])


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
    got = work.greedy_decode(model, tensor([[4], [5]], "int32"), 10)
    expect_equal(got, [[4, END_ID, 0], [5, 6, END_ID]])


@public_check(
    "greedy_decode",
    title=("Two words are the most", "最多两个词"),
    hint=("Stop after max_length words, ended or not.", "写满 max_length 个词就停，不论是否结束。"),
)
def test_greedy_decode_max_length(work):
    model = storyteller([4, 5, 6, END_ID])
    expect_equal(work.greedy_decode(model, tensor([[4]], "int32"), 2), [[4, 5]])


@public_check(
    "beam_search",
    title=("A beam of one is greedy", "束宽为一就是贪心"),
    hint=("With one beam only the best word goes on.", "只有一束时，只有最好的词能延续。"),
)
def test_beam_search_one(work):
    model = storyteller([4, 5, END_ID])
    got = work.beam_search(model, tensor([[4]], "int32"), 10, beam_size=1)
    expect_equal(got, [[4, 5, END_ID]])


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
    nothing = np.zeros((1, VOCABULARY))
    model = ScriptedModel(by_word, nothing, nothing, nothing)
    source = tensor([[4]], "int32")
    got = work.beam_search(model, source, 4, beam_size=2, length_penalty=0.0)
    rows = as_array(got)[:, :2]
    expect_equal(rows, [[5, END_ID]])


@public_check(
    "corpus_bleu",
    title=("All right is 100, all wrong is 0", "全对为 100，全错为 0"),
    hint=("From 0 to 100, not from 0 to 1.", "范围是 0 到 100，不是 0 到 1。"),
)
def test_corpus_bleu_ends(work):
    right = [list("我喜欢深度学习")]
    expect_equal(work.corpus_bleu(right, right), 100.0, 1e-3)
    expect_equal(work.corpus_bleu([list("它很可爱吗")], right), 0.0)


@public_check(
    "corpus_bleu",
    title=("Four right characters of six", "六个字里写对了四个"),
    hint=(
        "Every n-gram written is right; what is missing costs the brevity penalty exp(1 - 6/4).",
        "写出的 n 元组全对；缺少的部分由长度惩罚 exp(1 - 6/4) 扣分。",
    ),
)
def test_corpus_bleu_brevity(work):
    got = work.corpus_bleu([list("太阳晒屁")], [list("太阳晒屁股啦")])
    expect_equal(got, 100 * math.exp(-0.5), 1e-3)


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
