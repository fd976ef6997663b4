"""Prints resized.h: pictures brought to another size by Pillow.

    python make_resized.py > resized.h          (needs numpy, pillow)

A row is the name of resize=, height, width, and channels of the picture, whose value i is
(i * i + 31 * i) % 256, the new height and width, and the new values. By area an axis that grows is
bilinear, so each axis is done by itself: Pillow's bytes between the two are the same as in one go.
"""
import numpy
from PIL import Image

SIZES = [(9, 13, 1, 4, 5), (9, 13, 1, 3, 13), (16, 24, 1, 4, 6), (16, 16, 1, 5, 7), (5, 3, 1, 2, 2), (12, 30, 1, 1, 1),
         (31, 17, 1, 30, 16), (7, 5, 1, 11, 9), (10, 6, 1, 4, 13), (3, 20, 1, 8, 3), (15, 11, 3, 6, 4), (4, 4, 3, 9, 7),
         (25, 10, 3, 10, 4), (1, 9, 1, 1, 6)]


def resize(pixels, height, width, shrink):
    planes = []
    for plane in numpy.moveaxis(pixels, 2, 0):
        image = Image.fromarray(plane)
        grow = Image.Resampling.BILINEAR
        image = image.resize((width, image.height), shrink if width < image.width else grow)
        planes.append(numpy.array(image.resize((width, height), shrink if height < image.height else grow)))
    return numpy.stack(planes, -1)


def main():
    print("/* Made by make_resized.py. */\n/* clang-format off */")
    rows = []
    for name, kind in (("bilinear", Image.Resampling.BILINEAR), ("area", Image.Resampling.BOX)):
        for h, w, c, height, width in SIZES:
            i = numpy.arange(h * w * c, dtype=numpy.int64)
            pixels = ((i * i + 31 * i) % 256).astype(numpy.uint8).reshape(h, w, c)
            values = f"resized_{len(rows)}"
            print(f"static const uint8_t {values}[] = {{")
            out = resize(pixels, height, width, kind).ravel()
            for at in range(0, len(out), 24):
                print("    " + "".join(f"{value}," for value in out[at:at + 24]))
            print("};")
            rows.append(f'    {{"{name}", {h}, {w}, {c}, {height}, {width}, {values}}},')
    print("static const resized_expected resized_table[] = {", *rows, "};", "/* clang-format on */", sep="\n")


main()
