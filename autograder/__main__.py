"""`python -m autograder …`"""


def _run() -> None:
    try:
        from autograder.commands.app import (
            main,  # takes a second, in which Ctrl-C is no error either
        )

        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    _run()
