#pragma once

/// The text of `Kernels/NAME.cl`, for the program's whole life; null where there is no such file.
const char *_Nullable kernel_file(const char *_Nonnull name);
