"""CloudFormation on the local AWS: our own engine, which performs API calls.

moto's engine has no resource events, no rollback and no order of deletion. It reports errors of
creation as API errors, and unknown resource types as created.

A request becomes a stack or a change set, and an operation on it in the background. The engine
takes the resources in order, resolves their properties, and lets each type's handler create,
update or delete them:

- a described type is a value: plans, which yield API calls in their order and get the answers.
  The calls are signed with the caller's key, or with that of a session of the stack's role, and
  go through the recorder in-process. So errors, name rules, permission checks and records are
  those of the calls themselves, and nothing here imitates them;
- custom resources and nested stacks are functions and stacks, whose calls are announced;
- every other type uses moto's model of it, which makes no calls.

The stack keeps each resource's physical id and attributes.

- `responses`, `requests`, `answers`, `backend`: the API, and the stacks and change sets of an
  account and Region;
- `stacks`, `change_sets`: the state that the API describes;
- `language`: templates as values, how they are checked and how they are evaluated;
- `template_urls`: where a template comes from;
- `stack_sets`: one template as stacks of many accounts and Regions;
- `engine`, `background`: create, update, delete and roll back, in the background; what the names
  of a template stand for;
- `rollbacks`: rolling back a failed or running update on request;
- `resources`: what a type is, and what creates its resources;
- `types`: the descriptions; a new type is a `ResourceType` in one of its modules;
- `preloading`: loads all this before it is needed; `lazy_models`: moto's models, when needed.
"""
