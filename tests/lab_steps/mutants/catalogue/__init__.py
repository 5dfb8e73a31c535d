"""The mutants: labs with one thing broken, as students break it, and what a check must say.

Adding a step or a check? Add its mutant here (docs/writing-a-lab.md).

mutant.py            what a mutant is, and what is blocked when something is missing
acts.py              what students do that one call does not say
sign_in.py           mutants of steps 1 to 4
management_trail.py  steps 5 to 10
data_trail.py        steps 11 to 16
users_table.py       steps 17 to 28
log_files.py         steps 29 to 38
"""

from tests.lab_steps.mutants.catalogue.data_trail import DATA_TRAIL
from tests.lab_steps.mutants.catalogue.log_files import LOG_FILES
from tests.lab_steps.mutants.catalogue.management_trail import MANAGEMENT_TRAIL
from tests.lab_steps.mutants.catalogue.sign_in import SIGN_IN
from tests.lab_steps.mutants.catalogue.users_table import USERS_TABLE

MUTANTS = (*SIGN_IN, *MANAGEMENT_TRAIL, *DATA_TRAIL, *USERS_TABLE, *LOG_FILES)
