"""Bytes changed at random, blindly or along the blocks that a file format consists of."""

import random
import struct
from collections.abc import Callable, Sequence

Random = random.Random
Block = tuple[bytes, bytes]
"""The head of a block and what it holds; what the head counts or sums up is not part of it."""

_SIZES = {"b": 1, "<h": 2, ">h": 2, "<i": 4, ">i": 4, "<q": 8, ">q": 8}
_ROUNDS = (1, 1, 1, 2, 3, 6)  # most inputs have one fault: with many, the first hides the others


def mutate_bytes(rng: Random, seeds: Sequence[bytes], marks: Sequence[bytes] = ()) -> bytes:
    """Return one of ``seeds`` with a few faults.

    Args:
        rng: Draws them.
        seeds: Whole files.
        marks: Byte strings near which a fault matters most, such as signatures of inner tables.
    """
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.choice(_ROUNDS)):
        if data:
            data = rng.choice(_FAULTS)(rng, data, _place(rng, data, marks))
    if rng.random() < 0.05:
        other = rng.choice(seeds)
        data = data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]
    return bytes(data)


def mutate_blocks(
    rng: Random,
    seeds: Sequence[bytes],
    split: Callable[[bytes], list[Block]],
    join: Callable[[list[Block]], bytes],
) -> bytes:
    """Return one of ``seeds`` with faults inside of its blocks, lengths and sums being right.

    So a fault reaches the code behind the check of the sum. A third of the inputs gets faults
    without any regard to blocks.

    Args:
        rng: Draws them.
        seeds: Whole files.
        split: Divides a file into blocks.
        join: Makes a file of blocks.
    """
    if rng.random() < 0.33:
        return mutate_bytes(rng, seeds)
    blocks = split(rng.choice(seeds))
    for _ in range(rng.choice(_ROUNDS)):
        place = rng.randrange(len(blocks))
        what = rng.random()
        if what < 0.6:
            head, inside = blocks[place]
            part = rng.random() < 0.15 or not inside
            if part:
                head = mutate_bytes(rng, [head or b"\0"])
            else:
                inside = mutate_bytes(rng, [inside])
            blocks[place] = head, inside
        elif what < 0.7 and len(blocks) > 1:
            del blocks[place]
        elif what < 0.8:
            blocks.insert(rng.randrange(len(blocks) + 1), blocks[place])
        elif what < 0.9:
            other = rng.randrange(len(blocks))
            blocks[place], blocks[other] = blocks[other], blocks[place]
        else:
            blocks[place] = rng.choice(split(rng.choice(seeds)))
    joined = join(blocks)
    return mutate_bytes(rng, [joined]) if rng.random() < 0.1 else joined


def _place(rng: Random, data: bytearray, marks: Sequence[bytes]) -> int:
    """Return where a fault goes: near a mark, or anywhere, the beginning more often."""
    mark = rng.choice(marks) if marks and rng.random() < 0.6 else b""
    found = data.find(mark, rng.randrange(len(data))) if mark else -1
    if found >= 0:
        return min(len(data) - 1, found + rng.randrange(160))
    return int(len(data) * rng.random() ** rng.choice((1, 1, 4)))


def _flip(rng: Random, data: bytearray, place: int) -> bytearray:
    data[place] ^= 1 << rng.randrange(8)
    return data


def _set(rng: Random, data: bytearray, place: int) -> bytearray:
    """Write a number that programs stumble over: the least, the largest, and their neighbours."""
    kind = rng.choice(list(_SIZES))
    half = 1 << (8 * _SIZES[kind] - 1)
    number = rng.choice((0, 1, 2, -1, -2, half - 1, -half, half // 2, rng.randrange(-half, half)))
    word = struct.pack(kind, number)[: len(data) - place]
    data[place : place + len(word)] = word
    return data


def _noise(rng: Random, data: bytearray, place: int) -> bytearray:
    end = min(len(data), place + rng.randrange(1, 17))
    data[place:end] = rng.randbytes(end - place)
    return data


def _cut(rng: Random, data: bytearray, place: int) -> bytearray:
    return data[:place] if rng.random() < 0.9 else data[place:]


def _remove(rng: Random, data: bytearray, place: int) -> bytearray:
    return data[:place] + data[place + _length(rng) :]


def _repeat(rng: Random, data: bytearray, place: int) -> bytearray:
    end = place + _length(rng)
    return data[:end] + data[place:end] * rng.choice((1, 1, 1, 50)) + data[end:]


def _swap(rng: Random, data: bytearray, place: int) -> bytearray:
    length, other = _length(rng), rng.randrange(len(data))
    first, last = min(place, other), max(place, other)
    length = min(length, last - first, len(data) - last)
    one, two = data[first : first + length], data[last : last + length]
    data[first : first + length], data[last : last + length] = two, one
    return data


def _fill(rng: Random, data: bytearray, place: int) -> bytearray:
    end = min(len(data), place + _length(rng))
    data[place:end] = bytes([rng.choice((0, 0xFF, 0x20, 0x30))]) * (end - place)
    return data


def _length(rng: Random) -> int:
    return 1 << rng.randrange(10)


_FAULTS = (_flip, _flip, _set, _set, _set, _noise, _cut, _remove, _repeat, _swap, _fill)
