"""The judge of a row: a classifier that libgan trains on the labelled pictures that the row's networks have
seen (gan_judge_train), and what it says of others."""
import array


def train(work, session, data, seed=1):
    rounds = 1 if work.quick else 0  # 0: as many as it has by itself
    return session.make("model", "gan_judge_train", session.context, b"seed=%d rounds=%d" % (seed, rounds),
                        data, None)


def judged(session, judge, pictures):
    """What the judge says of them, two tensors."""
    outputs, count = session.run(judge, pictures), len(pictures) // session.input_size(judge, 0)
    made = {name: outputs[session.output_index(judge, name)] for name in ("features", "logits")}
    return {name: session.tensor(values, count, len(values) // count) for name, values in made.items()}


def agreement(session, judge, pictures, labels):
    """The share of pictures whose largest logit is that of their class."""
    logits = judged(session, judge, pictures)["logits"]
    label = session.tensor(array.array("f", labels), len(labels))
    return session.metric("agreement", ("agreement",), fake=logits, label=label)["agreement"]
