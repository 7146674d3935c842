// Preloaded, makes calls into the system fail that a full or broken disk, or a machine without memory, would fail.
//
//   FAULT_CALL   write (and pwrite, writev), short (a write that takes half of the bytes), fsync (and fdatasync),
//                rename, open (that may create a file), truncate, mkdir or malloc (and calloc, realloc, aligned ones)
//   FAULT_NUMBER which of these calls fails, from 1 on
//   FAULT_MODE   once; from: that one and all later ones; every: all whose number it divides
//   FAULT_ERROR  the number of the error; by default ENOSPC, EIO for fsync and rename, ENOMEM for malloc
//   FAULT_LOG    a file that gets a byte for every fault
//
// Only regular files count, and calls after the program has started.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum call { WRITE, SHORT, FSYNC, RENAME, OPEN, TRUNCATE, MKDIR, MALLOC, NONE };
static const char *const names[] = { "write", "short", "fsync", "rename", "open", "truncate", "mkdir", "malloc" };

static enum call failing = NONE;
static long number = 0;
static char mode = 'o';
static int error = 0;
static const char *logPath = NULL;
static atomic_long calls = 0;

__attribute__((constructor)) static void begin(void) {
  const char *name = getenv("FAULT_CALL"), *text = getenv("FAULT_NUMBER"), *how = getenv("FAULT_MODE");
  const char *wanted = getenv("FAULT_ERROR");
  logPath = getenv("FAULT_LOG");
  number = text ? atol(text) : 0;
  mode = how ? how[0] : 'o';
  if (!name || number < 1) return;
  for (int call = 0; call < NONE; call++)
    if (strcmp(name, names[call]) == 0) failing = call;
  error = wanted ? atoi(wanted) : failing == FSYNC || failing == RENAME ? EIO : failing == MALLOC ? ENOMEM : ENOSPC;
}

static bool fails(enum call call) {
  if (call != failing) return false;
  long now = atomic_fetch_add(&calls, 1) + 1;
  bool hit = mode == 'o' ? now == number : mode == 'f' ? now >= number : now % number == 0;
  if (!hit) return false;
  if (logPath) {
    int log = (int)syscall(SYS_openat, AT_FDCWD, logPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    syscall(SYS_write, log, "x", 1);
    syscall(SYS_close, log);
  }
  errno = error;
  return true;
}

static bool isFile(int descriptor) {
  struct stat status;
  return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int descriptor, const void *bytes, size_t count) {
  if (isFile(descriptor)) {
    if (fails(WRITE)) return -1;
    if (count > 1 && fails(SHORT)) count /= 2;
  }
  return syscall(SYS_write, descriptor, bytes, count);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
  if (isFile(descriptor)) {
    if (fails(WRITE)) return -1;
    if (count > 1 && fails(SHORT)) count /= 2;
  }
  return syscall(SYS_pwrite64, descriptor, bytes, count, offset);
}
ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off_t offset) {
  return pwrite(descriptor, bytes, count, offset);
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
  if (isFile(descriptor) && fails(WRITE)) return -1;
  return syscall(SYS_writev, descriptor, parts, count);
}

int fsync(int descriptor) { return fails(FSYNC) ? -1 : (int)syscall(SYS_fsync, descriptor); }
int fdatasync(int descriptor) { return fails(FSYNC) ? -1 : (int)syscall(SYS_fdatasync, descriptor); }
int ftruncate(int descriptor, off_t size) { return fails(TRUNCATE) ? -1 : (int)syscall(SYS_ftruncate, descriptor, size); }
int ftruncate64(int descriptor, off_t size) { return ftruncate(descriptor, size); }
int mkdir(const char *path, mode_t mode) { return fails(MKDIR) ? -1 : (int)syscall(SYS_mkdir, path, mode); }

int rename(const char *from, const char *to) { return fails(RENAME) ? -1 : (int)syscall(SYS_rename, from, to); }
int renameat(int fromFolder, const char *from, int toFolder, const char *to) {
  return fails(RENAME) ? -1 : (int)syscall(SYS_renameat, fromFolder, from, toFolder, to);
}
int renameat2(int fromFolder, const char *from, int toFolder, const char *to, unsigned flags) {
  return fails(RENAME) ? -1 : (int)syscall(SYS_renameat2, fromFolder, from, toFolder, to, flags);
}

int openat(int folder, const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t permissions = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  if (flags & O_CREAT && fails(OPEN)) return -1;
  return (int)syscall(SYS_openat, folder, path, flags, permissions);
}
int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t permissions = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return openat(AT_FDCWD, path, flags, permissions);
}
int open64(const char *path, int flags, ...) __attribute__((alias("open")));
int openat64(int folder, const char *path, int flags, ...) __attribute__((alias("openat")));
int creat(const char *path, mode_t permissions) { return open(path, O_CREAT | O_WRONLY | O_TRUNC, permissions); }

// The library's own names, since dlsym allocates.
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

void *malloc(size_t size) { return fails(MALLOC) ? NULL : __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return fails(MALLOC) ? NULL : __libc_calloc(count, size); }
void *realloc(void *block, size_t size) { return fails(MALLOC) ? NULL : __libc_realloc(block, size); }
void *memalign(size_t alignment, size_t size) { return fails(MALLOC) ? NULL : __libc_memalign(alignment, size); }
void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }
int posix_memalign(void **block, size_t alignment, size_t size) {
  int before = errno;
  void *found = memalign(alignment, size);
  errno = before;
  if (!found) return ENOMEM;
  *block = found;
  return 0;
}
