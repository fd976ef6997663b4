"""What is wrong is refused: types, dead objects, other contexts; and nothing leaks."""

import copy
import gc
import inspect
import logging
import multiprocessing
import os
import pickle
import resource
import threading

import numpy as np
import pytest
from conftest import DISCRIMINATOR, GENERATOR, make_trainer

import libgan
from libgan import _abi, errors


def world(ctx, pictures):
    """One object of each class."""
    model, tape = ctx.model(GENERATOR), ctx.tape()
    trainer = make_trainer(ctx, real=pictures)
    return {
        "context": ctx,
        "tensor": ctx.empty(2, 3),
        "model": model,
        "layer": ctx.layer("relu"),
        "runner": ctx.runner(model),
        "tape": tape,
        "value": tape.normal(2, 6),
        "optimizer": ctx.optimizer("adam", model),
        "dataset": ctx.dataset(pictures),
        "trainer": trainer,
        "metric": ctx.metric("frechet"),
    }


NONSENSE = [None, 1.5, "no", b"\xff", object(), [1], {"a": 2}, np.zeros((2, 2)), print]
# These take anything, or would wait for long.
LEFT = {"close", "pil", "handle", "run_command"}


def calls(thing):
    """Its public methods, with how many arguments each must have."""
    for name in dir(type(thing)):
        attribute = inspect.getattr_static(type(thing), name)
        if name.startswith("_") or name in LEFT or isinstance(attribute, (classmethod, property)):
            continue
        if callable(attribute):
            yield name, getattr(thing, name)
    if callable(thing):
        yield "call", thing


def test_wrong_types_everywhere(ctx, pictures, tmp_path, monkeypatch):
    """No crash, no SystemError: an exception that says something, or a sensible result."""
    monkeypatch.chdir(tmp_path)
    things = world(ctx, pictures)
    nonsense = [*NONSENSE, *things.values()]
    tried = 0
    for thing in things.values():
        for name, call in calls(thing):
            parameters = inspect.signature(call).parameters.values()
            wanted = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
            count = len([p for p in wanted if p.default is p.empty])
            for value in nonsense:
                tried += 1
                try:
                    result = call(*[value] * max(count, 1))
                    if inspect.isgenerator(result):
                        result.close()
                except (libgan.Error, TypeError, ValueError, AttributeError, KeyError) as fault:
                    assert str(fault), (name, value)
                    assert not isinstance(fault, libgan.InternalError)
                except (IndexError, OSError, OverflowError, RuntimeError, MemoryError):
                    pass
    assert tried > 1000
    trainer = make_trainer(libgan.Context(threads=1), real=pictures)
    assert trainer.run(1) == 1


def test_closed_objects_are_refused(ctx, pictures):
    things = world(ctx, pictures)
    for name, thing in things.items():
        if name in ("context", "tensor", "value"):
            continue
        thing.close()
        thing.close()
        with pytest.raises(libgan.StateError, match="closed"):
            _ = thing.handle
        for called, call in calls(thing):
            if called in ("add", "set", "clear_history"):  # of nothing
                continue
            with pytest.raises((libgan.StateError, TypeError)):
                result = call()
                if inspect.isgenerator(result):
                    next(result)
    with pytest.raises(libgan.StateError):
        things["value"].numpy()


def test_a_closed_context(pictures):
    with libgan.Context(threads=1) as ctx:
        model = ctx.model("input 2; dense 1")
        trainer = make_trainer(ctx, real=pictures)
    for call in (ctx.tape, ctx.model, lambda: ctx.empty(3), lambda: ctx.dataset(pictures)):
        with pytest.raises(libgan.StateError, match="closed"):
            call()
    assert "closed" in repr(ctx)
    assert model(np.ones((1, 2))).shape == (1, 1) and trainer.run(1) == 1  # what was made lives on


def test_objects_of_another_context(ctx, pictures):
    mine, other = world(ctx, pictures), world(libgan.Context(threads=1), pictures)
    wrong = [
        lambda: ctx.optimizer("adam", other["model"]),
        lambda: mine["trainer"].set(generator=other["model"]),
        lambda: mine["trainer"].set(real=other["dataset"]),
        lambda: mine["tape"].apply(other["model"], mine["value"]),
        lambda: mine["tape"].backward(mine["value"], models=[other["model"]]),
        lambda: mine["optimizer"].read(other["model"], "0.weight", "exp_avg"),
        lambda: ctx.judge(other["dataset"]),
        lambda: ctx.model("input 2; part p", p=other["model"]),
        lambda: mine["model"].add(other["layer"]),
    ]
    for call in wrong:
        with pytest.raises(libgan.ArgumentError, match="another context|of one context|context"):
            call()
    # Tensors carry memory and nothing else.
    x = other["model"](np.ones((16, 6)))
    assert mine["trainer"].step(real=x)["step"] == 1


def test_every_status_has_its_exception():
    codes = {v: k for k, v in vars(_abi).items() if k.startswith("GAN_E_")}
    assert set(errors.BY_STATUS) == set(codes)
    for kind, builtin in (
        (libgan.ArgumentError, ValueError),
        (libgan.OutOfMemoryError, MemoryError),
        (libgan.TextError, ValueError),
        (libgan.ShapeError, ValueError),
        (libgan.FileError, OSError),
        (libgan.FormatError, ValueError),
        (libgan.StateError, RuntimeError),
        (libgan.DivergedError, ArithmeticError),
        (libgan.UnsupportedError, NotImplementedError),
    ):
        assert issubclass(kind, builtin) and issubclass(kind, libgan.Error)
        assert codes[kind.status] == libgan.lib.gan_status_name(kind.status).decode()
    assert type(errors.of_status(-99, "new")) is libgan.Error


def test_the_librarys_line_is_the_text(ctx, tmp_path):
    with pytest.raises(libgan.ShapeError, match=r"conv2d.*8x8"):
        ctx.model("input 8 8 1; conv2d 4 kernel=9")
    with pytest.raises(libgan.TextError, match="line 2, column"):
        ctx.model("input 4\ndens 3")
    with pytest.raises(OSError, match="nothing.safetensors"):
        libgan.load(tmp_path / "nothing.safetensors")
    (tmp_path / "bad.safetensors").write_bytes(b"nonsense")
    with pytest.raises(libgan.FormatError):
        libgan.load(tmp_path / "bad.safetensors")
    with pytest.raises(ValueError, match="NUL"):
        ctx.model("input 4\0; dense 3")
    with pytest.raises(TypeError, match="text is wanted"):
        ctx.model(4)


def test_warnings_go_to_logging(ctx, caplog):
    with caplog.at_level(logging.WARNING, "libgan"):
        ctx.dataset(np.random.default_rng(0).uniform(0, 1, (8, 4, 4, 1)).astype(np.float32))
    assert [r.levelname for r in caplog.records] == ["WARNING"] and "[0, 1]" in caplog.text
    with caplog.at_level(logging.DEBUG, "libgan"):
        libgan.Context(threads=1, log="debug").dataset("mixture", ring=8, count=10)


def test_spans(pictures):
    spans = []
    ctx = libgan.Context(threads=1, on_span=spans.append)
    trainer = make_trainer(ctx, real=pictures)
    trainer.run(2)
    works = {(span.kind, span.work) for span in spans}
    assert {("conv2d", "forward"), ("dense", "weights"), ("adam", "step")} <= works
    g = trainer.model("generator").handle
    assert any(span.model == g and span.place == "0" and span.products > 0 for span in spans)
    assert spans.append in libgan.context._hosts.values()
    del ctx, trainer
    gc.collect()
    assert spans.append not in libgan.context._hosts.values()


def memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_a_thousand_contexts(pictures):
    def one(i):
        ctx = libgan.Context(threads=1 + i % 2, seed=i)
        model = ctx.model("input 6; dense 24")
        shared = ctx.tensor(pictures)
        result = model(np.ones((2, 6)))
        if i % 2:
            ctx.close()
        return [shared, result, model][i % 3]

    kept = None
    for i in range(100):
        kept = one(i)
    gc.collect()
    files, before = len(os.listdir("/proc/self/fd")), memory()
    threads = len(os.listdir("/proc/self/task"))
    for i in range(1000):
        kept = one(i)
    gc.collect()
    assert kept is not None
    assert memory() - before < 4096  # KiB
    assert len(os.listdir("/proc/self/fd")) == files
    assert len(os.listdir("/proc/self/task")) <= threads + 2


def test_after_a_fork(ctx):
    model = ctx.model("input 2; dense 1")

    def child():
        with pytest.raises(libgan.StateError, match="forked"):
            model(np.ones((1, 2)))
        other = libgan.Context(threads=2).model("input 2; dense 1")
        assert other(np.ones((1, 2))).shape == (1, 1)

    pid = os.fork()
    if pid == 0:
        try:
            child()
            gc.collect()
        except BaseException:
            os._exit(1)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    assert model(np.ones((1, 2))).shape == (1, 1)


def of_process(model):
    return np.asarray(model(np.ones((1, 2))))


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_processes(ctx, method):
    model = ctx.model("input 2; dense 1")
    with multiprocessing.get_context(method).Pool(1) as pool:
        assert np.array_equal(pool.apply(of_process, (model,)), of_process(model))


def test_objects_end_on_any_thread(pictures):
    for _ in range(20):
        ctx = libgan.Context(threads=2)
        box = [make_trainer(ctx, real=ctx.dataset(list(pictures)))]
        box[0].run(1)
        del ctx
        thread = threading.Thread(target=box.clear)
        thread.start()
        thread.join()


def test_equal_handles(ctx, pictures):
    g = ctx.model(GENERATOR)
    trainer = ctx.trainer("gan batch=16", generator=g, discriminator=DISCRIMINATOR, real=pictures)
    again = trainer.model("generator")
    assert again == g and again is not g and hash(again) == hash(g)
    assert g != ctx.model(GENERATOR) and g != "model" and copy.copy(g) != g


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_what_has_no_copy_says_so(ctx, pictures, copied):
    for name, each in world(ctx, pictures).items():
        if name in ("tensor", "model"):
            copied(each)
        elif name != "value":
            with pytest.raises(TypeError, match="copied or pickled"):
                copied(each)


def test_an_exception_comes_out_of_the_call_that_needs_the_example():
    failed = threading.Event()

    class Examples:
        asked = 0

        def __len__(self):
            return 64

        def __getitem__(self, i):
            self.asked += 1
            if self.asked > 20:  # the first batch is read, with one for the shapes; then one ahead
                failed.set()
                raise KeyError("boom")
            return np.zeros((8, 8, 1), np.float32)

    ctx = libgan.Context(threads=1)
    trainer = make_trainer(ctx, real=ctx.dataset(Examples()))
    trainer.step()
    assert failed.wait(20)
    for _ in range(50):
        with pytest.raises(libgan.TextError) as caught:
            ctx.model("input 4; nonsense")
        assert caught.value.__cause__ is None
    with pytest.raises(KeyError, match="boom"):
        trainer.step()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_pictures_are_served_after_a_fork(tmp_path):
    path = tmp_path / "x.png"
    libgan.image.save(np.zeros((4, 4, 3), np.uint8), path)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = int(libgan.image.load(path).shape != (4, 4, 3))
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
