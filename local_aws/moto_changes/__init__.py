"""Everything the local AWS changes in moto, in one place. Leaving the stack restores moto.

Each change corrects something that moto gets wrong for a CloudTrail user. Everything else of moto
stays as it is.
"""
