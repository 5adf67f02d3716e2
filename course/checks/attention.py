"""Public checks of the attention unit: small examples, worked out by hand."""

import math

import keras
import numpy as np

from course.kit.checking import Mismatch, as_array, expect_equal, expect_shape, tensor, without
from course.kit.language import say
from course.kit.models.scripted import in_a_model
from course.kit.public_checks import public_check

BUILT_IN = [f"keras.src.backend.nn.{name}" for name in ("softmax", "log_softmax")]
OUTPUT = ("output, the first of the two that are returned", "输出，即返回的第一项")
WEIGHTS = ("weights, the second of the two that are returned", "权重，即返回的第二项")


def kind(answer):
    name = type(answer).__name__
    if isinstance(answer, tuple | list):
        return say(f"a {name} of {len(answer)}", f"含 {len(answer)} 项的 {name}")
    return say("one tensor", "一个张量") if keras.ops.is_tensor(answer) else name


def pair(answer):
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise Mismatch(say("a pair (output, weights)", "二元组 (output, weights)"), kind(answer))
    return answer


@public_check(
    "similarity",
    title=("Three words in two dimensions", "二维空间里的三个词"),
    hint=(
        "Entry (i, j) is the inner product of row i and row j.",
        "元素 (i, j) 是第 i 行与第 j 行的内积。",
    ),
)
def test_similarity_three_words(work):
    x = tensor([[1, 2], [3, 4], [0, -1]])
    expected = [[5.0, 11.0, -2.0], [11.0, 25.0, -4.0], [-2.0, -4.0, 1.0]]
    expect_equal(work.similarity(x), expected, x=x)


@public_check(
    "similarity",
    title=("A batch of two sentences", "两个句子组成的批量"),
    hint=(
        "Only the last two axes change places; each sentence is compared with itself.",
        "只交换最后两个轴；每个句子只与自己比较。",
    ),
)
def test_similarity_batch(work):
    x = tensor([[[1, 0, 2]], [[0, 3, 1]]])
    expect_equal(work.similarity(x), [[[5.0]], [[10.0]]], x=x)


@public_check(
    "softmax",
    title=("ln 1, ln 2, ln 3 give 1/6, 2/6, 3/6", "ln 1、ln 2、ln 3 得到 1/6、2/6、3/6"),
    hint=(
        "Exponentials, divided by their sum: each row is a distribution of its own.",
        "先取指数，再除以它们的和：每一行各自是一个分布。",
    ),
)
def test_softmax_of_logarithms(work):
    x = tensor([[math.log(1), math.log(2), math.log(3)], [math.log(2), 0, 0]])
    with without(*BUILT_IN):
        expect_equal(work.softmax(x), [[1 / 6, 2 / 6, 3 / 6], [1 / 2, 1 / 4, 1 / 4]], x=x)


@public_check(
    "softmax",
    title=("Scores of 1000 stay finite, and apart", "分数为 1000 时仍为有限值，且保持差别"),
    hint=(
        "Subtracting the same number from every score changes nothing; which number is safe?",
        "所有分数减去同一个数，结果不变；减去哪个数最安全？",
    ),
)
def test_softmax_large_scores(work):
    x = tensor([1000.0, 1000.0 + math.log(3), 0.0])
    expect_equal(work.softmax(x), [0.25, 0.75, 0.0], tolerance=1e-4, x=x)


@public_check(
    "softmax",
    title=("axis=0 sums to one down the columns", "axis=0 时每一列之和为一"),
    hint=("The axis belongs to the maximum and to the sum.", "求最大值和求和都要用到 axis。"),
)
def test_softmax_axis(work):
    x = tensor([[0.0, math.log(3), 0.0], [0.0, 0.0, math.log(4)]])
    expect_equal(work.softmax(x, axis=0), [[0.5, 0.75, 0.2], [0.5, 0.25, 0.8]], x=x, axis=0)


@public_check(
    "softmax",
    title=("It can be part of a model", "可以用在模型里"),
    hint=(
        "A model's tensor has a shape and no numbers yet: compute with keras.ops, not with NumPy.",
        "搭建模型时的张量只有形状，还没有数值：用 keras.ops 计算，不要用 NumPy。",
    ),
)
def test_softmax_in_a_model(work):
    expect_shape(in_a_model(work.softmax, keras.Input((3,))), (None, 3))


@public_check(
    "self_attention",
    title=("Two sentences of three words", "两个各有三个词的句子"),
    hint=(
        "softmax(X Xᵀ) has a row for each word; its product with X is the answer.",
        "softmax(X Xᵀ) 的每一行对应一个词；再乘以 X 就是结果。",
    ),
)
def test_self_attention_two_sentences(work):
    r = math.sqrt(math.log(3))
    x = tensor([[[r, 0], [0, 0], [0, 0]], [[0, 0], [0, r], [0, r]]])
    # Similarities are ln 3 or 0: weights 3/5, 1/5, 1/5 and 1/7, 3/7, 3/7, or 1/3 each.
    first = [[0.6 * r, 0], [r / 3, 0], [r / 3, 0]]
    second = [[0, 2 * r / 3], [0, 6 * r / 7], [0, 6 * r / 7]]
    expect_equal(work.self_attention(x), [first, second], x=x)


@public_check(
    "self_attention",
    title=("A sentence of one word stays as it is", "只有一个词的句子保持不变"),
    hint=("A single weight is 1.", "只有一个权重时，它等于 1。"),
)
def test_self_attention_one_word(work):
    x = tensor([[[2, 3, 4]]])
    expect_equal(work.self_attention(x), [[[2.0, 3.0, 4.0]]], x=x)


@public_check(
    "scaled_dot_product_attention",
    title=("Scores of 0 and ln 3, after the scale", "缩放之后分数为 0 和 ln 3"),
    hint=(
        "d_k is the width of a key, here 5; its root divides the scores, with all its digits.",
        "d_k 是键的宽度，这里是 5；分数要除以它的平方根，不能舍入。",
    ),
)
def test_scaled_dot_product_attention_by_hand(work):
    query = tensor([[math.sqrt(5) * math.log(3), 0, 0, 0, 0]])
    key = tensor([[0, 1, 0, 0, 0], [1, 0, 0, 0, 0], [0, 0, 5, 0, 0]])
    value = tensor([[5, 0], [0, 5], [5, 5]])
    inputs = {"query": query, "key": key, "value": value}
    with without(*BUILT_IN, "keras.src.backend.nn.dot_product_attention"):
        output, weights = pair(work.scaled_dot_product_attention(query, key, value))
    expect_equal(weights, [[0.2, 0.6, 0.2]], part=WEIGHTS, **inputs)
    expect_equal(output, [[2.0, 4.0]], part=OUTPUT, **inputs)


@public_check(
    "scaled_dot_product_attention",
    title=(
        "A masked key has the weight 0, the others share",
        "被屏蔽的键权重为 0，其余的键分配全部权重",
    ),
    hint=(
        "True means: may be attended to. The mask belongs before the softmax.",
        "True 表示可以关注。掩码要在 softmax 之前使用。",
    ),
)
def test_scaled_dot_product_attention_mask(work):
    query, key = tensor(np.zeros((2, 1, 5))), tensor(np.zeros((2, 3, 5)))
    value = tensor([[[1.0], [2.0], [9.0]], [[9.0], [2.0], [4.0]]])
    mask = tensor([[[True, True, False]], [[False, True, True]]], "bool")
    output, weights = pair(work.scaled_dot_product_attention(query, key, value, mask=mask))
    expect_equal(weights, [[[0.5, 0.5, 0.0]], [[0.0, 0.5, 0.5]]], part=WEIGHTS, mask=mask)
    expect_equal(output, [[[1.5]], [[3.0]]], part=OUTPUT, value=value, mask=mask)


@public_check(
    "scaled_dot_product_attention",
    title=("A query that may see nothing gets zeros", "什么都看不到的查询得到零"),
    hint=(
        "A row of -inf has no softmax: decide what stands there instead, and clear its weights.",
        "整行 -inf 没有 softmax：想好那里先放什么，再把权重清零。",
    ),
)
def test_scaled_dot_product_attention_nothing(work):
    query, key, value = (tensor(np.ones((2, 3))) for _ in range(3))
    mask = tensor([[True, False], [False, False]], "bool")
    output, weights = pair(work.scaled_dot_product_attention(query, key, value, mask=mask))
    expect_equal(weights, [[1.0, 0.0], [0.0, 0.0]], part=WEIGHTS, mask=mask)
    expect_equal(output, [[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]], part=OUTPUT, mask=mask)


@public_check(
    "padding_mask",
    title=("Two real tokens, one padding", "两个真实词元，一个填充"),
    hint=(
        "True at every id that is not PAD_ID; shape (B, 1, S).",
        "不等于 PAD_ID 处为 True；形状 (B, 1, S)。",
    ),
)
def test_padding_mask_example(work):
    token_ids = tensor([[5, 6, 0]], "int32")
    expect_equal(work.padding_mask(token_ids), [[[True, True, False]]], token_ids=token_ids)


@public_check(
    "padding_mask",
    title=("A batch of two", "两个句子的批量"),
    hint=("The axis for the queries is in the middle.", "查询那一维在中间。"),
)
def test_padding_mask_batch(work):
    token_ids = tensor([[1, 0, 0], [0, 3, 1]], "int32")
    expected = [[[True, False, False]], [[False, True, True]]]
    expect_equal(work.padding_mask(token_ids), expected, token_ids=token_ids)


@public_check(
    "causal_mask",
    title=("Three positions", "三个位置"),
    hint=(
        "Row t is the query: it sees the columns 0 to t.",
        "第 t 行是查询：它能看到第 0 到 t 列。",
    ),
)
def test_causal_mask_three(work):
    expected = [[[True, False, False], [True, True, False], [True, True, True]]]
    expect_equal(work.causal_mask(3), expected, length=3)


@public_check(
    "causal_mask",
    title=("One position sees itself", "只有一个位置时它看到自己"),
    hint=("The diagonal is True.", "对角线为 True。"),
)
def test_causal_mask_one(work):
    expect_equal(work.causal_mask(1), [[[True]]], length=1)


def layer_with_kernels(work, x, d_v, query, key, value):
    """Return a layer of the student's, built on x, with these three matrices."""
    layer = work.SelfAttention(d_k=4, d_v=d_v)
    layer(x)
    kernels = {"query_projection": query, "key_projection": key, "value_projection": value}
    for name, kernel in kernels.items():
        if not hasattr(layer, name):
            raise Mismatch(
                say(f"a layer in self.{name}", f"self.{name} 中的一个层"), say("none", "没有")
            )
        getattr(layer, name).kernel.assign(np.asarray(kernel, "float32"))
    return layer


@public_check(
    "SelfAttention",
    title=("With identity matrices it is plain attention", "投影为单位矩阵时就是普通注意力"),
    hint=(
        "Each projection takes x; then comes scaled dot-product attention.",
        "三个投影都作用于 x；然后是缩放点积注意力。",
    ),
)
def test_self_attention_layer_identity(work):
    r = math.sqrt(math.log(3))
    x = tensor([[[0, 0, 0, 0], [r, r, 0, 0]]])
    layer = layer_with_kernels(work, x, None, np.eye(4), np.eye(4), np.eye(4))
    output, weights = pair(layer(x))
    # The second word's scores are 0 and 2 ln 3, over sqrt(4): 0 and ln 3.
    expect_equal(weights, [[[0.5, 0.5], [0.25, 0.75]]], part=WEIGHTS, x=x)
    right = [[[r / 2, r / 2, 0, 0], [0.75 * r, 0.75 * r, 0, 0]]]
    expect_equal(output, right, part=OUTPUT, x=x)


@public_check(
    "SelfAttention",
    title=("Each role has its own matrix, d_k = 4, d_v = 3", "三种角色各有矩阵，d_k = 4，d_v = 3"),
    hint=(
        "Queries and keys are d_k wide and give the scale; values are d_v wide, x may have any "
        "width. The rows of the weights are the queries.",
        "查询和键的宽度是 d_k，缩放由它决定；值的宽度是 d_v；x 可以是任意宽度。权重的行对应查询。",
    ),
)
def test_self_attention_layer_roles(work):
    # Queries come from a word's first number, keys from its second one.
    query, key = [[1, 1, 1, 1], [0, 0, 0, 0]], [[0, 0, 0, 0], [0.5, 0.5, 0.5, 0.5]]
    value = [[1, 0, 2], [0, 10, 0]]
    ln3 = math.log(3)
    x = tensor([[[ln3, 0], [0, 1], [0, 0]], [[0, 1], [0, 0], [ln3, 1]]])
    layer = layer_with_kernels(work, x, 3, query, key, value)
    output, weights = pair(layer(x))
    # The word (ln 3, ...) has the scores 2 ln 3 where the second number is 1, over sqrt(4).
    even = [1 / 3, 1 / 3, 1 / 3]
    right = np.array([[[0.2, 0.6, 0.2], even, even], [even, even, [3 / 7, 1 / 7, 3 / 7]]])
    expect_equal(weights, right, part=WEIGHTS, x=x)
    expect_equal(output, right @ (as_array(x) @ np.array(value)), part=OUTPUT, x=x)


@public_check(
    "SelfAttention",
    title=("The mask reaches the attention", "掩码传到了注意力"),
    hint=(
        "call takes attention_mask: hand it on.",
        "call 会收到 attention_mask：把它传下去。",
    ),
)
def test_self_attention_layer_mask(work):
    x = tensor([[[1, 2, 3], [3, 2, 1]]])
    mask = tensor([[[True, False], [False, True]]], "bool")
    _, weights = pair(work.SelfAttention(d_k=2)(x, attention_mask=mask))
    expect_equal(weights, [[[1.0, 0.0], [0.0, 1.0]]], part=WEIGHTS, attention_mask=mask)


@public_check(
    "SelfAttention",
    title=("Three matrices, and an output d_v wide", "三个矩阵，输出宽度为 d_v"),
    hint=(
        "Dense layers without bias, made once: two d_k wide, one d_v wide.",
        "不带偏置的 Dense，只创建一次：两个宽 d_k，一个宽 d_v。",
    ),
)
def test_self_attention_layer_weights(work):
    layer = work.SelfAttention(d_k=2, d_v=3)
    output, _ = pair(layer(tensor(np.ones((1, 2, 5)))))
    if len(layer.weights) != 3:
        raise Mismatch(say("3 weights", "3 个权重"), str(len(layer.weights)))
    expect_equal(as_array(output).shape[-1], 3)
    found = {name: layer.get_config().get(name) for name in ("d_k", "d_v")}
    if found != {"d_k": 2, "d_v": 3}:
        raise Mismatch(str({"d_k": 2, "d_v": 3}), str(found), part="get_config")
