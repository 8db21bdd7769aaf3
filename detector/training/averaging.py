"""`python -m detector.training.averaging --data DIR --out DIR SHARE=MODEL …`: the weighted mean of finished models of one training.

Weights along the way of one model lie in one basin, where their mean is often better than any of them (model soups: Wortsman et al., ICML
2022). A share below 0 goes on from a model's weights through the others.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from detector.errors import DetectorError, ModelError
from detector.models.bert import longest_input
from detector.training.calibration import calibrate, write_calibration
from detector.training.mix import dev_files
from detector.training.model import export_model, finished_model

SLACK = 1e-6


def average(shares: Mapping[Path, float], out: Path) -> str:
    """Write the mean of the models in these directories to `out`; the sha256 of its weights.

    Raises ModelError: the shares do not add up to 1, a directory is no model made here, or two are of different shapes.
    """
    import torch

    if not shares or abs(sum(shares.values()) - 1.0) > SLACK:
        raise ModelError(
            f"the shares {', '.join(f'{one:g}' for one in shares.values())} add up to {sum(shares.values()):g}: expected 1"
        )
    models = {directory: finished_model(directory) for directory in shares}
    weights = {directory: model.state_dict() for directory, model in models.items()}
    first = next(iter(shares))
    for directory, own in weights.items():
        if {name: one.shape for name, one in own.items()} != {name: one.shape for name, one in weights[first].items()}:
            raise ModelError(f"{directory} and {first} are of different shapes: give models of one training")
    with torch.no_grad():
        for name, mean in weights[first].items():
            if mean.dtype.is_floating_point:
                mean.copy_(
                    torch.stack([share * weights[directory][name] for directory, share in shares.items()]).sum(0)
                )
    return export_model(models[first], first, out, max_length=longest_input(first), packed=True)


def _share(text: str) -> tuple[Path, float]:
    share, _, directory = text.partition("=")
    try:
        return Path(directory), float(share)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text}: expected SHARE=DIRECTORY, for instance 0.5=OUT/model") from None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m detector.training.averaging", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="directory with dev/, to calibrate on (docs/nli.md)")
    parser.add_argument("--out", type=Path, required=True, help="directory for the model")
    parser.add_argument("shares", nargs="+", type=_share, metavar="SHARE=MODEL", help="the shares add up to 1")
    options = parser.parse_args()
    try:
        average(dict(options.shares), options.out)
        write_calibration(options.out, calibrate(options.out, dev_files(options.data)))
    except DetectorError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
