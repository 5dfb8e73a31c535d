"""Resources: what a type is (`resource_types.py`), and who creates, updates and deletes one.

`handlers.py` is the engine's side. Types of `../types` perform API calls (`calls.py`, with
parameters by `api_shapes.py`); `moto_models.py` serves the types without a description; nested
stacks and custom resources have a module each.
"""
