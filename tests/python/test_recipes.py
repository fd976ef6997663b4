"""Recipes and runs as objects. tests/systems shows that every recipe has the bits of C."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from conftest import SOURCE

import libgan

RECIPES = SOURCE / "examples/recipes"
QUICK = {
    "run.steps": "2",
    "run.batch": "4",
    "run.sample_every": "0",
    "run.samples": "2",
    "context.threads": "1",
}


def by_python(path, settings):
    trainer = libgan.load_recipe(path).set(settings).trainer()
    trainer.run(int(settings["run.steps"]))
    return trainer


def test_a_trainer_by_keywords_has_the_bits_of_its_recipe():
    path = RECIPES / "fashion-mlp.recipe"
    text = libgan.load_recipe(path).set(QUICK).text
    sections = dict(re.findall(r"\[([\w.]+)\]\n(.*?)(?=\n\[|\Z)", text, re.S))
    ctx = libgan.Context(libgan.load_recipe(path).set(QUICK).context_text)
    models = {name[6:]: body for name, body in sections.items() if name.startswith("model.")}
    rules = {name[10:]: body for name, body in sections.items() if name.startswith("optimizer.")}
    trainer = ctx.trainer(
        sections["trainer"].strip() + " batch=4",
        optimizers={name: body.strip() for name, body in rules.items()},
        **{name: ctx.model(body) for name, body in models.items()},
        real=sections["data.real"].strip(),
    )
    trainer.run(2)
    wanted = by_python(path, QUICK)
    for role in models:
        assert trainer.model(role).saves() == wanted.model(role).saves()


def test_settings():
    recipe = libgan.load_recipe(RECIPES / "fashion-gan.recipe", run__steps=7, trainer__average=0.5)
    assert recipe["run.steps"] == "7" and recipe.steps == 7 and recipe["trainer.average"] == "0.5"
    assert recipe.set({"data.real.count": 100})["data.real.count"] == "100"
    assert len(recipe.dataset("real")) == 100
    with pytest.raises(libgan.TextError, match="did you mean 'steps'"):
        recipe.set(run__stepps=7)
    with pytest.raises(libgan.TextError):
        recipe.set({"run.steps": "8", "trainer.loss": "none"})
    assert recipe.steps == 7
    again = libgan.Context().parse_recipe(recipe.text)
    assert again.text == recipe.text
    long = {"data.real.hint": "x" * 3000}
    assert recipe.set(long)["data.real.hint"] == "x" * 3000
    with pytest.raises(libgan.ArgumentError, match="context.seed"):
        recipe.change(context__seed=4)
    with pytest.raises(libgan.FileError, match="nowhere.recipe"):
        libgan.load_recipe("nowhere.recipe")


def test_the_whole_command(tmp_path, capfd):
    out = tmp_path / "run"
    settings = {**QUICK, "run.log_every": "1"}
    run = libgan.train(RECIPES / "fashion-mlp.recipe", out, settings, data__real__count=64)
    assert run._repr_png_().startswith(b"\x89PNG") and run.models() == ["generator"]
    assert run.history["step"].tolist() == [1, 2]
    assert run.model("generator")(np.zeros((1, 100))).shape == (1, 28, 28, 1)
    trainer = run.trainer()
    assert trainer.steps_made == 2 and trainer.run(1) == 1
    more = {**settings, "run.steps": "4"}
    run = libgan.train(RECIPES / "fashion-mlp.recipe", out, more, data__real__count=64)
    assert run.history["step"].tolist() == [1, 2, 3, 4]
    capfd.readouterr()
    with pytest.raises(libgan.Error, match="exit code"):
        libgan.train(RECIPES / "fashion-mlp.recipe", out, run__stepps=4)
    assert "did you mean" in capfd.readouterr().err
    with pytest.raises(FileNotFoundError):
        libgan.Run(tmp_path)


def test_the_module_is_the_command():
    done = subprocess.run([sys.executable, "-m", "libgan", "help", "run"], capture_output=True)
    assert done.returncode == 0 and b"sample_every" in done.stdout
    done = subprocess.run([sys.executable, "-m", "libgan", "nothing"], capture_output=True)
    assert done.returncode == 2


def test_ctrl_c_of_the_command(tmp_path):
    def stop():
        while not (tmp_path / "run/log.jsonl").exists():
            time.sleep(0.02)
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=stop)
    thread.start()
    many = {"run.steps": "1000000", "data.real.count": "64", "context.threads": "1"}
    with pytest.raises(KeyboardInterrupt):
        libgan.train(RECIPES / "fashion-mlp.recipe", tmp_path / "run", many)
    thread.join()
    assert libgan.Run(tmp_path / "run").trainer().steps_made > 0


def test_figures_of_samples(ctx):
    rows = np.random.default_rng(0).standard_normal((100, 4)).astype(np.float32)
    metric = ctx.metric("precision_recall", k=5)
    metric.add(real=rows[:50], fake=rows[:50])
    assert metric["precision"] == 1 and set(metric.values()) == set(metric.names())
    metric.clear("fake")
    assert metric.rows("fake") == 0 and metric.rows("real") == 50
    with pytest.raises(libgan.StateError, match="fake"):
        _ = metric["recall"]
    with pytest.raises(KeyError):
        _ = metric["nothing"]
    data = ctx.dataset(
        "idx",
        path=SOURCE / "examples/data/fashion-images.gz",
        labels=SOURCE / "examples/data/fashion-labels.gz",
        count=64,
    )
    judge = ctx.judge(data, rounds=1)
    features, logits = judge(data.read("image", range(8)))
    assert features.shape == (8, 128) and logits.shape == (8, 10)
    assert judge.note("examples") == ctx.judge_examples(data)
    centres, deviation = ctx.dataset("mixture", ring=8, deviation=0.01, count=10).mixture()
    assert centres.shape == (8, 2) and deviation == 0.01


def test_where_a_command_is_missing(monkeypatch, tmp_path):
    from libgan import _library

    monkeypatch.setattr(_library, "LIBRARY", "libgan.so.0.1")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="gan command"):
        _library.command()
    target = tmp_path / "gan"
    shutil.copy(sys.executable, target)
    assert _library.command() == str(target)
