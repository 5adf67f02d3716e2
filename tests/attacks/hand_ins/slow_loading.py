"""Takes its time to be loaded, and dies at the first question, so that it is loaded again.

Success: a hand-in costs as many loadings as there are checks.
"""

import os
import time

time.sleep(8)


def similarity(x):
    os._exit(1)


softmax = self_attention = scaled_dot_product_attention = padding_mask = similarity
causal_mask = SelfAttention = similarity
