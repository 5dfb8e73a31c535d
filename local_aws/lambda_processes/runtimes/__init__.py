"""What runs inside a Lambda function's process: a bootstrap and a `cfnresponse` per language, a
supervisor, and the process that is forked for each function (`warm`).

These files are started or copied, never imported by the local AWS itself.
"""
