"""A network's text as a module of PyTorch: same names, same parameters, same formulas.

    net = Network(text)                    of gan_model_text, or of a file's metadata
    net.load(tensors)                      {name: tensor}, as files of libgan have them
    a, b = net(picture, condition)         all (N, C, H, W); a vector is a 1x1 picture

Also optimisers from their description, and the networks of a checkpoint."""
import math
import re

import torch
from safetensors import safe_open
from torch import nn
from torch.nn import functional as F


# ---- the text as a tree ----

class Statement:
    """results = words key=value ... [blocks] from sources"""
    def __init__(self, tokens):
        self.results, self.words, self.options, self.blocks, self.sources = [], [], {}, [], []
        words, target = list(tokens), None
        if "=" in words:
            at = words.index("=")
            self.results, words = "".join(words[:at]).split(","), words[at + 1:]
        for word in words:
            if word == "from":
                target = self.sources
            elif target is not None:
                target.append(word)
            elif "=" in word:
                key, _, self.options[key] = word.partition("=")
            else:
                self.words.append(word)
        self.kind = self.words.pop(0)

    def number(self, key, place=None):
        return float(self.get(key, place))

    def get(self, key, place=None):
        """An option by its name, or by its place behind the kind."""
        if place is not None and place < len(self.words):
            return self.words[place]
        return self.options[key]

    def pair(self, key, place=None):
        sides = [int(side) for side in self.get(key, place).split("x")]
        return (sides * 2)[:2]

    def yes(self, key):
        return self.options[key] == "yes"


def parse_block(tokens):
    """Statements up to the end or the } of this block, which is taken too."""
    rows, row = [], None
    while tokens:
        token = tokens.pop(0)
        if token == "}":
            break
        if token == "{":
            blocks = row[1]
            blocks.append(parse_block(tokens))
            row = (row[0], blocks)
        elif token in (";", "\n"):
            row = None
        else:
            if row is None:
                row = ([], [])
                rows.append(row)
            row[0].append(token)
    made = []
    for words, blocks in rows:
        made.append(Statement(words))
        made[-1].blocks = blocks
    return made


def parse(text):
    text = re.sub(r"#[^\n]*", "", text)
    return parse_block(re.findall(r"[{};\n]|[^\s{};]+", text))


def sides(text):
    """(mode, (left, right, top, bottom)), as F.pad takes them."""
    mode, _, numbers = text.rpartition(":")
    numbers = [int(number) for number in numbers.split(",")]
    top, left, bottom, right = numbers * 4 if len(numbers) == 1 else numbers
    return mode or "constant", (left, right, top, bottom)


# ---- layers ----

class Function(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *x):
        return self.function(*x)


class Dense(nn.Linear):
    def forward(self, x):
        return super().forward(x.flatten(1))[:, :, None, None]


class Padded(nn.Sequential):
    """A layer behind a padding that it has no option for; the parameters are the layer's."""
    def __init__(self, layer, mode, around):
        super().__init__()
        self.layer, self.mode, self.around = layer, mode, around

    def forward(self, x):
        return self.layer(F.pad(x, self.around, mode=self.mode))


class Cropped(nn.Module):
    def __init__(self, layer, around):
        super().__init__()
        self.layer, self.around = layer, around

    def forward(self, x):
        left, right, top, bottom = self.around
        y = self.layer(x)
        return y[:, :, top:y.shape[2] - bottom, left:y.shape[3] - right]


class Embedding(nn.Embedding):
    def forward(self, x):
        return super().forward(x.flatten().long())[:, :, None, None]


def spectral(statement, layer):
    return nn.utils.spectral_norm(layer) if statement.yes("spectral") else layer


def make_conv(s, x):
    mode, around = sides(s.options["pad"])
    even = around[0] == around[1] and around[2] == around[3]
    plain = mode == "constant" and even
    layer = spectral(s, nn.Conv2d(
        x.shape[1], int(s.get("filters", 0)), s.pair("kernel"), s.pair("stride"),
        (around[2], around[0]) if plain else 0, s.pair("dilation"), int(s.options["groups"]), s.yes("bias")))
    return layer if plain else Padded(layer, mode, around)


def make_conv_transpose(s, x):
    _, around = sides(s.options["pad"])
    even = around[0] == around[1] and around[2] == around[3]
    layer = spectral(s, nn.ConvTranspose2d(
        x.shape[1], int(s.get("filters", 0)), s.pair("kernel"), s.pair("stride"),
        (around[2], around[0]) if even else 0, s.pair("output_pad"), int(s.options["groups"]),
        s.yes("bias"), s.pair("dilation")))
    return layer if even else Cropped(layer, around)


def make_pool(s, x):
    kernel, stride = s.pair("kernel", 0), s.pair("stride")
    mode, around = sides(s.options["pad"])
    stride = [a or b for a, b in zip(stride, kernel)]
    if s.kind == "maxpool":
        return Function(lambda x: F.max_pool2d(F.pad(x, around, value=-torch.inf), kernel, stride))
    assert around[0] == around[1] and around[2] == around[3], "avgpool: uneven padding"
    return nn.AvgPool2d(kernel, stride, (around[2], around[0]), count_include_pad=s.yes("count_pad"))


def make_upsample(s, x):
    mode = s.options["mode"]
    corners = s.yes("align_corners") if mode == "bilinear" else None
    return nn.Upsample(scale_factor=tuple(s.pair("scale", 0)), mode=mode, align_corners=corners)


def make_reshape(s, x):
    shape = [-1 if word == "any" else int(word) for word in s.words]
    h, w, c = shape if len(shape) == 3 else (1, 1, shape[0])
    return Function(lambda x: x.reshape(len(x), c, h, w))


def concat(*values):
    """The channels of all; a 1x1 value is tiled over the picture."""
    h, w = max(v.shape[2] for v in values), max(v.shape[3] for v in values)
    return torch.cat([v.expand(-1, -1, h, w) for v in values], 1)


def batch_deviation(x, group):
    n, c, h, w = x.shape
    group = next(g for g in range(min(group, n), 0, -1) if n % g == 0)
    y = x.reshape(group, n // group, c, h, w)
    y = ((y - y.mean(0)).square().mean(0) + 1e-8).sqrt().mean((1, 2, 3))
    return torch.cat([x, y.repeat(group)[:, None, None, None].expand(n, 1, h, w)], 1)


class Noise(nn.Module):
    def __init__(self, deviation):
        super().__init__()
        self.deviation = deviation

    def forward(self, x):
        return x + self.deviation * torch.randn_like(x) if self.training else x


def function(make):
    return lambda s, x: Function(make)


def product(*values):
    out = values[0]
    for value in values[1:]:
        out = out * value
    return out


LAYERS = {
    "dense": lambda s, x: spectral(s, Dense(x[0].numel(), int(s.get("features", 0)), s.yes("bias"))),
    "conv2d": make_conv,
    "conv_transpose2d": make_conv_transpose,
    "pad": lambda s, x: Function(
        lambda x, p=sides(s.get("sides", 0)): F.pad(x, p[1], mode=p[0])),
    "upsample": make_upsample,
    "avgpool": make_pool,
    "maxpool": make_pool,
    "global_avgpool": lambda s, x: nn.AdaptiveAvgPool2d(1),
    "batchnorm": lambda s, x: nn.BatchNorm2d(x.shape[1], s.number("eps"), s.number("momentum"),
                                             s.yes("affine")),
    "instancenorm": lambda s, x: nn.InstanceNorm2d(x.shape[1], s.number("eps"), affine=s.yes("affine")),
    "layernorm": lambda s, x: nn.LayerNorm(x.shape[1:], s.number("eps"), s.yes("affine")),
    "groupnorm": lambda s, x: nn.GroupNorm(int(s.get("groups", 0)), x.shape[1], s.number("eps"),
                                           s.yes("affine")),
    "relu": lambda s, x: nn.ReLU(),
    "leaky_relu": lambda s, x: nn.LeakyReLU(s.number("slope", 0)),
    "prelu": lambda s, x: nn.PReLU(x.shape[1] if s.yes("per_channel") else 1),
    "elu": lambda s, x: nn.ELU(s.number("alpha", 0)),
    "silu": lambda s, x: nn.SiLU(),
    "gelu": lambda s, x: nn.GELU(),
    "tanh": lambda s, x: nn.Tanh(),
    "sigmoid": lambda s, x: nn.Sigmoid(),
    "softplus": lambda s, x: nn.Softplus(),
    "exp": function(torch.exp),
    "square": function(torch.square),
    "sqrt": function(torch.sqrt),
    "clamp": lambda s, x: nn.Hardtanh(s.number("least", 0), s.number("most", 1)),
    "affine": lambda s, x: Function(
        lambda x, a=s.number("scale", 0), b=s.number("shift", 1): a * x + b),
    "softmax": lambda s, x: nn.Softmax(1),
    "dropout": lambda s, x: nn.Dropout(s.number("p", 0)),
    "noise": lambda s, x: Noise(s.number("deviation", 0)),
    "embedding": lambda s, x: Embedding(int(s.get("count", 0)), int(s.get("size", 1))),
    "onehot": lambda s, x: Function(
        lambda x, n=int(s.get("classes", 0)): F.one_hot(x.flatten().long(), n).float()[:, :, None, None]),
    "flatten": function(lambda x: x.flatten(1)[:, :, None, None]),
    "reshape": make_reshape,
    "concat": lambda s, *x: Function(concat),
    "add": lambda s, *x: Function(lambda *values: sum(values)),
    "multiply": lambda s, *x: Function(product),
    "minibatch_stddev": lambda s, x: Function(
        lambda x, n=int(s.options["group"]): batch_deviation(x, n)),
    "pixel_shuffle": lambda s, x: nn.PixelShuffle(int(s.get("factor", 0))),
}


# ---- networks ----

class Block(nn.Module):
    """Statements in a row. `values` are those of the names that they see, of two examples, made on the
    way: a layer's sizes follow from what goes in."""
    def __init__(self, statements, definitions, home, values):
        super().__init__()
        self.rows, self.last = [], "."
        values = dict(values)
        layers = [s for s in statements if s.kind not in ("define", "input", "output")]
        for ordinal, s in enumerate(layers):
            sources = s.sources or ["."]
            label = s.results[0] if s.results else str(ordinal)
            inputs = [values[name] for name in sources]
            if s.kind == "part":
                module = home.place(s.get("name", 0), definitions)
                self.rows.append((s.results, lambda *x, part=[module]: part[0](*x), sources))
            else:
                module = self.make(s, definitions, home, values, inputs)
                self._modules[label] = module
                self.rows.append((s.results, label, sources))
            self.step(self.rows[-1], values)

    @staticmethod
    def make(s, definitions, home, values, inputs):
        if s.kind == "repeat":
            return Repeat(s, definitions, home, {**values, ".": inputs[0]})
        if s.kind == "residual":
            return Residual(s, definitions, home, {**values, ".": inputs[0]})
        return LAYERS[s.kind](s, *inputs)

    def step(self, row, values):
        results, run, sources = row
        run = self._modules[run] if isinstance(run, str) else run
        inputs = [values[name] for name in sources]
        seen = {"scope": values} if isinstance(run, (Repeat, Residual)) else {}
        made = run(*inputs, **seen)
        made = made if isinstance(made, list) else [made]
        values.update(zip(results, made), **{".": made[0]})

    def forward(self, x, scope=()):
        values = {**dict(scope), ".": x}
        for row in self.rows:
            self.step(row, values)
        return values["."]


class Repeat(nn.Module):
    def __init__(self, s, definitions, home, values):
        super().__init__()
        for i in range(int(s.get("count", 0))):
            block = self._modules[str(i)] = Block(s.blocks[0], definitions, home, values)
            values = {**values, ".": block(values["."], values)}

    def forward(self, x, scope=()):
        for block in self._modules.values():
            x = block(x, scope)
        return x


class Residual(Block):
    def __init__(self, s, definitions, home, values):
        super().__init__(s.blocks[0], definitions, home, values)
        self.join = concat if s.options["join"] == "concat" else lambda a, b: a + b
        self.around = len(s.blocks) > 1
        if self.around:
            self._modules["shortcut"] = Block(s.blocks[1], definitions, home, values)

    def forward(self, x, scope=()):
        way = self._modules["shortcut"](x, scope) if self.around else x
        return self.join(way, super().forward(x, scope))


class Network(Block):
    def __init__(self, text, definitions=None):
        statements = text if isinstance(text, list) else parse(text)
        nn.Module.__init__(self)
        definitions = dict(definitions or {})
        for s in statements:
            if s.kind == "define":
                definitions[s.words[0]] = (definitions[s.sources[0]] if s.sources else
                                           [s.blocks[0], dict(definitions), None])
        self.names, values = [], {}
        for s in statements:
            if s.kind == "input":
                name, shape = self.read_input(s)
                self.names.append(name)
                values[name] = torch.zeros(2, *shape)
                values.setdefault(".", values[name])
        outputs = [s.words for s in statements if s.kind == "output"]
        self.outputs = outputs[0] if outputs else ["."]
        with torch.no_grad():
            super().__init__(statements, definitions, self, values)

    @staticmethod
    def read_input(s):
        """Its name, and the shape C, H, W; 64 where a side is left open."""
        name = s.words.pop(0) if not re.match(r"\d|any$", s.words[0]) else "input "
        numbers = [64 if word == "any" else int(word) for word in s.words]
        return name, (numbers[-1], *numbers[:-1]) if len(numbers) == 3 else (*numbers, 1, 1)

    def place(self, name, definitions):
        """The part of this name, made when it is first placed; this network has its parameters."""
        found = definitions[name]
        if found[2] is None:
            found[2] = Network(found[0], found[1])
        self._modules[name] = found[2]
        return found[2]

    def forward(self, *inputs):
        values = dict(zip(self.names, (x.reshape(*x.shape, 1, 1) if x.dim() == 2 else x for x in inputs)))
        values["."] = values[self.names[0]]
        for row in self.rows:
            self.step(row, values)
        return [values[name] for name in self.outputs]

    def load(self, tensors):
        """Every tensor finds its place, and every place its tensor."""
        own = self.state_dict(keep_vars=True)
        own = {re.sub(r"(^|\.)layer\.", r"\1", name): tensor for name, tensor in own.items()}
        filled = set()
        with torch.no_grad():
            for name, tensor in tensors.items():
                own[name].copy_(tensor.reshape(own[name].shape))
                filled.add(id(own[name]))
        left = [name for name, tensor in own.items() if id(tensor) not in filled]
        if left:
            raise ValueError("no values for %s" % ", ".join(left))


def rate_factor(schedule):
    """The factor of the rate at update t, from 0, as include/gan/optimizer.h has it."""
    name, _, numbers = schedule.partition(":")
    if name == "constant":
        return lambda t: 1
    if name == "linear":
        return lambda t: max(0, 1 - t / int(numbers))
    if name == "cosine":
        return lambda t: (1 + math.cos(math.pi * min(t, int(numbers)) / int(numbers))) / 2
    raise ValueError("not made here: schedule=" + schedule)


def make_optimizer(text, parameters):
    """Of a description spelled out without clipping: the rule, and what steps its rate."""
    kind, *words = text.split()
    o = dict(word.split("=") for word in words)
    if float(o["clip"]):
        raise ValueError("not made here: " + text)
    rule = make_rule(text, kind, o, parameters)
    return rule, torch.optim.lr_scheduler.LambdaLR(rule, rate_factor(o["schedule"]))


def make_rule(text, kind, o, parameters):
    n = {key: float(value) for key, value in o.items() if re.match(r"[-+.\d]", value)}
    parameters = list(parameters)
    if kind in ("adam", "adamw"):
        rule = torch.optim.Adam if kind == "adam" else torch.optim.AdamW
        return rule(parameters, n["lr"], (n["beta1"], n["beta2"]), n["eps"], n["weight_decay"], fused=True)
    if kind == "rmsprop":
        return torch.optim.RMSprop(parameters, n["lr"], n["alpha"], n["eps"], n["weight_decay"],
                                   n["momentum"], o["centered"] == "yes")
    raise ValueError("not made here: " + text)


class Checkpoint:
    """What a trainer's file says: `options` of the trainer, `nets` by role, `optimizer(group, ...)`."""
    def __init__(self, path):
        with safe_open(path, "pt") as file:
            self.notes = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}
        self.kind, *words = self.notes["gan.text"].split()
        self.options = dict(word.split("=") for word in words)
        self.nets = {}
        for key, text in self.notes.items():
            if key.startswith("gan.model."):
                role = key[len("gan.model."):]
                start = "model.%s." % role
                self.nets[role] = Network(text)
                self.nets[role].load({name[len(start):]: tensor for name, tensor in tensors.items()
                                      if name.startswith(start)})

    def optimizer(self, group, parameters):
        return make_optimizer(self.notes["gan.optimizer." + group], parameters)
