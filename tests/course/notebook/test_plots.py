"""Pictures: they are drawn, fit their words, and speak up when a font is missing."""

import matplotlib as mpl
import numpy as np
import pytest

from course.kit.notebook import plots

mpl.use("Agg")


def test_a_heatmap_has_the_words_on_its_axes():
    drawn = plots.heatmap(np.eye(3), list("早上好"), title="权重")
    axes = drawn.axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == list("早上好")
    assert len(axes.texts) == 9


def test_words_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="need"):
        plots.heatmap(np.eye(3), ["a"])


def test_chinese_is_drawn_without_missing_glyphs(recwarn, tmp_path):
    plots.heatmap(np.eye(2), list("你好")).savefig(tmp_path / "picture.png")
    assert not [w for w in recwarn if "Glyph" in str(w.message)]


def test_without_a_font_labels_stay_readable(monkeypatch):
    plots.chinese_font.cache_clear()
    monkeypatch.setattr(plots, "_INSTALLED", ())
    monkeypatch.setattr(plots, "_PACKAGE", "no_such_package_here")
    with pytest.warns(UserWarning, match="pip install"):
        assert plots.label("好") == "U+597D"
    assert plots.label("good") == "good"
    plots.chinese_font.cache_clear()


def test_other_pictures_are_drawn():
    assert plots.arrows({"a": (1, 2), "b": (-1, 0.5)}).axes
    assert plots.curves([1, 2], {"y": [3, 4]}, "x", "y", log="xy").axes[0].get_xscale() == "log"
