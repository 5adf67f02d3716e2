"""A recorded model says what was recorded, and ends whatever was not."""

import keras
import numpy as np

from course.kit.models.recorded import RecordedModel
from course.kit.tokens import END_ID, START_ID

SOURCE = np.array([[4, 5, END_ID], [6, END_ID, 0]], "int32")
SOURCE_FACTORS, TARGET_FACTORS = np.array([1, 10, 100]), np.array([1000, 10_000])


def model():
    # After the start: of the first source words 4 and 5, of the second words 5 and 6.
    first, second = 4 + 50 + 100 * END_ID, 6 + 10 * END_ID
    keys = np.array([second, first, second + 50_000]) + 1000 * START_ID
    likely = np.log([[0.6, 0.3], [0.5, 0.4], [0.9, 0.05]]).astype("float32")
    words = np.array([[5, 6], [4, 5], [END_ID, 4]])
    return RecordedModel(SOURCE_FACTORS, TARGET_FACTORS, keys, likely, words, 9)


def said(target_in):
    made = model()
    logits = made.decode(np.array(target_in, "int32"), made.encode(SOURCE))
    return keras.ops.convert_to_numpy(keras.ops.softmax(logits))


def test_what_was_recorded_is_said_with_its_probability():
    odds = said([[START_ID], [START_ID]])
    np.testing.assert_allclose(odds[0, 0, [4, 5]], [0.5, 0.4], rtol=1e-4)
    np.testing.assert_allclose(odds[1, 0, [5, 6]], [0.6, 0.3], rtol=1e-4)
    np.testing.assert_allclose(odds.sum(-1), 1.0, rtol=1e-5)
    assert odds[0, 0].argsort()[-2:].tolist() == [5, 4]


def test_each_place_is_answered_for_the_words_up_to_it():
    odds = said([[START_ID, 4, 0], [START_ID, 5, 0]])
    assert odds.shape == (2, 3, 9)
    np.testing.assert_allclose(odds[1, 1, END_ID], 0.9, rtol=1e-4)
    np.testing.assert_allclose(odds[0, 0, 4], 0.5, rtol=1e-4)


def test_after_what_nobody_recorded_the_sentence_ends():
    odds = said([[START_ID, 7], [START_ID, 7]])
    assert (odds[:, 1, END_ID] > 0.99).all()
