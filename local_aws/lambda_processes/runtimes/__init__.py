"""What runs inside a Lambda function's process: a bootstrap and a `cfnresponse` per language.

These files are started or copied, never imported by the local AWS itself.
"""
