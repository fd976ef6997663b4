/* folder.h: the pictures in a folder, by name: directly in it, or in sub-folders, one for each
 * class. */
#ifndef GAN__FOLDER_H
#define GAN__FOLDER_H

#include "base/context.h"

/* What is found is in the order of the bytes of its names, classes first; zero-initialise. */
typedef struct gan__folder {
    const char *path; /* borrowed, for messages */
    char *text;       /* all the names, of files as "CLASS/NAME" or "NAME" */
    const char **files;
    int64_t *sizes;   /* of the files, in bytes */
    int32_t *classes; /* of the files */
    int64_t count;
    const char **class_names;
    int64_t class_count; /* 0: the pictures lie directly in the folder */
} gan__folder;

/* Finds the files whose names end as those of pictures that can be read, in letters of either size.
 * Names that begin with a dot are passed over; how many other files there are is told in the log.
 * Links are followed; a folder in a sub-folder is refused, so they cannot be followed for ever.
 *   GAN_E_FILE for what cannot be listed; GAN_E_FORMAT where there are pictures beside sub-folders,
 * no pictures at all or in a sub-folder, or folders in sub-folders; GAN_E_UNSUPPORTED where the
 * host lists no folders. The folder can be freed whatever happened. */
gan_status gan__folder_find(gan__folder *out, gan_context *context, const char *path);
void gan__folder_free(gan_context *context, gan__folder *folder);

/* The same for files directly in a folder whose names have other ends, NULL behind the last; there
 * may be folders in it. `count` may become 0. */
gan_status gan__folder_files(gan__folder *out, gan_context *context, const char *path,
                             const char *const *ends);

/* Frees sizes and classes of the files, which are of use at the beginning alone. */
void gan__folder_forget(gan_context *context, gan__folder *folder);

/* "FOLDER/NAME" as *out (gan__free). */
gan_status gan__folder_join(gan_context *context, const char *folder, const char *name, char **out);

#endif
