"""Where the course keeps what it fetched and prepared."""

import os
from pathlib import Path


def data_home(home: str | Path | None = None) -> Path:
    """Return where data is kept: `home`, else `$COURSE_DATA`, else the user's cache directory."""
    if home is None:
        home = os.environ.get("COURSE_DATA")
    if home:
        return Path(home).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("seq2seq-course"))
