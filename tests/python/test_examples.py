"""Each example program runs, and leaves what it says."""

import os
import subprocess
import sys

import numpy as np
import pytest
from conftest import SOURCE

import libgan

PROGRAMS = [("train_gan", 2), ("own_objective", 40), ("translate", 2), ("torch_loss", 2)]


@pytest.mark.parametrize("name, steps", PROGRAMS)
def test_example(name, steps, tmp_path):
    if "torch" in name:
        pytest.importorskip("torch")
    program = SOURCE / "examples/python" / f"{name}.py"
    done = subprocess.run(
        [sys.executable, program, str(steps)],
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    last = done.stdout.splitlines()[-1]
    assert last.startswith("wrote ")
    for file in last[6:].split(", "):
        path = tmp_path / file
        if file == "run.safetensors":
            assert libgan.Context().load_trainer(path).steps_made == steps
        elif path.suffix == ".safetensors":
            model = libgan.load(path)
            inputs = [np.zeros((1, *shape)) for shape in model.ports.input_shapes]
            assert model(*inputs).shape == (1, 28, 28, 1)
        else:
            assert libgan.image.load(path).size > 28 * 28
    if name == "own_objective":
        losses = [float(line.split()[3].rstrip(",")) for line in done.stdout.splitlines()[:-1]]
        assert len(losses) == 2 and losses[1] < losses[0]


@pytest.mark.parametrize("page", ["README.md", "examples/python/README.md"])
def test_the_program_of_the_readme(page, tmp_path):
    """As it stands there, but for fewer steps."""
    text = (SOURCE / page).read_text(encoding="utf-8")
    lines = [line[4:] for line in text.splitlines() if line.startswith("    ") or not line.strip()]
    start = lines.index("import numpy as np")
    end = next(i for i, line in enumerate(lines) if "pictures = g" in line)
    program = "\n".join(lines[start : end + 1])
    program = program.replace("t.steps(500)", "t.steps(3)")
    program = program.replace("examples/data", str(SOURCE / "examples/data"))
    scope = {}
    before = os.getcwd()
    os.chdir(tmp_path)
    try:
        exec(program, scope)
    finally:
        os.chdir(before)
    assert scope["pictures"].shape == (16, 28, 28, 1) and scope["report"]["step"] == 3
    assert libgan.image.load(tmp_path / "sheet.png").shape[2] == 1


def test_history_is_a_frame():
    pandas = pytest.importorskip("pandas")
    ctx = libgan.Context(threads=1)
    trainer = ctx.trainer(
        "gan batch=4",
        generator="input 2; dense 1",
        discriminator="input 1; dense 1",
        real=np.zeros((8, 1, 1, 1), np.float32),
    )
    trainer.run(3)
    frame = pandas.DataFrame(trainer.history)
    assert frame.shape[0] == 3 and frame["step"].tolist() == [1, 2, 3]


def test_a_sheet_is_a_picture_of_pillow(ctx):
    pytest.importorskip("PIL")
    sheet = libgan.image.sheet(np.zeros((4, 5, 5, 3), np.uint8), columns=2)
    assert sheet.pil().size == (11, 11) and sheet.pil().mode == "RGB"
    assert libgan.image.fit(np.zeros((4, 6), np.uint8), 8, 8, 3, "stretch").shape == (8, 8, 3)
    data = ctx.dataset([sheet.pil(), sheet.pil()])
    assert data[1]["image"].shape == (11, 11, 3)


def test_the_notebook(tmp_path):
    """It runs, for fewer steps, and shows two sheets; its outputs are not kept."""
    nbclient, nbformat = (pytest.importorskip(name) for name in ("nbclient", "nbformat"))
    pytest.importorskip("ipykernel")
    folder = SOURCE / "examples/python"
    book = nbformat.read(folder / "clothes.ipynb", as_version=4)
    cells = [cell for cell in book.cells if cell.cell_type == "code"]
    assert not any(cell.outputs for cell in cells)
    assert "STEPS = 2000" in cells[0].source
    cells[0].source = cells[0].source.replace("STEPS = 2000", "STEPS = 3")
    cells[0].source = cells[0].source.replace("Path.cwd()", f"Path({str(folder)!r})")
    nbclient.NotebookClient(
        book, timeout=120, resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    shown = [output for cell in cells for output in cell.outputs if "data" in output]
    assert sum("image/png" in output.data for output in shown) >= 3
    assert libgan.load(tmp_path / "clothes.safetensors").ports.input_shapes == ((1, 1, 64),)
