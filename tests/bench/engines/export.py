"""Writes the network for the engines that take it from PyTorch, and what PyTorch makes in double:

    python -m engines.export JOB reference onnx ncnn

prints {what: why not} as JSON for what could not be made."""
import json
import os
import sys
import traceback

from . import pytorch, serve


def reference(job):
    """Of the pictures that are compared."""
    import numpy
    import torch
    x = pytorch.pictures(job)[serve.compared(job["batch"])].double()
    with torch.inference_mode():
        numpy.save(job["reference"], pytorch.network(job).double()(x).numpy())


def onnx(job):
    import torch
    torch.onnx.export(pytorch.network(job), (pytorch.pictures(job),), job["onnx"], dynamo=True, verbose=False)


def ncnn(job):
    """Of one picture. Without fp16=False it would round the weights to 16 bits."""
    import pnnx
    os.chdir(os.path.dirname(job["ncnn"]))  # where pnnx leaves what it makes
    pnnx.export(pytorch.network(job), job["ncnn"] + ".pt", (pytorch.pictures(job)[:1],), fp16=False,
                ncnnparam=job["ncnn"] + ".param", ncnnbin=job["ncnn"] + ".bin")


def main():
    answer = serve.take_standard_output()
    job, failed = json.loads(sys.argv[1]), {}
    for what in sys.argv[2:]:
        try:
            globals()[what](job)
        except Exception as failure:
            traceback.print_exc()
            failed[what] = serve.one_line(failure)
    answer(failed)


if __name__ == "__main__":
    main()
