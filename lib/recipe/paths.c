/* paths.c: paths in a recipe are relative to its folder and are made absolute, so that the
 * canonical text holds anywhere. */
#include "base/memory.h"
#include "base/os.h"
#include "base/stream.h"
#include "recipe/recipe.h"

#include <string.h>

#if defined(_WIN32)
enum { PATH_WINDOWS = 1 };
#else
enum { PATH_WINDOWS = 0 };
#endif

static bool path_is_separator(char c)
{
    return c == '/' || (PATH_WINDOWS && c == '\\');
}

static bool path_is_absolute(const char *path)
{
    return path_is_separator(path[0]) || (PATH_WINDOWS && path[0] && path[1] == ':');
}

/* A host with files of its own has no reason for their failures, and no working folder. */
gan_status gan__path_here(gan_context *context, char **out)
{
    char *here;
    const size_t size = 4096;
    if (!gan__host_reason(context)) return gan__copy_text(context, out, "", 0);
    *out = NULL;
    GAN__TRY(gan__allocate(context, &here, size, 1));
    if (gan__os_folder(here, size) == 0) {
        *out = here;
        return GAN_OK;
    }
    gan__free(context, here);
    return gan__fail(context, GAN_E_FILE, "the working folder has no name: %s", gan__os_reason());
}

gan_status gan__path_join(gan_context *context, const char *folder, const char *path, char **out)
{
    gan__text text = {.context = context};
    size_t length = strlen(folder);
    if (!path_is_absolute(path) && length > 0) {
        gan__text_append(&text, folder, length);
        if (!path_is_separator(folder[length - 1])) gan__text_append(&text, "/", 1);
    }
    gan__text_append(&text, path, strlen(path));
    if (text.status != GAN_OK) gan__text_free(&text);
    *out = text.bytes;
    return text.status;
}

gan_status gan__path_folder(gan_context *context, const char *path, char **out)
{
    char *here, *whole = NULL;
    size_t length;
    *out = NULL;
    GAN__TRY(gan__path_here(context, &here));
    gan_status status = gan__path_join(context, here, path, &whole);
    gan__free(context, here);
    if (status != GAN_OK) return status;
    length = strlen(whole);
    while (length > 0 && !path_is_separator(whole[length - 1])) length--;
    if (length > 1) length--; /* the root keeps its separator */
    whole[length] = '\0';
    *out = whole;
    return GAN_OK;
}

gan_status gan__section_paths(gan_context *context, const gan__kind *kind, void *values,
                              const char *folder)
{
    for (int32_t i = 0, count = gan__kind_option_count(kind); i < count; i++) {
        const gan__option option = gan__kind_option(kind, i);
        if (option.type != GAN__OPTION_PATH) continue;
        char *joined, **path = gan__option_text(&option, values);
        if (!*path) continue;
        GAN__TRY(gan__path_join(context, folder, *path, &joined));
        gan__free(context, *path);
        *path = joined;
    }
    return GAN_OK;
}
