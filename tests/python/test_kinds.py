"""What the catalogue says is what Python offers."""

import ast
import inspect
import pydoc
from pathlib import Path

import numpy as np
import pytest
from conftest import DISCRIMINATOR, GENERATOR

import libgan
from libgan import catalog


def every_kind():
    for group, names in catalog.groups().items():
        for name in names:
            yield catalog.kind_of(group, name)


def test_signatures_and_help_show_every_option():
    count = 0
    for kind in every_kind():
        made = catalog.function_of(kind.group, kind.name)
        signature = inspect.signature(made)
        assert set(signature.parameters) == {option.name for option in kind.options}
        shown = pydoc.render_doc(made, renderer=pydoc.plaintext)
        for option in kind.options:
            assert option.name in shown and option.help in shown
            default = signature.parameters[option.name].default
            assert option.required or default in (option.default, inspect.Parameter.empty)
        count += len(kind.options)
    assert count > 200


def test_names_are_completed_and_found():
    assert {"gan", "conv2d", "layer", "loss"} <= set(dir(libgan.kinds))
    assert "softplus" in dir(libgan.kinds.loss)
    with pytest.raises(AttributeError, match="kinds.layer.softplus or kinds.loss.softplus"):
        _ = libgan.kinds.softplus
    with pytest.raises(AttributeError, match="did you mean 'conv2d'"):
        _ = libgan.kinds.conv2
    with pytest.raises(AttributeError, match="did you mean 'hinge'"):
        _ = libgan.kinds.loss.hing


def test_descriptions(ctx):
    kinds = libgan.kinds
    assert kinds.conv2d(64, kernel=(3, 5), bias=False) == "conv2d 64 kernel=3x5 bias=no"
    assert kinds.reshape(7, 7, 128) == "reshape 7 7 128"
    assert kinds.layer.input(100) == "input 100"
    assert kinds.layer.input("image", 64, 64, 3) == "input image 64 64 3"
    assert kinds.adam(lr=1e-4) == "adam lr=0.0001"
    assert kinds.pad((1, 2, 3, 4)) == "pad 1,2,3,4"
    text = "; ".join([kinds.layer.input(8, 8, 3), kinds.conv2d(4, kernel=(3, 5)), kinds.relu()])
    assert ctx.model(text).ports.output_shapes == ((6, 4, 4),)


def test_values_are_quoted_where_they_must_be(ctx, tmp_path):
    path = tmp_path / 'a "b" c\\d;e#.npy'
    ctx.empty(4, 8, 8, 1).save(path)
    assert len(ctx.dataset("npy", path=path)) == 4


def test_options_of_the_context():
    ctx = libgan.Context("seed=3", threads=1)
    assert ctx.text.startswith("threads=1 seed=3 ")
    with pytest.raises(TypeError, match="did you mean 'threads'"):
        libgan.Context(thread=2)
    with pytest.raises(libgan.TextError, match="threads"):
        libgan.Context(threads="many")


def test_wrong_keywords_are_named(ctx):
    with pytest.raises(TypeError, match="unknown keyword 'los', did you mean 'loss'"):
        ctx.trainer("gan", los="hinge")
    with pytest.raises(TypeError, match="did you mean 'generator'"):
        ctx.trainer("gan", generater=ctx.model(GENERATOR))
    with pytest.raises(TypeError, match="did you mean 'beta"):
        ctx.optimizer("adam", beta=0.5)
    with pytest.raises(libgan.TextError, match="unknown kind 'gon', did you mean"):
        ctx.trainer("gon", generator=GENERATOR)
    with pytest.raises(libgan.TextError, match="hinge"):
        ctx.trainer("gan", loss="hing")


def test_an_option_and_a_feed_of_one_name(ctx, pictures):
    trainer = ctx.trainer("gan", noise="uniform", generator=GENERATOR, discriminator=DISCRIMINATOR)
    assert "noise=uniform" in trainer.text
    trainer.step(real=pictures, noise=ctx.empty(16, 6))
    with pytest.raises(TypeError, match="sequence of examples"):
        ctx.trainer("gan", noise=object())


def test_numbers_of_numpy_are_options(ctx):
    text = ctx.trainer("gan", average=np.float32(0.5), batch=np.int64(3), loss=None).text
    assert "average=0.5 " in text and "batch=3 " in text and "loss=non_saturating" in text


def test_optimizers_of_groups(ctx):
    trainer = ctx.trainer("gan", optimizers={"generator": libgan.kinds.sgd(lr=0.5)})
    trainer.set_optimizer("discriminator", "adam", lr=1e-4)
    with pytest.raises(libgan.ArgumentError, match="generater"):
        trainer.set_optimizer("generater", "adam")


def test_the_package_names_no_kind():
    names = {
        kind.name
        for kind in every_kind()
        if kind.group in ("layer", "block", "loss", "optimizer", "trainer", "data", "metric")
    }
    # Words of English and of Python, which are names of kinds besides.
    names -= {
        "input",
        "add",
        "part",
        "pad",
        "mean",
        "sum",
        "step",
        "score",
        "noise",
        "repeat",
        "above",
    }
    names -= {"mixture", "gan"}  # a call of C of that name; the library's own
    package = Path(libgan.__file__).parent
    for path in package.glob("*.py"):
        if path.name == "_abi.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documents = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and id(node) not in documents:
                assert not names & set(str(node.value).split()), (path.name, node.value)
