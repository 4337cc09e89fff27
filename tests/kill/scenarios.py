"""All that is killed."""

from tests.kill.comparing import COMPARING
from tests.kill.fits import FITS
from tests.kill.preparing import PREPARING
from tests.kill.scenario import Scenario
from tests.kill.writers import WRITERS

SCENARIOS: dict[str, Scenario] = {**FITS, **WRITERS, **PREPARING, **COMPARING}
