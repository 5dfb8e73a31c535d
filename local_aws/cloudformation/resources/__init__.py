"""Resources: what a type is, and what creates, updates and deletes a resource.

resource_types.py    a type as data: the calls that create, update, delete and read it
handlers.py          the engine's side: what creates, updates and deletes a resource
calls.py             the calls, on the caller's behalf
api_shapes.py        their parameters
attributes.py        attributes that are looked up when needed
failures.py          why something could not be done
moto_models.py       types without a description
moto_reads.py        the properties that moto's models read
custom_resources.py  `Custom::*`
ignored.py           resources that are left out on request
"""
