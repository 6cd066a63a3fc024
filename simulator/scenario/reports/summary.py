"""`--json`: the results for other programs: a public contract."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence

from simulator.scenario.labs import Mode
from simulator.scenario.result import Result

__all__ = ["summary"]


def summary(results: Sequence[Result], *, seed: int | None, mode: Mode, of: int | None = None) -> str:
    """The JSON document. `of`: how many there would have been, had nobody called it off. `seed` is the one given for the whole run; None when each scenario had its own."""
    document = {
        "seed": seed,
        "mode": mode,
        "called_off": of is not None,
        "scenarios": [
            {
                "name": result.name,
                "file": result.file,
                "verdict": result.verdict,
                "seed": result.seed,
                "journal_hash": result.journal_hash,
                "simulated_s": result.simulated_s,
                "wall_s": result.wall_s,
                "replay": result.replay,
                "source": list(result.source),
                "failures": [
                    {"what": each.what, "expected": each.expected, "seen": each.seen, "line": each.line}
                    for each in result.failures
                ],
                "unjudged": result.unjudged,
                "why": [{**each.as_dict(), "cause": each.cause or None} for each in result.why],
                **({"real": list(result.real)} if result.real else {}),
                "ledger": None if result.account is None else dataclasses.asdict(result.account),
            }
            for result in results
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"
