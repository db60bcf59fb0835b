"""The accuracy of a network on simulated chips over time."""

from __future__ import annotations

import html
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import _library
from . import data as given_data
from ._progress import ShownProgress, shown
from ._words import words
from .data import Data, arrays
from .network import Network, network_of

_UNITS = (("y", 365 * 86400.0), ("d", 86400.0), ("h", 3600.0), ("min", 60.0))


# The figures of a row, by their names in the report.
_FIGURES = {
    "accuracy": "accuracy",
    "low": "low",
    "high": "high",
    "agreement": "agreement",
    "cosine": "cosine",
    "sameNeighbour": "same_neighbour",
    "rankCorrelation": "rank_correlation",
    "decibels": "decibels",
    "loss": "loss",
    "lossLow": "loss_low",
    "lossHigh": "loss_high",
}


@dataclass(frozen=True)
class Row:
    """What all chips gave at one time."""

    seconds: float
    """The time after programming."""
    chips: int
    """The number of chips, each with errors of its own."""
    accuracy: float | None
    """The mean part of the samples that chips classify as the labels say."""
    low: float | None
    """The 95 % interval of that mean over chips."""
    high: float | None
    agreement: float | None
    """The mean part of the samples whose class is that of the network in floating point."""
    cosine: float | None
    """The mean cosine of an output to that in floating point, of embeddings and reconstructions."""
    same_neighbour: float | None
    """The mean part of the embeddings whose nearest other one is that in floating point."""
    rank_correlation: float | None
    """The mean of Spearman's correlation of single numbers with those in floating point."""
    decibels: float | None
    """The signal-to-noise ratio of the first output in dB."""
    loss: float | None
    """The accuracy lost to floating point, with its 95 % interval over chips and samples."""
    loss_low: float | None
    loss_high: float | None

    @property
    def time(self) -> str:
        """The time as a person reads it."""
        for name, size in _UNITS:
            if self.seconds >= size:
                return f"{self.seconds / size:.3g} {name}"
        return f"{self.seconds:.3g} s"


class Evaluation:
    """The accuracy of a network on simulated chips over time."""

    def __init__(self, report: dict[str, Any]) -> None:
        self.report = report
        """What ``aimcc evaluate --json`` prints."""
        self.rows = [
            Row(
                row["timeSeconds"],
                row["seeds"],
                **{name: row.get(key) for key, name in _FIGURES.items()},
            )
            for row in report["results"]
        ]

    @property
    def fp32(self) -> float | None:
        """The accuracy of the network in floating point; `None` of a program, or without labels."""
        return self.report.get("fp32")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the report, which ``aimcc plot`` and ``aimcc report`` read."""
        Path(path).write_text(json.dumps(self.report, indent=2, sort_keys=True) + "\n")

    def to_pandas(self) -> Any:
        """A `pandas.DataFrame` with a row for each time, over all chips."""
        import pandas

        return pandas.DataFrame([vars(row) for row in self.rows]).set_index("seconds")

    def to_xarray(self) -> Any:
        """An `xarray.Dataset` of what each chip gave, over the time after programming in s."""
        import numpy as np
        import xarray

        times = [row.seconds for row in self.rows]
        chips = sorted({value["seed"] for value in self.report["values"]})
        shape = (len(times), len(chips))
        names = (
            *("accuracy", "accuracyOfFive", "agreement"),
            *("cosine", "sameNeighbour", "rankCorrelation", "decibels"),
        )
        tables = {name: np.full(shape, np.nan) for name in names}
        for value in self.report["values"]:
            place = times.index(value["timeSeconds"]), chips.index(value["seed"])
            for name in names:
                tables[name][place] = _number(value.get(name))
        found = xarray.Dataset(
            {
                name: (("seconds", "chip"), table)
                for name, table in tables.items()
                if not np.isnan(table).all()
            },
            coords={"seconds": times, "chip": chips},
        )
        return found.assign_attrs(
            network=self.report["network"],
            chip=self.report["chip"],
            assumptions=self.report["assumptions"],
        )

    @property
    def _cells(self) -> tuple[list[str], list[list[str]]]:
        """The head and the cells of a table, without columns of which nothing is known."""
        columns = {
            "time": [row.time for row in self.rows],
            "chips": [str(row.chips) for row in self.rows],
            "accuracy %": [_percent(row.accuracy) for row in self.rows],
            "95 % interval": [
                "" if row.low is None else f"{_percent(row.low)} to {_percent(row.high)}"
                for row in self.rows
            ],
            "agreement %": [_percent(row.agreement) for row in self.rows],
            "cosine": [_fixed(row.cosine, 4) for row in self.rows],
            "same neighbour %": [_percent(row.same_neighbour) for row in self.rows],
            "rank correlation": [_fixed(row.rank_correlation, 4) for row in self.rows],
            "SNR dB": [_fixed(row.decibels, 1) for row in self.rows],
        }
        known = {name: cells for name, cells in columns.items() if any(cells)}
        return list(known), [list(cells) for cells in zip(*known.values(), strict=True)]

    @property
    def _title(self) -> str:
        reference = f", FP32 {_percent(self.fp32)} %" if self.fp32 is not None else ""
        report = self.report
        return f"{report['network']} on {report['chip']}, {report['samples']} samples{reference}"

    def __repr__(self) -> str:
        head, cells = self._cells
        widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
        lines = [
            "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in [head, *cells]
        ]
        return "\n".join([self._title, *lines])

    def _repr_html_(self) -> str:
        head, cells = self._cells
        titles = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in line) + "</tr>"
            for line in cells
        )
        return (
            f"<table><caption>{html.escape(self._title)}</caption><thead><tr>{titles}</tr></thead>"
            f"<tbody>{rows}</tbody></table><p>{html.escape(self.report['assumptions'])}</p>"
        )


def _percent(part: float | None) -> str:
    return "" if part is None else f"{100 * part:.2f}"


def _fixed(number: float | None, digits: int) -> str:
    return "" if number is None else f"{number:.{digits}f}"


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def evaluate(
    model: Any,
    data: Data,
    *,
    calibration: Data = None,
    progress: ShownProgress = None,
    **options: Any,
) -> Evaluation:
    """Measures the accuracy of a network, or of a tile program, on many simulated chips over time.

    `model` is a network or program of aimcc, the path or the bytes of an ONNX model, a
    `ModelProto`, or a PyTorch module; `data` are inputs with labels. `options` are those of
    ``aimcc evaluate``:
    ``chip="hermes"``, ``device="hermes-tdp"``, ``times=["0", "1d", "1y"]``, ``seeds=10``, and those
    of ``aimcc compile``. The figures are those of the command line, to the bit.
    """
    found = arrays(data)
    subject = network_of(model, found)
    given: list[dict[str, Any] | None] = [found]
    name = "evaluate_program"
    if isinstance(subject, Network):
        name = "evaluate"
        named, typical = given_data.calibration(calibration)
        given.append(typical)
        options = {**named, **options}
    elif calibration is not None:
        raise TypeError("a tile program is compiled already: leave out calibration")
    with shown(progress) as follow:
        result = _library.call(
            name,
            subject._handle,
            arrays=given,
            words=words(options),
            progress=follow,
            data_name=given_data.name(data),
        )
    return Evaluation(result.report)
