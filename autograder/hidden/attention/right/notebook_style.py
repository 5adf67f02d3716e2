"""A notebook saved as a module: cells, trials, printed results, functions written twice."""

# %% [markdown]
# # Attention
# My notes for this week. First X Xᵀ, then the weights.

# %%
import keras
import numpy as np
from keras import ops

np.random.seed(0)
toy = np.random.normal(size=(4, 3)).astype("float32")
toy  # noqa: B018

# %% [markdown]
# ## Similarity


# %%
def similarity(x):
    # first try, for two axes only
    return ops.dot(x, ops.transpose(x))


print(similarity(toy))


# %%
def similarity(x):
    """Second try: einsum doesn't mind a batch."""
    return ops.einsum("...ik,...jk->...ij", x, x)


assert similarity(toy[None]).shape == (1, 4, 4)

# %% [markdown]
# ## Softmax


# %%
def softmax(x, axis=-1):
    m = ops.max(x, axis=axis, keepdims=True)
    z = ops.exp(x - m)
    s = ops.sum(z, axis=axis, keepdims=True)
    return z / s


for axis in (0, 1):
    print("axis", axis, ops.sum(softmax(toy, axis=axis), axis=axis))


# %%
def self_attention(x):
    xxt = similarity(x)
    a = softmax(xxt)
    return ops.matmul(a, x)


print(self_attention(toy))

# %% [markdown]
# ## Q, K, V and masks


# %%
def scaled_dot_product_attention(query, key, value, mask=None):
    d_k = query.shape[-1]
    scores = ops.einsum("...td,...sd->...ts", query, key) * (1.0 / np.sqrt(d_k).item())

    if mask is not None:
        neg = ops.cast(-3.0e4, scores.dtype)
        scores = ops.where(mask, scores, neg)

    weights = softmax(scores, axis=-1)

    if mask is not None:
        # a row with nothing in it came out uniform: clear it
        weights = ops.where(mask, weights, ops.zeros_like(weights))

    output = ops.matmul(weights, value)
    return output, weights


_, w = scaled_dot_product_attention(toy, toy, toy, mask=np.tri(4, dtype=bool))
print(w)


# %%
def padding_mask(token_ids):
    real = token_ids != 0
    return real[:, np.newaxis, :]


def causal_mask(length):
    return ops.convert_to_tensor(np.tril(np.ones((length, length), dtype=bool))[np.newaxis])


print(padding_mask(ops.convert_to_tensor([[5, 6, 0]])), causal_mask(3))


# %%
@keras.saving.register_keras_serializable(package="course")
class SelfAttention(keras.layers.Layer):
    def __init__(self, d_k, d_v=None, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.d_k = d_k
        if d_v is None:
            d_v = d_k
        self.d_v = d_v
        self.query_projection = keras.layers.Dense(d_k, use_bias=False, name="q")
        self.key_projection = keras.layers.Dense(d_k, use_bias=False, name="k")
        self.value_projection = keras.layers.Dense(d_v, use_bias=False, name="v")

    def build(self, input_shape):
        for dense in (self.query_projection, self.key_projection, self.value_projection):
            dense.build(input_shape)
        super().build(input_shape)

    def call(self, x, attention_mask=None):
        q = self.query_projection(x)
        k = self.key_projection(x)
        v = self.value_projection(x)
        out, w = scaled_dot_product_attention(q, k, v, mask=attention_mask)
        return out, w

    def get_config(self):
        config = super().get_config()
        config["d_k"] = self.d_k
        config["d_v"] = self.d_v
        return config


layer = SelfAttention(8, d_v=2)
y, w = layer(toy[None])
print(y.shape, w.shape)
