"""Rows of mixtures of Gaussians: does a training find all of them, and does it stay near them.

The protocol is PacGAN's: 2,500 samples, of which one is good that lies within three deviations of the nearest
centre; a centre with a good sample is found. The settings of the recipes were chosen on other seeds, from 101
on, than those that are measured."""
import os
import tempfile

from rows import Figure, Row

SAMPLES = 2500


def compare(session, mixture, samples):
    """How many Gaussians of a data set are found, and the share of good samples, a tensor."""
    centres, deviation = session.mixture(mixture)
    return session.metric("modes sigma=%.17g" % deviation, ("modes", "good"), real=centres, fake=samples)


class Points(Row):
    recipe = ""

    def measure(self, work, seed):
        path = work.recipe(self.recipe)
        folder = work.train(path, seed)
        with tempfile.TemporaryDirectory() as beside, work.session() as session:
            samples = os.path.join(beside, "samples.npy")
            work.sample(folder, samples, 50 if work.quick else SAMPLES, seed)
            mixture = session.recipe_data(session.load_recipe(path), "real")
            return compare(session, mixture, session.load_tensor(samples))


class RingGan(Points):
    name = recipe = "ring-gan"
    title = "ring of 8 Gaussians by a GAN that sees packs"
    figures = (Figure("modes", "found", "%.1f", least=8), Figure("good", "good", least=0.8))
    seeds = 5


class GridGan(Points):
    name = recipe = "grid-gan"
    title = "grid of 25 Gaussians by a GAN that sees packs"
    figures = (Figure("modes", "found", "%.1f", least=24.8), Figure("good", "good", least=0.8))
    seeds = 5


class RingDiscriminator(Points):
    name = recipe = "ring-discriminator"
    title = "ring of 8 Gaussians by a discriminator alone"
    figures = RingGan.figures


ROWS = (RingGan(), GridGan(), RingDiscriminator())
