"""One operation on a stack: its values resolved, its resources made, changed and deleted.

    operation.py  create, update, delete and roll back a stack
    deleting.py   its resources deleted, in reverse order
    making.py     one resource: properties, name, handler
    resolving.py  what the names of a template stand for
    stores.py     Parameter Store and Secrets Manager

Imports go down this list, and to `stacks`, `language` and `resources`. It is passed the types'
handlers, and knows no type.
"""
