"""What tests of pictures share: both languages, and no figure that stays open."""

import matplotlib as mpl
import pytest

from course.kit.language import language, use_language

mpl.use("Agg")


@pytest.fixture(params=["en", "zh"])
def spoken(request):
    """Speak one language after the other."""
    before = language()
    use_language(request.param)
    yield request.param
    use_language(before)


@pytest.fixture(autouse=True)
def closed():
    """Close what was drawn."""
    yield
    import matplotlib.pyplot as plt

    plt.close("all")
