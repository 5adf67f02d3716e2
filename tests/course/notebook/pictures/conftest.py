"""What tests of pictures share: no figure that stays open."""

import matplotlib as mpl
import pytest

mpl.use("Agg")


@pytest.fixture(autouse=True)
def closed():
    """Close what was drawn."""
    yield
    import matplotlib.pyplot as plt

    plt.close("all")
