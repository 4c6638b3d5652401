"""How much of the product lives through histories: ``python -m tests.simulation.extent [N]``.

Prints, for each room and each file of the node's, its statements and the part of them that ``N``
histories (500) have run; what a file runs while it is imported counts as run.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from coverage import Coverage

ROOT = Path(__file__).parents[2]
ROOMS = ("line", "journal", "node", "wire", "trust")


def main(histories: int) -> None:
    """Play so many histories in this process, and print what they have run."""
    coverage = Coverage(data_file=None, config_file=False, source=[f"hotline.{r}" for r in ROOMS])
    coverage.start()
    # What the product's files run while they are imported is to be seen, too.
    from tests.simulation.playing import laid, outcomes

    with laid() as made:
        for outcome in outcomes(made, range(1, histories + 1)):
            if outcome.violation:
                print(f"seed {outcome.seed}: {outcome.violation}", file=sys.stderr)
    coverage.stop()
    statements: Counter[str] = Counter()
    run: Counter[str] = Counter()
    for room in ROOMS:
        for path in sorted((ROOT / "hotline" / room).rglob("*.py")):
            _, whole, _, missing, _ = coverage.analysis2(str(path))
            inner = path.relative_to(ROOT / "hotline" / room).parts[0]
            for name in (room, f"{room}/{inner}"):
                statements[name] += len(whole)
                run[name] += len(whole) - len(missing)
    print("statements   run")
    for name in sorted(statements, key=lambda name: (name.count("/"), name)):
        if statements[name] and ("/" not in name or name.startswith("node/")):
            print(f"{statements[name]:10} {run[name] / statements[name]:5.0%}  hotline/{name}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
