"""RNG states in the checkpoint, so that a resumed run equals an uninterrupted one."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from torch import Tensor, distributed


class RandomStates(Callback):
    """Save the states of torch's, numpy's and Python's generators as plain tensors.

    Dropout after a resume then draws what it would have drawn without the interruption. States are
    put back just before the first batch, because setting a run up draws numbers too; or before the
    validation that a resumed run begins with. What is written during a validation has the states
    before it, with which that validation is run again.

    The processes of a distributed run are set up with the same seed, and part here: dropout and
    sampled captions must not be the same on all of them. A checkpoint holds the states of each, a
    row of every tensor; where the run goes on with another number of processes, those of the first.

    Example:
        >>> states = RandomStates().state_dict()
        >>> sorted(states)
        ['cuda', 'numpy', 'python', 'torch']
        >>> all(isinstance(state, torch.Tensor) for state in states.values())
        True
    """

    def __init__(self) -> None:
        self._loaded: dict[str, Tensor] | None = None
        self._begins = False
        self._before_validation: dict[str, Tensor] | None = None

    def state_dict(self) -> dict[str, Any]:
        """Return the states of this process as tensors."""
        return self._before_validation or _states()

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Put the states back if a resumed run begins here, and keep them until the end."""
        if trainer.state.fn == "fit" and not trainer.sanity_checking:
            self._begin(trainer)
            self._before_validation = _states()

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Go on to the present states."""
        self._before_validation = None

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Keep the states until training starts."""
        self._loaded = state_dict

    def on_save_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Put the states of all processes, which save together, in the place of one's."""
        if trainer.world_size == 1:
            return
        own = checkpoint["callbacks"][self.state_key]
        every: list[Any] = [None] * trainer.world_size
        distributed.all_gather_object(every, own)
        rows = {name: torch.stack([states[name] for states in every]) for name in own}
        checkpoint["callbacks"][self.state_key] = rows

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Wait for the first batch."""
        self._begins = True

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Before the first batch, put the states back after a resume, or let processes part."""
        self._begin(trainer)

    def _begin(self, trainer: Trainer) -> None:
        if not self._begins:
            return
        self._begins = False
        loaded, self._loaded = self._loaded, None
        known = 1 if loaded is None else len(torch.atleast_2d(loaded["torch"]))
        same = loaded is not None and known == trainer.world_size
        if loaded is not None:
            row = trainer.global_rank if same else 0
            # copied: torch crashes on a state that is a part of a larger tensor
            rows = ((name, torch.atleast_2d(states)[row]) for name, states in loaded.items())
            _restore({name: states.clone() for name, states in rows})
        if not same and trainer.global_rank > 0:
            _part(trainer.global_rank)


def _states() -> dict[str, Tensor]:
    """Return the present states as tensors."""
    version, words, gauss = random.getstate()
    # The one float, kept when gauss() drew two numbers and gave one, travels as its bits.
    python = [version, *words, *_float_bits(gauss)]
    name, keys, position, has_gauss, cached = np.random.get_state()  # noqa: NPY002
    assert name == "MT19937"
    numpy = [*np.asarray(keys).tolist(), position, has_gauss, *_float_bits(float(cached))]
    cuda = torch.cuda.get_rng_state() if torch.cuda.is_initialized() else torch.empty(0)
    return {
        "torch": torch.get_rng_state(),
        "cuda": cuda,
        "numpy": torch.tensor(numpy),
        "python": torch.tensor(python),
    }


def _part(rank: int) -> None:
    """Give a process other random numbers than the others, whose states are the same."""
    seed = int(torch.randint(1 << 32, (rank + 1,))[-1])
    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    random.seed(seed)


def _restore(states: dict[str, Tensor]) -> None:
    torch.set_rng_state(states["torch"].cpu().byte())
    if len(states["cuda"]) and torch.cuda.is_available():
        torch.cuda.set_rng_state(states["cuda"].cpu().byte())
    *keys, position, has_gauss, known, bits = states["numpy"].tolist()
    cached = _bits_float(known, bits) or 0.0
    np.random.set_state(  # noqa: NPY002
        ("MT19937", np.array(keys, dtype=np.uint32), position, has_gauss, cached)
    )
    version, *words, known, bits = states["python"].tolist()
    random.setstate((version, tuple(words), _bits_float(known, bits)))


def _float_bits(value: float | None) -> tuple[int, int]:
    if value is None:
        return 0, 0
    return 1, int(np.float64(value).view(np.int64))


def _bits_float(known: int, bits: int) -> float | None:
    return float(np.int64(bits).view(np.float64)) if known else None
