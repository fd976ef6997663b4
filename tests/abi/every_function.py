"""Every public function from Python over ctypes, as a foreign program meets them.

    python every_function.py LIBRARY SOURCE

Types come from the headers alone (declarations.py). A new function of the library is called in the
test of its header; test_zz_every_function_was_called says which ones are missing.
"""
import array
import ctypes
import math
import os
import sys
import tempfile
import unittest

from declarations import Headers, Library

LIBRARY, SOURCE = sys.argv[1:3]
H = Headers(os.path.join(SOURCE, "include", "gan"))
LIB = Library(LIBRARY, H)
FLOAT32, UINT8, INT32 = (H.constants["GAN_" + name] for name in ("FLOAT32", "UINT8", "INT32"))
GENERATOR = b"""input 6; dense 2*2*8; reshape 2 2 8; batchnorm; relu
conv_transpose2d 4 kernel=4 stride=2 pad=1; relu
conv_transpose2d 1 kernel=4 stride=2 pad=1; tanh"""
DISCRIMINATOR = b"input 8 8 1; conv2d 4 kernel=4 stride=2 pad=1; leaky_relu 0.2; dense 1"


def int64s(*numbers):
    return (ctypes.c_int64 * len(numbers))(*numbers)


def strings(*texts):
    return (ctypes.c_char_p * len(texts))(*texts)


def handles(*items):
    return (ctypes.c_void_p * len(items))(*items)


class Session(unittest.TestCase):
    def setUp(self):
        self.owned, self.context = [], None
        self.context = self.make("context", LIB.gan_context_create, b"threads=2 seed=7", None, None,
                                 0)

    def tearDown(self):
        for noun, handle in reversed(self.owned):
            getattr(LIB, "gan_%s_retain" % noun)(handle)
            for _ in range(2):
                getattr(LIB, "gan_%s_release" % noun)(handle)

    def good(self, status):
        message = LIB.gan_context_message(self.context).decode() if self.context else ""
        self.assertEqual(LIB.gan_status_name(status), b"GAN_OK", message)

    def make(self, noun, function, *arguments):
        out = ctypes.c_void_p()
        self.good(function(ctypes.byref(out), *arguments))
        self.owned.append((noun, out.value))
        return out.value

    def tensor(self, *shape):
        """A new one of float32 with some numbers in [-1, 1]."""
        made = self.make("tensor", LIB.gan_tensor_create, self.context, FLOAT32, len(shape),
                         int64s(*shape))
        values = self.floats(made)
        for i in range(len(values)):
            values[i] = i * 7919 % 201 / 100 - 1
        return made

    def floats(self, tensor):
        count = LIB.gan_tensor_count(tensor)
        return (ctypes.c_float * count).from_address(LIB.gan_tensor_data(tensor))

    def bytes_of(self, tensor):
        """Of one of uint8."""
        return ctypes.string_at(LIB.gan_tensor_data(tensor), LIB.gan_tensor_count(tensor))

    def model(self, text):
        return self.make("model", LIB.gan_model_parse, self.context, text)

    def like(self, model, name):
        rank, shape = ctypes.c_int32(), int64s(0, 0, 0, 0)
        self.good(LIB.gan_model_parameter_shape(model, name, rank, shape))
        return self.tensor(*shape[:rank.value])

    def out(self, kind, function, *arguments):
        """A number that a function hands out last."""
        number = kind()
        self.good(function(*arguments, number))
        return number.value

    # ---- status.h, context.h ----

    def test_context(self):
        lines, blocks = [], {}
        host = H.types["gan_host"](size=ctypes.sizeof(H.types["gan_host"]))
        kinds = dict(H.types["gan_host"]._fields_)

        def allocate(_, size, alignment):
            block = ctypes.create_string_buffer(size + alignment)
            address = -(-ctypes.addressof(block) // alignment) * alignment
            blocks[address] = block
            return address

        host.allocate = kinds["allocate"](allocate)
        host.deallocate = kinds["deallocate"](lambda _, memory: blocks.pop(memory) and None)
        host.log = kinds["log"](lambda _, level, line: lines.append((level, line)))
        own, message = ctypes.c_void_p(), ctypes.create_string_buffer(256)
        status = LIB.gan_context_create(own, b"threads=1 cpu=generic", host, message, 256)
        self.assertEqual((status, message.value), (0, b""))
        self.assertEqual(LIB.gan_context_cpu(own), b"generic")
        self.assertIn(b"cpu=generic", LIB.gan_context_text(own))
        LIB.gan_context_release(own)
        self.assertEqual(blocks, {})
        self.assertEqual(LIB.gan_context_create(own, b"threds=1", None, message, 256),
                         H.constants["GAN_E_TEXT"])
        self.assertIn(b"did you mean 'threads'?", message.value)
        self.assertRegex(LIB.gan_version(), rb"^\d+\.\d+\.\d+$")

    # ---- tensor.h, image.h ----

    def test_tensor(self):
        released, numbers = [], array.array("f", range(6))
        release = H.functions["gan_tensor_wrap"][1][7](lambda user, data: released.append(data))
        address = numbers.buffer_info()[0]
        wrapped = ctypes.c_void_p()
        self.good(LIB.gan_tensor_wrap(wrapped, self.context, FLOAT32, 2, int64s(2, 3),
                                      int64s(3, 1), address, release, None))
        turned = self.make("tensor", LIB.gan_tensor_permute, wrapped, (ctypes.c_int32 * 2)(1, 0))
        row = self.make("tensor", LIB.gan_tensor_slice, turned, 0, 2, 1)
        copy = self.tensor(1, 2)
        self.good(LIB.gan_tensor_copy(copy, row))
        self.assertEqual(list(self.floats(copy)), [2, 5])
        self.assertEqual(LIB.gan_tensor_shape(turned)[:2], [3, 2])
        self.assertEqual(LIB.gan_tensor_strides(turned)[:2], [1, 3])
        self.assertEqual((LIB.gan_tensor_dtype(turned), LIB.gan_tensor_rank(turned)), (FLOAT32, 2))
        lent = ctypes.c_void_p()
        self.good(LIB.gan_tensor_to_dlpack(lent, turned, 0))
        shared = self.make("tensor", LIB.gan_tensor_from_dlpack, self.context, lent,
                           H.constants["GAN_DLPACK_SHARE"])
        self.assertEqual((LIB.gan_tensor_data(shared), LIB.gan_tensor_read_only(shared)),
                         (address, 0))
        self.good(LIB.gan_tensor_save(turned, b"a.npy"))
        loaded = self.make("tensor", LIB.gan_tensor_load, self.context, b"a.npy")
        self.assertEqual(list(self.floats(loaded)), [0, 3, 1, 4, 2, 5])
        LIB.gan_tensor_release(wrapped)
        self.tearDown()
        self.owned = []
        self.assertEqual(released, [address])

    def test_image(self):
        self.good(LIB.gan_image_sheet(self.tensor(4, 8, 8, 1), 2, b"sheet.png"))
        sheet = self.make("tensor", LIB.gan_image_load, self.context, b"sheet.png")
        self.assertEqual(LIB.gan_tensor_dtype(sheet), UINT8)
        self.good(LIB.gan_image_save(sheet, b"again.pgm"))
        fitted = self.make("tensor", LIB.gan_image_fit, sheet, 4, 6, 3, b"crop")
        self.assertEqual(LIB.gan_tensor_shape(fitted)[:3], [4, 6, 3])
        arranged = self.make("tensor", LIB.gan_image_arrange, self.tensor(4, 8, 8, 1), 2)
        encoded = self.make("tensor", LIB.gan_image_save_memory, arranged, b"png")
        with open("sheet.png", "rb") as stream:
            self.assertEqual(self.bytes_of(encoded), stream.read())
        data = self.bytes_of(encoded)
        decoded = self.make("tensor", LIB.gan_image_load_memory, self.context, data, len(data))
        self.assertEqual(self.bytes_of(decoded), self.bytes_of(sheet))

    # ---- data.h ----

    def dataset(self):
        labels = self.make("tensor", LIB.gan_tensor_create, self.context, INT32, 1, int64s(12))
        return self.make("dataset", LIB.gan_dataset_from_tensors, self.context,
                         strings(b"image", b"label"), handles(self.tensor(12, 8, 8, 1), labels), 2)

    def test_data(self):
        field = H.types["gan_dataset_field"]
        shape, calls, gone = int64s(8, 8, 1), [], []
        fields = (field * 1)(field(ctypes.sizeof(field), b"image", UINT8, 3, shape))

        def read(_, index, data):
            ctypes.memset(data[0], index, 64)
            calls.append(index)
            return 0

        read = H.types["gan_dataset_read_function"](read)
        release = H.functions["gan_dataset_from_callback"][1][6](gone.append)
        called = self.make("dataset", LIB.gan_dataset_from_callback, self.context, fields, 1, 12,
                           read, release, 7)
        batch = self.tensor(2, 8, 8, 1)
        self.good(LIB.gan_dataset_read(called, b"image", int64s(0, 5), batch))
        self.assertEqual(self.floats(batch)[0], -1)
        self.assertIn(5, calls)
        held, rank, classes = self.dataset(), ctypes.c_int32(), ctypes.c_int64()
        self.assertEqual(LIB.gan_dataset_count(held), 12)
        self.assertEqual(LIB.gan_dataset_field_count(held), 2)
        self.assertEqual(LIB.gan_dataset_field_name(held, 1), b"label")
        self.good(LIB.gan_dataset_field_shape(held, b"label", rank, shape, classes))
        self.assertEqual((rank.value, classes.value), (0, 1))
        self.assertEqual(LIB.gan_dataset_class_count(held), 1)
        self.assertIsNone(LIB.gan_dataset_class_name(held, 0))
        self.good(LIB.gan_tensor_save(self.tensor(5, 8, 8, 1), b"pictures.npy"))
        opened = self.make("dataset", LIB.gan_dataset_open, self.context, b"npy path=pictures.npy")
        self.assertEqual(LIB.gan_dataset_count(opened), 5)
        ring = self.make("dataset", LIB.gan_dataset_open, self.context, b"mixture ring=4 count=5")
        centres, deviation = ctypes.c_void_p(), ctypes.c_double()
        self.good(LIB.gan_dataset_mixture(centres, deviation, ring))
        self.assertEqual((self.floats(centres)[0], deviation.value), (1, 0.01))
        LIB.gan_tensor_release(centres)
        # It may be asked for examples until it is gone, which is before the callback is.
        self.tearDown()
        self.owned = []
        self.assertEqual(gone, [7])

    # ---- layer.h, model.h ----

    def test_layer(self):
        layers = [self.make("layer", LIB.gan_layer_create, self.context, statement)
                  for statement in (b"input 3", b"dense 2")]
        model, whole = (self.make("model", LIB.gan_model_create, self.context) for _ in range(2))
        for layer in layers:
            self.good(LIB.gan_model_add(model, layer))
        self.good(LIB.gan_model_add(whole, layers[0]))
        self.good(LIB.gan_model_add_model(whole, model))
        dense = layers[1]
        self.assertEqual(LIB.gan_layer_kind(dense), b"dense")
        self.assertIn(b"bias=yes", LIB.gan_layer_text(dense))
        names = [LIB.gan_layer_parameter_name(dense, i)
                 for i in range(LIB.gan_layer_parameter_count(dense))]
        self.assertEqual(names, [b"weight", b"bias"])
        rank, shape = ctypes.c_int32(), int64s(0, 0, 0, 0)
        self.good(LIB.gan_layer_parameter_shape(dense, b"weight", rank, shape))
        self.assertEqual(shape[:rank.value], [2, 3])
        flags = self.out(ctypes.c_int32, LIB.gan_layer_parameter_flags, dense, b"weight")
        self.assertEqual(flags, H.constants["GAN_PARAMETER_TRAINED"])
        weight, again = self.tensor(2, 3), self.tensor(2, 3)
        self.floats(weight)[4] = 9
        self.good(LIB.gan_layer_write(dense, b"weight", weight))
        self.good(LIB.gan_layer_read(dense, b"weight", H.constants["GAN_VALUE"], again))
        self.assertEqual(list(self.floats(again)), list(self.floats(weight)))

    def test_model(self):
        part = self.model(b"input 4 4 2; conv2d 3 kernel=3 pad=1; batchnorm")
        model = self.make("model", LIB.gan_model_parse_parts, self.context,
                          b"input image 4 4 2; h = part head; score = dense 1; output h score",
                          strings(b"head"), handles(part), 1)
        copy = self.make("model", LIB.gan_model_copy, model)
        self.assertEqual(LIB.gan_model_text(copy), LIB.gan_model_text(model))
        self.assertEqual((LIB.gan_model_input_count(model), LIB.gan_model_output_count(model)),
                         (1, 2))
        self.assertEqual(LIB.gan_model_input_name(model, 0), b"image")
        self.assertEqual(LIB.gan_model_output_name(model, 1), b"score")
        self.assertEqual(LIB.gan_model_input_index(model, b"image"), 0)
        self.assertEqual(LIB.gan_model_output_index(model, b"none"), -1)
        shape = int64s(0, 0, 0)
        self.good(LIB.gan_model_input_shape(model, 0, shape))
        self.assertEqual(list(shape), [4, 4, 2])
        self.good(LIB.gan_model_output_shape(model, 0, shape))
        self.assertEqual(list(shape), [4, 4, 3])
        self.assertEqual(LIB.gan_layer_kind(LIB.gan_model_layer(model, b"head.0")), b"conv2d")
        trained = 0
        for i in range(LIB.gan_model_parameter_count(model)):
            name = LIB.gan_model_parameter_name(model, i)
            values = self.like(model, name)
            flags = self.out(ctypes.c_int32, LIB.gan_model_parameter_flags, model, name)
            if flags & H.constants["GAN_PARAMETER_TRAINED"]:
                trained += LIB.gan_tensor_count(values)
            self.good(LIB.gan_model_read(model, name, H.constants["GAN_VALUE"], values))
            self.good(LIB.gan_model_write(copy, name, values))
        self.assertEqual(LIB.gan_model_weight_count(model), trained)
        self.good(LIB.gan_model_clamp(copy, -0.1, 0.1))
        self.good(LIB.gan_model_zero_gradients(model))
        self.good(LIB.gan_model_set_note(model, b"made_by", b"this test"))
        self.assertEqual(LIB.gan_model_note(model, b"made_by"), b"this test")
        self.model_files(model, part)

    def model_files(self, model, part):
        self.good(LIB.gan_model_save(model, b"m.safetensors"))
        self.make("model", LIB.gan_model_load, self.context, b"m.safetensors")
        self.make("model", LIB.gan_model_load_parts, self.context, b"m.safetensors",
                  strings(b"head"), handles(part), 1)
        with open("m.safetensors", "rb") as stream:
            data = stream.read()
        loaded = self.make("model", LIB.gan_model_load_memory, self.context, data, len(data))
        self.good(LIB.gan_model_load_weights(loaded, b"m.safetensors", None))
        saved = self.make("tensor", LIB.gan_model_save_memory, model)
        self.assertEqual(self.bytes_of(saved), data)
        self.good(LIB.gan_model_load_weights_memory(loaded, data, len(data), b""))

    # ---- runner.h ----

    def test_runner(self):
        model = self.model(b"input any any 3; conv2d 2 kernel=3 stride=2 pad=1")
        runner = self.make("runner", LIB.gan_runner_create, self.context, model,
                           b"batch=4 height=6 width=8")
        before, after = int64s(0, 0, 0), int64s(0, 0, 0)
        self.good(LIB.gan_runner_input_shape(runner, 0, before))
        self.good(LIB.gan_runner_output_shape(runner, 0, after))
        self.assertEqual((list(before), list(after)), ([6, 8, 3], [3, 4, 2]))
        x, y = self.tensor(2, *before), self.tensor(2, *after)
        self.good(LIB.gan_runner_update(runner))
        self.good(LIB.gan_runner_run(runner, handles(x), 1, handles(y), 1))
        self.assertEqual(LIB.gan_runner_run(runner, handles(x), 2, handles(y), 1),
                         H.constants["GAN_E_ARGUMENT"])

    # ---- tape.h, optimizer.h: a loop of one's own ----

    def values(self, function, *arguments):
        """What puts one value on the tape."""
        return self.out(ctypes.c_int64, function, *arguments)

    def apply(self, tape, model, mode, *inputs):
        groups = 2 if b"groups=2" in mode else 1
        out = int64s(*[0] * groups)
        self.good(LIB.gan_tape_apply(tape, model, mode, int64s(*inputs), len(inputs), out, groups))
        return list(out)

    def update(self, tape, loss, model, optimizer):
        self.good(LIB.gan_optimizer_zero(optimizer))
        self.good(LIB.gan_tape_backward(tape, int64s(loss), None, 1, handles(model), 1))
        self.good(LIB.gan_optimizer_step(optimizer))
        return self.out(ctypes.c_double, LIB.gan_tape_scalar, tape, loss)

    def step(self, tape, g, d, optimizers, real):
        self.good(LIB.gan_tape_reset(tape))
        z = self.values(LIB.gan_tape_normal, tape, 2, int64s(4, 6))
        fake, = self.apply(tape, g, b"training frozen", z)
        x = self.values(LIB.gan_tape_input, tape, real, 0)
        scores = self.apply(tape, d, b"training groups=2", x,
                            self.values(LIB.gan_tape_detach, tape, fake))
        both = self.values(LIB.gan_tape_join, tape, int64s(*scores), 2)
        scores = [self.values(LIB.gan_tape_slice, tape, both, 4 * i, 4) for i in range(2)]
        terms = [self.values(LIB.gan_tape_loss, tape, b"bce_logits target=%d" % (1 - i),
                             int64s(scores[i]), 1) for i in range(2)]
        loss = self.values(LIB.gan_tape_combine, tape, int64s(*terms), (ctypes.c_double * 2)(1, 1),
                           2)
        losses = [self.update(tape, loss, d, optimizers[1])]
        self.good(LIB.gan_tape_reset(tape))
        z = self.values(LIB.gan_tape_uniform, tape, 2, int64s(4, 6))
        fake, = self.apply(tape, g, b"training", z)
        score, = self.apply(tape, d, b"training frozen", fake)
        loss = self.values(LIB.gan_tape_loss, tape, b"softplus sign=-1", int64s(score), 1)
        return losses + [self.update(tape, loss, g, optimizers[0])]

    def test_tape(self):
        tape = self.make("tape", LIB.gan_tape_create, self.context)
        g, d = self.model(GENERATOR), self.model(DISCRIMINATOR)
        optimizers = [self.make("optimizer", LIB.gan_optimizer_create, self.context,
                                b"adam lr=0.01 beta1=0.5") for _ in range(2)]
        for optimizer, model in zip(optimizers, (g, d)):
            self.good(LIB.gan_optimizer_add(optimizer, model))
        real = self.tensor(4, 8, 8, 1)
        losses = [self.step(tape, g, d, optimizers, real) for _ in range(20)]
        self.assertTrue(all(math.isfinite(number) for pair in losses for number in pair))
        self.assertLess(losses[-1][0], losses[0][0])
        self.good(LIB.gan_tape_seek(tape, LIB.gan_tape_draws(tape) + 1))
        self.optimizer(optimizers[0], g)
        self.gradients(tape, d, real)

    def gradients(self, tape, d, real):
        x = self.values(LIB.gan_tape_input, tape, real, H.constants["GAN_INPUT_GRADIENT"])
        y, = self.apply(tape, d, b"evaluation", x)
        self.good(LIB.gan_tape_backward(tape, int64s(y), None, 1, None, 0))
        shape = int64s(0, 0, 0, 0)
        self.good(LIB.gan_tape_shape(tape, x, shape))
        self.assertEqual(list(shape), [4, 8, 8, 1])
        slopes, scores = self.tensor(4, 8, 8, 1), self.tensor(4, 1)
        self.good(LIB.gan_tape_gradient(tape, x, slopes))
        self.good(LIB.gan_tape_value(tape, y, scores))
        made = self.make("tensor", LIB.gan_tape_tensor, tape, x, H.constants["GAN_GRADIENT"])
        self.assertEqual(list(self.floats(made)), list(self.floats(slopes)))
        taken = self.values(LIB.gan_tape_take_gradient, tape, x)
        doubled = self.values(LIB.gan_tape_layer, tape, b"affine 2", int64s(taken), 1)
        self.good(LIB.gan_tape_value(tape, doubled, slopes))
        self.assertEqual(list(self.floats(slopes)), [2 * g for g in self.floats(made)])
        leaf = self.values(LIB.gan_tape_leaf, tape, taken)
        along = self.values(LIB.gan_tape_tangent, tape, y, x, leaf)
        total = self.values(LIB.gan_tape_loss, tape, b"sum", int64s(along), 1)
        self.good(LIB.gan_tape_backward(tape, int64s(total), None, 1, handles(d), 1))
        squares = sum(g * g for g in self.floats(made))
        self.assertAlmostEqual(self.out(ctypes.c_double, LIB.gan_tape_scalar, tape, total), squares,
                               delta=1e-4 * squares)

    def optimizer(self, optimizer, model):
        self.assertEqual(LIB.gan_optimizer_steps(optimizer), 20)
        self.good(LIB.gan_optimizer_set_rate(optimizer, 0.5))
        self.assertEqual(self.out(ctypes.c_double, LIB.gan_optimizer_rate, optimizer), 0.5)
        self.assertGreater(self.out(ctypes.c_double, LIB.gan_optimizer_norm, optimizer), 0)
        self.assertIn(b"lr=0.5", LIB.gan_optimizer_text(optimizer))
        moments = [LIB.gan_optimizer_moment_name(optimizer, i)
                   for i in range(LIB.gan_optimizer_moment_count(optimizer))]
        self.assertEqual(moments, [b"exp_avg", b"exp_avg_sq"])
        values = self.like(model, b"0.weight")
        self.good(LIB.gan_optimizer_read(optimizer, model, b"0.weight", moments[1], values))
        self.assertGreater(max(self.floats(values)), 0)
        self.good(LIB.gan_optimizer_write(optimizer, model, b"0.weight", moments[1], values))
        self.good(LIB.gan_optimizer_set_steps(optimizer, 30))
        self.good(LIB.gan_optimizer_set_parameter_steps(optimizer, model, b"0.bias", 31))
        steps = self.out(ctypes.c_int64, LIB.gan_optimizer_parameter_steps, optimizer, model,
                         b"0.bias")
        self.assertEqual((steps, LIB.gan_optimizer_steps(optimizer)), (31, 30))

    # ---- trainer.h ----

    def test_trainer(self):
        trainer = self.make("trainer", LIB.gan_trainer_create, self.context,
                            b"gan batch=4 average=0.9")
        models = {b"generator": self.model(GENERATOR), b"discriminator": self.model(DISCRIMINATOR)}
        for role, model in models.items():
            self.good(LIB.gan_trainer_set_model(trainer, role, model))
        self.good(LIB.gan_trainer_set_data(trainer, b"real", self.dataset()))
        self.good(LIB.gan_trainer_set_optimizer(trainer, b"generator", b"adam lr=1e-3"))
        self.good(LIB.gan_trainer_check(trainer))
        self.assertGreater(self.out(ctypes.c_int64, LIB.gan_trainer_memory, trainer), 0)
        losses = []

        def on_step(_, handle):
            losses.append(self.out(ctypes.c_double, LIB.gan_trainer_value, handle,
                                   b"loss.generator"))
            return len(losses) == 5

        callback = H.types["gan_trainer_function"](on_step)
        self.assertEqual(LIB.gan_trainer_run(trainer, 100, callback, None),
                         H.constants["GAN_E_CANCELLED"])
        self.assertEqual((LIB.gan_trainer_steps(trainer), len(losses)), (5, 5))
        self.good(LIB.gan_trainer_feed(trainer, b"real", self.tensor(4, 8, 8, 1)))
        self.good(LIB.gan_trainer_step(trainer))
        count = LIB.gan_trainer_value_count(trainer)
        values = (ctypes.c_double * count)()
        self.good(LIB.gan_trainer_values(trainer, values, count))
        names = [LIB.gan_trainer_value_name(trainer, i) for i in range(count)]
        self.assertIn(b"loss.discriminator", names)
        self.assertFalse(any(map(math.isnan, values)))
        self.assertEqual(LIB.gan_trainer_warning_count(trainer), 0)
        self.assertIsNone(LIB.gan_trainer_warning(trainer, 0, b"name"))
        members = [LIB.gan_trainer_member(trainer, i, b"name")
                   for i in range(LIB.gan_trainer_member_count(trainer))]
        self.assertEqual(members[:2], [b"generator", b"discriminator"])
        self.assertLess(set(names), set(members))
        route = self.make("model", LIB.gan_trainer_route, trainer, b"noise > image", 0)
        self.assertNotEqual(route, models[b"generator"])  # which keeps its own notes
        self.assertEqual(LIB.gan_model_note(route, b"prior"), b"normal")
        self.assertIsNone(LIB.gan_model_note(models[b"generator"], b"prior"))
        columns = ctypes.c_int64()
        pictures = self.make("tensor", LIB.gan_trainer_show, ctypes.byref(columns), trainer,
                             b"noise", 3, 0)
        self.assertEqual((columns.value, LIB.gan_tensor_shape(pictures)[0]), (1, 3))
        alone = self.make("trainer", LIB.gan_trainer_create, self.context,
                          b"discriminator steps=2")
        self.good(LIB.gan_trainer_set_model(alone, b"discriminator", models[b"discriminator"]))
        samples = self.make("tensor", LIB.gan_trainer_sample, alone, 3, 5, 7, 0)
        self.assertEqual(LIB.gan_tensor_shape(samples)[0], 3)
        self.assertIn(b"average=0.9", LIB.gan_trainer_text(trainer))
        averaged = LIB.gan_trainer_model(trainer, b"generator",
                                         H.constants["GAN_MODEL_AVERAGED"])
        self.assertNotIn(averaged, (None, models[b"generator"]))
        self.good(LIB.gan_trainer_save(trainer, b"run.safetensors"))
        loaded = self.make("trainer", LIB.gan_trainer_load, self.context, b"run.safetensors")
        self.assertEqual(LIB.gan_trainer_steps(loaded), 6)
        self.good(LIB.gan_trainer_refresh(trainer))
        data = self.bytes_of(self.make("tensor", LIB.gan_trainer_save_memory, trainer))
        with open("run.safetensors", "rb") as stream:
            self.assertEqual(data, stream.read())
        again = self.make("trainer", LIB.gan_trainer_load_memory, self.context, data, len(data))
        self.assertEqual(LIB.gan_trainer_steps(again), 6)

    # ---- metric.h ----

    def test_metric(self):
        metric = self.make("metric", LIB.gan_metric_create, self.context, b"frechet")
        rows, value = self.tensor(4, 3), ctypes.c_double()
        for name in (b"real", b"fake"):
            self.good(LIB.gan_metric_add(metric, name, rows))
        self.good(LIB.gan_metric_value(metric, b"distance", value))
        self.assertAlmostEqual(value.value, 0)
        self.assertEqual(LIB.gan_metric_value_count(metric), 3)
        self.assertEqual(LIB.gan_metric_value_name(metric, 1), b"mean")
        self.assertEqual(LIB.gan_metric_rows(metric, b"fake"), 4)
        self.good(LIB.gan_metric_clear(metric, b"fake"))
        self.assertEqual(LIB.gan_metric_rows(metric, b"fake"), 0)
        self.assertEqual(LIB.gan_metric_text(metric), b"frechet")

    def test_judge(self):
        labels = self.make("tensor", LIB.gan_tensor_create, self.context, INT32, 1, int64s(12))
        numbers = ctypes.cast(LIB.gan_tensor_data(labels), ctypes.POINTER(ctypes.c_int32))
        for i in range(12):
            numbers[i] = i % 2
        data = self.make("dataset", LIB.gan_dataset_from_tensors, self.context,
                         strings(b"image", b"label"), handles(self.tensor(12, 8, 8, 1), labels), 2)
        judge = self.make("model", LIB.gan_judge_train, self.context, b"rounds=1 batch=4", data,
                          data)
        text = ctypes.create_string_buffer(48)
        self.good(LIB.gan_judge_examples(data, text, 48))
        self.assertEqual(LIB.gan_model_note(judge, b"examples"), text.value)

    # ---- recipe.h ----

    def test_recipe(self):
        self.good(LIB.gan_tensor_save(self.tensor(12, 8, 8, 1), b"real.npy"))
        with open("small.recipe", "wb") as stream:
            stream.write(b"[context]\nseed=3\n[model.generator]\n%s\n[model.discriminator]\n%s\n"
                         b"[data.real]\nnpy path=real.npy\n[trainer]\ngan\n[run]\nbatch=4\n"
                         % (GENERATOR, DISCRIMINATOR))
        recipe = self.make("recipe", LIB.gan_recipe_load, self.context, b"small.recipe")
        self.good(LIB.gan_recipe_set(recipe, b"run.steps", b"9"))
        value = ctypes.create_string_buffer(32)
        self.good(LIB.gan_recipe_option(recipe, b"run.steps", value, 32))
        self.assertEqual(value.value, b"9")
        self.assertIn(b"seed=3", LIB.gan_recipe_context(recipe))
        self.assertIn(b"steps=9", LIB.gan_recipe_text(recipe))
        data = self.make("dataset", LIB.gan_recipe_dataset, recipe, self.context, b"real")
        self.assertEqual(LIB.gan_dataset_count(data), 12)
        trainer = self.make("trainer", LIB.gan_recipe_trainer, recipe, self.context, None)
        self.good(LIB.gan_trainer_run(trainer, 2, H.types["gan_trainer_function"](), None))
        parsed = self.make("recipe", LIB.gan_recipe_parse, self.context,
                           LIB.gan_recipe_text(recipe), b".")
        self.assertEqual(LIB.gan_recipe_text(parsed), LIB.gan_recipe_text(recipe))
        texts = ctypes.c_char_p * 2
        self.good(LIB.gan_recipe_set_all(parsed, texts(b"run.samples", b"run.keep"),
                                         texts(b"4", b"2"), 2, 0))
        self.good(LIB.gan_recipe_option(parsed, b"run.keep", value, 32))
        self.assertEqual(value.value, b"2")
        self.good(LIB.gan_trainer_save(trainer, b"r.safetensors"))
        self.good(LIB.gan_recipe_change(parsed, b"optimizer.generator.lr", b"1e-5"))
        self.make("trainer", LIB.gan_recipe_trainer, parsed, self.context, b"r.safetensors")

    def test_catalog(self):
        options, bounded = {}, 0
        least, most = ctypes.c_double(), ctypes.c_double()
        for g in range(LIB.gan_catalog_group_count()):
            for k in range(LIB.gan_catalog_kind_count(g)):
                name = LIB.gan_catalog_group(g), LIB.gan_catalog_kind(g, k)
                self.assertTrue(LIB.gan_catalog_kind_help(g, k))
                options[name] = {
                    LIB.gan_catalog_option(g, k, o, b"name"): LIB.gan_catalog_option(g, k, o,
                                                                                     b"required")
                    for o in range(LIB.gan_catalog_option_count(g, k))}
                for o in range(LIB.gan_catalog_option_count(g, k)):
                    if LIB.gan_catalog_option_range(g, k, o, least, most):
                        self.assertLess(least.value, most.value)
                        bounded += 1
                for m in range(LIB.gan_catalog_member_count(g, k)):
                    self.assertTrue(LIB.gan_catalog_member(g, k, m, b"name"))
        self.assertEqual(options[b"layer", b"dense"][b"features"], b"yes")
        self.assertGreater(bounded, 20)

    # ---- all of it ----

    def test_zz_every_function_was_called(self):
        with open(os.path.join(SOURCE, "cmake", "symbols.txt"), encoding="utf-8") as stream:
            listed = {line.split()[0] for line in stream if line.startswith("gan_")}
        LIB.gan_context_message(self.context)
        self.tearDown()
        self.owned = []
        self.assertEqual(set(H.functions), listed)
        self.assertEqual(sorted(listed - LIB.called), [])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        before = os.getcwd()
        os.chdir(folder)
        result = unittest.main(argv=sys.argv[:1], exit=False).result
        os.chdir(before)
    sys.exit(not result.wasSuccessful())
