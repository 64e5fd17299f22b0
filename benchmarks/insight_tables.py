"""A table that is not held: time and memory of `insight stats` over Parquet of many rows.

    python benchmarks/insight_tables.py [--rows 30000000] [--folder DIR]

Beside it, on the first two million rows: `insight stats` in memory, and `pandas.describe` alone.
Each runs in a process of its own; its peak is what the kernel counted (`ru_maxrss`).
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from measuring import in_child

STATS = """
import json, sys
from loquitur.insight.tabular.analysis import stats
result = stats(sys.argv[1])
views = next(one for one in result.numbers() if one.name == "views")
print(json.dumps({"engine": result.engine, "rows": result.rows, "50%": views.median,
    "mean": views.mean, "std": views.std, "gini": views.gini, "verdict": views.tail.verdict,
    "alpha": views.tail.alpha}))
"""
DESCRIBE = """
import json, sys
import pandas, polars
frame = pandas.DataFrame(polars.read_parquet(sys.argv[1]).to_dict(as_series=False))
views = frame.describe()["views"]
print(json.dumps({"engine": "pandas", "rows": len(frame), "50%": views["50%"],
    "mean": views["mean"], "std": views["std"]}))
"""
HELD = 2_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=30_000_000)
    parser.add_argument("--folder", type=Path, default=None)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        for rows, scripts in ((given.rows, (STATS,)), (HELD, (STATS, DESCRIBE))):
            path = Path(folder) / f"videos-{rows}.parquet"
            make(path, rows)
            print(f"{rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB of Parquet", flush=True)
            for script in scripts:
                done = in_child(["-c", script, str(path)])
                took = {"s": done.took.wall_s, "cpu_s": done.took.cpu_s, "mb": done.peak_mb}
                print(took | json.loads(done.out) if done.code == 0 else done.err, flush=True)
            path.unlink()


def make(path: Path, rows: int) -> None:
    """Views by a log-normal law, as counts; likes and comments go with them; some are missing."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = '1GB'")
        connection.execute(f"SET temp_directory = '{path.parent}'")
        share = "hash(i * 8 + {0}) / 18446744073709551616.0"
        normal = f"sqrt(-2 * ln(1 - {share})) * cos(2 * pi() * {share.replace('0', '1', 1)})"
        connection.execute(
            f"COPY (SELECT 'v' || i AS video_id, 'channel ' || (i % 1000) AS channel_title,"
            f" 30 + hash(i, 9) % 3000 AS duration_s, CASE WHEN i % 50 = 0 THEN NULL ELSE"
            f" floor(exp(10 + 2 * {normal.format(1, 2)}))::BIGINT END AS views,"
            f" floor(exp(6 + 2 * {normal.format(1, 3)}))::BIGINT AS likes,"
            f" floor(exp(3 + 2 * {normal.format(4, 5)}))::BIGINT AS comments,"
            f" TIMESTAMPTZ '2024-01-01 00:00:00Z' + INTERVAL 1 MINUTE * (i % 500000)"
            " AS published_at,"
            f" TIMESTAMPTZ '2026-01-01 00:00:00Z' AS collected_at"
            f" FROM range({rows}) r(i)) TO '{path}' (FORMAT parquet)"
        )


if __name__ == "__main__":
    main()
