"""Public checks of the multi-head unit: small examples, worked out by hand."""

import numpy as np

from course.kit.checking import Mismatch, as_array, expect_equal, public_check, tensor
from course.kit.language import say


@public_check(
    "split_heads",
    title=("One word of four numbers, two heads", "一个词四个数，两个头"),
    hint=(
        "Head 0 gets the first two numbers, head 1 the others.",
        "第 0 个头得到前两个数，第 1 个头得到后两个。",
    ),
)
def test_split_heads_one_word(work):
    expect_equal(work.split_heads(tensor([[[1, 2, 3, 4]]]), 2), [[[[1, 2]], [[3, 4]]]])


@public_check(
    "split_heads",
    title=("Two words: each head gets a slice of both", "两个词：每个头都得到两个词的一段"),
    hint=(
        "Cut the width first; then the heads' axis changes places with the words'.",
        "先切开宽度，再让头的轴与词的轴交换位置。",
    ),
)
def test_split_heads_two_words(work):
    got = work.split_heads(tensor([[[1, 2, 3, 4], [5, 6, 7, 8]]]), 2)
    expect_equal(got, [[[[1, 2], [5, 6]], [[3, 4], [7, 8]]]])


@public_check(
    "split_heads",
    title=("Five numbers can't be shared by two heads", "五个数不能分给两个头"),
    hint=(
        "Raise ValueError, and name the width and the number of heads in its message.",
        "抛出 ValueError，并在信息里写明宽度和头数。",
    ),
)
def test_split_heads_refusal(work):
    try:
        work.split_heads(tensor(np.zeros((1, 2, 5))), 2)
    except ValueError as error:
        if "5" in str(error) and "2" in str(error):
            return
        raise Mismatch(say("a message with 5 and 2", "含有 5 和 2 的信息"), str(error)) from None
    raise Mismatch("ValueError", say("no error", "没有报错"))


@public_check(
    "merge_heads",
    title=("Two heads of one word", "一个词的两个头"),
    hint=("The heads of a word stand side by side again.", "同一个词的各头重新并排。"),
)
def test_merge_heads_one_word(work):
    expect_equal(work.merge_heads(tensor([[[[1, 2]], [[3, 4]]]])), [[[1, 2, 3, 4]]])


@public_check(
    "merge_heads",
    title=("Two heads of two words", "两个词的两个头"),
    hint=(
        "Undo the split step by step: first the axes change places, then two become one.",
        "一步步还原切分：先交换轴，再把两个轴合成一个。",
    ),
)
def test_merge_heads_two_words(work):
    got = work.merge_heads(tensor([[[[1, 2], [5, 6]], [[3, 4], [7, 8]]]]))
    expect_equal(got, [[[1, 2, 3, 4], [5, 6, 7, 8]]])


def plain(work, d_model, num_heads, **arguments):
    """Return a layer whose projections change nothing: identity matrices, no bias."""
    layer = work.MultiHeadAttention(d_model, num_heads, **arguments)
    x = tensor(np.zeros((1, 2, d_model)))
    layer(x, x)
    for name in ("query", "key", "value", "output"):
        dense = getattr(layer, f"{name}_projection", None)
        if dense is None:
            expected = say(
                f"a layer in self.{name}_projection", f"self.{name}_projection 中的一个层"
            )
            raise Mismatch(expected, say("none", "没有"))
        dense.kernel.assign(np.eye(d_model, dtype="float32"))
        dense.bias.assign(np.zeros(d_model, "float32"))
    return layer


@public_check(
    "MultiHeadAttention",
    title=("Two heads look at different words", "两个头看不同的词"),
    hint=(
        "Each head compares only its own slice of the width.",
        "每个头只比较属于自己的那一段宽度。",
    ),
)
def test_multi_head_attention_layer_two_heads(work):
    layer = plain(work, 2, 2)
    query = tensor([[[np.log(3), 0]]])
    value = tensor([[[1, 0], [0, 1]]])
    output = layer(query, value)
    # Head 0 has the scores ln 3 and 0: weights 3/4 and 1/4. Head 1 has 0 and 0: 1/2 and 1/2.
    expect_equal(output, [[[0.75, 0.5]]])


@public_check(
    "MultiHeadAttention",
    title=("The scores have an axis for the heads", "分数里有一个头的轴"),
    hint=(
        "return_attention_scores=True gives (output, weights) with weights (B, H, T, S).",
        "return_attention_scores=True 时返回 (output, weights)，weights 的形状是 (B, H, T, S)。",
    ),
)
def test_multi_head_attention_layer_scores(work):
    layer = plain(work, 2, 2)
    answer = layer(
        tensor([[[np.log(3), 0]]]), tensor([[[1, 0], [0, 1]]]), return_attention_scores=True
    )
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise Mismatch(
            say("a pair (output, weights)", "二元组 (output, weights)"), repr(type(answer))
        )
    expect_equal(answer[1], [[[[0.75, 0.25]], [[0.5, 0.5]]]])


@public_check(
    "MultiHeadAttention",
    title=("A key of its own decides where to look", "另给的 key 决定看哪里"),
    hint=(
        "The key is compared with, the value is what is fetched; without a key it is the value.",
        "比较用 key，取出的是 value；没有 key 时就用 value。",
    ),
)
def test_multi_head_attention_layer_key(work):
    layer = plain(work, 1, 1)
    output = layer(tensor([[[np.log(3)]]]), tensor([[[8], [0]]]), key=tensor([[[0], [1]]]))
    expect_equal(output, [[[2.0]]])


@public_check(
    "MultiHeadAttention",
    title=("The mask holds for every head", "掩码对每个头都有效"),
    hint=(
        "The scores have an axis for the heads that the mask hasn't: add one.",
        "分数比掩码多一个头的轴：给掩码补上。",
    ),
)
def test_multi_head_attention_layer_mask(work):
    layer = plain(work, 2, 2)
    x = tensor([[[1, 2], [3, 4], [5, 6]]])
    mask = tensor([[[True, False, False], [False, True, False], [False, False, True]]], "bool")
    expect_equal(layer(x, x, attention_mask=mask), as_array(x))


@public_check(
    "MultiHeadAttention",
    title=("Nothing is dropped outside of training", "不在训练时不丢弃"),
    hint=("Hand training on to the dropout layer.", "把 training 传给 dropout 层。"),
)
def test_multi_head_attention_layer_inference(work):
    layer = plain(work, 2, 1, dropout=0.9)
    x = tensor([[[1, 1], [1, 1]]])
    expect_equal(layer(x, x), [[[1, 1], [1, 1]]])
