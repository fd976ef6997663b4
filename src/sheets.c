/* sheets.c: the sizes of sheets. gan_image_sheet arranges them, a pixel between pictures. */
#include "sheets.h"

#include <math.h>

int64_t sheet_columns(int64_t examples, int64_t pictures)
{
    const double side = sqrt((double)(examples * pictures)) / (double)pictures;
    if (pictures == 1) return 0;
    return pictures * (side < 1 ? 1 : (int64_t)(side + 0.5));
}

const char *sheet_fault(const int64_t shape[3])
{
    if (shape[2] > 4) return "what it makes has more channels than the 4 of a picture";
    const bool point = shape[0] == 1 && shape[1] == 1 && shape[2] > 1;
    return point ? "what it makes are points of 1x1, not pictures" : NULL;
}

int sheet_check(const command *self, const char *name, int64_t given, const int64_t shape[3],
                int64_t pictures, int64_t columns)
{
    const double across = columns > 0 ? (double)columns : ceil(sqrt((double)pictures));
    const double width = fmin(across, (double)pictures) * (double)(shape[1] + 1) - 1;
    const double height = ceil((double)pictures / across) * (double)(shape[0] + 1) - 1;
    if (height * width * (double)shape[2] <= GAN_IMAGE_PNG_VALUES) return EXIT_GOOD;
    return complain(self, EXIT_INPUT,
                    "%s %lld: a sheet of so many pictures of %lldx%lldx%lld has more values than "
                    "the %d of a PNG file",
                    name, (long long)given, (long long)shape[0], (long long)shape[1],
                    (long long)shape[2], GAN_IMAGE_PNG_VALUES);
}
