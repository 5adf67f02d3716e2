"""Messages of Keras, TensorFlow and other libraries, without what only their authors can read."""

import re

LIMIT = 300

# What wraps the message proper: Keras's explanations, bold print and lists of arguments. Each has
# one group, which is the message proper.
_WRAPPERS = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"Exception encountered when calling [^\n]*\n\n(.*)",
        r"Could not automatically infer the output shape.*?Error encountered:\n\n(.*)",
        r"Error when deserializing class .*?\n\nException encountered: (.*)",
        r"<class '[^']*'> could not be deserialized properly\..*?Exception encountered: (.*)",
        r"in user code:\n\n.*\n +\w*(?:Error|Exception): (.*)",
        r"Graph execution error:(.*)",
    )
)
# What stands beside the message proper, from the largest to the smallest.
_DECORATIONS = tuple(
    (re.compile(pattern, re.DOTALL), instead)
    for pattern, instead in (
        (r"\s*\n\nArguments received by .*", ""),
        (
            r"Detected unsupported operations when trying to compile graph .*?: (\w+) .*",
            r"XLA can't compile the operation \1.",
        ),
        (r"\s*tf2xla conversion failed while converting .*", ""),
        (r"\s*; NodeDef: .*", ""),
        (r" for '\{\{node .*?\}\} = .*?\)'(?= with |\.|$)", ""),
        (r"\s*\[\[\{\{.*?\}\}.*?\]\]", ""),
        (r"\{\{\w+ .*?\}\} ?", ""),
        (r"\s*\[Op:[^\]]*\](?:[ \t]*name:[ \t]*\S*)?", ""),
        (r"\b__(?:inference|wrapped|forward|backward)_\S*", "a compiled function"),
        (r"(?: on)? /job:\w+\S*", ""),
        (r"(?:,? numpy|,? value)=[^<>]*(?=>)", ""),
        (r"<tf\.Tensor '[^']*' ", "<tf.Tensor "),
        (r'\bTensor\("[^"]*", ', "Tensor("),
        (r",? name='?\w+'?(?=[,)>])", ""),
        (r" at 0x[0-9a-fA-F]+", ""),
        (r"\b0x[0-9a-fA-F]{6,}", "…"),
        (r"(?m)^\s*(?:File \"|Detected at |Stack trace for |The op is created)[^\n]*$", ""),
        (r"<stack traces unavailable>", ""),
    )
)
_SENTENCE_END = re.compile(r"(?<=[.!?])(?=\n|\s+[A-Z]|$)|(?<=[。！？])")


def without_decorations(message: str) -> str:
    """Return an exception's message without names of graphs, addresses, frames and bold print.

    No character is left in it that isn't printed, the ends of lines aside.
    """
    message = re.sub(r"\x1b\[[0-9;]*m", "", message).replace("\t", " ")
    inner = None
    while inner != message:
        inner = message
        for wrapper in _WRAPPERS:
            match = wrapper.fullmatch(message.strip())
            message = match[1] if match else message
    for pattern, instead in _DECORATIONS:
        message = pattern.sub(instead, message)
    message = "".join(c for c in message if (c.isprintable() or c == "\n") and c != "\ufffd")
    message = "\n".join(re.sub(r"  +", " ", line).strip() for line in message.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", message.strip())


def shortened(message: str, limit: int = LIMIT) -> str:
    """Return the first whole sentences of a message, as many as fit, or the first one, cut.

    Args:
        message: the message; its paragraphs are put on a line each.
        limit: the most characters that are returned.
    """
    message = "\n".join(" ".join(part.split()) for part in message.split("\n\n"))
    if len(message) <= limit:
        return message
    start = message[: limit + 1]
    ends = [match.end() for match in _SENTENCE_END.finditer(start) if match.end() <= limit]
    if ends:
        return message[: ends[-1]]
    words = start[:limit].rpartition(" ")[0] or start[: limit - 1]
    return words.rstrip(" ,;:") + "…"
