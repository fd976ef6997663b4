"""Trainers: steps, reports, callbacks, interrupts, threads, data of all sorts."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from conftest import DISCRIMINATOR, GENERATOR, make_trainer

import libgan


def test_step_run_and_steps_are_one_training(pictures):
    def weights(train):
        ctx = libgan.Context(threads=1, seed=3)
        trainer = make_trainer(ctx, real=pictures)
        train(trainer)
        assert trainer.steps_made == 12
        return trainer, trainer.saves()

    first, wanted = weights(lambda t: t.run(12))
    _, single = weights(lambda t: [t.step() for _ in range(12)])
    _, iterated = weights(lambda t: list(t.steps(12, bar=False)))
    assert wanted == single == iterated
    assert list(first.history["step"]) == list(range(1, 13))
    assert first.history["loss.generator"][-1] == first.report["loss.generator"]
    assert set(first.names("value")) | {"step"} == set(first.history)


def test_batches_of_the_caller(ctx, pictures):
    trainer = make_trainer(ctx)
    with pytest.raises(libgan.StateError, match="real"):
        trainer.step()
    report = trainer.step(real=pictures)
    assert report["step"] == 1 and np.isfinite(report["loss.discriminator"])
    planes = np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))
    trainer.step(real=planes.transpose(0, 2, 3, 1))
    trainer.step(real=(pictures * 127.5 + 127.5).astype(np.uint8))
    with pytest.raises(libgan.ShapeError):
        trainer.step(real=planes[:, :, :4])
    with pytest.raises(libgan.StateError, match="real"):
        trainer.step()  # the refused batch was taken back
    with pytest.raises(TypeError, match="did you mean 'real'"):
        trainer.step(reel=pictures)
    assert trainer.step(real=pictures, noise={"generator": ctx.empty(16, 6)})["step"] == 4


def test_what_diverges_changes_nothing(ctx, pictures):
    trainer = make_trainer(ctx)
    trainer.step(real=pictures)
    before = trainer.saves()
    with pytest.raises(ArithmeticError) as caught:
        trainer.step(real=np.full_like(pictures, np.nan))
    assert isinstance(caught.value, libgan.DivergedError) and trainer.saves() == before


def test_what_on_step_says(ctx, pictures):
    trainer = make_trainer(ctx, real=pictures)
    seen = []
    assert trainer.run(10, lambda t: seen.append(t.report["step"])) == 10
    assert seen == list(range(1, 11))
    assert trainer.run(10, lambda t: t.steps_made == 13) == 3
    assert trainer.run(2) == 2


def test_an_exception_comes_out_of_the_call(ctx, pictures):
    trainer = make_trainer(ctx, real=pictures)

    def broken(t):
        if t.steps_made == 4:
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        trainer.run(10, broken)
    assert trainer.steps_made == 4 and len(trainer.history["step"]) == 4
    with pytest.raises(libgan.StateError):
        trainer.run(1, lambda t: t.step())  # not inside a step
    assert trainer.run(2) == 2


def test_everything_goes_through_a_file(ctx, pictures, tmp_path):
    trainer = make_trainer(ctx, average=0.9, real=pictures)
    trainer.run(3)
    path = tmp_path / "run.safetensors"
    trainer.save(path)
    trainer.run(3)
    for source in (path, path.read_bytes()):
        again = libgan.Context(threads=1).load_trainer(source)
        again.set(real=pictures)
        again.run(3)
        assert again.saves() == trainer.saves() and again.steps_made == 6


def test_what_a_trainer_makes(ctx, pictures, tmp_path):
    trainer = make_trainer(ctx, average=0.5, real=pictures)
    trainer.run(3)
    z = np.ones((2, 6))
    live = trainer.route("noise", "image", averaged=False)
    assert np.array_equal(live(z), trainer.model("generator")(z))
    trainer.refresh()
    mean = trainer.route("noise > image")
    assert np.array_equal(mean(z), trainer.model("generator", averaged=True)(z))
    assert not np.array_equal(live(z), mean(z))
    before = live(z).tolist()
    trainer.run(1)
    assert live(z).tolist() != before
    sheet = trainer.sheet()
    assert sheet.ndim == 3 and sheet.dtype == "uint8"
    png = sheet._repr_png_()
    assert png.startswith(b"\x89PNG") and np.array_equal(libgan.image.loads(png), sheet)
    libgan.image.save(sheet, tmp_path / "sheet.png")
    assert np.array_equal(libgan.image.load(tmp_path / "sheet.png"), sheet)
    shown, columns = trainer.show("noise", 9)
    assert shown.shape == (9, 8, 8, 1) and columns == 1
    assert trainer.model("generator").ports.input_shapes == ((1, 1, 6),)
    with pytest.raises(libgan.ArgumentError, match="image"):
        trainer.route("image", "noise")
    with pytest.raises(libgan.UnsupportedError):
        trainer.sample(4)
    assert trainer.memory() > 0 and trainer.warnings == {}
    trainer.check()


# ---- data ----


class Sequence:
    def __init__(self, pictures, broken=None):
        self.pictures, self.broken, self.threads = pictures, broken, set()

    def __len__(self):
        return len(self.pictures)

    def __getitem__(self, i):
        self.threads.add(threading.get_ident())
        if i == self.broken:
            raise LookupError(f"example {i} is lost")
        return self.pictures[i], i % 3


def test_a_sequence_is_what_its_arrays_are(pictures):
    saved = []
    for source in (pictures, Sequence(pictures)):
        ctx = libgan.Context(threads=1, seed=5)
        trainer = make_trainer(ctx, real=ctx.dataset(source))
        trainer.run(6)
        saved.append(trainer.model("generator").saves())
    assert saved[0] == saved[1]


def test_sequences(ctx, pictures):
    source = Sequence(pictures)
    data = ctx.dataset(source)
    assert len(data) == 16 and data.fields == ["image", "label"] and data.shape("label") == ()
    assert np.array_equal(data[3]["image"], pictures[3]) and data[3]["label"] == 0
    assert np.array_equal(data[2:5]["label"], [2, 0, 1]) and len(data[[1, 1]]["image"]) == 2
    with pytest.raises(IndexError):
        data[16]
    room = np.zeros((2, 8, 8, 1), np.float32)
    assert data.read("image", [5, 2], out=room) is room and np.array_equal(room, pictures[[5, 2]])
    room.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        data.read("image", [1, 1], out=room)
    with pytest.raises(TypeError, match="float64"):
        data.read("image", [1, 1], out=np.zeros((2, 8, 8, 1)))
    for numbers in (data.read("label", range(16)) == 1, [0.5]):  # a mask is no list of numbers
        with pytest.raises(TypeError, match="numbered by integers"):
            data.read("image", numbers)
    assert data.read("image", []).shape == (0, 8, 8, 1)
    planes = pictures.transpose(0, 3, 1, 2)
    chw = ctx.dataset(Sequence(planes), layout="CHW")
    assert np.array_equal(chw[5]["image"], pictures[5])
    doubled = ctx.dataset(
        source, transform=lambda pair: {"image": pair[0], "vector": [pair[1]] * 4}
    )
    assert doubled.shape("vector") == (4,) and doubled[2]["vector"].tolist() == [2] * 4
    with pytest.raises(TypeError, match="no sequence"):
        ctx.dataset(x for x in pictures)


def test_what_sequences_do_not_have(ctx, pictures):
    bytes_, label = np.zeros((4, 4), np.uint8), 1
    for image in (bytes_.astype(np.int32), bytes_.astype(np.uint16)):
        with pytest.raises(TypeError, match=f"example 0: image is {image.dtype}; it must be uint8"):
            ctx.dataset([image])
    for wrong in (1.5, np.float32(2)):
        with pytest.raises(TypeError, match="label"):
            ctx.dataset([(bytes_, wrong)])
    with pytest.raises(ValueError, match="3 values"):
        ctx.dataset([(bytes_, label, bytes_)])
    assert ctx.dataset([{"vector": [0, 1, 0]}]).read("vector", [0]).tolist() == [[0, 1, 0]]


def test_pictures_of_pillow(ctx):
    image = pytest.importorskip("PIL.Image")
    red = image.new("RGB", (3, 2), (255, 0, 51))
    drawn = ctx.dataset([(red.quantize(4), 0), (red, 1)]).read("image", [0, 1])
    assert drawn.shape == (2, 2, 3, 3) and np.array_equal(drawn[0], drawn[1])
    white = ctx.dataset([image.new("1", (3, 2), 1)]).read("image", [0])
    assert np.all(white == 1)


def test_what_a_sequence_raises_comes_out(ctx, pictures):
    with pytest.raises(LookupError, match="example 0 is lost"):
        ctx.dataset(Sequence(pictures, broken=0))
    data = ctx.dataset(Sequence(pictures, broken=11))
    with pytest.raises(LookupError, match="example 11 is lost"):
        data.read("image", range(16))
    trainer = make_trainer(ctx, real=data)
    with pytest.raises(LookupError, match="example 11 is lost"):
        trainer.run(5)
    with pytest.raises(LookupError, match="example 11 is lost"):
        trainer.step()
    odd = ctx.dataset([np.zeros((8, 8, 1), np.float32), np.zeros((8, 9, 1), np.float32)])
    with pytest.raises(ValueError, match="example 1: image is float32"):
        odd.read("image", [0, 1])


def test_what_a_sequence_raises_costs_no_file(ctx, pictures, caplog):
    networks = {
        "encoder": "input 8 8 1; dense 8; batchnorm; dense 4",
        "decoder": "input 4; dense 64; reshape 8 8 1",
    }
    source = Sequence(pictures)
    trainer = ctx.trainer("autoencoder batch=4 average=0.9", real=ctx.dataset(source), **networks)
    trainer.run(2)
    source.broken = 7
    saved = trainer.saves()
    first, second = caplog.records
    assert {(r.name, r.levelname) for r in caplog.records} == {("libgan", "WARNING")}
    assert "average of the encoder keeps the batch statistics" in first.getMessage()
    assert "the callback stopped at example 7" in first.getMessage()
    assert "LookupError('example 7 is lost')" in second.getMessage()
    assert ctx.load_trainer(saved).steps_made == 2


def test_data_sets_are_let_go(ctx, pictures):
    readers = libgan.data._readers
    gc.collect()  # what tests before have left
    before = len(readers)
    data = ctx.dataset(Sequence(pictures))
    trainer = make_trainer(ctx, real=data)
    trainer.run(2)
    data.close()
    assert len(readers) == before + 1
    del trainer
    assert len(readers) == before


def test_labels_and_fields(ctx, pictures):
    labels = np.arange(16) % 3
    generator = (
        "input noise 6; input condition 3; concat from noise condition; "
        "dense 64; tanh; reshape 8 8 1"
    )
    discriminator = (
        "input image 8 8 1; input condition 3; f = flatten from image; concat from f condition; "
        "dense 8; relu; dense 1"
    )
    named = {"generator": generator, "discriminator": discriminator}
    data = ctx.dataset(image=pictures, label=labels)
    assert data.class_count == 3 and data.class_names == [None] * 3
    trainer = ctx.trainer("cgan batch=16", **named)
    trainer.set(real={"image": pictures, "label": labels})
    trainer.step()
    fed = ctx.trainer("cgan batch=16", **named)
    pair = {"image": pictures, "label": labels}
    fed.step(real=pair, mismatched=pictures)
    fed.step(**{"real.image": pictures, "real.label": labels}, mismatched=pictures)
    assert fed.steps_made == 2


# ---- threads and signals ----


def busy_trainer(seed):
    ctx = libgan.Context(threads=1, seed=seed)
    text = "input 64; dense 512; relu; dense 512; relu; dense 784; tanh; reshape 28 28 1"
    critic = "input 28 28 1; dense 512; relu; dense 512; relu; dense 1"
    pictures = np.random.default_rng(0).uniform(-1, 1, (128, 28, 28, 1)).astype(np.float32)
    return ctx.trainer("gan batch=128", generator=text, discriminator=critic, real=pictures)


def test_the_interpreter_goes_on_during_a_call():
    trainer = busy_trainer(1)
    trainer.run(1)
    counted, stop, during = [0], threading.Event(), []

    def count():
        while not stop.is_set():
            counted[0] += 1
            time.sleep(0.0005)

    thread = threading.Thread(target=count)
    thread.start()
    for _ in range(50):
        before = counted[0]
        trainer.run(1)
        during.append(counted[0] - before)
        if during[-1] > 5:
            break
    stop.set()
    thread.join()
    assert during[-1] > 5  # in one call


def test_two_trainers_on_two_threads():
    alone = [busy_trainer(seed) for seed in (1, 2)]
    for trainer in alone:
        trainer.run(3)
    together = [busy_trainer(seed) for seed in (1, 2)]
    threads = [threading.Thread(target=trainer.run, args=(3,)) for trainer in together]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for a, b in zip(alone, together):
        assert a.saves() == b.saves()


def test_one_context_serves_one_thread():
    trainer = busy_trainer(1)
    inside, done = threading.Event(), threading.Event()

    def wait(t):
        inside.set()
        done.wait(10)

    thread = threading.Thread(target=trainer.run, args=(1, wait))
    thread.start()
    inside.wait(10)
    with pytest.raises(libgan.BusyError, match="in use on another thread"):
        trainer.check()
    done.set()
    thread.join()
    trainer.check()


def interrupt_at(step):
    """on_step for a run in which Ctrl-C comes while the library works, soon after that step."""
    begun = threading.Event()

    def kill():
        begun.wait(60)
        time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=kill).start()
    return lambda trainer: begun.set() if trainer.steps_made >= step else None


def test_ctrl_c_ends_after_the_step():
    trainer = busy_trainer(1)
    trainer.run(1)
    for i in range(3):
        with pytest.raises(KeyboardInterrupt):
            trainer.run(1_000_000, interrupt_at(3 * i))
    made = trainer.steps_made
    assert 1 < made < 100_000 and len(trainer.history["step"]) == made
    again = busy_trainer(1)
    again.run(made)
    assert again.saves() == trainer.saves()  # complete, and no step was lost
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_of_the_caller_is_called():
    trainer, seen = busy_trainer(1), []
    before = signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))
    on_step = interrupt_at(2)
    try:
        assert trainer.run(100, lambda t: on_step(t) or (seen and t.steps_made > 3)) < 100
        assert trainer.run(10, lambda t: None) == 10 and seen == [signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("plain", [True, False])
def test_a_bar_where_it_is_wanted(ctx, pictures, capsys, monkeypatch, plain):
    if plain:
        monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    else:
        pytest.importorskip("tqdm")
    trainer = make_trainer(ctx, real=pictures)
    assert len(list(trainer.steps(5, bar=True))) == 5
    shown = capsys.readouterr().err
    assert "5/5" in shown and "loss.generator" in shown
    list(trainer.steps(5))
    assert capsys.readouterr().err == ""  # nobody looks


def test_models_are_in_a_trainer_as_they_are(ctx, pictures):
    g = ctx.model(GENERATOR)
    trainer = ctx.trainer("gan batch=16", generator=g, discriminator=DISCRIMINATOR, real=pictures)
    before = g(np.ones((1, 6))).tolist()
    trainer.run(1)
    assert g(np.ones((1, 6))).tolist() != before and trainer.model("generator") == g
    assert trainer.model("generator", averaged=True) is None


def test_a_whole_program_ends_by_ctrl_c(tmp_path):
    path = tmp_path / "x.safetensors"
    program = f"""
import sys; sys.path.insert(0, {os.path.dirname(__file__)!r})
from test_training import busy_trainer
t = busy_trainer(1)
def tell(t):
    if t.steps_made == 2: print("begun", flush=True)
try: t.run(10**6, tell)
except KeyboardInterrupt: t.save({str(path)!r}); print(t.steps_made)
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "begun\n"
    time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    trainer = libgan.Context(threads=1).load_trainer(path)
    assert process.returncode == 0 and trainer.steps_made == int(out)


def test_a_refused_step_feeds_nothing(pictures):
    def trained(**refused):
        trainer = make_trainer(libgan.Context(threads=1, seed=3), real=pictures)
        if refused:
            with pytest.raises((TypeError, ValueError)):
                trainer.step(**refused)
        trainer.step()
        return trainer.saves()

    other = np.full((16, 8, 8, 1), 0.5, np.float32)
    wrong = np.ones((3, 3), np.float32)
    wanted = trained()
    for feeds in ({"reel": other}, {"noise": wrong}, {"noise": "no batch"}):
        assert trained(real=other, **feeds) == wanted


def test_examples_by_numbers_and_by_bools(ctx):
    data = ctx.dataset(image=np.zeros((6, 2, 2, 1), np.float32), label=np.arange(6))
    assert list(data[[True, False] * 3]["label"]) == [0, 2, 4]
    assert list(data[np.array([0, -1])]["label"]) == [0, 5]
    assert data[np.int64(4)]["label"] == 4 and list(data[2:4]["label"]) == [2, 3]
    for key, kind in ((6, IndexError), ([True], IndexError), ([1.5], TypeError)):
        with pytest.raises(kind):
            data[key]
