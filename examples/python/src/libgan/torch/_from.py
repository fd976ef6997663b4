"""A network of PyTorch's as a model.

A Sequential is a block in order, another module's forward is read by torch.fx; each child that is
made of others is a part of its name, so that parameters are called as in PyTorch wherever its names
can be labels."""

from __future__ import annotations

import copy
import inspect
import itertools
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
from ..model import Model, plain_name
from . import _layers
from ._check import compare, taking
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
    others = [example(shape, 1, _OTHER) for shape in given]
    is_open = any(None in shape for shape in given)
    module = as_float32(module)
    with evaluated(module), torch.no_grad():
        block = read(module, inputs, is_open)
        model = model_of(block.lines(), context or Context())
        if is_open:
            refuse_sizes(block.lines(), read(module, others, is_open).lines())
        load(model, block.values())
        if check:
            compare(module, model, inputs)
            if is_open:
                compare(module, model, others, count=1)
    return model


def as_float32(module: nn.Module) -> nn.Module:
    """The module, or a copy of it where its numbers are of another type."""
    held = itertools.chain(module.parameters(), module.buffers())
    if all(x.dtype == torch.float32 for x in held if x.is_floating_point()):
        return module
    # Weights that spectral norm has made hang in a graph, and cannot be copied as they are.
    tensors = (x for m in module.modules() for x in vars(m).values())
    memo = {id(x): x.detach() for x in tensors if isinstance(x, torch.Tensor)}
    return copy.deepcopy(module, memo).float()


# Lines of a text, each with what it is told by if it is refused.
Lines = list[tuple[str, str]]

# Where the library's messages say that a fault is.
_PLACE = re.compile(r"(model: layer \S+ )?\(line (\d+), column \d+\):?")


def read(module: nn.Module, inputs: Sequence[torch.Tensor], is_open: bool) -> Block:
    block = Block("", "module", is_open)
    block.add_inputs(inputs)
    block.fill(module)
    refuse_shared(block)
    return block


def model_of(lines: Lines, context: Context) -> Model:
    """What the library refuses is told by the name of its module."""
    try:
        return context.model("\n".join(text for text, _ in lines))
    except (errors.TextError, errors.ShapeError, errors.UnsupportedError) as fault:
        found = _PLACE.search(str(fault))
        what = lines[int(found[2]) - 1][1] if found else "module"
        raise no_like(what, _PLACE.sub("", str(fault)).strip()) from fault


def no_like(what: str, reason: object = "") -> errors.UnsupportedError:
    told = f" ({reason})" if str(reason) else ""
    return errors.UnsupportedError(f"{what} has no like in libgan{told}")


def refuse_sizes(lines: Lines, others: Lines) -> None:
    """What is another statement for pictures of another size."""
    for (text, what), (other, _) in zip(lines, others):
        if text != other:
            raise no_like(what, "it depends on the size, which is open")


def refuse_shared(block: Block) -> None:
    """Numbers that have two places: the model's would be two numbers."""
    places: dict[int, str] = {}
    for path, m in block.layers():
        for name, x in (*m.named_parameters(), *m.named_buffers()):
            first = places.get(id(x))
            places[id(x)] = path
            if first is not None:
                told = "it is used twice" if first == path else f"its {name} is that of {first}"
                raise errors.UnsupportedError(f"{path}: {told}")


def load(model: Model, values: dict[str, torch.Tensor]) -> None:
    """Shapes may differ in sides of 1: C, 1, 1 for C."""
    shapes = {name: model.shape(name) for name in model.parameters()}
    model.load_state_dict({name: x.reshape(shapes[plain_name(name)]) for name, x in values.items()})


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


@dataclass
class Row:
    """One statement, and what it gave for the example."""

    name: str
    statement: str
    sources: list[Row]
    value: torch.Tensor
    what: str = ""  # it is told by
    module: nn.Module | None = None  # whose numbers it has
    block: Block | None = None  # that it places
    word: str = field(default="", init=False)  # its name in the block's text
    label: str = field(default="", init=False)
    has_numbers: bool = field(init=False)

    def __post_init__(self) -> None:
        inside = self.block.rows if self.block else []
        own = self.module is not None and bool(self.module.state_dict())
        self.has_numbers = own or any(row.has_numbers for row in inside)


class Block:
    """The rows of one module that is made of others."""

    def __init__(self, name: str, path: str, is_open: bool) -> None:
        self.name, self.path, self.is_open = name, path, is_open
        self.inputs: list[Row] = []
        self.rows: list[Row] = []
        self.outputs: list[Row] = []

    def add_inputs(self, values: Sequence[torch.Tensor]) -> None:
        self.inputs = [Row(f"input{i}", "", [], x) for i, x in enumerate(values)]

    # ---- reading ----

    def fill(self, module: nn.Module) -> None:
        if isinstance(module, nn.Sequential):
            last = self.only_input()
            for name, child in zip(module._modules, module):  # children() skips second places
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
            block.add_inputs(given)
            block.fill(module)
            need_one(block)
            value = block.outputs[0].value
            return self.add(Row(name, "", sources, value, path, block=block))
        what = f"{path}: {name_of(plain_type(module))}"
        with taking(what, given, ": give the shape of a sample"):
            value = module(*given)
        statement = self.statement(what, module, given[0], value)
        return self.add(Row(name, statement, sources, value, what, module=module))

    def add(self, row: Row) -> Row:
        for other in self.rows:
            alike = other.name != row.name and word(other.name) == word(row.name)
            if alike and other.has_numbers and row.has_numbers:
                raise errors.UnsupportedError(
                    f"{self.path}.{row.name}: as a label its name is that of {other.name}"
                )
        self.rows.append(row)
        return row

    def statement(self, what: str, module: nn.Module, x: torch.Tensor, y: torch.Tensor) -> str:
        try:
            make = _layers.STATEMENTS.get(plain_type(module))
            need(make is not None, "")
            return str(make(module, x.shape, y.shape)) if make else ""
        except NoLike as reason:
            raise no_like(what, reason) from None

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
        target = node.target if isinstance(node.target, str) else node.target.__name__
        what = f"{self.path}: {target}()"
        with taking(what, [row.value for row in rows], ": give the shape of a sample"):
            value = called(node, list(plain), named)
        if not isinstance(value, torch.Tensor) or not rows:
            return value
        try:
            statement = function_statement(node, arguments, named, rows, value)
        except (NoLike, TypeError) as reason:
            raise no_like(what, reason) from None
        return self.add(Row(node.name, statement, rows, value, what))

    # ---- writing ----

    def lines(self) -> Lines:
        self.give_labels()
        lines = [line for row in self.rows if row.block for line in row.block.definition(row.word)]
        named = {id(source) for row in self.rows for source in row.sources}
        for x in self.inputs:
            name = f"{x.label} " if len(self.inputs) > 1 or id(x) in named and x.label else ""
            lines.append((f"input {name}{self.sides(x.value)}", self.path))
        lines += [(self.line(i, row), row.what) for i, row in enumerate(self.rows)]
        if len(self.outputs) > 1 or self.rows and self.outputs[0] is not self.rows[-1]:
            lines.append(("output " + " ".join(row.label for row in self.outputs), self.path))
        return lines

    def definition(self, name: str) -> Lines:
        return [(f"define {name} {{", self.path), *self.lines(), ("}", self.path)]

    def sides(self, x: torch.Tensor) -> str:
        if x.dim() == 4:
            h, w = ("any", "any") if self.is_open else x.shape[2:]
            return f"{h} {w} {x.shape[1]}"
        return str(x.shape[1] if x.dim() > 1 else 1)

    def give_words(self) -> set[str]:
        """Names as the grammar has them, each once: those of parameters stay what they are."""
        taken: set[str] = set()
        for row in sorted((*self.inputs, *self.rows), key=lambda row: not row.has_numbers):
            row.word = free(word(row.name), taken)
        return taken

    def give_labels(self) -> None:
        """A label where a name can be one, and where a later row needs it."""
        taken = self.give_words()
        far = {id(row) for row in self.outputs[1:]}
        if not self.rows or self.outputs[0] is not self.rows[-1]:
            far.add(id(self.outputs[0]))
        for i, row in enumerate(self.rows):
            before = self.rows[i - 1] if i else self.inputs[0]
            if [id(s) for s in row.sources] != [id(before)]:
                far |= {id(source) for source in row.sources}
        for x in self.inputs:
            x.label = x.word if id(x) in far or len(self.inputs) > 1 else ""
        for i, row in enumerate(self.rows):
            ordinal = row.name == str(i) or row.block is not None or row.module is None
            row.label = "" if ordinal and id(row) not in far else row.word
            if row.label[:1].isdigit():
                row.label = free(f"n{row.label}", taken)

    def line(self, i: int, row: Row) -> str:
        before = self.rows[i - 1] if i else self.inputs[0]
        statement = f"part {row.word}" if row.block else row.statement
        result = f"{row.label} = " if row.label else ""
        if len(row.sources) == 1 and row.sources[0] is before:
            return result + statement
        return f"{result}{statement} from {' '.join(source.label for source in row.sources)}"

    def values(self, prefix: str = "") -> dict[str, torch.Tensor]:
        """Parameters and buffers by the model's names."""
        found = {}
        for i, row in enumerate(self.rows):
            if row.block:
                found.update(row.block.values(f"{prefix}{row.word}."))
            elif row.module:
                label = row.label or str(i)
                for name, value in row.module.state_dict().items():
                    found[f"{prefix}{label}.{name}"] = value
        return found

    def layers(self) -> Iterator[tuple[str, nn.Module]]:
        """Those with numbers, with their paths; of blocks inside too."""
        for row in self.rows:
            if row.block:
                yield from row.block.layers()
            elif row.module:
                yield f"{self.path}.{row.name}", row.module


def need_one(block: Block) -> None:
    if len(block.outputs) != 1:
        raise errors.UnsupportedError(f"{block.path}: {len(block.outputs)} values come out")


# What begins a statement is no label.
_KEYWORDS = ("default", "define", "output")


def word(name: str) -> str:
    """A name as the grammar has them."""
    found = re.sub(r"\W", "_", name, flags=re.ASCII)[:60]
    return f"{found}_" if found in _KEYWORDS else found


def free(name: str, taken: set[str]) -> str:
    """The name, or one like it that is not taken yet; now it is."""
    while name in taken:
        name += "_"
    taken.add(name)
    return name


class Children(fx.Tracer):
    """Reads one module's own forward: its children are what it is made of."""

    def is_leaf_module(self, m: nn.Module, path: str) -> bool:
        return True

    def trace(self, root: Any, concrete_args: Any = None) -> fx.Graph:
        return super().trace(root, concrete_args)


def name_of(kind: type[nn.Module]) -> str:
    return re.sub(r"^torch\.nn\.modules\.\w+", "torch.nn", f"{kind.__module__}.{kind.__qualname__}")


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
    need(target in _ADD + _MULTIPLY + _SUBTRACT + _DIVIDE, "")
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
