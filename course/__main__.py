"""The commands `course …` and `python -m course …`."""

from course.commands.app import main

if __name__ == "__main__":
    main()
