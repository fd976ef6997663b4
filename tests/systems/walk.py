"""What walk.c does, by the Python package: a training from its recipe, a few steps of it, and then all that it
is for."""
import numpy as np

import libgan

OPEN_SIZE = 32


def go(trainer, route):
    """A route as a program has it: one model, run on one example."""
    model = trainer.route(route, averaged=False)
    shapes = [[OPEN_SIZE if size < 0 else size for size in shape] for shape in model.ports.input_shapes]
    outputs = model(*(np.zeros((1, *shape), np.float32) for shape in shapes))
    assert all(np.isfinite(y).all() for y in (outputs if isinstance(outputs, tuple) else (outputs,)))


WAYS = {
    "route": go,
    "score": go,
    "sheet": lambda trainer, space: trainer.sheet(space, 2, averaged=False),
    "sample": lambda trainer, space: trainer.sample(2, steps=3, seed=1, averaged=False),
}


def walk(path, out, settings):
    """The checkpoint is in `out` then; the lines that walk.c prints: the kind, and what was gone."""
    recipe = libgan.load_recipe(path).set(dict(setting.split("=", 1) for setting in settings))
    trainer = recipe.trainer()
    trainer.run(recipe.steps)
    trainer.save(out)
    lines = [trainer.text.split()[0]]
    for member in trainer.members:
        if member.type in WAYS:
            WAYS[member.type](trainer, member.name)
            lines.append("%s %s" % (member.type, member.name))
    return lines
