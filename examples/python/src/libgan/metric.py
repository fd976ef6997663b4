"""How good samples are: figures over sets of rows."""

from __future__ import annotations

import ctypes

from ._handle import Closable, bytes_of, text_of
from ._library import lib
from .tensor import Batch, tensor_of


class Metric(Closable):
    """Made by Context.metric. metric.add(real=rows, fake=rows), then metric["NAME"] or
    metric.values(). Figures are the same however the rows were cut into batches."""

    __slots__ = ()
    _noun = "metric"

    def add(self, **sets: Batch) -> Metric:
        """Adds rows to sets: (N, W), or (N, H, W, C), of which a sample's numbers are one row;
        float32, or uint8 for pictures; `label` takes class numbers (N)."""
        for name, rows in sets.items():
            tensor = tensor_of(self.root, rows)
            self.root.check(lib.gan_metric_add(self.handle, bytes_of(name), tensor.handle))
        return self

    def clear(self, name: str) -> None:
        """Takes all rows out of a set."""
        self.root.check(lib.gan_metric_clear(self.handle, bytes_of(name)))

    def rows(self, name: str) -> int:
        """How many rows a set has."""
        return lib.gan_metric_rows(self.handle, bytes_of(name))

    def names(self) -> list[str]:
        """Of its figures."""
        count = lib.gan_metric_value_count(self.handle)
        return [text_of(lib.gan_metric_value_name(self.handle, i)) for i in range(count)]

    def __getitem__(self, name: str) -> float:
        """A figure by name; StateError names the set that has too few rows."""
        if name not in self.names():
            raise KeyError(name)
        out = ctypes.c_double()
        arguments = (bytes_of(name), ctypes.byref(out))
        self.root.check(lib.gan_metric_value(self.handle, *arguments))
        return out.value

    def values(self) -> dict[str, float]:
        """All figures of the rows so far."""
        return {name: self[name] for name in self.names()}

    @property
    def text(self) -> str:
        """The description spelled out."""
        return text_of(lib.gan_metric_text(self.handle))

    def __repr__(self) -> str:
        return f"<libgan.Metric: {self.text}>"
