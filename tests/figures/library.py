"""libgan over ctypes, as far as the figures need it: data sets, checkpoints, networks that are run."""
import array
import contextlib
import ctypes
import math
import os
import sys

from cache import SOURCE

sys.path.append(os.path.join(SOURCE, "tests", "abi"))
from declarations import Headers, Library

BATCH = 100


class Failure(Exception):
    """A call that failed, with libgan's message."""


def open_library(path):
    headers = Headers(os.path.join(SOURCE, "include", "gan"))
    library = Library(path, headers)
    library.headers, library.constants = headers, headers.constants
    return library


class Session(contextlib.ExitStack):
    """A context, and what is made in it; all ends with it."""

    def __init__(self, library, spec="threads=2"):
        super().__init__()
        self.library, self.context = library, None
        message = ctypes.create_string_buffer(512)
        out = ctypes.c_void_p()
        if library.gan_context_create(out, spec.encode(), None, message, 512):
            raise Failure(message.value.decode())
        self.context = out.value
        self.callback(library.gan_context_release, self.context)

    def inner(self):
        """A session in the same context, whose own things end sooner."""
        made = Session.__new__(Session)
        contextlib.ExitStack.__init__(made)
        made.library, made.context = self.library, self.context
        return made

    def good(self, status):
        if status:
            raise Failure(self.library.gan_context_message(self.context).decode())

    def make(self, noun, function, *arguments):
        out = ctypes.c_void_p()
        self.good(getattr(self.library, function)(out, *arguments))
        self.callback(getattr(self.library, "gan_%s_release" % noun), out.value)
        return out.value

    def zeros(self, *shape):
        """A new tensor of float32."""
        return self.make("tensor", "gan_tensor_create", self.context,
                         self.library.constants["GAN_FLOAT32"], len(shape),
                         (ctypes.c_int64 * len(shape))(*shape))

    def tensor(self, values, *shape):
        """A new one with these numbers."""
        assert math.prod(shape) == len(values), (shape, len(values))
        made = self.zeros(*shape)
        ctypes.memmove(self.library.gan_tensor_data(made), values.buffer_info()[0], 4 * len(values))
        return made

    def load_tensor(self, path):
        return self.make("tensor", "gan_tensor_load", self.context, path.encode())

    def numbers(self, tensor):
        count = self.library.gan_tensor_count(tensor)
        values = array.array("f")
        values.frombytes(ctypes.string_at(self.library.gan_tensor_data(tensor), 4 * count))
        return values

    # ---- data ----

    def open_data(self, spec):
        return self.make("dataset", "gan_dataset_open", self.context, spec.encode())

    def count(self, data):
        return self.library.gan_dataset_count(data)

    def field_shape(self, data, field):
        """([H, W, C] or [C] or [], the number of classes)."""
        rank, shape, classes = ctypes.c_int32(), (ctypes.c_int64 * 3)(), ctypes.c_int64()
        self.good(self.library.gan_dataset_field_shape(data, field.encode(), rank, shape, classes))
        return list(shape[:rank.value]), classes.value

    def read(self, data, field, indices):
        """The numbers of these examples, one after the other: pictures in [-1, 1], labels as they are."""
        shape, _ = self.field_shape(data, field)
        tensor = self.zeros(len(indices), *shape)
        self.good(self.library.gan_dataset_read(data, field.encode(),
                                                (ctypes.c_int64 * len(indices))(*indices), tensor))
        return self.numbers(tensor)

    def log_draws(self, count, h=1, w=1, c=1):
        """A data set of `count` pictures of zeros, and the list to which the index of each that is
        drawn is added. It must not outlive the session."""
        drawn = []
        headers = self.library.headers
        types, constants = headers.types, headers.constants
        shape = (ctypes.c_int64 * 3)(h, w, c)
        fields = types["gan_dataset_field"]()
        fields.size, fields.name = ctypes.sizeof(fields), b"image"
        fields.dtype, fields.rank, fields.shape = constants["GAN_FLOAT32"], 3, shape

        def read(user, index, data):
            drawn.append(index)
            ctypes.memset(data[0], 0, 4 * h * w * c)
            return 0

        function = types["gan_dataset_read_function"](read)
        self.callback(lambda: function)  # kept until the data set is gone
        release = headers.functions["gan_dataset_from_callback"][1][6]()
        return self.make("dataset", "gan_dataset_from_callback", self.context, fields, 1, count,
                         function, release, None), drawn

    def recipe_data(self, recipe, feed):
        return self.make("dataset", "gan_recipe_dataset", recipe, self.context, feed.encode())

    def mixture(self, data):
        """The centres of a mixture's Gaussians, a tensor, and their deviation."""
        out, deviation = ctypes.c_void_p(), ctypes.c_double()
        self.good(self.library.gan_dataset_mixture(out, deviation, data))
        self.callback(self.library.gan_tensor_release, out.value)
        return out.value, deviation.value

    # ---- metrics ----

    def metric(self, spec, names, **sets):
        """These figures of a metric, of a tensor of rows for each set."""
        with self.inner() as inner:
            metric = inner.make("metric", "gan_metric_create", inner.context, spec.encode())
            for key, rows in sets.items():
                inner.good(inner.library.gan_metric_add(metric, key.encode(), rows))
            value = ctypes.c_double()
            made = {}
            for name in names:
                inner.good(inner.library.gan_metric_value(metric, name.encode(), value))
                made[name] = value.value
            return made

    # ---- networks ----

    def parse_model(self, text):
        return self.make("model", "gan_model_parse", self.context, text.encode())

    def load_trainer(self, path):
        return self.make("trainer", "gan_trainer_load", self.context, path.encode())

    def route(self, trainer, route):
        """The network of a route, with the averages where they are kept."""
        return self.make("model", "gan_trainer_route", trainer, route.encode(),
                         self.library.constants["GAN_MODEL_AVERAGED"])

    def role(self, trainer, role):
        """Its trained network, borrowed."""
        model = self.library.gan_trainer_model(trainer, role.encode(), 0)
        if not model:
            raise Failure("there is no model of the role '%s'" % role)
        return model

    def output_index(self, model, name):
        return self.library.gan_model_output_index(model, name.encode())

    def input_size(self, model, index):
        """How many numbers one example of this input has."""
        shape = (ctypes.c_int64 * 3)()
        self.good(self.library.gan_model_input_shape(model, index, shape))
        return math.prod(shape)

    def run(self, model, *inputs, size=(0, 0)):
        """The outputs of the model in evaluation mode, a list of numbers each, for as many examples as
        the inputs (numbers one after the other) hold. `size` is the pictures' height and width, where
        the model leaves them open."""
        lib = self.library
        runner = self.make("runner", "gan_runner_create", self.context, model,
                           b"batch=%d height=%d width=%d" % (BATCH, *size))
        ins = [self.shape(runner, "input", i) for i in range(lib.gan_model_input_count(model))]
        outs = [self.shape(runner, "output", i) for i in range(lib.gan_model_output_count(model))]
        count = len(inputs[0]) // math.prod(ins[0])
        sizes = [count * math.prod(shape) for shape in ins]
        assert [len(values) for values in inputs] == sizes, (ins, [len(values) for values in inputs])
        made = [array.array("f") for _ in outs]
        for start in range(0, count, BATCH):
            with self.inner() as inner:
                inner.run_batch(runner, inputs, ins, made, outs, start, min(BATCH, count - start))
        return made

    def run_batch(self, runner, inputs, ins, made, outs, start, n):
        given = [self.tensor(values[start * math.prod(shape):(start + n) * math.prod(shape)], n, *shape)
                 for values, shape in zip(inputs, ins)]
        taken = [self.zeros(n, *shape) for shape in outs]
        self.good(self.library.gan_runner_run(runner, (ctypes.c_void_p * len(given))(*given), len(given),
                                              (ctypes.c_void_p * len(taken))(*taken), len(taken)))
        for values, tensor in zip(made, taken):
            values.extend(self.numbers(tensor))

    def shape(self, runner, side, index):
        shape = (ctypes.c_int64 * 3)()
        self.good(getattr(self.library, "gan_runner_%s_shape" % side)(runner, index, shape))
        return list(shape)

    # ---- recipes ----

    def load_recipe(self, path, settings=()):
        recipe = self.make("recipe", "gan_recipe_load", self.context, path.encode())
        for setting in settings:
            name, _, value = setting.partition("=")
            self.good(self.library.gan_recipe_set(recipe, name.encode(), value.encode()))
        return recipe

    def option(self, recipe, path):
        value = ctypes.create_string_buffer(512)
        self.good(self.library.gan_recipe_option(recipe, path.encode(), ctypes.addressof(value), 512))
        return value.value.decode()
