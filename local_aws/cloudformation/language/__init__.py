"""CloudFormation's template language: reading a template, checking it, evaluating it.

- `templates`, `references`: a template as a value, and what its parts refer to;
- `checks`: refuses templates before anything starts;
- `functions`: intrinsic functions, evaluated in a scope that says what names stand for;
- `parameters`: types, values and constraints of a template's parameters, and its rules;
- `values`: a value as text, by a path, or as APIs list it;
- `dynamic_references`: `{{resolve:...}}`;
- `schemas`: what AWS's schema of a resource type says about its properties and attributes.
"""
