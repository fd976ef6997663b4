"""_abi.py is what the headers say."""

import re
import sys

import pytest
from conftest import SOURCE

from libgan import _abi, lib

sys.path.append(str(SOURCE / "examples/python"))
import generate_abi  # noqa: E402


def test_generated_again_it_is_the_same():
    pytest.importorskip("pycparser")
    assert generate_abi.generate() == (generate_abi.TARGET).read_text(encoding="utf-8")


def test_every_exported_symbol_is_there():
    text = (SOURCE / "cmake/symbols.txt").read_text()
    symbols = set(re.findall(r"\bgan_\w+", text))
    assert len(symbols) > 200
    assert symbols == {name for name, _, _ in _abi.PROTOTYPES}


def test_another_reader_of_the_headers_agrees():
    """That of tests/abi, which has nothing in common with the generator."""
    sys.path.insert(0, str(SOURCE / "tests/abi"))
    from declarations import Headers

    headers = Headers(str(SOURCE / "include/gan"))
    ours = {name: (result, arguments) for name, result, arguments in _abi.PROTOTYPES}
    assert set(headers.functions) == set(ours)
    for name, (result, arguments) in headers.functions.items():
        assert len(arguments) == len(ours[name][1]), name
        for theirs, own in zip([result, *arguments], [ours[name][0], *ours[name][1]]):
            assert kind_of(theirs) == kind_of(own), name
    for name, value in headers.constants.items():
        assert getattr(_abi, name) == value


def kind_of(kind):
    """A type's name, where the two readers agree to differ: texts are bytes or pointers."""
    name = getattr(kind, "__name__", str(kind))
    return "pointer" if name in ("c_char_p", "c_void_p") else name


def test_structs_have_the_sizes_of_c(tmp_path):
    sys.path.insert(0, str(SOURCE / "tests/abi"))
    import ctypes

    from declarations import Headers

    headers = Headers(str(SOURCE / "include/gan"))
    for name in ("gan_host", "gan_span", "gan_dataset_field"):
        assert ctypes.sizeof(getattr(_abi, name)) == ctypes.sizeof(headers.types[name])


def test_version():
    assert lib.gan_version().decode().startswith(f"{_abi.GAN_VERSION_MAJOR}.")
