"""CloudFormation's template language: reading a template, checking it, evaluating it.

    templates.py           a template as a value
    references.py          what its parts refer to, and the order of creation
    checks.py              what is refused before anything starts
    functions.py           intrinsic functions, evaluated in a scope
    parameters.py          parameters with their constraints, and the template's rules
    dynamic_references.py  `{{resolve:...}}`
    changes.py             what an update would do
    schemas.py             what AWS's schema of a type says
    values.py              a value as text, by a path, or as APIs list it

It knows no stack and makes no call.
"""
