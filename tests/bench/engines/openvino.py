"""OpenVINO on the network as PyTorch exports it; float32 everywhere."""
from . import pytorch

NAME, EXPORT = "OpenVINO", "onnx"
MODULES, PROGRAMS = ("openvino", "onnx", "onnxscript", *pytorch.MODULES), ()


def load(job):
    import numpy
    import openvino
    config = {"INFERENCE_NUM_THREADS": job["threads"], "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY",
              "INFERENCE_PRECISION_HINT": "f32"}
    request = openvino.Core().compile_model(job["onnx"], "CPU", config).create_infer_request()
    x = numpy.load(job["input"])
    request.set_input_tensor(openvino.Tensor(x, shared_memory=True))
    return (lambda x=x: request.infer(share_outputs=True), lambda: request.get_output_tensor().data,
            openvino.__version__.partition("-")[0])
