"""Rows of the conditional GAN: does D know which picture goes with which condition, and does G obey.

D judges held-out real pictures, in evaluation mode and batches of matched and mismatched pairs mixed: each
picture once with its own class, once with another one, drawn from the others evenly. The figure is the area
under the curve: how often the matched one of two has the larger score."""
import array
import random

import judge
import metrics
from rows import Figure, Row, held_out, seen


def one_hot(labels, classes):
    values = array.array("f", bytes(4 * classes * len(labels)))
    for i, label in enumerate(labels):
        values[i * classes + label] = 1
    return values


def mixed_pairs(labels, classes, seed=1):
    """(picture, class, whether it is the picture's own) of each picture twice, in a random order."""
    source = random.Random(seed)
    pairs = []
    for i, label in enumerate(labels):
        other = source.randrange(classes - 1)
        pairs += [(i, label, True), (i, other + (other >= label), False)]
    source.shuffle(pairs)
    return pairs


def scores(session, model, output, pictures, pairs, classes):
    """What D says of these pairs, a number each: the mean of its patches."""
    size = len(pictures) // (1 + max(i for i, _, _ in pairs))
    images = type(pictures)("f")
    for i, _, _ in pairs:
        images.extend(pictures[i * size:(i + 1) * size])
    conditions = one_hot([label for _, label, _ in pairs], classes)
    inputs = {"image": images, "condition": conditions}
    names = [session.library.gan_model_input_name(model, i).decode() for i in range(2)]
    made = session.run(model, *(inputs[name] for name in names))[max(0, session.output_index(model, output))]
    patches = len(made) // len(pairs)
    return [sum(made[i * patches:(i + 1) * patches]) / patches for i in range(len(pairs))]


def match_auc(work, session, recipe, checkpoint, output):
    """Of D in a checkpoint, on the pictures that the recipe holds out."""
    data, indices = held_out(work, session, session.load_recipe(recipe), "real")
    _, classes = session.field_shape(data, "label")
    labels = [int(label) for label in session.read(data, "label", indices)]
    pairs = mixed_pairs(labels, classes)
    model = session.role(session.load_trainer(checkpoint), "discriminator")
    said = scores(session, model, output, session.read(data, "image", indices), pairs, classes)
    return metrics.auc([s for s, pair in zip(said, pairs) if pair[2]],
                       [s for s, pair in zip(said, pairs) if not pair[2]])


class Matches(Row):
    recipe, output, settings = "fashion-cgan", "realness", ()

    def measure(self, work, seed):
        return {"auc": self.auc(work, seed, self.settings)}

    def auc(self, work, seed, settings, output=""):
        recipe = work.recipe(self.recipe)
        folder = work.train(recipe, seed, settings)
        with work.session() as session:
            return match_auc(work, session, recipe, work.checkpoint(folder), output or self.output)


class OneScore(Matches):
    name = "cgan"
    title = "D of fashion-cgan tells matched from mismatched held-out real pairs"
    figures = (Figure("auc", "AUC", least=0.90),)


class TwoHeads(Matches):
    """Whether a real picture has its own condition is the match head's affair, and none of the realness head's:
    mismatched real pairs are low in match, and as high in realness as matched ones."""
    name = "cgan-two-heads"
    title = "the match head of fashion-cgan-two-heads, the same, beside its realness head"
    recipe, output = "fashion-cgan-two-heads", "match"
    figures = (Figure("auc", "AUC", least=0.95), Figure("realness", "AUC of realness", most=0.6))

    def measure(self, work, seed):
        return {"auc": self.auc(work, seed, ()), "realness": self.auc(work, seed, (), "realness")}


class NoMismatch(Matches):
    """The same training without its mismatched pairs, beside the one with them, seed by seed."""
    name = "cgan-no-mismatch"
    title = "fashion-cgan with mismatch=0: how much nearer to chance its AUC is"
    figures = (Figure("nearer", "nearer by", least=0.15), Figure("auc", "AUC"))

    def measure(self, work, seed):
        without, whole = (self.auc(work, seed, s) for s in (("trainer.mismatch=0",), ()))
        return {"auc": without, "nearer": abs(whole - 0.5) - abs(without - 0.5)}


class Obeys(Row):
    """Samples of G, in evaluation mode, as a judge sees them that has learned from the pictures that G's training
    had; beside what it says of the pictures that neither has seen."""
    name = "cgan-obeys"
    title = "samples of fashion-cgan that a judge takes for their class"
    recipe, each = "fashion-cgan", 100
    figures = (Figure("share", "of the judge's accuracy", least=0.95), Figure("samples", "samples"),
               Figure("real", "held-out pictures"))

    def sources(self):
        return [*super().sources(), judge.__file__]

    def measure(self, work, seed):
        path = work.recipe(self.recipe)
        folder = work.train(path, seed)
        with work.session() as session:
            recipe = session.load_recipe(path)
            known, (data, unseen) = seen(session, recipe, "real"), held_out(work, session, recipe, "real")
            _, classes = session.field_shape(data, "label")
            model = judge.train(work, session, known[0], seed)
            trainer = session.load_trainer(work.checkpoint(folder))
            made = self.samples(session, trainer, classes, 2 if work.quick else self.each, seed)
            real = judge.agreement(session, model, session.read(data, "image", unseen),
                                   session.read(data, "label", unseen))
            fake = judge.agreement(session, model, *made)
            return {"real": real, "samples": fake, "share": fake / max(real, 1e-9)}

    @staticmethod
    def samples(session, trainer, classes, each, seed):
        """So many of each class, and their classes."""
        model = session.route(trainer, "noise > image")
        names = [session.library.gan_model_input_name(model, i).decode() for i in range(2)]
        assert session.library.gan_model_note(model, b"prior") == b"normal"
        noise_at = 1 - names.index("condition")
        labels = [label for label in range(classes) for _ in range(each)]
        source = random.Random(seed)
        size = session.input_size(model, noise_at)
        noise = array.array("f", [source.gauss(0, 1) for _ in range(size * len(labels))])
        inputs = [one_hot(labels, classes)] * 2
        inputs[noise_at] = noise
        return session.run(model, *inputs)[0], labels


ROWS = (OneScore(), TwoHeads(), NoMismatch(), Obeys())
