"""A model as a network of torch.nn.

The model's text is read statement by statement, and a batch of zeros runs through what was made so
far: sizes follow from what goes in. A chain becomes a Sequential, all else a Block."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from .. import errors
from ..model import Model
from ._check import NotTaken, compare, taking
from ._modules import MAKERS, PICTURES, Options, Stages, add, concat, of_rank

# Sides of pictures that stand for open ones: the first, or as large a one as the network needs.
_OPEN, _LARGEST = 64, 512

Values = dict[str, Any]


def to_torch(model: Model, check: bool = True) -> nn.Module:
    """An nn.Module that computes what the model does, with its numbers, by PyTorch alone.

    Its state_dict has the model's names. Pictures are (N, C, H, W), vectors (N, C); several outputs
    are a tuple. A layer that PyTorch has not is an UnsupportedError with its name. With `check`
    both are run on random numbers and must agree."""
    if not isinstance(model, Model):
        raise TypeError(f"to_torch: a libgan.Model is wanted, not a {type(model).__name__}")
    with torch.no_grad():
        net = network_of(parse(model.text))
        fill(net, model)
        made = net.as_sequential()
        if check:
            compare(made.eval(), model, [torch.zeros(shape) for shape in net.shapes])
    return made.train()


def network_of(statements: Sequence[Statement], side: int = _OPEN) -> Network:
    """Layers may need larger pictures than the first that are tried."""
    try:
        return Network(statements, {}, "", side)
    except NotTaken:
        if side >= _LARGEST:
            raise
    return network_of(statements, 2 * side)


def fill(net: nn.Module, model: Model) -> None:
    """Every tensor finds its place, and every place its tensor."""
    own = net.state_dict(keep_vars=True)
    filled = set()
    for name, value in model.state_dict().items():
        own[name].copy_(torch.from_numpy(value).reshape(own[name].shape))
        filled.add(id(own[name]))
    left = [name for name, x in own.items() if id(x) not in filled]
    if left:
        raise errors.InternalError(f"to_torch: no values for {', '.join(left)}")


# ---- the text ----


@dataclass
class Statement:
    """results = kind words [blocks] from sources"""

    kind: str
    words: list[str]
    results: list[str]
    sources: list[str]
    blocks: list[list[Statement]]

    @property
    def is_run(self) -> bool:
        return self.kind not in ("define", "input", "output")

    def label(self, ordinal: int) -> str:
        if self.kind == "part":
            return self.words[0]
        return self.results[0] if self.results else str(ordinal)

    @staticmethod
    def of(tokens: list[str], blocks: list[list[Statement]]) -> Statement:
        results: list[str] = []
        sources: list[str] = []
        if "=" in tokens:
            at = tokens.index("=")
            results, tokens = "".join(tokens[:at]).split(","), tokens[at + 1 :]
        if "from" in tokens:
            at = tokens.index("from")
            sources, tokens = tokens[at + 1 :], tokens[:at]
        return Statement(tokens[0], tokens[1:], results, sources, blocks)


def parse(text: str) -> list[Statement]:
    return block(iter(re.findall(r'[{}\n]|"[^"]*"|[^\s{}]+', text)))


def block(tokens: Iterator[str]) -> list[Statement]:
    """Statements up to the end, or to the } of this block, which is taken too."""
    rows: list[Statement] = []
    words: list[str] = []
    blocks: list[list[Statement]] = []
    for token in tokens:
        if token == "{":
            blocks.append(block(tokens))
        elif token not in ("\n", "}"):
            words.append(token)
        elif words:
            rows.append(Statement.of(words, blocks))
            words, blocks = [], []
        if token == "}":
            break
    if words:
        rows.append(Statement.of(words, blocks))
    return rows


# ---- networks ----


@dataclass
class Row:
    """What is run of a block: the module of this label, on what these names stand for."""

    label: str
    sources: list[str]
    results: list[str]


class Block(nn.Module):
    """Statements of a libgan text, in order. What a name stands for is looked up in `values`."""

    def __init__(
        self, statements: Sequence[Statement], definitions: Definitions, path: str, values: Values
    ) -> None:
        super().__init__()
        self.rows: list[Row] = []
        self.path = path
        values = dict(values)
        run = [s for s in statements if s.is_run]
        self.labels = {s.label(i) for i, s in enumerate(run)}
        for i, s in enumerate(run):
            self._add(s, s.label(i), definitions, values)

    def _add(self, s: Statement, label: str, definitions: Definitions, values: Values) -> None:
        path = f"{self.path}{label}"
        sources = s.sources or ["."]
        given = [values[name] for name in sources]
        stages: Stages
        if s.kind == "part":
            stages = [("", definitions[label].module())]
        elif s.kind in BLOCKS:
            inner = {**values, ".": given[0]}
            stages = [("", BLOCKS[s.kind](s, definitions, f"{path}.", inner))]
        else:
            stages = layer_of(s, path, given)
        with taking(f"{path}: {s.kind}", given):
            self._add_stages(stages, Row(label, sources, s.results), values)

    def _add_stages(self, stages: Stages, whole: Row, values: Values) -> None:
        """A layer, and what PyTorch wants before or behind it."""
        sources = whole.sources
        for i, (name, module) in enumerate(stages):
            last = i == len(stages) - 1
            label = self._helper(f"{name}{whole.label}") if name else whole.label
            self._put(label, module)
            self.rows.append(Row(label, sources, whole.results if last else []))
            self._step(self.rows[-1], values)
            sources = ["."]

    def _helper(self, name: str) -> str:
        """A name that no statement has."""
        return self._helper(f"{name}_") if name in self.labels else name

    def _put(self, label: str, module: nn.Module) -> None:
        if self._modules.get(label, module) is not module:
            raise errors.UnsupportedError(f"{self.path}{label}: two modules have this name")
        self._modules[label] = module

    def _step(self, row: Row, values: Values) -> None:
        module = self._modules[row.label]
        given = [values[name] for name in row.sources]
        if isinstance(module, (Block, Repeat)) and not isinstance(module, Network):
            made = module(*given, scope=values)
        else:
            made = module(*given) if module is not None else None
        listed = made if isinstance(made, tuple) else (made,)
        values.update(zip(row.results, listed))
        values["."] = listed[0]

    def forward(self, x: torch.Tensor, scope: Values | None = None) -> Any:
        """The last value; `scope` has what outer blocks have named."""
        values = {**(scope or {}), ".": x}
        for row in self.rows:
            self._step(row, values)
        return values["."]


class Repeat(nn.Module):
    """A block several times, each with its own numbers."""

    def __init__(self, s: Statement, definitions: Definitions, path: str, values: Values) -> None:
        super().__init__()
        for i in range(int(s.words[0])):
            made = Block(s.blocks[0], definitions, f"{path}{i}.", values)
            self._modules[str(i)] = made
            values = {**values, ".": made(values["."], scope=values)}

    def forward(self, x: torch.Tensor, scope: Values | None = None) -> Any:
        for each in self.children():
            x = each(x, scope=scope)
        return x


class Residual(Block):
    """A block's value and what went in, or another block's, added or side by side."""

    def __init__(self, s: Statement, definitions: Definitions, path: str, values: Values) -> None:
        super().__init__(s.blocks[0], definitions, path, values)
        self.join = concat if "join=concat" in s.words else add
        self.has_shortcut = len(s.blocks) > 1
        if self.has_shortcut:
            self._put("shortcut", Block(s.blocks[1], definitions, f"{path}shortcut.", values))

    def forward(self, x: torch.Tensor, scope: Values | None = None) -> Any:
        way = self.get_submodule("shortcut")(x, scope=scope) if self.has_shortcut else x
        return self.join(way, super().forward(x, scope))


BLOCKS: dict[str, Callable[..., nn.Module]] = {"repeat": Repeat, "residual": Residual}


class Definition:
    """A network that is placed by name; once made it is one, wherever it is placed."""

    def __init__(
        self, statements: list[Statement], outer: Definitions, name: str, side: int
    ) -> None:
        self.statements, self.outer, self.name, self.side = statements, dict(outer), name, side
        self.made: Network | None = None

    def module(self) -> Network:
        if self.made is None:
            self.made = Network(self.statements, self.outer, f"{self.name}.", self.side)
        return self.made


Definitions = dict[str, Definition]


class Network(Block):
    """A whole text: inputs, statements, outputs."""

    def __init__(
        self, statements: Sequence[Statement], definitions: Definitions, path: str, side: int
    ) -> None:
        definitions = dict(definitions)
        for s in statements:
            if s.kind == "define":
                other = definitions[s.sources[0]] if s.sources else None
                made = other or Definition(s.blocks[0], definitions, s.words[0], side)
                definitions[s.words[0]] = made
        inputs = [input_of(s.words, side) for s in statements if s.kind == "input"]
        names = [name for name, _ in inputs]
        values: Values = {**dict(inputs), ".": inputs[0][1]}
        super().__init__(statements, definitions, path, values)
        self.shapes = [x.shape for _, x in inputs]
        self.names = names
        self.outputs = next((s.words for s in statements if s.kind == "output"), ["."])

    def forward(self, *inputs: torch.Tensor) -> Any:  # type: ignore[override]
        if len(inputs) != len(self.names):
            raise TypeError(f"{len(self.names)} inputs are wanted, {len(inputs)} given")
        given = [of_rank(x, len(shape)) for x, shape in zip(inputs, self.shapes)]
        values: Values = {**dict(zip(self.names, given)), ".": given[0]}
        for row in self.rows:
            self._step(row, values)
        made = tuple(values[name] for name in self.outputs)
        return made if len(made) > 1 else made[0]

    def as_sequential(self) -> nn.Module:
        """A Sequential, where it is a chain."""
        chain = all(row.sources == ["."] for row in self.rows) and self.outputs == ["."]
        modules = [(row.label, self._modules[row.label]) for row in self.rows]
        plain = all(
            not isinstance(module, (Block, Repeat)) and not hasattr(nn.Sequential, label)
            for label, module in modules
        )
        if not (chain and plain and len(self.names) == 1):
            return self
        return nn.Sequential(OrderedDict((label, m) for label, m in modules if m is not None))


def input_of(words: list[str], side: int) -> tuple[str, torch.Tensor]:
    """Its name, and zeros of its shape."""
    sides = [word for word in words if re.fullmatch(r"\d+|any", word)]
    if words[0] == "any" and len(words) in (2, 4):
        sides = words[1:]
    name = words[0] if len(sides) < len(words) else ""
    numbers = [side if word == "any" else int(word) for word in sides]
    shape = (numbers[-1], *numbers[:-1]) if len(numbers) == 3 else tuple(numbers)
    return name, torch.zeros(2, *shape)


def layer_of(s: Statement, path: str, given: list[torch.Tensor]) -> Stages:
    """The modules of a layer, each with what goes before its label."""
    if s.kind not in MAKERS:
        raise errors.UnsupportedError(f"{path}: {s.kind} has no like in torch.nn")
    x = given[0]
    before: Stages = []
    if s.kind in PICTURES and x.dim() == 2:
        before = [("picture", nn.Unflatten(1, (x.shape[1], 1, 1)))]
        x = of_rank(x, 4)
    try:
        return before + MAKERS[s.kind](Options.of(s.kind, s.words), x)
    except NotImplementedError as reason:
        raise errors.UnsupportedError(
            f"{path}: {s.kind} {reason} has no like in torch.nn"
        ) from None
