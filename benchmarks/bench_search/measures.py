"""NDCG, recall and reciprocal rank at 10, their spread, and latencies."""

import math
import random
from typing import Any

from .asking import DEPTH, Run
from .judgements import Query

_SEED = 20260101
_RESAMPLES = 1_000


def quality(run: Run) -> dict[str, Any]:
    """The means over all queries, with the 95% bootstrap interval of NDCG@10."""
    pairs = list(zip(run.rankings, run.queries, strict=True))
    gains = [ndcg(ranking, query) for ranking, query in pairs]
    return {
        "ndcg@10": round(_mean(gains), 4),
        "recall@10": round(_mean([recall(*pair) for pair in pairs]), 4),
        "mrr@10": round(_mean([reciprocal_rank(*pair) for pair in pairs]), 4),
        "ci95": [round(bound, 4) for bound in bootstrap(gains)],
        "queries": len(pairs),
    }


def speed(run: Run) -> dict[str, Any]:
    """Latencies over HTTP in milliseconds, and queries a second, of one client."""
    ordered = sorted(run.seconds)
    places = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}
    latencies = {
        name: round(1000 * ordered[min(len(ordered) - 1, int(len(ordered) * share))], 2)
        for name, share in places.items()
    }
    return {**latencies, "qps": round(len(ordered) / run.total_seconds, 1)}


def ndcg(ranking: list[str], query: Query) -> float:
    """NDCG@10 with binary gains (Järvelin and Kekäläinen, 2002)."""
    found = sum(
        1 / math.log2(rank + 2) for rank, one in enumerate(ranking[:DEPTH]) if one in query.relevant
    )
    ideal = sum(1 / math.log2(rank + 2) for rank in range(min(DEPTH, len(query.relevant))))
    return found / ideal if ideal else 0.0


def recall(ranking: list[str], query: Query) -> float:
    """The share of the relevant posts that is among the first ten."""
    return len(query.relevant & set(ranking[:DEPTH])) / (len(query.relevant) or 1)


def reciprocal_rank(ranking: list[str], query: Query) -> float:
    """1 / rank of the first relevant post among the first ten, else 0."""
    ranks = (rank for rank, one in enumerate(ranking[:DEPTH], 1) if one in query.relevant)
    return 1 / next(ranks, math.inf)


def bootstrap(values: list[float]) -> tuple[float, float]:
    """The 2.5 and 97.5 percentiles of the mean over resamples of the queries; fixed seed."""
    rng = random.Random(_SEED)
    means = sorted(_mean(rng.choices(values, k=len(values))) for _ in range(_RESAMPLES))
    return means[int(0.025 * _RESAMPLES)], means[int(0.975 * _RESAMPLES) - 1]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
