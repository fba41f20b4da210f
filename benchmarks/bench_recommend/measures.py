"""NDCG, recall, coverage, and their spread."""

import math
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations

_SEED = 20260101
_RESAMPLES = 1_000


@dataclass
class Tally:
    """The rankings of many users, measured."""

    items: int
    tags: Sequence[frozenset[str]] = ()
    ndcg: list[float] = field(default_factory=list)
    recall: list[float] = field(default_factory=list)
    shown: set[int] = field(default_factory=set)
    unlike: list[float] = field(default_factory=list)
    one_tag: list[float] = field(default_factory=list)

    def add(self, ranking: Sequence[int], relevant: Iterable[int]) -> None:
        """Measure the ranking of one user."""
        wanted = set(relevant)
        self.ndcg.append(ndcg(ranking, wanted))
        self.recall.append(len(wanted & set(ranking[:20])) / len(wanted))
        self.shown.update(ranking[:10])
        first = [self.tags[one] for one in ranking[:20]] if self.tags else []
        if len(first) > 1:
            self.unlike.append(intra_list_diversity(first))
            self.one_tag.append(max(Counter(chain(*first)).values(), default=0) / len(first))

    def summary(self) -> dict[str, float]:
        """The means, and the share of items that anybody was shown among the first ten.

        `ild@20` is the intra-list diversity of the first twenty by their tags, `one_tag@20` the
        share of them that has the tag that most of them have.
        """
        varied = {"ild@20": mean(self.unlike), "one_tag@20": mean(self.one_tag)}
        return {
            "ndcg@10": mean(self.ndcg),
            "recall@20": mean(self.recall),
            "coverage@10": round(len(self.shown) / self.items, 4),
            **(varied if self.unlike else {}),
        }


def ndcg(ranking: Sequence[int], relevant: set[int]) -> float:
    """NDCG@10 with binary gains (Järvelin and Kekäläinen, 2002)."""
    gains = (1 / math.log2(at + 2) for at, one in enumerate(ranking[:10]) if one in relevant)
    ideal = sum(1 / math.log2(at + 2) for at in range(min(10, len(relevant))))
    return sum(gains) / ideal


def intra_list_diversity(tags: Sequence[frozenset[str]]) -> float:
    """1 less the cosine of two posts' sets of tags, at the mean of all pairs (Ziegler, 2005)."""
    pairs = [1 - _cosine(one, other) for one, other in combinations(tags, 2)]
    return sum(pairs) / len(pairs)


def _cosine(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / math.sqrt(len(one) * len(other)) if one and other else 0.0


def mean(values: Sequence[float]) -> float:
    """The mean, rounded; 0 of nothing."""
    return round(sum(values) / len(values), 4) if values else 0.0


def bootstrap(values: Sequence[float]) -> list[float]:
    """The 2.5 and 97.5 percentiles of the mean over resamples of the users; fixed seed."""
    rng = random.Random(_SEED)
    means = sorted(sum(rng.choices(values, k=len(values))) / len(values) for _ in range(_RESAMPLES))
    return [round(means[int(0.025 * _RESAMPLES)], 4), round(means[int(0.975 * _RESAMPLES) - 1], 4)]
