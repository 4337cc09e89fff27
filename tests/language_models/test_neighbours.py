"""Neighbours are the most similar words of other sentences."""

import torch

from captioner.language_models.neighbours import nearest_words


def test_equals_comparing_everything():
    torch.manual_seed(0)
    sentences = [torch.randn(length, 4) for length in (3, 1, 0, 5, 2, 4)]
    queries, own = torch.stack([sentences[0][1], sentences[3][4]]), [0, 3]
    values, found, places = nearest_words(queries, own, sentences, count=3)
    assert values.shape == (2, 3)
    for row, query in enumerate(queries):
        best = []
        for number, words in enumerate(sentences):
            scores = [torch.cosine_similarity(query, word, dim=0).item() for word in words]
            if scores and number != own[row]:
                best.append((max(scores), number, scores.index(max(scores))))
        expected = sorted(best, reverse=True)[:3]
        torch.testing.assert_close(values[row].tolist(), [each[0] for each in expected])
        assert found[row].tolist() == [each[1] for each in expected]
        assert places[row].tolist() == [each[2] for each in expected]


def test_fewer_than_asked_for():
    query = torch.ones(1, 2)
    values, _, _ = nearest_words(query, [0], [query, torch.ones(0, 2), query], count=9)
    torch.testing.assert_close(values, torch.tensor([[1.0, -torch.inf, -torch.inf]]))
