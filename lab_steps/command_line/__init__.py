"""What the verbs share.

verb_table.py         the verbs: a new one is a line there and a file in `verbs`
parser.py             --help, and what a shell completes
options.py            options that several verbs have
opening.py            the lab that the options name, opened
confirming.py         what is going to happen, shown and asked
class_accounts.py     what `class` does in all accounts
organization_logs.py  the options of grading from an organization's log files
"""
