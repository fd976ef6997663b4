/* export.h: how a public function is declared.
 *
 * A program that links libgan statically defines GAN_STATIC; nothing else here is for users. */
#ifndef GAN_EXPORT_H
#define GAN_EXPORT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define GAN_BEGIN extern "C" {
#define GAN_END }
#else
#define GAN_BEGIN
#define GAN_END
#endif

#if defined(GAN_STATIC)
#define GAN_API
#elif defined(_WIN32) && defined(GAN_BUILDING)
#define GAN_API __declspec(dllexport)
#elif defined(_WIN32)
#define GAN_API __declspec(dllimport)
#elif defined(__GNUC__)
#define GAN_API __attribute__((visibility("default")))
#else
#define GAN_API
#endif

#endif
