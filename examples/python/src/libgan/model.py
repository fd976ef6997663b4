"""Networks: described in text, called on arrays, their weights by PyTorch's names and layouts."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from . import _abi, catalog, errors
from ._handle import Closable, Root, bytes_of, path_of, text_of
from ._library import lib
from .runner import Outputs, Runner
from .tensor import Array, Batch, Tensor, Views, array_of, tensor_of, wrap

# Most samples in one run: a batch's bits do not depend on how it is cut.
_CHUNK = 64
_KEPT_RUNNERS = 4


@dataclass(frozen=True)
class Ports:
    """What goes in and comes out: names ("" if unnamed) and shapes H, W, C, -1 where it is open."""

    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    input_shapes: tuple[tuple[int, ...], ...]
    output_shapes: tuple[tuple[int, ...], ...]

    def ordered(self, inputs: Sequence[Any], named: Mapping[str, Any]) -> Sequence[Any]:
        """One value for each input, of those given by position and by name."""
        if not named and len(inputs) == len(self.input_names):
            return inputs
        rest = list(self.input_names[len(inputs) :])
        for name in named:
            if name not in rest:
                raise TypeError(catalog.unknown("model", "input", name, rest))
        if len(inputs) + len(named) != len(self.input_names):
            names = ", ".join(name or "unnamed" for name in self.input_names)
            given = len(inputs) + len(named)
            raise TypeError(f"model: {len(self.input_names)} inputs ({names}), {given} given")
        return [*inputs, *(named[name] for name in rest)]


class Loaded(NamedTuple):
    """What load_state_dict(strict=False) has passed over."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class _Parameters(Closable):
    """What models and layers have in common: parameters by name."""

    __slots__ = ()

    def parameters(self) -> list[str]:
        """The names of parameters and buffers, in the order of a state dict."""
        return list(self._names())

    def _names(self) -> Iterator[str]:
        for i in range(self._function("parameter_count")(self.handle)):
            yield text_of(self._function("parameter_name")(self.handle, i))

    def _function(self, name: str) -> Any:
        return getattr(lib, f"gan_{self._noun}_{name}")

    def shape(self, name: str) -> tuple[int, ...]:
        """PyTorch's shape of a parameter."""
        rank, shape = ctypes.c_int32(), (ctypes.c_int64 * 4)()
        arguments = (bytes_of(name), ctypes.byref(rank), shape)
        self.root.check(self._function("parameter_shape")(self.handle, *arguments))
        return tuple(shape[: rank.value])

    def _flags(self, name: str) -> int:
        flags = ctypes.c_int32()
        call = self._function("parameter_flags")
        self.root.check(call(self.handle, bytes_of(name), ctypes.byref(flags)))
        return flags.value

    def is_trained(self, name: str) -> bool:
        """Whether it has a gradient; else it is a buffer."""
        return bool(self._flags(name) & _abi.GAN_PARAMETER_TRAINED)

    def read(self, name: str, gradient: bool = False) -> Array:
        """A copy of a parameter, or of its gradient, in PyTorch's layout."""
        whole = self._flags(name) & _abi.GAN_PARAMETER_INTEGER and not gradient
        array = np.empty(self.shape(name), np.int64 if whole else np.float32)
        what = _abi.GAN_GRADIENT if gradient else _abi.GAN_VALUE
        tensor = wrap(self.root, array, hold=False)
        self.root.check(self._function("read")(self.handle, bytes_of(name), what, tensor.handle))
        return array

    def write(self, name: str, value: Any) -> None:
        """Sets a parameter from an array of its shape."""
        tensor = tensor_of(self.root, detached(value))
        self.root.check(self._function("write")(self.handle, bytes_of(name), tensor.handle))

    def state_dict(self) -> dict[str, Array]:
        """Copies of all parameters and buffers by PyTorch's names, in PyTorch's layouts: a
        load_state_dict of the equal module takes them, once they are tensors."""
        return {name: self.read(name) for name in self._names()}

    def gradients(self) -> dict[str, Array]:
        """Copies of the gradients of all trained parameters."""
        return {name: self.read(name, True) for name in self._names() if self.is_trained(name)}


class Layer(_Parameters):
    """One function with its parameters, made by Context.layer; put into models by Model.add. It has
    parameters once it was placed."""

    __slots__ = ()
    _noun = "layer"

    @property
    def kind(self) -> str:
        return text_of(lib.gan_layer_kind(self.handle))

    @property
    def text(self) -> str:
        """The statement with every option spelled out."""
        return text_of(lib.gan_layer_text(self.handle))

    def __repr__(self) -> str:
        return f"<libgan.Layer: {self.text}>"


class Model(_Parameters):
    """A network, made by Context.model or libgan.load. model(x) runs it in evaluation mode."""

    __slots__ = ("_ports", "_runners", "_views")
    _noun = "model"

    def _begin(self, root: Root, pointer: int | None) -> None:
        super()._begin(root, pointer)
        self._ports: Ports | None = None
        self._runners: dict[tuple[int, ...], Runner] = {}
        self._views = Views()

    @classmethod
    def parse(cls, root: Root, text: str, parts: Mapping[str, Model]) -> Model:
        names, models, count = parts_of(parts)
        arguments = (root.pointer, bytes_of(text), names, models, count)
        return cls._make(root, lib.gan_model_parse_parts, *arguments)

    @property
    def text(self) -> str:
        """The canonical text: every default spelled out. Parsing it gives the same network."""
        return text_of(lib.gan_model_text(self.handle))

    @property
    def ports(self) -> Ports:
        """Names and shapes of inputs and outputs."""
        if self._ports is None:
            inputs = range(lib.gan_model_input_count(self.handle))
            outputs = range(lib.gan_model_output_count(self.handle))
            self._ports = Ports(
                tuple(text_of(lib.gan_model_input_name(self.handle, i)) for i in inputs),
                tuple(text_of(lib.gan_model_output_name(self.handle, i)) for i in outputs),
                tuple(self._port_shape(lib.gan_model_input_shape, i) for i in inputs),
                tuple(self._port_shape(lib.gan_model_output_shape, i) for i in outputs),
            )
        return self._ports

    def _port_shape(self, function: Any, index: int) -> tuple[int, ...]:
        shape = (ctypes.c_int64 * 3)()
        self.root.check(function(self.handle, index, shape))
        return tuple(shape)

    @property
    def weight_count(self) -> int:
        """How many numbers are trained."""
        return lib.gan_model_weight_count(self.handle)

    def __call__(
        self, *inputs: Batch, out: Any = None, dtype: Any = None, **named: Batch
    ) -> Outputs:
        """The outputs for a batch, in evaluation mode: see Runner. Any number of samples."""
        given = [self._views.tensor_of(self.root, x) for x in self.ports.ordered(inputs, named)]
        shape = given[0].shape
        count = shape[0] if shape else 1
        runner = self._runner(shape, min(count, _CHUNK))
        results = runner.outputs(count, out, dtype)
        if count <= _CHUNK:
            runner.run(given, results)
        else:
            self._run_in_chunks(runner, count, given, results)
        return results[0] if len(results) == 1 else tuple(results)

    def _run_in_chunks(
        self, runner: Runner, count: int, given: Sequence[Tensor], results: Sequence[Tensor]
    ) -> None:
        names = [name or f"input {i}" for i, name in enumerate(self.ports.input_names)]
        names += [name or f"output {i}" for i, name in enumerate(self.ports.output_names)]
        for name, t in zip(names, (*given, *results)):
            if t.shape[:1] != (count,):
                raise errors.ShapeError(
                    f"model: {name} is {t.shape}, and the first input has {count} samples"
                )
        # What a chunk writes must not be what a later one reads.
        given = [self._apart(t, results) for t in given]
        for start in range(0, count, _CHUNK):
            length = min(_CHUNK, count - start)
            pieces = [[t.slice(0, start, length) for t in side] for side in (given, results)]
            runner.run(*pieces)

    @staticmethod
    def _apart(t: Tensor, others: Sequence[Tensor]) -> Tensor:
        """The tensor, or a copy where it may share memory with one of the others."""
        array = t.numpy()
        shared = any(np.may_share_memory(array, other.numpy()) for other in others)
        return tensor_of(t.root, array.copy(), hold=True) if shared else t

    def _runner(self, shape: tuple[int, ...], count: int) -> Runner:
        """One for a batch of at least `count`, of the first input's size where that is open."""
        is_open = -1 in self.ports.input_shapes[0] and len(shape) == 4
        size = shape[1:3] if is_open else (0, 0)
        for (batch, height, width), runner in self._runners.items():
            if batch >= count and (height, width) == size:
                return runner
        batch = min(_CHUNK, 1 << max(count - 1, 0).bit_length())
        spec = f"batch={batch}" + (f" height={size[0]} width={size[1]}" if is_open else "")
        if len(self._runners) >= _KEPT_RUNNERS:
            self._runners.pop(next(iter(self._runners)))
        made = self._runners[(batch, *size)] = Runner.create(self.root, self, spec)
        return made

    def close(self) -> None:
        self._runners.clear()
        self._views.clear()
        super().close()

    def add(self, other: Layer | Model) -> Model:
        """Puts a layer, or all of another model, behind the last one; what is added is shared with
        whatever else has it."""
        if isinstance(other, Layer):
            self.root.check(lib.gan_model_add(self.handle, other.handle))
        elif isinstance(other, Model):
            self.root.check(lib.gan_model_add_model(self.handle, other.handle))
        else:
            raise TypeError(f"add: a Layer or a Model is wanted, not a {type(other).__name__}")
        self._ports = None
        self._runners.clear()
        return self

    def layer(self, name: str) -> Layer:
        """The layer whose path of labels is `name`, "0" or "trunk.3"; KeyError if there is none."""
        pointer = lib.gan_model_layer(self.handle, bytes_of(name))
        found = Layer._borrow(self.root, pointer)
        if found is None:
            raise KeyError(name)
        return found

    def copy(self) -> Model:
        """An independent copy with its own parameters."""
        return Model._make(self.root, lib.gan_model_copy, self.handle)

    def __copy__(self) -> Model:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Model:
        return self.copy()

    def zero_gradients(self) -> None:
        self.root.check(lib.gan_model_zero_gradients(self.handle))

    def clamp(self, least: float, most: float) -> None:
        """Cuts every trained number to [least, most]."""
        self.root.check(lib.gan_model_clamp(self.handle, float(least), float(most)))

    def save(self, path: Any) -> None:
        """Writes a safetensors file that libgan.load reads, and PyTorch after load_file."""
        self.root.check(lib.gan_model_save(self.handle, path_of(path)))

    def saves(self) -> bytes:
        """The bytes of that file."""
        made = Tensor._make(self.root, lib.gan_model_save_memory, self.handle)
        return made.numpy().tobytes()

    def load_weights(self, path: Any, map: str = "") -> None:
        """Fills the model from a state dict that PyTorch saved as safetensors. Strict: a missing,
        surplus or misshapen tensor is a FormatError with its name, and nothing was changed. `map`
        renames tensors first: "strip module.", "rename FROM TO", "drop NAME"."""
        self.root.check(lib.gan_model_load_weights(self.handle, path_of(path), bytes_of(map)))

    def load_state_dict(self, values: Mapping[str, Any], strict: bool = True) -> Loaded:
        """Sets parameters and buffers from arrays or tensors by PyTorch's names; all or none. With
        `strict`, missing and surplus names are a FormatError; without, both are passed over and
        listed. Both of PyTorch's forms of spectral norm are taken."""
        chosen = dict(values)
        missing: list[str] = []
        unexpected: list[str] = []
        if not strict:
            own = self.parameters()
            known = {plain_name(name): name for name in values}
            missing = [name for name in own if name not in known]
            unexpected = [name for plain, name in known.items() if plain not in set(own)]
            chosen = {plain: values[name] for plain, name in known.items() if plain in set(own)}
            chosen.update({name: self.read(name) for name in missing})
        data = safetensors({name: detached(value) for name, value in chosen.items()})
        self.root.check(lib.gan_model_load_weights_memory(self.handle, data, len(data), None))
        return Loaded(missing, unexpected)

    def note(self, key: str) -> str | None:
        """A short text that goes with the model: "prior", "range", "classes"; None if there is
        none."""
        found = lib.gan_model_note(self.handle, bytes_of(key))
        return None if found is None else text_of(found)

    def set_note(self, key: str, value: str) -> None:
        self.root.check(lib.gan_model_set_note(self.handle, bytes_of(key), bytes_of(value)))

    def __reduce__(self) -> tuple[Any, ...]:
        from .context import loads

        return (loads, (self.saves(),))

    def __repr__(self) -> str:
        return f"<libgan.Model: {self.weight_count} weights\n{self.text.rstrip()}>"


def parts_of(parts: Mapping[str, Model]) -> tuple[Any, Any, int]:
    """Names and handles of parts, for a call."""
    names = (ctypes.c_char_p * len(parts))(*[bytes_of(name) for name in parts])
    for name, part in parts.items():
        if not isinstance(part, Model):
            raise TypeError(f"part {name}: a Model is wanted, not a {type(part).__name__}")
    return names, (ctypes.c_void_p * len(parts))(*[p.handle for p in parts.values()]), len(parts)


def detached(value: Any) -> Any:
    """A parameter of PyTorch's without its graph; bfloat16, which NumPy has not, as float32."""
    if hasattr(value, "detach"):
        value = value.detach()
        if "bfloat16" in str(value.dtype):
            value = value.float()
    return value


_SPECTRAL = {
    "parametrizations.weight.original": "weight_orig",
    "parametrizations.weight.0._u": "weight_u",
    "parametrizations.weight.0._v": "weight_v",
}


def plain_name(name: str) -> str:
    """The name of a parameter in the first of PyTorch's forms of spectral norm."""
    for ending, plain in _SPECTRAL.items():
        if name.endswith(ending):
            return name[: len(name) - len(ending)] + plain
    return name


_SAFETENSORS = {"float32": "F32", "uint8": "U8", "int32": "I32", "int64": "I64"}


def safetensors(values: Mapping[str, Any]) -> bytes:
    """Arrays as the bytes of a safetensors file."""
    import json

    header: dict[str, Any] = {}
    blocks: list[bytes] = []
    start = 0
    for name, value in values.items():
        array = np.asarray(value) if isinstance(value, Tensor) else array_of(value)
        block = np.ascontiguousarray(array).tobytes()
        header[name] = {
            "dtype": _SAFETENSORS[str(array.dtype)],
            "shape": list(array.shape),
            "data_offsets": [start, start + len(block)],
        }
        start += len(block)
        blocks.append(block)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(blocks)


__all__ = ["Model", "Layer", "Loaded", "Ports"]
