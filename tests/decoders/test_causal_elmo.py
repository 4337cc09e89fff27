"""ELMo vectors of the words so far: what they are, that they are looked up, what is trained."""

import copy
import pickle

import pytest
import torch
from torch import nn

from captioner.decoders import CausalELMo
from captioner.language_models import BiLM, BiLMOptions
from captioner.language_models.directional_lm import DirectionalLM

V, C = 9, 7
OPTIONS = BiLMOptions(
    character_size=4, filters=((1, 8), (2, 8)), highways=1, projection_size=6, cell_size=10
)
TOKENS = torch.tensor([[[1, 4, 5, 4], [1, 6, 2, 0]]])


def causal(**settings) -> CausalELMo:
    torch.manual_seed(0)
    spelling = torch.randint(1, 262, (V, C))
    return CausalELMo(OPTIONS, spelling, **{"layers": [0, 1, 2], **settings})


@pytest.mark.parametrize("layer", [0, 1, 2])
@torch.no_grad()
def test_is_the_forward_half_of_the_bilm(layer):
    elmo = causal(layers=[layer])
    bilm = BiLM(OPTIONS)
    bilm.characters, bilm.forward_lm = elmo.characters, elmo.forward_lm
    words = bilm.characters(elmo.spelling[TOKENS[0]])
    expected = bilm(words, torch.tensor([4, 4]))[layer, ..., : OPTIONS.projection_size]
    torch.testing.assert_close(elmo(TOKENS)[0], expected)


@torch.no_grad()
def test_character_vectors_are_computed_once_for_each_state_of_the_weights(monkeypatch):
    elmo, calls = causal(), []
    encode = elmo.characters.forward
    monkeypatch.setattr(
        elmo.characters, "forward", lambda ids: calls.append(len(ids)) or encode(ids)
    )
    state = elmo.start(1)
    for tokens in TOKENS[:, :1].unbind(dim=-1):
        before, state = elmo.step(tokens, state)
    assert calls == [V]
    elmo.characters.projection.bias.add_(1.0)
    after, _ = elmo.step(tokens, state)
    assert calls == [V, V]
    assert not torch.allclose(before, after)
    elmo.load_state_dict(causal().state_dict())
    elmo(TOKENS)
    assert calls == [V, V, V]


def test_takes_its_weights_from_a_whole_bilm_and_builds_no_backward_half(monkeypatch):
    weights = dict(BiLM(OPTIONS).state_dict())
    built = []
    build = DirectionalLM.__init__
    monkeypatch.setattr(
        DirectionalLM, "__init__", lambda *args, **kwargs: built.append(build(*args, **kwargs))
    )
    elmo = causal()
    assert len(built) == 1
    half = {name: weight for name, weight in weights.items() if not name.startswith("backward_lm.")}
    assert elmo.state_dict().keys() == half.keys() | CausalELMo.own_weights
    elmo.load_state_dict({**elmo.state_dict(), **half})
    for name, weight in half.items():
        torch.testing.assert_close(elmo.state_dict()[name], weight, atol=0, rtol=0)


def test_frozen_only_the_mix_learns():
    elmo = causal()
    elmo(TOKENS).sum().backward()
    learnt = {name for name, weight in elmo.named_parameters() if weight.grad is not None}
    assert learnt == CausalELMo.own_weights


def test_trained_everything_learns():
    elmo = causal(frozen=False)
    elmo(TOKENS).sum().backward()
    without = {name for name, weight in elmo.named_parameters() if weight.grad is None}
    assert without == set()


@pytest.mark.parametrize("layers", [[0], [1], [0, 1], [2]])
def test_all_that_is_trained_has_a_gradient(layers):
    elmo = causal(frozen=False, layers=layers)
    elmo(TOKENS).square().sum().backward()
    trained = {name: part for name, part in elmo.named_parameters() if part.requires_grad}
    assert [name for name, part in trained.items() if part.grad is None] == []
    assert any(name.startswith("characters") for name in trained)
    for layer in range(2):
        reads = any(name.startswith(f"forward_lm.layers.{layer}.") for name in trained)
        assert reads == (layer < max(layers))


@torch.no_grad()
def test_trained_and_frozen_say_the_same():
    torch.testing.assert_close(causal(frozen=False)(TOKENS), causal()(TOKENS))
    with torch.enable_grad():
        torch.testing.assert_close(causal(frozen=False)(TOKENS), causal()(TOKENS))


def test_the_spelling_is_not_stored_twice():
    assert not any("spelling" in name for name in causal().state_dict())


@torch.no_grad()
def test_character_vectors_do_not_depend_on_the_precision_they_are_first_asked_in():
    mixed, full = causal(), causal()
    with torch.autocast("cpu", torch.bfloat16):
        state = mixed.start(1)
        mixed(TOKENS)
        mixed.step(TOKENS[:, :1, 0], state)
    torch.testing.assert_close(mixed(TOKENS), full(TOKENS), atol=1e-6, rtol=0)


def read(elmo):
    """Return the vectors of all words, step by step and at once, without gradients."""
    with torch.no_grad():
        state, found = elmo.start(1), []
        for tokens in TOKENS[:, :1].unbind(dim=-1):
            vectors, state = elmo.step(tokens, state)
            found.append(vectors)
        stepwise = torch.stack(found, dim=2)
        torch.testing.assert_close(stepwise, elmo(TOKENS[:, :1]))
    return stepwise


def computed_anew(elmo):
    """Return what a module that has kept nothing reads with the same weights."""
    anew = CausalELMo(OPTIONS, elmo.spelling.clone(), layers=elmo.layers, frozen=elmo.frozen).to(
        elmo.mix.gamma.dtype
    )
    anew.load_state_dict(elmo.state_dict())
    return read(anew)


@pytest.mark.parametrize("how", [{"fused": True}, {"foreach": True}, {"foreach": False}])
@pytest.mark.parametrize("training", [False, True])
def test_what_was_trained_is_read_whatever_the_optimizer_leaves_behind(how, training):
    elmo = causal(frozen=False).train(training)
    optimizer = torch.optim.AdamW(elmo.parameters(), lr=0.1, **how)
    before = read(elmo)
    for _ in range(2):
        optimizer.zero_grad()
        elmo(TOKENS).square().sum().backward()
        optimizer.step()
        after = read(elmo)
        assert not torch.allclose(before, after)
        torch.testing.assert_close(after, computed_anew(elmo))
        before = after


def test_captions_of_a_trained_bilm_spell_the_vocabulary_once(monkeypatch):
    elmo, calls = causal(frozen=False).eval(), []
    encode = elmo.characters.forward
    monkeypatch.setattr(
        elmo.characters, "forward", lambda ids: calls.append(len(ids)) or encode(ids)
    )
    read(elmo)
    read(elmo)
    assert calls == [V]
    elmo(TOKENS)  # with gradients: an optimizer may follow
    read(elmo)
    assert calls == [V, len(TOKENS.unique()), V]
    elmo.train()
    with torch.no_grad():  # as in a step that reads its own words
        elmo(TOKENS)
    elmo.eval()
    read(elmo)
    assert calls[3:] == [len(TOKENS.unique()), V]


def loaded(elmo):
    elmo.load_state_dict({name: weight + 0.1 for name, weight in elmo.state_dict().items()})


def replaced(elmo):
    elmo.characters.projection.weight = nn.Parameter(
        elmo.characters.projection.weight + 0.1, requires_grad=False
    )


def exchanged(elmo):
    """Change the data of a weight as averages of weights are exchanged: without a version."""
    weight = elmo.characters.projection.weight
    weight.data = weight.detach() + 0.1


@pytest.mark.parametrize(
    "change",
    [loaded, replaced, exchanged, lambda elmo: elmo.double(), lambda elmo: elmo.bfloat16()],
    ids=["loaded", "replaced", "exchanged", "float64", "bfloat16"],
)
@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("copied", [lambda elmo: elmo, copy.deepcopy, lambda elmo: pickle.loads(
    pickle.dumps(elmo))], ids=["itself", "deepcopy", "pickle"])  # fmt: skip
def test_the_table_follows_every_way_in_which_weights_change(change, copied, frozen):
    original = causal(frozen=frozen).eval()
    loaded(original)  # counts versions up, as loading a checkpoint does
    kept = read(original)
    elmo = copied(original)
    change(elmo)
    after = read(elmo)
    assert not torch.equal(after, kept.to(after.dtype)) or after.dtype == torch.float64
    torch.testing.assert_close(after, computed_anew(elmo))
    if elmo is not original:
        assert torch.equal(read(original), kept)


def test_reads_and_trains_after_it_was_used_or_made_in_inference_mode():
    elmo = causal()
    with torch.inference_mode():
        expected = read(elmo)
        made = causal()
        assert torch.equal(read(made), expected)
        assert torch.equal(read(made), expected)
    elmo(TOKENS).square().sum().backward()
    assert elmo.mix.gamma.grad is not None
    vectors, _ = elmo.step(TOKENS[:, :1, 0], elmo.start(1))
    vectors.sum().backward()
