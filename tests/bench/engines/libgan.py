"""libgan over its public interface: a runner that writes into an array of the caller's."""
import ctypes
import os
import sys

NAME, MODULES, PROGRAMS, EXPORT = "libgan", ("numpy",), (), ""

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "figures"))
import library


def open_session(job):
    spec = "threads=%d seed=1 filter=%s" % (job["threads"], job["filter"])
    return library.Session(library.open_library(job["library"]), spec)


def as_array(session, tensor, *shape):
    """The tensor's own memory."""
    import numpy
    place = ctypes.cast(session.library.gan_tensor_data(tensor), ctypes.POINTER(ctypes.c_float))
    return numpy.ctypeslib.as_array(place, shape)


def parameter(session, model, name):
    """A tensor with the shape of this parameter, and its numbers as an array."""
    rank, shape = ctypes.c_int32(), (ctypes.c_int64 * 4)()
    session.good(session.library.gan_model_parameter_shape(model, name, rank, shape))
    tensor = session.zeros(*shape[:rank.value])
    return tensor, as_array(session, tensor, *shape[:rank.value])


def make_weights(job, text, path):
    """A file with the network's first weights. Batch normalisation is given statistics, scales and shifts
    as a training would leave them: with those that it begins with it would do nothing."""
    import numpy
    random = numpy.random.default_rng(1)
    with open_session(job) as session:
        lib = session.library
        model = session.parse_model(text)
        names = [lib.gan_model_parameter_name(model, i) for i in range(lib.gan_model_parameter_count(model))]
        for name in (name for name in names if name.endswith(b".running_mean")):
            layer = name[:-len(b".running_mean")]
            for leaf, (low, high) in {b"running_mean": (-0.2, 0.2), b"running_var": (0.5, 1.5),
                                      b"weight": (0.5, 1.5), b"bias": (-0.2, 0.2)}.items():
                tensor, numbers = parameter(session, model, layer + b"." + leaf)
                numbers[:] = random.uniform(low, high, numbers.shape)
                session.good(lib.gan_model_write(model, layer + b"." + leaf, tensor))
        session.good(lib.gan_model_save(model, path.encode()))


def load(job):
    import numpy
    session = open_session(job)
    lib = session.library
    model = session.make("model", "gan_model_load", session.context, job["weights"].encode())
    runner = session.make("runner", "gan_runner_create", session.context, model, b"batch=%d" % job["batch"])
    given = numpy.load(job["input"]).transpose(0, 2, 3, 1)
    taken = (job["batch"], *session.shape(runner, "output", 0))
    x, y = session.zeros(*given.shape), session.zeros(*taken)
    as_array(session, x, *given.shape)[:] = given
    made = as_array(session, y, *taken)
    ins, outs = (ctypes.c_void_p * 1)(x), (ctypes.c_void_p * 1)(y)

    def run():
        session.good(lib.gan_runner_run(runner, ins, 1, outs, 1))

    return run, lambda: made.transpose(0, 3, 1, 2), lib.gan_context_text(session.context).decode()
