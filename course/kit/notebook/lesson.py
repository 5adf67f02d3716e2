"""The beginning of a lesson: its language, and what it runs on."""

import keras

from course.kit.language import say, use_language
from course.kit.training.devices import gpus


def begin(language: str) -> None:
    """Speak the notebook's language, and say what it runs on.

    Args:
        language: "en" or "zh".
    """
    use_language(language)
    backend = keras.backend.backend()
    found = gpus()
    if found:
        where = say(f"found a GPU ({found[0]})", f"找到 GPU（{found[0]}）")
    else:
        where = say("no GPU here, and none is needed", "这里没有 GPU，本课也用不着")
    print(
        say(
            f"Keras {keras.__version__} on {backend}: {where}.",
            f"Keras {keras.__version__}，后端 {backend}：{where}。",
        )
    )
