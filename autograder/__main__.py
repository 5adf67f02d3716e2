"""The commands `autograder …` and `python -m autograder …`."""

import sys

from course.kit.language import say


def main() -> None:
    """Run the commands; what is not installed is named in one sentence."""
    try:
        from autograder.commands import app  # takes a second, in which Ctrl-C is no error either

        app.main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except ModuleNotFoundError as error:
        if (error.name or "autograder").split(".")[0] in ("autograder", "course", "solutions"):
            raise
        print(
            say(
                f"The grader needs {error.name}: pip install 'seq2seq-course[grader]'",
                f"评分程序需要 {error.name}：pip install 'seq2seq-course[grader]'",
            ),
            file=sys.stderr,
        )
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
