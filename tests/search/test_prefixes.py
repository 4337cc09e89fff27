"""The bookkeeping of a search, row by row."""

import pytest
import torch

from captioner.search.prefixes import Choice, Prefixes

EOS = 1


def empty(images=1, max_words=4):
    return Prefixes.empty(torch.zeros(images, 1, dtype=torch.long), eos=EOS, max_words=max_words)


def choice(parents, words, probabilities):
    parents = None if parents is None else torch.tensor([parents])
    return Choice(parents, torch.tensor([words]), torch.tensor([probabilities]).log())


def test_rows_follow_their_parents():
    prefixes = empty().extend(choice([0, 0, 0], [5, 6, 7], [0.5, 0.3, 0.2]), None)
    prefixes = prefixes.extend(choice([2, 0, 0], [8, 9, EOS], [0.9, 0.5, 0.1]), None)
    assert prefixes.written.tolist() == [[[7, 8], [5, 9], [5, EOS]]]
    torch.testing.assert_close(prefixes.total.exp(), torch.tensor([[0.18, 0.25, 0.05]]))
    assert prefixes.lengths.tolist() == [[2, 2, 2]]
    assert prefixes.ended.tolist() == [[False, False, True]]
    prefixes = prefixes.extend(choice(None, [6, 6, 6], [0.5, 0.5, 0.5]), None)
    assert prefixes.written.tolist() == [[[7, 8, 6], [5, 9, 6], [5, EOS, EOS]]]
    assert prefixes.lengths.tolist() == [[3, 3, 2]]
    torch.testing.assert_close(prefixes.total.exp(), torch.tensor([[0.09, 0.125, 0.05]]))
    found = prefixes.hypotheses()
    torch.testing.assert_close(found.scores, prefixes.total)
    assert found.words.tolist() == [[[7, 8, 6, EOS], [5, 9, 6, EOS], [5, EOS, EOS, EOS]]]
    assert found.attention is None


def test_what_is_extended_stays_as_it_was():
    before = empty().extend(choice([0, 0], [5, 6], [0.5, 0.5]), None)
    words, total = before.words.clone(), before.total.clone()
    before.extend(choice(None, [7, 8], [0.5, 0.5]), None)
    before.extend(choice([1, 1], [7, 8], [0.5, 0.5]), None)
    assert torch.equal(before.words, words)
    assert torch.equal(before.total, total)
    assert before.steps == 1


def test_ended_rows_go_on_at_no_cost_whatever_is_said_of_them():
    ended = empty().extend(choice([0, 0], [EOS, 5], [0.25, 0.75]), None)
    for probability in (0.5, 0.0, 1.0):
        prefixes = ended.extend(choice(None, [7, 8], [probability, 0.5]), None)
        assert prefixes.written.tolist() == [[[EOS, EOS], [5, 8]]]
        torch.testing.assert_close(prefixes.total.exp(), torch.tensor([[0.25, 0.375]]))
        assert prefixes.lengths.tolist() == [[1, 2]]


def test_a_child_of_probability_0_is_dead():
    prefixes = empty().extend(choice([0, 0, 0], [EOS, 5, 6], [0.5, 0.5, 0.0]), None)
    assert prefixes.ended.tolist() == [[True, False, True]]
    prefixes = prefixes.extend(choice([0, 0, 1], [EOS, EOS, 7], [1.0, 0.0, 0.0]), None)
    assert prefixes.ended.all()
    assert prefixes.total.exp().tolist() == [[0.5, 0.0, 0.0]]
    prefixes = prefixes.extend(choice(None, [5, 5, 5], [1.0, 1.0, 1.0]), None)
    assert prefixes.total.exp().tolist() == [[0.5, 0.0, 0.0]]  # and stays so
    assert prefixes.written[0, 1:, -1].tolist() == [EOS, EOS]


def test_dead_rows_are_all_alike_wherever_they_died():
    looks = torch.ones(1, 1, 2)
    prefixes = empty(max_words=3).extend(choice([0, 0, 0], [EOS, 5, 6], [0.5, 0.5, 0.0]), looks)
    # one dies after its end, which must not look like the caption it came from
    prefixes = prefixes.extend(choice([0, 0, 2], [EOS, EOS, 7], [1.0, 0.0, 1.0]), looks[:, [0] * 3])
    found = prefixes.hypotheses().trim(EOS)
    assert found.words.tolist() == [[[EOS]] * 3]
    assert found.word_scores.exp().tolist() == [[[0.5], [0.0], [0.0]]]
    assert found.attention.tolist() == [[[[1, 1]], [[0, 0]], [[0, 0]]]]


def test_attention_goes_with_the_row_that_looked():
    def looks(*values):
        return torch.tensor([[[value] for value in values]])

    prefixes = empty(max_words=3).extend(choice([0, 0], [5, 6], [0.5, 0.5]), looks(1.0))
    prefixes = prefixes.extend(choice([1, 0], [7, EOS], [0.5, 0.5]), looks(2.0, 3.0))
    prefixes = prefixes.extend(choice([1, 0], [8, 9], [0.5, 0.5]), looks(4.0, 5.0))
    found = prefixes.hypotheses()
    assert found.words.tolist() == [[[5, EOS, EOS], [6, 7, 9]]]
    assert found.attention.squeeze(-1).tolist() == [[[1.0, 2.0, 0.0], [1.0, 3.0, 4.0]]]


def test_attention_of_words_that_were_not_written_is_0():
    prefixes = empty(max_words=4).extend(choice([0], [5], [0.5]), torch.ones(1, 1, 2))
    assert prefixes.hypotheses().attention.tolist() == [[[[1, 1], [0, 0], [0, 0], [0, 0]]]]


def test_images_and_rows_can_be_picked():
    first = torch.zeros(3, 1, dtype=torch.long)
    prefixes = Prefixes.empty(first, eos=EOS, max_words=2).extend(
        Choice(
            torch.zeros(3, 2, dtype=torch.long),
            torch.tensor([[2, 3], [4, 5], [6, 7]]),
            torch.tensor([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]).log(),
        ),
        torch.tensor([[[1.0]], [[2.0]], [[3.0]]]),
    )
    some = prefixes.select(torch.tensor([2, 0]))
    assert some.images.tolist() == [2, 0]
    assert some.written.squeeze(-1).tolist() == [[6, 7], [2, 3]]
    crossed = some.rows(torch.tensor([[1, 0, 1], [1, 1, 1]]))
    assert crossed.written.squeeze(-1).tolist() == [[7, 6, 7], [3, 3, 3]]
    torch.testing.assert_close(
        crossed.total.exp(), torch.tensor([[0.6, 0.5, 0.6], [0.2, 0.2, 0.2]])
    )
    attention = crossed.hypotheses().attention
    assert attention is not None
    assert attention[:, :, 0, 0].tolist() == [[3.0] * 3, [1.0] * 3]


@pytest.mark.parametrize("images", [0, 1, 5])
def test_starts_with_nothing(images):
    prefixes = empty(images=images)
    assert prefixes.written.shape == (images, 1, 0)
    assert prefixes.hypotheses().words.shape == (images, 1, 4)
    assert prefixes.images.tolist() == list(range(images))
