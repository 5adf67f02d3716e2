"""The stubs: one module a unit, made from the reference, to be filled by students."""
