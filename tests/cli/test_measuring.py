"""gan train that measures while it goes on and keeps the best: the figures of gan eval, the bits of
a training that does not measure, and what is known after an interruption."""

import json
import os
import random
import shutil
import struct
import unittest

from case import *

SIDE, CLASSES = 12, 3
# With a rate at which samples are best in the middle.
MEASURED = (
    RECIPE.replace("idx path=pictures.idx", "idx path=pictures.idx labels=labels.idx heldout=0.25")
    .replace("gan loss=non_saturating", "gan loss=non_saturating average=0.9")
    .replace("[run]", "[optimizer.generator]\nadam lr=3e-3 beta1=0.5\n\n[run]")
)
EVERY = ("--set", "run.eval_every=4")
RING = """[context]
seed=3 threads=1

[model.generator]
input 2
dense 8; relu; dense 2

[model.discriminator]
input 1 1 2
dense 8; relu; dense 1

[data.real]
mixture ring=8 count=2000

[trainer]
gan

[run]
steps=8 batch=16
sample_every=0 save_every=0 log_every=0 eval_every=4
"""
ALONE = """[context]
seed=3 threads=1

[model.discriminator]
input 1 1 2
dense 8; silu; dense 1

[data.real]
mixture points=0,0:0.5,0.5 deviation=0.1 count=500 heldout=0.2

[trainer]
discriminator steps=3 buffer=32

[run]
steps=8 batch=16
sample_every=0 save_every=0 log_every=0 eval_every=4 eval_samples=50
"""
CYCLE = cycle_recipe("steps=4 batch=2", "save_every=0 log_every=0 samples=4 eval_every=2",
                     " labels=labels.idx", " heldout=0.2")


def write_bars(count=120):
    """Pictures with a bar across, upright or on the diagonal, and which of these."""
    source, pixels = random.Random(1), b""
    for i in range(count):
        place, kind = source.randrange(SIDE), i % CLASSES
        for y in range(SIDE):
            for x in range(SIDE):
                on = (y, x, (x + y) % SIDE)[kind] == place
                pixels += bytes([source.randrange(40, 80) + 120 * on])
    with open("pictures.idx", "wb") as file:
        file.write(struct.pack(">4B3I", 0, 0, 8, 3, count, SIDE, SIDE) + pixels)
    with open("labels.idx", "wb") as file:
        file.write(struct.pack(">4BI", 0, 0, 8, 1, count) + bytes(i % CLASSES for i in range(count)))


class Measuring(Case):
    def setUp(self):
        super().setUp()
        write_bars()
        write_text("m.recipe", MEASURED)

    def train(self, recipe, folder, *words):
        """What standard error says."""
        code, out, err = self.gan("train", recipe, "--out", folder, *words)
        self.assertEqual(code, 0, err)
        return err

    def measured(self, folder):
        """The figures of each step that was measured."""
        found = {}
        for line in read_text(os.path.join(folder, "log.jsonl")).splitlines():
            values = json.loads(line)
            own = {k[5:]: v for k, v in values.items() if k.startswith("eval.")}
            if own:
                self.assertNotIn(values["step"], found)
                found[values["step"]] = own
        return found

    def eval(self, *words):
        code, out, err = self.gan("eval", *words, "--json")
        self.assertEqual(code, 0, err)
        return json.loads(out)

    def best(self, folder, key="frechet"):
        found = self.measured(folder)
        return min(found, key=lambda step: found[step][key])

    def test_the_best_is_kept_and_the_training_is_the_same(self):
        keep = ("--set", "run.keep=99", "--set", "run.save_every=1")
        said = self.train("m.recipe", "with", *EVERY, *keep)
        self.train("m.recipe", "without", *keep)
        self.same("with", "without")
        self.assertEqual(self.steps("without"), [5, 10, 15, 20])
        found = self.measured("with")
        self.assertEqual(sorted(found), [4, 8, 12, 16, 20])
        step = self.best("with")
        self.assertEqual(step, 12)
        for name in ("checkpoint", "generator"):
            self.assertEqual(read_bytes("with/%s-best.safetensors" % name),
                             read_bytes("with/%s%s.safetensors"
                                        % (name, "" if step == 20 else "-%06d" % step)))
        self.assertRegex(said, r"\nstep 4: frechet [0-9.]+ \(real pictures [0-9.]+\), the best so far,"
                               r" kept; measured in [0-9.]+ s, all measuring is \d+ % of the time\n")
        # gan eval finds the same, to the last bit, by the judge that the training has kept.
        code, out, err = self.gan("eval", "with", "--step", "best", "--json", "--threads", "2")
        self.assertEqual((code, err), (0, ""))
        result = json.loads(out)
        self.assertEqual(result["step"], step)
        made = {k: v for k, v in result["figures"]["samples"].items() if v is not None}
        score = result["scores"][0]
        for key in ("samples", "heldout", "training"):
            made["score." + key] = score[key]
        self.assertEqual(made, found[step])
        self.assertEqual(self.eval("with", "--step", "best")["figures"],
                         self.eval("with", *(("--step", str(step)) if step < 20 else ()))["figures"])

    def test_resumed_at_every_step(self):
        self.train("m.recipe", "whole", *EVERY)
        names = ("checkpoint.safetensors", "sheet.png", "judge-real.safetensors",
                 "checkpoint-best.safetensors", "generator-best.safetensors")
        for k in (1, 4, 7, 12):
            folder = "part%d" % k
            self.train("m.recipe", folder, *EVERY, "--steps", str(k))
            said = self.train("m.recipe", folder, *EVERY)
            self.assertIn("the best so far is that of step ", said)
            self.same("whole", folder, names[:3])
            found = self.measured(folder)
            if k % 4:
                del found[k]  # the last step of a training is measured, too
            else:
                self.same("whole", folder, names)
            self.assertEqual(found, self.measured("whole"))

    def test_killed_between_files(self):
        keep = ("--set", "run.keep=99", "--set", "run.save_every=2")
        self.train("m.recipe", "whole", *EVERY, *keep)
        for step in (2, 4, 10, 16):
            shutil.copytree("whole", "killed")
            shutil.copy("whole/checkpoint-%06d.safetensors" % step, "killed/checkpoint.safetensors")
            os.remove("killed/generator-best.safetensors")
            write_text("killed/checkpoint-best.safetensors.tmp", "half")
            self.train("m.recipe", "killed", *EVERY, *keep)
            self.same("whole", "killed", ("checkpoint.safetensors", "checkpoint-best.safetensors",
                                          "generator-best.safetensors"))
            self.assertEqual(self.measured("killed"), self.measured("whole"))
            self.assertFalse(os.path.exists("killed/checkpoint-best.safetensors.tmp"))
            shutil.rmtree("killed")

    def test_saved_by_a_signal_before_it_was_measured(self):
        """A checkpoint of a step whose measurement is not there: it is made first."""
        self.train("m.recipe", "whole", *EVERY)
        self.train("m.recipe", "run", *EVERY, "--steps", "8")
        lines = read_text("run/log.jsonl").splitlines(True)
        write_text("run/log.jsonl", "".join(l for l in lines if not l.startswith('{"step":8,')))
        for name in ("checkpoint", "generator"):
            os.remove("run/%s-best.safetensors" % name)
        self.train("m.recipe", "run", *EVERY)
        self.assertEqual(self.measured("run"), self.measured("whole"))

    def test_another_figure_decides(self):
        self.train("m.recipe", "run", *EVERY, "--set", "run.best=recall", "--steps", "12")
        found = self.measured("run")
        most = max(v["recall"] for v in found.values())
        first = min(s for s in found if found[s]["recall"] == most)
        self.assertEqual(self.eval("run", "--step", "best")["step"], first)
        # Where another one decides after that, the best is measured by it.
        said = self.train("m.recipe", "run", *EVERY, "--set", "run.best=kid")
        self.assertIn("the best so far is that of step %d: kid " % first, said)

    def test_commands_use_the_best(self):
        self.train("m.recipe", "run", *EVERY)
        self.good("sample", "run", "--step", "best", "--count", "9", "--out", "a.npy")
        self.good("sample", "run/generator-best.safetensors", "--count", "9", "--out", "b.npy")
        self.assertEqual(read_bytes("a.npy"), read_bytes("b.npy"))
        self.train("a.recipe", "other", "--steps", "1")
        for command in ("sample", "eval"):
            out = ("--out", "c.npy") if command == "sample" else ()
            self.bad(3, "gan %s: other has no checkpoint-best.safetensors: its training has measured "
                        "nothing (run.eval_every)" % command, command, "other", "--step", "best", *out)
        self.bad(2, "gan sample: --step best: b.npy is not the folder of a run", "sample", "b.npy",
                 "--step", "best", "--out", "c.npy")

    def test_a_best_that_cannot_be_written_or_read(self):
        """It costs a message each time that it begins, and the exit code at the end."""
        self.train("m.recipe", "run", *EVERY, "--steps", "4")
        os.remove("run/checkpoint-best.safetensors")
        os.mkdir("run/checkpoint-best.safetensors")
        code, out, err = self.gan("train", "m.recipe", "--out", "run", *EVERY)
        self.assertEqual(code, 4, err)
        self.assertIn("run/checkpoint-best.safetensors was not measured: the next that is takes its "
                      "place\n", err)
        self.assertEqual(err.count("gan train: cannot write run/checkpoint-best.safetensors: "), 1)
        self.assertEqual(len(self.measured("run")), 5)
        os.rmdir("run/checkpoint-best.safetensors")
        self.train("m.recipe", "whole", *EVERY)
        self.same("whole", "run")

    def test_a_judge_of_other_pictures(self):
        self.train("m.recipe", "labelled", *EVERY, "--steps", "4")
        shutil.copy("labelled/judge-real.safetensors", "other.safetensors")
        text = MEASURED.replace(" labels=labels.idx", "").replace(
            "[run]\n", "[run]\neval_every=4 judge=other.safetensors eval_samples=20\n")
        write_text("j.recipe", text)
        self.train("j.recipe", "run")
        step = self.best("run")
        found = self.eval("run", "--step", "best", "--count", "20")
        self.assertEqual(found["figures"]["samples"]["frechet"], self.measured("run")[step]["frechet"])
        self.assertFalse(os.path.exists("run/judge-real.safetensors"))

    def test_refused_before_anything_is_written(self):
        write_text("n.recipe", MEASURED.replace(" labels=labels.idx", ""))
        path = os.path.join(self.folder, "pictures.idx")
        self.bad(3, "gan train: run.eval_every: data.real (%s) has no labels to train a judge on, by "
                    "whose features samples could be measured; give labels, or a judge of other "
                    "pictures as run.judge" % path, "train", "n.recipe", "--out", "run", *EVERY)
        code, out, err = self.gan("train", "m.recipe", "--out", "run", *EVERY, "--set",
                                  "run.best=agreement")
        self.assertEqual(code, 3)
        self.assertIn("gan train: run.best is agreement, which samples of this run do not have; they "
                      "have: frechet, kid, precision, recall, density, coverage, score, diversity",
                      err)
        write_text("c.recipe", CYCLE)
        code, out, err = self.gan("train", "c.recipe", "--out", "run")
        self.assertEqual(code, 2)
        self.assertIn("more than one route of it makes pictures; choose with run.eval_route: 'x > y > x'",
                      err)
        route = ("train", "c.recipe", "--out", "run", "--set")
        self.bad(2, "gan train: run.eval_route is 'x > z': cyclegan: a route goes through spaces, and "
                    "'z' is none; there are: x, y", *route, "run.eval_route=x > z")
        self.bad(2, "gan train: run.eval_route is 'x > score', none that makes pictures", *route,
                 "run.eval_route=x > score")
        code, out, err = self.gan("train", "m.recipe", "--out", "run", *EVERY, "--set",
                                  "run.eval_samples=1")
        self.assertEqual(code, 3)
        self.assertIn("run.eval_samples: figures need two samples at least", err)
        write_text("j.recipe", MEASURED.replace(" labels=labels.idx", ""))
        self.bad(3, "gan train: run.judge %s: there is no such file, and no data with labels to "
                    "train a judge on" % os.path.join(self.folder, "none"),
                 "train", "j.recipe", "--out", "run", *EVERY, "--set", "run.judge=none")
        self.assertFalse(os.path.exists("run"))

    def test_translations(self):
        write_text("c.recipe", CYCLE)
        self.train("c.recipe", "run", "--set", "run.eval_route=x > y")
        found = self.eval("run", "--from", "x", "--to", "y", "--step", "best")
        self.assertEqual(found["scores"][0]["route"], "y > score")
        self.assertEqual(found["figures"]["samples"]["frechet"],
                         self.measured("run")[found["step"]]["frechet"])
        self.good("translate", "run", "--from", "x", "--to", "y", "--step", "best", "--data",
                  "idx path=pictures.idx", "--count", "3", "--out", "made")

    def test_points(self):
        write_text("r.recipe", RING)
        said = self.train("r.recipe", "ring")
        self.assertIn("step 4: modes ", said)
        found = self.eval("ring", "--step", "best")
        self.assertEqual(found["samples"]["count"], 2500)
        self.assertEqual(found["mixture"], {"modes": 8, "deviation": 0.01})
        made = found["figures"]
        self.assertEqual(made["real"]["modes"], 8)
        self.assertAlmostEqual(made["real"]["good"], 0.98889, 1)
        logged = self.measured("ring")[found["step"]]
        self.assertEqual((made["samples"]["modes"], made["samples"]["good"]),
                         (logged["modes"], logged["good"]))
        # Points that are there are counted against the same mixture.
        self.good("sample", "ring", "--count", "40", "--float", "--out", "p.npy")
        shape, values = read_codes("p.npy")
        distances = sorted(nearest(values[2 * i : 2 * i + 2]) for i in range(40))
        deviation = (distances[14] + distances[15]) / 6  # fifteen are within 3
        spec = "mixture ring=8 deviation=%.9g count=100" % deviation
        own = self.eval("p.npy", "--reference", spec)
        self.assertEqual((shape, own["figures"]["samples"]["good"]), ((40, 1, 1, 2), 15 / 40))

    def test_chains(self):
        write_text("d.recipe", ALONE)
        self.train("d.recipe", "run")
        found = self.eval("run", "--count", "50")
        self.assertEqual(found["samples"]["count"], 50)
        self.assertEqual(found["figures"]["samples"]["modes"], self.measured("run")[8]["modes"])
        self.assertIsNotNone(found["scores"][0]["heldout"])


def write_bytes(path, data):
    with open(path, "wb") as file:
        file.write(data)


def nearest(point):
    """The distance of the nearest centre of the ring."""
    return min(
        math.dist(point, (math.cos(k * math.pi / 4), math.sin(k * math.pi / 4))) for k in range(8)
    )


if __name__ == "__main__":
    main()
