"""onnxruntime on the network as PyTorch exports it, into an array of the caller's."""
from . import pytorch

NAME, EXPORT = "onnxruntime", "onnx"
MODULES, PROGRAMS = ("onnxruntime", "onnx", "onnxscript", *pytorch.MODULES), ()


def load(job):
    import numpy
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = job["threads"], 1
    session = onnxruntime.InferenceSession(job["onnx"], options, providers=["CPUExecutionProvider"])
    (taken,), (made,) = session.get_inputs(), session.get_outputs()
    x, y = numpy.load(job["input"]), numpy.zeros(made.shape, numpy.float32)
    binding = session.io_binding()
    binding.bind_ortvalue_input(taken.name, onnxruntime.OrtValue.ortvalue_from_numpy(x))
    value = onnxruntime.OrtValue.ortvalue_from_numpy(y)
    binding.bind_ortvalue_output(made.name, value)
    return lambda: session.run_with_iobinding(binding), value.numpy, onnxruntime.__version__
