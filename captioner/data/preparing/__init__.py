"""Public data sets, from their makers' addresses to the folders that the readers expect."""

from captioner.data.preparing.patience import Patience as Patience
from captioner.data.preparing.preparation import prepare as prepare
from captioner.data.preparing.sets import PUBLIC_SETS as PUBLIC_SETS
