"""ELMo captioner: an LSTM captioner that also reads a language model."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from captioner.captioners.lstm import LSTMCaptioner
from captioner.decoders import CausalELMo
from captioner.errors import CaptionerError
from captioner.language_models.pretrained import read_bilm_options, read_bilm_weights
from captioner.models.architectures import ElmoLayers, elmo_decoder
from captioner.ranges import check_ranges
from captioner.text import Vocabulary
from captioner.types import CaptionBatch


class ElmoCaptioner(LSTMCaptioner):
    """LSTM captioner that also reads ELMo vectors of the words so far.

    Deep contextualized word representations (Peters et al., 2018), read left to right only: from
    the character encoder and the forward LSTM layers of a biLM, which ``fit`` trains on text or
    others have published. All else is :class:`LSTMCaptioner`, so that what differs is ELMo.

    Args:
        vocabulary: Words that the captioner can say; comes from the data.
        tokenizer: Name of the tokenizer that the vocabulary was made with; comes from the data.
        bilm: The biLM: a checkpoint that ``fit`` wrote, or the ``options.json`` of a published one.
            The checkpoint of a captioner brings its own.
        bilm_weights: Where its weights come from: a checkpoint, the HDF5 file of a published one,
            or ``random``, the control; the checkpoint named as ``bilm`` if not given.
        train_bilm: Train the biLM too, in place of reading it as it is.
        elmo_layers: Layers that are read: ``learned`` mixes all, ``top`` and ``bottom`` (the
            character encoder) are one of them, a list mixes those it names, from 0.
        elmo_gamma: Where the scale of the mix starts.
        elmo_layer_norm: Normalize each layer's vectors before they are mixed.
        elmo_penalty: Weight of the penalty that pulls the shares of the layers together.
    """

    build_decoder = staticmethod(elmo_decoder)

    def __init__(
        self,
        vocabulary: Vocabulary,
        tokenizer: str,
        *,
        bilm: str | None = None,
        bilm_weights: str | None = None,
        train_bilm: bool = False,
        elmo_layers: ElmoLayers = "learned",
        elmo_gamma: float = 1.0,
        elmo_layer_norm: bool = False,
        elmo_penalty: float = 0.0,
        **kwargs: Any,
    ) -> None:
        check_ranges(elmo_gamma=elmo_gamma, elmo_penalty=elmo_penalty)
        if bilm is None:
            raise CaptionerError(
                "model.bilm: expected the checkpoint of a biLM, or the options.json of a published"
                " one, found none"
            )
        source = bilm
        # What a path leads to is kept: the captioner's checkpoint is enough without the biLM's.
        bilm = read_bilm_options(source).to_json()
        super().__init__(vocabulary, tokenizer, **kwargs)
        self.bilm_files = source, bilm_weights
        self.elmo_penalty = elmo_penalty
        self.elmo.mix.set_gamma(elmo_gamma)
        if train_bilm:
            self.elmo.unfreeze()

    @classmethod
    def is_same_setting(cls, name: str, given: Any, stored: Any) -> bool:
        """Return whether two settings are equal; a biLM's path stands for the sizes it leads to."""
        if name != "bilm" or given is None:
            return super().is_same_setting(name, given, stored)
        try:
            return read_bilm_options(given).to_json() == stored
        except CaptionerError:  # the file is gone, and no one needs it any more
            return True

    @property
    def elmo(self) -> CausalELMo:
        """The ELMo part of the decoder: the forward half of the biLM, and the scalar mix."""
        assert self.model.decoder.elmo is not None
        return self.model.decoder.elmo

    def load_pretrained_weights(self) -> None:
        """Load the pretrained weights of encoder and biLM.

        Raises:
            CaptionerError: If there are none, or they are of another size than ``bilm`` says.
        """
        super().load_pretrained_weights()
        bilm, weights = self.bilm_files
        source = weights or bilm
        if source == "random":
            return
        if source.lstrip().startswith("{") or source.endswith(".json"):
            raise CaptionerError(
                "model.bilm_weights: expected the weights of the biLM, a file or random, found none"
            )
        found = read_bilm_weights(source, bilm)
        expected = self.elmo.state_dict()
        taken = {name: found[name] for name in expected.keys() & found.keys()}
        missing = expected.keys() - taken.keys() - self.elmo.own_weights
        odd = [name for name, weight in taken.items() if weight.shape != expected[name].shape]
        if missing or odd:
            raise CaptionerError(
                f"{source}: expected the weights of the biLM that model.bilm describes, found"
                f" others ({min(missing) if missing else min(odd)})"
            )
        self.elmo.load_state_dict(taken, strict=False)

    def features_and_penalty(
        self, memory: Tensor, tokens: Tensor, kept: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Run the decoder; add the penalty that pulls the shares of the layers together."""
        features, penalty = super().features_and_penalty(memory, tokens, kept)
        if self.elmo_penalty == 0:
            return features, penalty
        return features, penalty + self.elmo_penalty * self.elmo.mix.spread

    def training_step(self, batch: CaptionBatch, batch_idx: int) -> Tensor:
        """Return the loss of a batch; log how the layers are mixed."""
        mix = self.elmo.mix
        shares = zip(self.elmo.layers, mix.weights.detach().unbind(), strict=True)
        figures = {f"elmo/share of layer {layer}": share for layer, share in shares}
        self.log_dict({**figures, "elmo/gamma": mix.gamma.detach()}, batch_size=len(batch))
        return super().training_step(batch, batch_idx)
