"""Rows of the trainers that make pictures again from codes: what a recipe reaches on held-out pictures
beside PyTorch.

Both sides start from the same weights and make the recipe's steps on the same batches (beside.py), each with
noise of its own. One and the same evaluation, in PyTorch, then goes over the pictures that neither has seen;
that libgan's runner gives the same error where there is no noise is made sure of."""
import math
import os
import tempfile

import beside
import library
import metrics
from rows import Figure, Row, held_out, seen, torch_version

DRAWS = 16


class Reconstruction(Row):
    modules = ("torch", "numpy", "safetensors")
    recipe = ""
    smallest = {"encoder": "input 1 1 1; dense 1", "decoder": "input 1; dense 1"}  # that it takes, of one number

    def sources(self):
        return [*super().sources(), *beside.SOURCES]

    def measure(self, work, seed):
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # waiting threads take time on a busy machine
        import torch
        import torch_net
        torch.set_num_threads(work.threads)
        recipe = work.recipe(self.recipe)
        folder = work.train(recipe, seed)
        with tempfile.TemporaryDirectory() as temporary, work.session() as session:
            start = os.path.join(temporary, "start.safetensors")
            steps, batch = beside.save_start(work, session, recipe, seed, start)
            spelled = session.load_recipe(recipe)
            known, unseen = (beside.pictures(session, *pair) for pair in (
                seen(session, spelled, "real"), held_out(work, session, spelled, "real")))
            theirs = work.part(
                "torch-" + self.name, seed, [recipe, __file__, torch_net.__file__, library.__file__],
                lambda: self.train_torch(start, known, unseen,
                                         beside.order(work, recipe, seed, self.smallest, len(known), steps * batch),
                                         batch, seed, work.tell))
            ours = self.loss(work.checkpoint(folder), unseen)
            self.check_runner(session, work.checkpoint(folder), unseen, ours)
        return {"libgan": ours, "torch": theirs["loss"], "difference": 100 * (ours / theirs["loss"] - 1),
                "start": theirs["start"], "torch_seconds": theirs["seconds"], "version": torch_version()}

    def train_torch(self, start, known, unseen, order, batch, seed, tell):
        import time

        import torch
        from torch_net import Checkpoint
        checkpoint = Checkpoint(start)
        begun = self.loss(start, unseen)
        weights = [p for net in checkpoint.nets.values() for p in net.parameters()]
        rule, rate = checkpoint.optimizer("autoencoder", weights)
        random = torch.Generator().manual_seed(seed)
        tell("  training the same networks in PyTorch, seed %d" % seed)
        clock = time.perf_counter()
        for drawn in torch.tensor(order).split(batch):
            rule.zero_grad()
            self.objective(checkpoint, known[drawn], random).backward()
            rule.step()
            rate.step()
        return {"loss": self.evaluate(checkpoint, unseen), "start": begun,
                "seconds": time.perf_counter() - clock}

    def loss(self, path, pictures):
        from torch_net import Checkpoint
        return self.evaluate(Checkpoint(path), pictures)

    def evaluate(self, checkpoint, pictures):
        import torch
        for net in checkpoint.nets.values():
            net.eval()
        with torch.no_grad():
            return self.error(checkpoint, pictures, torch.Generator().manual_seed(1))

    def objective(self, checkpoint, x, random):
        """What both networks descend."""
        raise NotImplementedError

    def error(self, checkpoint, x, random):
        """Of held-out pictures."""
        raise NotImplementedError

    def check_runner(self, session, path, pictures, error):
        pass


class Vae(Reconstruction):
    name = "vae"
    title = "held-out evidence of fashion-vae beside the same net in PyTorch"
    recipe = "fashion-vae"
    smallest = {"encoder": "input 1 1 1; mean = dense 1; log_variance = dense 1; output mean log_variance",
                "decoder": "input 1; dense 1"}
    figures = (Figure("difference", "difference", "%+.2f %%", within=1.0),
               Figure("libgan", "libgan", "%.2f nats"), Figure("torch", "PyTorch", "%.2f nats"))

    @staticmethod
    def code(checkpoint, x):
        mean, log_variance = checkpoint.nets["encoder"](x)
        kl = (mean ** 2 + log_variance.exp() - 1 - log_variance).sum() / 2
        return mean, (log_variance / 2).exp(), kl

    @staticmethod
    def reconstruction(checkpoint, x, z):
        from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss
        decoded = checkpoint.nets["decoder"](z)[0].reshape(x.shape)
        if checkpoint.options["likelihood"] == "bernoulli":
            return binary_cross_entropy_with_logits(decoded, (x + 1) / 2, reduction="sum")
        return mse_loss(decoded, x, reduction="sum") / (2 * float(checkpoint.options["deviation"]) ** 2)

    def sample(self, mean, deviation, random):
        import torch
        return mean + deviation * torch.randn(mean.shape, generator=random)

    def objective(self, checkpoint, x, random):
        mean, deviation, kl = self.code(checkpoint, x)
        made = self.reconstruction(checkpoint, x, self.sample(mean, deviation, random))
        return (made + float(checkpoint.options["beta"]) * kl) / len(x)

    def error(self, checkpoint, x, random):
        """The bound of -log p(x) in nats in a picture, with fixed draws of z for each."""
        mean, deviation, kl = self.code(checkpoint, x)
        made = sum(self.reconstruction(checkpoint, x, self.sample(mean, deviation, random)).item()
                   for _ in range(DRAWS))
        return (made / DRAWS + kl.item()) / len(x)


class Autoencoder(Reconstruction):
    name = "autoencoder"
    title = "held-out error of fashion-autoencoder beside the same net in PyTorch"
    recipe = "fashion-autoencoder"
    figures = (Figure("difference", "difference", "%+.2f %%", within=1.0),
               Figure("libgan", "libgan", "%.5f"), Figure("torch", "PyTorch", "%.5f"))

    @staticmethod
    def decoded(checkpoint, x):
        return checkpoint.nets["decoder"](checkpoint.nets["encoder"](x)[0])[0].reshape(x.shape)

    def objective(self, checkpoint, x, random):
        from torch.nn.functional import binary_cross_entropy_with_logits, l1_loss, mse_loss
        decoded, loss = self.decoded(checkpoint, x), checkpoint.options["loss"]
        if loss == "bce":
            return binary_cross_entropy_with_logits(decoded, (x + 1) / 2)
        return (l1_loss if loss == "l1" else mse_loss)(decoded, x)

    def error(self, checkpoint, x, random):
        return self.objective(checkpoint, x, random).item()

    def check_runner(self, session, path, pictures, error):
        """The route makes of logits what they stand for, so only pictures can be compared."""
        import array
        trainer = session.load_trainer(path)
        text = session.library.gan_trainer_text(trainer).decode()
        given = array.array("f", pictures.permute(0, 2, 3, 1).flatten().tolist())
        (made,) = session.run(session.route(trainer, "image > code > image"), given)
        own = {"loss=l1": metrics.mean_absolute, "loss=l2": metrics.mean_square}
        for word, measure in own.items():
            if word in text.split() and not math.isclose(measure(made, given), error, rel_tol=1e-4):
                raise library.Failure("the runner's error is %g, PyTorch's of the same network %g" %
                                      (measure(made, given), error))


ROWS = (Autoencoder(), Vae())
