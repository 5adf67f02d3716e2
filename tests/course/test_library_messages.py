"""Messages of libraries: what a reader can use stays, and nothing else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.kit.library_messages import LIMIT, shortened, without_decorations

UNREADABLE = re.compile(
    r"NodeDef|__inference|__wrapped|\{\{|\[\[\{|\[Op:|0x[0-9a-f]{6}|/job:|\x1b|\ufffd"
    r"|File \"|Detected at|most recent call|config_proto"
)
SIZES = "Matrix size-incompatible: In[0]: [2,3], In[1]: [2,3]"
EAGER = "{{function_node __wrapped__MatMul_device_/job:localhost/replica:0/task:0/device:CPU:0}} "
XLA = (
    "\n\nStack trace for op definition: \n"
    'File "tmp/x.py", line 1, in <module>\nFile "your module", line 7, in softmax\n\n'
    "\t [[{{node MatMul}}]]\n\ttf2xla conversion failed while converting "
    "__inference_traced_4[_XlaMustCompile=true,config_proto=135,executor_type=11]. Run with "
    "TF_DUMP_GRAPH_PREFIX=/path/to/dump/dir and --vmodule=xla_compiler=2 to obtain a dump of the "
    "compiled functions. [Op:__inference_traced_4]"
)
RESHAPE = (
    "Dimension size must be evenly divisible by 5 but is 6 for '{{node Reshape}} = "
    'Reshape[T=DT_FLOAT, _class="loc"](x, Reshape/shape)\' with input shapes: [2,3], [2].'
)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (f"{EAGER}{SIZES} [Op:MatMul] name: ", SIZES),
        (f"{EAGER}{SIZES} [Op:MatMul] name: strided_slice/", SIZES),
        (
            f"{{{{function_node __inference_f_3}}}} {SIZES}\n\t [[{{{{node l_5/matmul}}}}]] "
            "[Op:__inference_f_3]",
            SIZES,
        ),
        (SIZES + XLA, SIZES),
        (
            "Dimensions must be equal, but are 3 and 2 for '{{node MatMul}} = MatMul[T=DT_FLOAT, "
            "transpose_b=false](x, x)' with input shapes: [2,3], [2,3].",
            "Dimensions must be equal, but are 3 and 2 with input shapes: [2,3], [2,3].",
        ),
        (
            RESHAPE,
            "Dimension size must be evenly divisible by 5 but is 6 with input shapes: [2,3], [2].",
        ),
        (
            "Exception encountered when calling Outer.call().\n\n\x1b[1mException encountered "
            f"when calling Inner.call().\n\n\x1b[1m{EAGER}{SIZES} [Op:MatMul] name: \x1b[0m\n\n"
            "Arguments received by Inner.call():\n  • x=tf.Tensor(shape=(2, 3), dtype=float32)"
            "\x1b[0m\n\nArguments received by Outer.call():\n  • mask=None",
            SIZES,
        ),
        (
            "<class 'keras.src.models.functional.Functional'> could not be deserialized properly. "
            "Please ensure that parts are deserialized.\n\nconfig={'name': 'm', 'layers': []}.\n\n"
            "Exception encountered: Could not locate class 'Mine'. Decorate it.",
            "Could not locate class 'Mine'. Decorate it.",
        ),
        (
            "Could not automatically infer the output shape / dtype of 'l_3' (of type L). Either "
            "the `L.call()` method is incorrect, or you need to implement more. Error encountered:"
            "\n\nunsupported operand type(s) for *: 'NoneType' and 'int'",
            "unsupported operand type(s) for *: 'NoneType' and 'int'",
        ),
        (
            'in user code:\n\n    File "/x/nn.py", line 840, in _conv  *\n        return conv()\n'
            "\n    ValueError: Depth of input (3) is not a multiple of input depth of filter (2) "
            "for '{{node convolution}} = Conv2D[T=DT_FLOAT](a, b)' with input shapes: [1,3].\n",
            "Depth of input (3) is not a multiple of input depth of filter (2) with input "
            "shapes: [1,3].",
        ),
        (
            "Value for attr 'T' of string is not in the list of allowed values: half, float\n\t; "
            "NodeDef: {{node Exp}}; Op<name=Exp; signature=x:T -> y:T> [Op:Exp] name: ",
            "Value for attr 'T' of string is not in the list of allowed values: half, float",
        ),
        (
            "Detected unsupported operations when trying to compile graph __inference_f_489["
            "_XlaMustCompile=true] on XLA_CPU_JIT: PyFunc (No registered 'PyFunc' OpKernel for "
            "XLA_CPU_JIT devices compatible with node {{node PyFunc}}){{node PyFunc}}",
            "XLA can't compile the operation PyFunc.",
        ),
        (
            "Graph execution error:\n\nDetected at node MatMul defined at (most recent call last):"
            f'\n  File "x.py", line 3, in <module>\n\n{SIZES}\n\t [[{{{{node MatMul}}}}]] '
            "[Op:__inference_f_3]",
            SIZES,
        ),
        (
            "Graph execution error:\n\nDetected at node MatMul defined at (most recent call last):"
            f"\n<stack traces unavailable>\n{SIZES}{XLA}",
            SIZES,
        ),
        (
            "Attempt to convert a value (<object object at 0x7f7cedc5d150>) with an unsupported "
            "type (<class 'object'>) to a Tensor.",
            "Attempt to convert a value (<object object>) with an unsupported type (<class "
            "'object'>) to a Tensor.",
        ),
        (
            "true_fn and false_fn must be alike.\n\ntrue_fn output: "
            'Tensor("cond/Identity:0", shape=(2,), dtype=float32)',
            "true_fn and false_fn must be alike.\ntrue_fn output: Tensor(shape=(2,), "
            "dtype=float32)",
        ),
        (
            "Error when deserializing class 'Half' using config={'name': 'half', 'units': 3}."
            "\n\nException encountered: Half.__init__() got an unexpected keyword argument 'units'",
            "Half.__init__() got an unexpected keyword argument 'units'",
        ),
        ("axis 2 is out of bounds for array of dimension 2", None),
        ("A width of 7 can't be split among 2 heads.", None),
        ("", None),
    ],
)
def test_the_message_proper_stays(message, expected):
    assert shortened(without_decorations(message)) == (message if expected is None else expected)


def test_keras_may_explain_at_length_and_is_cut_after_a_sentence():
    message = (
        "A KerasTensor cannot be used as input to a TensorFlow function. A KerasTensor is a "
        "symbolic placeholder for a shape and dtype, used when constructing Keras Functional "
        "models or Keras Functions. You can only use it as input to a Keras layer vs. "
        "a Keras operation (from the namespaces `keras.layers` and `keras.ops`)."
        f"\n\n```\nx = Input(...)\n```\n{'and so on ' * 40}"
    )
    told = shortened(without_decorations(message))
    assert told.endswith("models or Keras Functions.")


def test_one_endless_sentence_is_cut_between_words():
    told = shortened("all the words " * 100)
    assert len(told) <= LIMIT
    assert re.search(r"(all|the|words)…$", told)


names = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,12}", fullmatch=True)
nodes = st.lists(names, min_size=1, max_size=3).map("/".join)
numbers = st.integers(0, 10**6)
shapes = st.lists(st.integers(0, 64), max_size=4).map(lambda s: str(s).replace(" ", ""))
addresses = st.integers(2**24, 2**48).map(hex)
sentences = st.one_of(
    st.just(SIZES),
    st.builds("Incompatible shapes: {} vs. {}".format, shapes, shapes),
    st.builds("indices[{}] = {} is not in [0, {})".format, numbers, numbers, numbers),
    st.builds("Input to reshape is a tensor with {} values, and wants {}".format, numbers, numbers),
)


@st.composite
def messages(draw):
    """A sentence of TensorFlow's, and the message that it comes in."""
    sentence, node, operation, number = draw(sentences), draw(nodes), draw(names), draw(numbers)
    graph = f"__inference_{draw(names)}_{number}"
    device = f"/job:localhost/replica:0/task:{number}/device:CPU:0"
    wrapped = draw(
        st.sampled_from(
            [
                f"{{{{function_node __wrapped__{operation}_device_{device}}}}} {sentence} "
                f"[Op:{operation}] name: {node}",
                f"{{{{function_node {graph}}}}} {sentence}\n\t [[{{{{node {node}}}}}]] "
                f"[Op:{graph}]",
                f"{sentence}\n\n\t [[{{{{node {node}}}}}]]\n\ttf2xla conversion failed while "
                f"converting {graph}[_XlaMustCompile=true,config_proto={number}]. [Op:{graph}]",
                f"{sentence} for '{{{{node {node}}}}} = {operation}[T=DT_FLOAT, "
                f'padding="VALID"]({node}, x)\' with input shapes: [2], [3].',
                f"{sentence}\n\t; NodeDef: {{{{node {node}}}}}; Op<name={operation}; "
                f"signature=x:T -> y:T> [Op:{operation}]",
                f"{sentence} at {draw(addresses)} on {device} [Op:{operation}] name: ",
            ]
        )
    )
    for _ in range(draw(st.integers(0, 3))):
        layer = draw(names)
        wrapped = (
            f"Exception encountered when calling {layer}.call().\n\n\x1b[1m{wrapped}\x1b[0m\n\n"
            f"Arguments received by {layer}.call():\n  • x=tf.Tensor(shape=(2,), dtype=float32)"
        )
    return sentence, wrapped


@given(messages())
def test_whatever_tensorflow_wraps_a_sentence_in_the_sentence_alone_is_told(drawn):
    sentence, message = drawn
    told = shortened(without_decorations(message))
    assert told.startswith(sentence)
    assert not UNREADABLE.search(told)
    assert len(told) <= LIMIT


@given(st.text(max_size=1500), st.integers(20, 400))
def test_no_text_comes_out_longer_or_with_anything_unprintable(text, limit):
    told = shortened(without_decorations(text), limit)
    assert len(told) <= limit
    assert all(c.isprintable() or c == "\n" for c in told)
    assert "\ufffd" not in told
