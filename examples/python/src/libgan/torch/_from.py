"""A network of PyTorch's as a model.

A Sequential is a block in order, another module's forward is read by torch.fx; each child that is
made of others is a part of its name, so that parameters are called as in PyTorch wherever its names
can be labels."""

from __future__ import annotations

import inspect
import operator
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import fx, nn

from .. import errors
from ..context import Context
from ..model import Model
from . import _layers
from ._layers import NoLike, need

# The height and width of a picture that stand for ones that are left open, and others, for which
# what was read must hold as well.
_OPEN, _OTHER = (64, 64), (128, 192)


def from_torch(
    module: nn.Module,
    *shapes: Sequence[int | None],
    context: Context | None = None,
    check: bool = True,
) -> Model:
    """A libgan model that computes what the module does, with its numbers.

    shapes: for each input that of one sample, (C, H, W), H and W None where the size is open, or
    (C,) of a vector, () of a class number; they may be left out if the first layer is a Linear, an
    Embedding or a convolution (open size). What has no like is an UnsupportedError that names it:
    "module.3: torch.nn.LSTM has no like in libgan". With `check` both are run on random numbers,
    and must agree: that shows whether a forward was understood."""
    if not isinstance(module, nn.Module):
        raise TypeError(f"from_torch: an nn.Module is wanted, not a {type(module).__name__}")
    given = shapes or (first_shape(module),)
    inputs = [example(shape) for shape in given]
    with evaluated(module), torch.no_grad():
        block = Block("", "module", any(None in shape for shape in given))
        for i, x in enumerate(inputs):
            block.add_input(f"input{i}", x)
        block.fill(module)
        model = (context or Context()).model(block.text())
        model.load_state_dict(block.values())
        if check:
            compare(module, model, inputs)
            if block.is_open:
                compare(module, model, [example(shape, 1, _OTHER) for shape in given], count=1)
    return model


def first_shape(module: nn.Module) -> tuple[int | None, ...]:
    """Of the module's input, as its first layer tells it."""
    for m in module.modules():
        if isinstance(m, nn.Linear):
            return (m.in_features,)
        if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d)):
            return (m.in_channels, None, None)
        if isinstance(m, nn.Embedding):
            return ()
        if not list(m.children()):
            break
    raise TypeError(
        "from_torch: the first layer does not tell a sample's shape: give it, (C, H, W)"
    )


def example(
    shape: Sequence[int | None], count: int = 2, size: tuple[int, int] = _OPEN
) -> torch.Tensor:
    places = (0, *size)
    sides = [places[i] if side is None else side for i, side in enumerate(shape)]
    return torch.zeros(count, *sides) if shape else torch.zeros(count, dtype=torch.int64)


@contextmanager
def evaluated(module: nn.Module) -> Iterator[None]:
    """Evaluation mode meanwhile."""
    modes = [(m, m.training) for m in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for m, training in modes:
            m.training = training


def compare(
    module: nn.Module, model: Model, inputs: Sequence[torch.Tensor], count: int = 3
) -> None:
    """That both give the same for `count` samples of the inputs' sizes: others than the module was
    read with."""
    made = torch.Generator().manual_seed(1)
    given = [numbers_like(x, count, made) for x in inputs]
    try:
        wanted = module(*given)
    except Exception as fault:
        sizes = ", ".join(str(tuple(x.shape[1:])) for x in inputs)
        raise errors.UnsupportedError(
            f"module: it does not take {sizes}: give the shape of a sample ({fault})"
        ) from fault
    found = model(*(x.permute(0, 2, 3, 1) if x.dim() == 4 else x for x in given))
    listed = wanted if isinstance(wanted, (tuple, list)) else (wanted,)
    for a, b in zip(listed, found if isinstance(found, tuple) else (found,)):
        y = torch.from_numpy(b.numpy())
        y = y.permute(0, 3, 1, 2) if y.dim() == 4 else y
        if a.numel() != y.numel() or not torch.allclose(
            a.float().reshape(y.shape), y, rtol=1e-3, atol=1e-3 * float(a.abs().max())
        ):
            raise errors.UnsupportedError("module: its forward does more than could be read of it")


def numbers_like(x: torch.Tensor, count: int, made: torch.Generator) -> torch.Tensor:
    """Samples; single numbers may be those of classes, of which there are two at least."""
    if x[0].numel() == 1:
        return torch.randint(0, 2, (count, *x.shape[1:]), generator=made).to(x.dtype)
    return torch.randn(count, *x.shape[1:], generator=made)


@dataclass
class Row:
    """One statement, and what it gave for the example."""

    name: str
    statement: str
    sources: list[Row]
    value: torch.Tensor
    module: nn.Module | None = None  # whose numbers it has
    block: Block | None = None  # that it places
    label: str = field(default="", init=False)


class Block:
    """The rows of one module that is made of others."""

    def __init__(self, name: str, path: str, is_open: bool) -> None:
        self.name, self.path, self.is_open = name, path, is_open
        self.inputs: list[Row] = []
        self.rows: list[Row] = []
        self.outputs: list[Row] = []

    def add_input(self, name: str, value: torch.Tensor) -> Row:
        self.inputs.append(Row(name, "", [], value))
        return self.inputs[-1]

    # ---- reading ----

    def fill(self, module: nn.Module) -> None:
        if isinstance(module, nn.Sequential):
            last = self.only_input()
            for name, child in module.named_children():
                last = self.add_module(name, child, [last])
            self.outputs = [last]
        elif is_layer(module):
            self.outputs = [self.add_module("0", module, [self.only_input()])]
        else:
            self.read_graph(module)

    def only_input(self) -> Row:
        if len(self.inputs) != 1:
            raise errors.UnsupportedError(f"{self.path}: one input goes in, not {len(self.inputs)}")
        return self.inputs[0]

    def add_module(self, name: str, module: nn.Module, sources: list[Row]) -> Row:
        path = f"{self.path}.{name}"
        given = [source.value for source in sources]
        if not is_layer(module):
            block = Block(name, path, self.is_open)
            for i, x in enumerate(given):
                block.add_input(f"input{i}", x)
            block.fill(module)
            need_one(block)
            value = block.outputs[0].value
            return self.add(Row(name, "", sources, value, block=block))
        value = module(*given)
        statement = self.statement(path, module, given[0], value)
        return self.add(Row(name, statement, sources, value, module=module))

    def add(self, row: Row) -> Row:
        if any(other.name == row.name and other.module is row.module for other in self.rows):
            raise errors.UnsupportedError(f"{self.path}.{row.name}: it is used twice")
        for other in self.rows:
            if other.name != row.name and word(other.name) == word(row.name):
                raise errors.UnsupportedError(
                    f"{self.path}.{row.name}: as a label its name is that of {other.name}"
                )
        self.rows.append(row)
        return row

    def statement(self, path: str, module: nn.Module, x: torch.Tensor, y: torch.Tensor) -> str:
        kind = plain_type(module)
        try:
            make = _layers.STATEMENTS.get(kind)
            need(make is not None, "")
            return str(make(module, x.shape, y.shape)) if make else ""
        except NoLike as reason:
            what = f", {reason}," if str(reason) else ""
            name = f"{kind.__module__}.{kind.__qualname__}"
            name = re.sub(r"^torch\.nn\.modules\.\w+", "torch.nn", name)
            raise errors.UnsupportedError(f"{path}: {name}{what} has no like in libgan") from None

    def read_graph(self, module: nn.Module) -> None:
        try:
            graph = Children().trace(module)
        except Exception as fault:
            raise errors.UnsupportedError(
                f"{self.path}: torch.fx cannot read it: {fault}"
            ) from fault
        known: dict[fx.Node, Any] = {}
        waiting = iter(self.inputs)
        for node in graph.nodes:
            known[node] = self.read_node(module, node, known, waiting)

    def read_node(
        self, module: nn.Module, node: fx.Node, known: dict[fx.Node, Any], waiting: Iterator[Row]
    ) -> Any:
        arguments: Any
        named: Any
        arguments, named = fx.node.map_arg((node.args, node.kwargs), lambda n: known[n])
        if node.op == "placeholder":
            return self.read_input(node, waiting)
        if node.op == "output":
            made = arguments[0]
            self.outputs = list(made) if isinstance(made, (tuple, list)) else [made]
            if not all(isinstance(row, Row) for row in self.outputs):
                raise errors.UnsupportedError(f"{self.path}: it gives what no layer made")
            return None
        if node.op == "call_module":
            child = module.get_submodule(str(node.target))
            return self.add_module(str(node.target), child, list(arguments))
        if node.op == "get_attr":
            raise errors.UnsupportedError(f"{self.path}: it uses {node.target} without a layer")
        return self.read_function(node, list(arguments), dict(named))

    def read_input(self, node: fx.Node, waiting: Iterator[Row]) -> Any:
        found = next(waiting, None)
        if found is None and not node.args:
            raise errors.UnsupportedError(f"{self.path}: no shape was given for {node.target}")
        if found is not None:
            found.name = str(node.target)
        return found if found is not None else node.args[0]

    def read_function(self, node: fx.Node, arguments: list[Any], named: dict[str, Any]) -> Any:
        """A function or a method: a layer, or what is known once the example is."""
        rows = [x for x in flattened(arguments) if isinstance(x, Row)]
        plain = fx.node.map_aggregate(arguments, lambda x: x.value if isinstance(x, Row) else x)
        value = called(node, list(plain), named)
        if not isinstance(value, torch.Tensor) or not rows:
            return value
        try:
            statement = function_statement(node, arguments, named, rows, value)
        except (NoLike, TypeError) as reason:
            target = node.target if isinstance(node.target, str) else node.target.__name__
            raise errors.UnsupportedError(
                f"{self.path}: {target}() has no like in libgan {str(reason) and f'({reason})'}"
            ) from None
        return self.add(Row(node.name, statement, rows, value))

    # ---- writing ----

    def text(self) -> str:
        self.give_labels()
        lines = [line for row in self.rows if row.block for line in row.block.definition()]
        named = {id(source) for row in self.rows for source in row.sources}
        for x in self.inputs:
            name = f"{x.label} " if len(self.inputs) > 1 or id(x) in named and x.label else ""
            lines.append(f"input {name}{self.sides(x.value)}")
        lines += [self.line(i, row) for i, row in enumerate(self.rows)]
        if len(self.outputs) > 1 or self.rows and self.outputs[0] is not self.rows[-1]:
            lines.append("output " + " ".join(row.label for row in self.outputs))
        return "\n".join(lines)

    def definition(self) -> list[str]:
        return [f"define {word(self.name)} {{", *self.text().splitlines(), "}"]

    def sides(self, x: torch.Tensor) -> str:
        if x.dim() == 4:
            h, w = ("any", "any") if self.is_open else x.shape[2:]
            return f"{h} {w} {x.shape[1]}"
        return str(x.shape[1] if x.dim() > 1 else 1)

    def give_labels(self) -> None:
        """A label where a name can be one, and where a later row needs it."""
        far = {id(row) for row in self.outputs[1:]}
        if not self.rows or self.outputs[0] is not self.rows[-1]:
            far.add(id(self.outputs[0]))
        for i, row in enumerate(self.rows):
            before = self.rows[i - 1] if i else self.inputs[0]
            if [id(s) for s in row.sources] != [id(before)]:
                far |= {id(source) for source in row.sources}
        for x in self.inputs:
            x.label = word(x.name) if id(x) in far or len(self.inputs) > 1 else ""
        for i, row in enumerate(self.rows):
            ordinal = row.name == str(i) or row.block is not None or row.module is None
            row.label = "" if ordinal and id(row) not in far else word(row.name)
            if row.label[:1].isdigit():
                row.label = f"n{row.label}"

    def line(self, i: int, row: Row) -> str:
        before = self.rows[i - 1] if i else self.inputs[0]
        statement = f"part {word(row.name)}" if row.block else row.statement
        result = f"{row.label} = " if row.label else ""
        if len(row.sources) == 1 and row.sources[0] is before:
            return result + statement
        return f"{result}{statement} from {' '.join(source.label for source in row.sources)}"

    def values(self, prefix: str = "") -> dict[str, torch.Tensor]:
        """Parameters and buffers by the model's names."""
        found = {}
        for i, row in enumerate(self.rows):
            if row.block:
                found.update(row.block.values(f"{prefix}{word(row.name)}."))
            elif row.module:
                label = row.label or str(i)
                for name, value in row.module.state_dict().items():
                    found[f"{prefix}{label}.{name}"] = value
        return found


def need_one(block: Block) -> None:
    if len(block.outputs) != 1:
        raise errors.UnsupportedError(f"{block.path}: {len(block.outputs)} values come out")


# What begins a statement is no label.
_KEYWORDS = ("default", "define", "output")


def word(name: str) -> str:
    """A name as the grammar has them."""
    found = re.sub(r"\W", "_", name, flags=re.ASCII)[:60]
    return f"{found}_" if found in _KEYWORDS else found


class Children(fx.Tracer):
    """Reads one module's own forward: its children are what it is made of."""

    def is_leaf_module(self, m: nn.Module, path: str) -> bool:
        return True

    def trace(self, root: Any, concrete_args: Any = None) -> fx.Graph:
        return super().trace(root, concrete_args)


def plain_type(m: nn.Module) -> type[nn.Module]:
    """Its class, without what a parametrisation has made of it."""
    return type(m).__mro__[1] if hasattr(m, "parametrizations") else type(m)


def is_layer(m: nn.Module) -> bool:
    """One of PyTorch's own that is no container, or what cannot be read."""
    own = plain_type(m).__module__.startswith("torch.nn.")
    return own and not isinstance(m, (nn.Sequential, nn.ModuleList, nn.ModuleDict))


def flattened(value: Any) -> Iterator[Any]:
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from flattened(each)
    else:
        yield value


def called(node: fx.Node, arguments: list[Any], named: dict[str, Any]) -> Any:
    if node.op == "call_method":
        return getattr(arguments[0], str(node.target))(*arguments[1:], **named)
    target: Any = node.target
    return target(*arguments, **named)


_ADD = (operator.add, operator.iadd, torch.add, "add", "add_")
_MULTIPLY = (operator.mul, operator.imul, torch.mul, "mul", "mul_")
_SUBTRACT = (operator.sub, operator.isub, torch.sub, "sub")
_DIVIDE = (operator.truediv, torch.div, "div")


def function_statement(
    node: fx.Node,
    arguments: list[Any],
    named: dict[str, Any],
    rows: list[Row],
    value: torch.Tensor,
) -> str:
    """What a function does, as a statement."""
    target, x = node.target, rows[0].value
    if target in _layers.SHAPES:
        return _layers.reshape(None, x.shape, value.shape)
    if target in _layers.PLAIN:
        return _layers.PLAIN[target]()
    if target in _layers.MODULES:
        make = _layers.MODULES[target]
        known = inspect.signature(make).parameters
        asked = {
            name: option
            for name, option in named.items()
            if name in known or not (option is None or option is False)
        }
        for idle in ("inplace", "_stacklevel"):
            asked.pop(idle, None)
        module = make(*arguments[1:], **asked)
        return str(_layers.STATEMENTS[type(module)](module, x.shape, value.shape))
    if target in (torch.cat, torch.concat):
        dim = named.get("dim", arguments[1] if len(arguments) > 1 else 0)
        need(dim in (1, 1 - x.dim()), f"dim={dim}")
        return str(_layers.layer.concat())
    if target in (torch.mean, "mean"):
        need(
            x.dim() == 4
            and value.shape[:2] == x.shape[:2]
            and value.numel() == x[:, :, 0, 0].numel(),
            "over other dimensions than the pixels'",
        )
        return str(_layers.layer.global_avgpool())
    need(not named, ", ".join(named))
    return arithmetic(target, arguments, len(rows))


def arithmetic(target: Any, arguments: list[Any], count: int) -> str:
    need(len(arguments) == 2, "")
    if count == 2:
        need(target in _ADD + _MULTIPLY, "of two tensors")
        return str(_layers.layer.add() if target in _ADD else _layers.layer.multiply())
    first = isinstance(arguments[0], Row)
    number = float(arguments[1] if first else arguments[0])
    if target in _ADD:
        return str(_layers.layer.affine(1, number))
    if target in _MULTIPLY:
        return str(_layers.layer.affine(number, 0))
    if target in _SUBTRACT:
        return str(_layers.layer.affine(*((1, -number) if first else (-1, number))))
    need(target in _DIVIDE and first, "")
    return str(_layers.layer.affine(1 / number, 0))
