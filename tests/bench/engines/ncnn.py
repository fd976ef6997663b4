"""ncnn on the network as pnnx converts it; float32 everywhere. It has no batches: pictures one by one."""
from . import pytorch

NAME, EXPORT = "ncnn", "ncnn"
MODULES, PROGRAMS = ("ncnn", "pnnx", *pytorch.MODULES), ()


def load(job):
    import ncnn
    import numpy
    net = ncnn.Net()
    net.opt.num_threads = job["threads"]
    for option in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_bf16_storage"):
        setattr(net.opt, option, False)
    if net.load_param(job["ncnn"] + ".param") or net.load_model(job["ncnn"] + ".bin"):
        raise RuntimeError("ncnn does not load the network")
    pictures = numpy.load(job["input"])
    given = [ncnn.Mat(x) for x in pictures]  # which do not keep their memory alive
    made = [None] * len(given)

    def run(pictures=pictures):
        for i, x in enumerate(given):
            extractor = net.create_extractor()
            extractor.input("in0", x)
            status, made[i] = extractor.extract("out0")
            if status:
                raise RuntimeError("ncnn does not run the network")

    return run, lambda: numpy.stack([numpy.array(y) for y in made]), ncnn.__version__
