"""The engines that compare_engines.py times: one file for each, which loads a network and runs it.

What such a file has: NAME, as the table says it; MODULES, what must be installed; `load(job)`, which gives
(run, output, way): a function that runs the network once, one that gives its last outputs as an array
(N, C, H, W), and in words what was chosen. A job is the folder's job.json, and `folder` itself."""
