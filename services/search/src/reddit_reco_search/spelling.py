"""What a misspelt word may have meant, by Norvig's method: every word one edit away that exists.

Source: P. Norvig, "How to Write a Spelling Corrector", 2007.
"""

import string
from collections.abc import Callable, Iterator

SHORTEST = 4
_LETTERS = string.ascii_lowercase + string.digits
# How many more posts a neighbour must have before a rare word is doubted.
_DOUBT = 20


def corrections(word: str, frequency: Callable[[str], int], *, most: int = 3) -> list[str]:
    """The likeliest words that `word` may stand for; none if it is itself a usual one.

    Args:
        word: in lower case.
        frequency: word -> how many posts have it.
        most: how many words are returned.
    """
    if len(word) < SHORTEST or word.isdigit():
        return []
    known = {near: frequency(near) for near in set(edits(word))}
    floor = _DOUBT * frequency(word)
    likely = sorted(
        ((count * _weight(word, near), near) for near, count in known.items() if count > floor),
        reverse=True,
    )
    return [near for _, near in likely[:most]]


def edits(word: str) -> Iterator[str]:
    """Every word that is one deletion, transposition, replacement or insertion away."""
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        if tail:
            yield head + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        for letter in _LETTERS:
            if tail:
                yield head + letter + tail[1:]
            yield head + letter + tail


def _weight(word: str, near: str) -> float:
    """People seldom get the first letter wrong, and often swap two letters or double one."""
    weight = 1.0 if near[0] == word[0] else 0.2
    return weight * (2.0 if sorted(near) == sorted(word) or len(near) != len(word) else 1.0)
