"""NDCG, recall, coverage, and their spread."""

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

_SEED = 20260101
_RESAMPLES = 1_000


@dataclass
class Tally:
    """The rankings of many users, measured."""

    items: int
    ndcg: list[float] = field(default_factory=list)
    recall: list[float] = field(default_factory=list)
    shown: set[int] = field(default_factory=set)

    def add(self, ranking: Sequence[int], relevant: Iterable[int]) -> None:
        """Measure the ranking of one user."""
        wanted = set(relevant)
        self.ndcg.append(ndcg(ranking, wanted))
        self.recall.append(len(wanted & set(ranking[:20])) / len(wanted))
        self.shown.update(ranking[:10])

    def summary(self) -> dict[str, float]:
        """The means, and the share of items that anybody was shown among the first ten."""
        return {
            "ndcg@10": mean(self.ndcg),
            "recall@20": mean(self.recall),
            "coverage@10": round(len(self.shown) / self.items, 4),
        }


def ndcg(ranking: Sequence[int], relevant: set[int]) -> float:
    """NDCG@10 with binary gains (Järvelin and Kekäläinen, 2002)."""
    gains = (1 / math.log2(at + 2) for at, one in enumerate(ranking[:10]) if one in relevant)
    ideal = sum(1 / math.log2(at + 2) for at in range(min(10, len(relevant))))
    return sum(gains) / ideal


def mean(values: Sequence[float]) -> float:
    """The mean, rounded; 0 of nothing."""
    return round(sum(values) / len(values), 4) if values else 0.0


def bootstrap(values: Sequence[float]) -> list[float]:
    """The 2.5 and 97.5 percentiles of the mean over resamples of the users; fixed seed."""
    rng = random.Random(_SEED)
    means = sorted(sum(rng.choices(values, k=len(values))) / len(values) for _ in range(_RESAMPLES))
    return [round(means[int(0.025 * _RESAMPLES)], 4), round(means[int(0.975 * _RESAMPLES) - 1], 4)]
