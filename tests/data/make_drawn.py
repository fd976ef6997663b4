"""Prints drawn.h: what a data set makes of each picture of ../files/data/pngsuite.

    python make_drawn.py > drawn.h          (needs numpy, pillow)

A row is the file, its channels, and the CRC-32 of its pixels as bytes with channels=0, 1, 2, 3 and 4. The
pictures are decoded by ../files/make_pngsuite.py, which compares them with Pillow's; alpha and grey are
made here by the rules of gan_dataset_open and gan_image_fit.
"""
import pathlib
import sys
import zlib

import numpy

FILES = pathlib.Path(__file__).parent.parent / "files"
sys.path.insert(0, str(FILES))
import make_pngsuite  # noqa: E402


def channels(array, wanted):
    """Whole numbers, at the depth of the file."""
    most = numpy.iinfo(array.dtype).max
    values, count = array.astype(numpy.int64), array.shape[2]
    alpha = values[..., -1:] if count % 2 == 0 else numpy.full(values.shape[:2] + (1,), most)
    colours = values[..., :3] if count > 2 else values[..., :1].repeat(3, 2)
    if wanted in (0, count):
        return values
    if wanted % 2 == 1:
        colours = (colours * alpha + most // 2) // most
    if wanted < 3:
        colours = (colours @ numpy.array([[299], [587], [114]]) + 500) // 1000
    return colours if wanted % 2 == 1 else numpy.concatenate([colours, alpha], 2)


def main():
    print("/* Made by make_drawn.py. */\nstatic const drawn_expected drawn_table[] = {")
    for path in sorted((FILES / "data/pngsuite").glob("[!x]*.png")):
        array = make_pngsuite.decode(path.read_bytes())
        assert make_pngsuite.pillow_agrees(path, array), path
        sums = []
        for wanted in range(5):
            values = channels(array, wanted)
            if array.dtype == numpy.uint16:
                values = (values + 128) // 257
            sums.append(f"0x{zlib.crc32(values.astype(numpy.uint8).tobytes()):08x}")
        print(f'    {{"{path.stem}", {array.shape[2]}, {{{", ".join(sums)}}}}},')
    print("};")


if __name__ == "__main__":
    main()
