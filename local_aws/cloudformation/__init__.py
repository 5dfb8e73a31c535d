"""CloudFormation on the local AWS: our own engine, which performs API calls.

    installing.py     has it answer instead of moto's, from the first request
    preloading.py     loads all this before it is needed
    responses.py      the API
    requests.py       its requests
    answers.py        its answers
    exceptions.py     its errors
    backend.py        the stacks and change sets of an account and Region
    stacks.py         stacks, as the API describes them
    change_sets.py    change sets
    rollbacks.py      rolling back an update on request
    template_urls.py  where a template comes from
    background.py     operations in the background
    stack_sets/       one template as stacks of many accounts and Regions
    engine/           create, update, delete and roll back a stack
    types/            the descriptions: a new type is a `ResourceType` in one of its modules
    resources/        what a type is, and what creates its resources
    language/         templates as values, checked and evaluated
    lazy_models.py    moto's models of resources, when needed
    unknown_types.py  types that are refused, or ignored on request

moto's engine has no resource events, no rollback and no order of deletion. It reports errors of
creation as API errors, and unknown resource types as created. Here the engine takes the resources
in order, resolves their properties, and lets each type's handler create, update or delete them:

- a described type is a value: plans, which yield API calls in their order and get the answers.
  The calls are signed with the caller's key, or with that of a session of the stack's role, and
  go through the recorder in-process. So errors, name rules, permission checks and records are
  those of the calls themselves, and nothing here imitates them;
- custom resources and nested stacks are functions and stacks, whose calls are announced;
- every other type uses moto's model of it, which makes no calls.
"""
