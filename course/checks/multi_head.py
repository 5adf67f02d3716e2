"""Public checks of the multi-head unit: small examples, worked out by hand."""

import numpy as np

from course.kit.checking import Mismatch, as_array, expect_equal, tensor, without
from course.kit.language import say
from course.kit.public_checks import public_check

BUILT_IN = ("keras.layers.MultiHeadAttention.__init__", "keras.layers.Attention.__init__")
WEIGHTS = ("weights, the second of the two that are returned", "权重，即返回的第二项")
# Two sentences of two words, six numbers a word; and the same, split among three heads.
WORDS = [
    [[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]],
    [[-1, -2, -3, -4, -5, -6], [-7, -8, -9, -10, -11, -12]],
]
SPLIT_WORDS = [
    [[[1, 2], [7, 8]], [[3, 4], [9, 10]], [[5, 6], [11, 12]]],
    [[[-1, -2], [-7, -8]], [[-3, -4], [-9, -10]], [[-5, -6], [-11, -12]]],
]


@public_check(
    "split_heads",
    title=("One word of four numbers, two heads", "一个词四个数，两个头"),
    hint=(
        "Head 0 gets the first two numbers, head 1 the others.",
        "第 0 个头得到前两个数，第 1 个头得到后两个。",
    ),
)
def test_split_heads_one_word(work):
    x = tensor([[[1, 2, 3, 4]]])
    expect_equal(work.split_heads(x, 2), [[[[1, 2]], [[3, 4]]]], x=x, num_heads=2)


@public_check(
    "split_heads",
    title=("Two sentences of two words, three heads", "两个各有两个词的句子，三个头"),
    hint=(
        "Cut the width first; then the heads' axis changes places with the words'.",
        "先切开宽度，再让头的轴与词的轴交换位置。",
    ),
)
def test_split_heads_two_sentences(work):
    x = tensor(WORDS)
    expect_equal(work.split_heads(x, 3), SPLIT_WORDS, x=x, num_heads=3)


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
    x = tensor([[[[1, 2]], [[3, 4]]]])
    expect_equal(work.merge_heads(x), [[[1, 2, 3, 4]]], x=x)


@public_check(
    "merge_heads",
    title=("Two sentences of two words, three heads", "两个各有两个词的句子，三个头"),
    hint=(
        "Undo the split step by step: first the axes change places, then two become one.",
        "一步步还原切分：先交换轴，再把两个轴合成一个。",
    ),
)
def test_merge_heads_two_sentences(work):
    x = tensor(SPLIT_WORDS)
    expect_equal(work.merge_heads(x), WORDS, x=x)


def layer_with(work, d_model, num_heads, weights=None, **arguments):
    """Return a layer whose projections change nothing but where other (kernel, bias) are given."""
    with without(*BUILT_IN):
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
        kernel, bias = (weights or {}).get(name, (np.eye(d_model), np.zeros(d_model)))
        dense.kernel.assign(np.asarray(kernel, "float32"))
        dense.bias.assign(np.asarray(bias, "float32"))
    return layer


def pair(answer):
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise Mismatch(
            say("a pair (output, weights)", "二元组 (output, weights)"), type(answer).__name__
        )
    return answer


def three_heads(work):
    """Return a layer of three heads, each one number wide, and a batch of two sentences."""
    weights = {
        "key": (2 * np.eye(3), [0, 0, 0]),
        "value": (10 * np.eye(3), [0, 0, 0]),
        # Each number moves one column on, the last one to the front.
        "output": ([[0, 1, 0], [0, 0, 1], [1, 0, 0]], [1, 2, 3]),
    }
    half = np.log(3) / 2
    query = tensor([[[half, 0, half]], [[0, half, 0]]])
    value = tensor([[[1, 0, 0], [0, 0, 2]], [[0, 1, 5], [0, 0, 1]]])
    return layer_with(work, 3, 3, weights), query, value


@public_check(
    "MultiHeadAttention",
    title=("Three heads look at different words", "三个头看不同的词"),
    hint=(
        "Each head compares only its own slice of the width; each role has a projection of its "
        "own, and one more comes after the merge.",
        "每个头只比较属于自己的那一段宽度；每种角色各有投影，合并之后还有一个。",
    ),
)
def test_multi_head_attention_layer_three_heads(work):
    layer, query, value = three_heads(work)
    # First sentence: weights 3/4 and 1/4, 1/2 and 1/2, 1/10 and 9/10, so the heads find 7.5, 0
    # and 18. Second sentence: 1/2 and 1/2, 3/4 and 1/4, 1/2 and 1/2, so 0, 7.5 and 30.
    right = [[[18 + 1, 7.5 + 2, 0 + 3]], [[30 + 1, 0 + 2, 7.5 + 3]]]
    expect_equal(layer(query, value), right, query=query, value=value)


@public_check(
    "MultiHeadAttention",
    title=("The scores have an axis for the heads", "分数里有一个头的轴"),
    hint=(
        "return_attention_scores=True gives (output, weights) with weights (B, H, T, S).",
        "return_attention_scores=True 时返回 (output, weights)，weights 的形状是 (B, H, T, S)。",
    ),
)
def test_multi_head_attention_layer_scores(work):
    layer, query, value = three_heads(work)
    _, weights = pair(layer(query, value, return_attention_scores=True))
    right = [
        [[[0.75, 0.25]], [[0.5, 0.5]], [[0.1, 0.9]]],
        [[[0.5, 0.5]], [[0.75, 0.25]], [[0.5, 0.5]]],
    ]
    expect_equal(weights, right, part=WEIGHTS, query=query, value=value)


@public_check(
    "MultiHeadAttention",
    title=("A key of its own decides where to look", "另给的 key 决定看哪里"),
    hint=(
        "The key is compared with, the value is what is fetched; without a key it is the value.",
        "比较用 key，取出的是 value；没有 key 时就用 value。",
    ),
)
def test_multi_head_attention_layer_key(work):
    layer = layer_with(work, 2, 1)
    query = tensor([[[np.sqrt(2) * np.log(3), 0]]])
    value, key = tensor([[[8, 4], [0, 8]]]), tensor([[[0, 0], [1, 5]]])
    output = layer(query, value, key=key)
    # The scores are 0 and ln 3, after the scale: weights 1/4 and 3/4.
    expect_equal(output, [[[2.0, 7.0]]], query=query, value=value, key=key)


@public_check(
    "MultiHeadAttention",
    title=(
        "The mask holds for every head, and for its own sentence",
        "掩码对每个头、对自己的句子有效",
    ),
    hint=(
        "The scores have an axis for the heads that the mask hasn't: add one.",
        "分数比掩码多一个头的轴：给掩码补上。",
    ),
)
def test_multi_head_attention_layer_mask(work):
    layer = layer_with(work, 3, 3)
    x = tensor([[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]])
    # In the first sentence each word sees itself alone, in the second the other word alone.
    mask = tensor([[[True, False], [False, True]], [[False, True], [True, False]]], "bool")
    right = [[[1, 2, 3], [4, 5, 6]], [[10, 11, 12], [7, 8, 9]]]
    expect_equal(layer(x, x, attention_mask=mask), right, x=x, attention_mask=mask)
    # One mask (T, S) for both sentences: all words see the second one alone.
    shared = tensor([[False, True], [False, True]], "bool")
    right = [[[4, 5, 6], [4, 5, 6]], [[10, 11, 12], [10, 11, 12]]]
    expect_equal(layer(x, x, attention_mask=shared), right, x=x, attention_mask=shared)


@public_check(
    "MultiHeadAttention",
    title=("Nothing is dropped outside of training", "不在训练时不丢弃"),
    hint=("Hand training on to the dropout layer.", "把 training 传给 dropout 层。"),
)
def test_multi_head_attention_layer_inference(work):
    layer = layer_with(work, 2, 1, dropout=0.9)
    x = tensor([[[1, 1], [1, 1]]])
    expect_equal(layer(x, x), [[[1, 1], [1, 1]]], x=x)
    if layer.get_config().get("dropout") != 0.9:
        raise Mismatch("dropout = 0.9", str(layer.get_config().get("dropout")), part="get_config")


@public_check(
    "MultiHeadAttention",
    title=("In training, weights are dropped", "训练时丢弃权重"),
    hint=(
        "The weights go through the dropout layer before they meet the values; the scores are "
        "those from before.",
        "权重先经过 dropout 层，再与值相乘；返回的分数是丢弃之前的。",
    ),
)
def test_multi_head_attention_layer_dropout(work):
    layer = layer_with(work, 2, 1, dropout=0.5)
    x = tensor(np.ones((3, 5, 2)))
    output, weights = pair(layer(x, x, training=True, return_attention_scores=True))
    expect_equal(weights, np.full((3, 1, 5, 5), 0.2), part=WEIGHTS)
    output = as_array(output)
    if np.allclose(output, 1):
        raise Mismatch(
            say("an output that misses some weights", "缺少部分权重的输出"), "1, 1, 1, …"
        )
    if not np.allclose(output[..., 0], output[..., 1]):
        raise Mismatch(
            say("weights dropped, not numbers of the output", "丢弃的是权重，而不是输出中的数"),
            str(output[0, 0]),
        )
