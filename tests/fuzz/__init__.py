"""Broken input by the hundred thousand: a clear refusal or a result, no traceback and no hang."""
