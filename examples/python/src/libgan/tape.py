"""A tape records models being applied and runs backwards: any objective can be written on it."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any, cast

from . import _abi, catalog
from ._handle import Closable, bytes_of, integer, of_root
from ._library import lib
from .model import Model
from .tensor import Array, Batch, Tensor, handles_of, tensor_of


class Value:
    """What a tape knows by a number, until its next reset: use it as an operand of + and -, times a
    number, as value[2:5] of its samples, and as np.asarray(value)."""

    __slots__ = ("tape", "number")
    __array_ufunc__ = None  # NumPy's numbers and arrays leave + and * to the value

    def __init__(self, tape: Tape, number: int) -> None:
        self.tape, self.number = tape, number

    @property
    def shape(self) -> tuple[int, ...]:
        """N, H, W, C; a scalar is 1, 1, 1, 1."""
        shape = (ctypes.c_int64 * 4)()
        self.tape.root.check(lib.gan_tape_shape(self.tape.handle, self.number, shape))
        return tuple(shape)

    def tensor(self, gradient: bool = False) -> Tensor:
        """A copy as a new tensor, float32 (N, H, W, C); with `gradient` what the last backward has
        found for an input or a model's output."""
        what = _abi.GAN_GRADIENT if gradient else _abi.GAN_VALUE
        arguments = (self.tape.handle, self.number, what)
        return Tensor._make(self.tape.root, lib.gan_tape_tensor, *arguments)

    def numpy(self) -> Array:
        """A copy as an array, float32 (N, H, W, C)."""
        return self.tensor().numpy()

    @property
    def gradient(self) -> Array:
        """Of the last backward, to an input or a model's output; StateError if it has none."""
        return self.tensor(True).numpy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if copy is False:
            raise ValueError("a value of a tape is an array by a copy alone")
        array = self.numpy()
        return array if dtype is None else array.astype(dtype)

    def __float__(self) -> float:
        """Of a scalar."""
        out = ctypes.c_double()
        call = lib.gan_tape_scalar(self.tape.handle, self.number, ctypes.byref(out))
        self.tape.root.check(call)
        return out.value

    def item(self) -> float:
        return float(self)

    def detach(self) -> Value:
        """The same numbers, through which no gradient passes."""
        return self.tape._value(lib.gan_tape_detach, self.number)

    def leaf(self) -> Value:
        """The same numbers as an input of their own, whose gradient a backward computes."""
        return self.tape._value(lib.gan_tape_leaf, self.number)

    def take_gradient(self) -> Value:
        """The gradient of the last backward as a value, through which no gradient passes."""
        return self.tape._value(lib.gan_tape_take_gradient, self.number)

    def __getitem__(self, key: slice) -> Value:
        """Samples by a slice of step 1."""
        if not isinstance(key, slice):
            raise TypeError("a value has slices of samples: value[2:5]")
        first, last, step = key.indices(self.shape[0])
        if step != 1:
            raise ValueError("a slice of a value has the step 1")
        return self.tape._value(lib.gan_tape_slice, self.number, first, last - first)

    def __len__(self) -> int:
        """How many samples it has."""
        return self.shape[0]

    def __add__(self, other: Value) -> Value:
        return (
            self.tape.combine([self, other], [1, 1]) if isinstance(other, Value) else NotImplemented
        )

    def __sub__(self, other: Value) -> Value:
        return (
            self.tape.combine([self, other], [1, -1])
            if isinstance(other, Value)
            else NotImplemented
        )

    def __mul__(self, factor: float) -> Value:
        return self.tape.combine([self], [float(factor)])

    __rmul__ = __mul__

    def __truediv__(self, divisor: float) -> Value:
        return self * (1 / float(divisor))

    def __neg__(self) -> Value:
        return self * -1.0

    def __repr__(self) -> str:
        return f"<libgan.Value: {' x '.join(map(str, self.shape))}>"


def _shape(shape: Sequence[int]) -> tuple[int, Any]:
    return len(shape), (ctypes.c_int64 * len(shape))(*map(integer, shape))


Values = Value | Sequence[Value]


class Tape(Closable):
    """Made by Context.tape. It computes as it records; a loop that repeats its calls after each
    reset allocates nothing. `with tape:` resets at the end of the block, and then values are stale:

        with tape:
            fake = tape.apply(generator, tape.normal(64, 100))
            score = tape.apply(critic, fake, mode="training frozen")
            loss = tape.loss(NAME, score)
            tape.backward(loss, models=[generator])
    """

    __slots__ = ()
    _noun = "tape"

    def __enter__(self) -> Tape:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pointer is not None:
            self.reset()

    def reset(self) -> None:
        """Forgets all values; keeps plans and memory for the next round."""
        self.root.check(lib.gan_tape_reset(self.handle))

    def _value(self, function: Any, *arguments: Any) -> Value:
        out = ctypes.c_int64()
        self.root.check(function(self.handle, *arguments, ctypes.byref(out)))
        return Value(self, out.value)

    def _numbers(self, values: Iterable[Value], what: str) -> Any:
        numbers = []
        for value in values:
            if not isinstance(value, Value):
                raise TypeError(f"{what}: a Value is wanted, not a {type(value).__name__}")
            if value.tape is not self:
                raise ValueError(f"{what}: a value of another tape")
            numbers.append(value.number)
        return (ctypes.c_int64 * len(numbers))(*numbers)

    def input(self, data: Batch, gradient: bool = False, numbers: bool = False) -> Value:
        """Data: pictures (N, H, W, C) in float32 or uint8 (scaled to [-1, 1]), vectors (N, C),
        class numbers (N). Do not write to it before the reset. `gradient`: backward computes its
        gradient as well. `numbers`: uint8 is plain numbers."""
        tensor = tensor_of(self.root, data, hold=True)
        flags = _abi.GAN_INPUT_GRADIENT * bool(gradient) + _abi.GAN_INPUT_NUMBERS * bool(numbers)
        return self._value(lib.gan_tape_input, tensor.handle, flags)

    def normal(self, *shape: int) -> Value:
        """Numbers drawn from N(0, 1): N, C or N, H, W, C."""
        return self._value(
            lib.gan_tape_normal, len(shape), (ctypes.c_int64 * len(shape))(*map(integer, shape))
        )

    def uniform(self, *shape: int) -> Value:
        """Numbers drawn uniformly from [-1, 1)."""
        return self._value(
            lib.gan_tape_uniform, len(shape), (ctypes.c_int64 * len(shape))(*map(integer, shape))
        )

    @property
    def draws(self) -> int:
        """How many draws were made (noise, dropout). May be set: to go on from a checkpoint."""
        return lib.gan_tape_draws(self.handle)

    @draws.setter
    def draws(self, count: int) -> None:
        self.root.check(lib.gan_tape_seek(self.handle, integer(count)))

    def apply(self, model: Model, *inputs: Value, mode: str = "training") -> Any:
        """Applies a model; the outputs, several as a tuple. `mode` is "training", "training frozen"
        (gradients pass through, parameters get none) or "evaluation", and groups=2 behind it for
        several batches in one pass: inputs and outputs are then those of the first batch, then
        those of the second."""
        own = of_root(self.root, Model, model, "apply")
        numbers = self._numbers(inputs, "apply")
        groups = max(len(inputs) // max(len(own.ports.input_names), 1), 1)
        count = groups * len(own.ports.output_names)
        out = (ctypes.c_int64 * count)()
        arguments = (bytes_of(mode), numbers, len(inputs), out, count)
        self.root.check(lib.gan_tape_apply(self.handle, own.handle, *arguments))
        made = tuple(Value(self, number) for number in out)
        return made[0] if count == 1 else made

    def layer(self, statement: str, *values: Value, **options: Any) -> Value:
        """Applies a layer without parameters to values: libgan.kinds.layer lists them."""
        text = catalog.describe("layer", statement, options)
        numbers = self._numbers(values, "layer")
        return self._value(lib.gan_tape_layer, bytes_of(text), numbers, len(values))

    def loss(self, spec: str, *values: Value, **options: Any) -> Value:
        """A scalar from one or two values: libgan.kinds.loss lists them."""
        text = catalog.describe("loss", spec, options)
        numbers = self._numbers(values, "loss")
        return self._value(lib.gan_tape_loss, bytes_of(text), numbers, len(values))

    def combine(self, values: Sequence[Value], weights: Sequence[float]) -> Value:
        """The weighted sum of values of one shape; a scalar among tensors is added to each
        number."""
        if len(values) != len(weights):
            raise ValueError(f"combine: {len(values)} values, {len(weights)} weights")
        given = (ctypes.c_double * len(weights))(*weights)
        numbers = self._numbers(values, "combine")
        return self._value(lib.gan_tape_combine, numbers, given, len(weights))

    def join(self, *values: Value) -> Value:
        """Values side by side along the batch."""
        return self._value(lib.gan_tape_join, self._numbers(values, "join"), len(values))

    def tangent(self, output: Value, input: Value, direction: Value) -> Value:
        """How `output` moves if `input` moves along `direction`: see tape.h. Its backward gives
        second derivatives."""
        given = self._numbers((output, input, direction), "tangent")
        return self._value(lib.gan_tape_tangent, *given)

    def backward(
        self,
        values: Values,
        seeds: Batch | Sequence[Batch | None] | None = None,
        models: Sequence[Model] = (),
    ) -> None:
        """Runs backwards from a value, or several: adds into the gradients of `models`, and
        computes those of inputs that asked for it. `seeds` are dL/dvalue, arrays of the values'
        shapes, one for each value; None: ones. So any loss can be computed outside, and handed
        back."""
        single = isinstance(values, Value)
        listed = [cast(Value, values)] if single else list(cast(Sequence[Value], values))
        given = self._seeds([seeds] if single else seeds, len(listed))
        taught = [of_root(self.root, Model, model, "backward") for model in models]
        arguments = (self._numbers(listed, "backward"), given, len(listed))
        named = (handles_of(taught) if taught else None, len(taught))
        self.root.check(lib.gan_tape_backward(self.handle, *arguments, *named))

    def _seeds(self, seeds: Any, count: int) -> Any:
        if seeds is None:
            return None
        if len(seeds) != count:
            raise ValueError(f"backward: {count} values, {len(seeds)} seeds")
        made = [None if seed is None else tensor_of(self.root, seed) for seed in seeds]
        array: Any = (ctypes.c_void_p * count)()
        for i, seed in enumerate(made):
            array[i] = None if seed is None else seed.handle
        array.kept = made  # alive until the call is made
        return array


__all__ = ["Tape", "Value"]
