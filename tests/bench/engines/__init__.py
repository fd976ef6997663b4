"""The engines that compare_engines.py times: one file for each, which loads a network and runs it.

What such a file has: NAME, as the table says it; MODULES and PROGRAMS, what must be installed; EXPORT, which of
the files of export.py it reads ("": none); load(job), which gives (run, output, way): a function that runs the
network once, one that gives its last outputs as an array (N, C, H, W), and in words what was chosen.

A job says `batch`, `threads`, `filter`, `library` (the path of libgan's), and the paths of what was prepared:
`weights`, `input`, `reference`, `onnx`, `ncnn`."""
