"""All formats of files that come from elsewhere."""

from tests.fuzz.annotations import ANNOTATIONS
from tests.fuzz.archives import ARCHIVES
from tests.fuzz.format import Format
from tests.fuzz.models import MODELS
from tests.fuzz.pictures import PICTURES

FORMATS: dict[str, Format] = {**PICTURES, **ANNOTATIONS, **MODELS, **ARCHIVES}
