"""The student's commands, one module each; their help is in the language of who asks."""

import itertools
import sys
from pathlib import Path

from course.kit.errors import UserError
from course.kit.language import use_language
from course.work import language_in


def _speak_from_the_start() -> None:
    """Choose the language before the commands are made, as their help is made with them."""
    words = sys.argv[1:]
    named = [word for before, word in itertools.pairwise(words) if before == "--language"]
    named += [word.partition("=")[2] for word in words if word.startswith("--language=")]
    try:
        if code := named[-1] if named else language_in(Path.cwd()):
            use_language(code)
    except UserError:  # the command itself refuses it
        pass


_speak_from_the_start()
