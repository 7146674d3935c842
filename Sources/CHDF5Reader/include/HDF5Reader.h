#pragma once

#include <stddef.h>
#include <sys/types.h>

/// What the process that reads a file shares with the one that waits for it.
struct hdf5_outcome {
  /// Whether all that was asked for has been written.
  int finished;
  /// What could not be done, in words; empty where nothing went wrong.
  char problem[512];
  /// What HDF5 said of it.
  char reason[512];
};

/// A process that reads an HDF5 file.
struct hdf5_reading {
  pid_t process;
  /// Where its answer is read from, which does not wait.
  int answer;
  struct hdf5_outcome *outcome;
};

/// Starts a process that reads `path`: of the datasets of floats named, their elements as 32-bit floats, one after the
/// other; without `datasets`, what the file holds, a record after the other:
///
/// - `G name`: a group; the root has the empty name. `D name kind rank extent…`: a dataset. `A name count text…`: an
///   attribute of texts, of the object before it.
/// - A name or a text is a 32-bit number of bytes and the bytes; `kind` (2, 4 or 8 for floats of as many bytes, otherwise 0)
///   and `rank` are single bytes, `count` is a 32-bit, an extent a 64-bit number.
///
/// Returns 0 or the number of an error. Then `hdf5_end` must be called.
int hdf5_start(const char *path, const char *const *datasets, size_t count, struct hdf5_reading *reading);

/// Waits for the process, whose whole answer was read, or ends it at once. Gives its outcome, and returns the signal that it
/// ended by, or 0.
int hdf5_end(struct hdf5_reading *reading, int at_once, struct hdf5_outcome *result);
