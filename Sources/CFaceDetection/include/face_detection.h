// Finds faces with a cascade of OpenCV. Built for the package trait OpenCV only; nothing here throws.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int x, y, width, height;
} FaceRectangle;

typedef struct FaceCascade FaceCascade;

// Reads a cascade, Haar or LBP, of OpenCV's present format. NULL on failure, and why in `message`.
FaceCascade *_Nullable face_cascade_read(const char *_Nonnull xml, char *_Nonnull message, size_t capacity);

// Faces in a grey picture, at most `limit`: their number, or -1 on failure, and why in `message`. Not from two threads at once.
int face_cascade_find(
    FaceCascade *_Nonnull cascade, const uint8_t *_Nonnull pixels, int width, int height, int smallest,
    FaceRectangle *_Nonnull found, int limit, char *_Nonnull message, size_t capacity);

void face_cascade_free(FaceCascade *_Nullable cascade);

#ifdef __cplusplus
}
#endif
