"""StackSets: one template as stacks of many accounts and Regions.

An operation takes its targets Region by Region, reaches each account as AWS does, by a role that
assumes a role there, and has the stack engine of that account and Region do the rest:
`CreateStack`, `UpdateStack` and `DeleteStack` are calls like any other, judged and recorded there.

- `sets`: stack sets, their instances and operations, as the API describes them;
- `responses`, `answers`, `requests`, `operation_requests`: the API;
- `targets`, `organizations`: the accounts that are meant;
- `access`: the way into an account; `deploying`: one stack there;
- `running`: an operation over all of them; `auto_deployment`: what the organization brings about.

Source: AWS CloudFormation User Guide, "StackSets".
"""
