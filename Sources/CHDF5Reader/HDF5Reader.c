// Reads HDF5 files in a process of its own: libhdf5 trusts what a file says of its own structure, and damaged ones end the
// process that reads them, or keep it for ever.
//
// The process is a fork without a new program: it takes milliseconds, whoever the host is. It has one thread, which calls the
// C library, libhdf5 and zlib alone, none of which needs a lock that another thread may have held.
#define _GNU_SOURCE
#include "HDF5Reader.h"

#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { longest_name = 4096, deepest = 32, most_objects = 100000, most_texts = 1 << 20 };

static struct hdf5_outcome *outcome;
static int answer;
static long objects;

static herr_t keep_reason(unsigned place, const H5E_error2_t *error, void *ignored) {
  (void)place, (void)ignored;
  // The innermost one comes last.
  if (error->desc) snprintf(outcome->reason, sizeof outcome->reason, "%s", error->desc);
  return 0;
}

/// Ends the process with what could not be done.
__attribute__((format(printf, 1, 2), noreturn)) static void refuse(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(outcome->problem, sizeof outcome->problem, format, arguments);
  va_end(arguments);
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_reason, NULL);
  _exit(1);
}

static void put(const void *bytes, size_t count) {
  while (count > 0) {
    ssize_t written = write(answer, bytes, count);
    if (written < 0 && errno != EINTR) _exit(1); // Nobody listens any more.
    if (written > 0) bytes = (const char *)bytes + written, count -= (size_t)written;
  }
}

static void put_text(const char *text, size_t size) {
  uint32_t count = (uint32_t)size;
  put(&count, sizeof count);
  put(text, size);
}

/// The texts of an attribute, if it holds texts, or nothing at all.
static void put_attribute(hid_t attribute, const char *object) {
  char name[longest_name];
  ssize_t length = H5Aget_name(attribute, sizeof name, name);
  hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
  hssize_t count = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
  if (length < 0 || length >= (ssize_t)sizeof name || type < 0 || count < 0 || count > most_texts)
    refuse("an attribute of “%.200s” cannot be read", object);
  if (H5Tget_class(type) == H5T_STRING || count == 0) {
    put("A", 1);
    put_text(name, (size_t)length);
    put(&(uint32_t){(uint32_t)count}, 4);
  }
  if (H5Tget_class(type) == H5T_STRING && count > 0) {
    if (H5Tis_variable_str(type) > 0) {
      char **texts = calloc((size_t)count, sizeof *texts);
      if (!texts || H5Aread(attribute, type, texts) < 0) refuse("the attribute “%.100s” of “%.200s” cannot be read", name, object);
      for (hssize_t i = 0; i < count; i++) put_text(texts[i] ? texts[i] : "", texts[i] ? strlen(texts[i]) : 0);
    } else {
      size_t size = H5Tget_size(type);
      char *texts = size > 0 && size < 1 << 20 ? calloc((size_t)count, size) : NULL;
      if (!texts || H5Aread(attribute, type, texts) < 0) refuse("the attribute “%.100s” of “%.200s” cannot be read", name, object);
      for (hssize_t i = 0; i < count; i++) put_text(texts + (size_t)i * size, strnlen(texts + (size_t)i * size, size));
      free(texts);
    }
  }
  H5Sclose(space);
  H5Tclose(type);
}

static void put_attributes(hid_t object, const char *name) {
  H5O_info_t info;
  if (H5Oget_info2(object, &info, H5O_INFO_NUM_ATTRS) < 0) refuse("“%.200s” cannot be read", name);
  for (hsize_t i = 0; i < info.num_attrs; i++) {
    hid_t attribute = H5Aopen_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, i, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0) refuse("an attribute of “%.200s” cannot be read", name);
    put_attribute(attribute, name);
    H5Aclose(attribute);
  }
}

static void put_dataset(hid_t dataset, const char *name) {
  hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
  hsize_t extents[H5S_MAX_RANK];
  int rank = space < 0 ? -1 : H5Sget_simple_extent_dims(space, extents, NULL);
  if (type < 0 || rank < 0) refuse("the dataset “%.200s” cannot be read", name);
  size_t size = H5Tget_class(type) == H5T_FLOAT ? H5Tget_size(type) : 0;
  put("D", 1);
  put_text(name, strlen(name));
  put(&(unsigned char){size == 2 || size == 4 || size == 8 ? (unsigned char)size : 0}, 1);
  put(&(unsigned char){(unsigned char)rank}, 1);
  put(extents, (size_t)rank * sizeof *extents);
  put_attributes(dataset, name);
  H5Sclose(space);
  H5Tclose(type);
}

/// A group and all below it. Links to other files, and soft ones, are left out.
static void put_group(hid_t group, const char *name, int depth) {
  H5G_info_t info;
  if (depth > deepest || objects > most_objects) refuse("it has more groups than weights need, or they hold each other");
  if (H5Gget_info(group, &info) < 0) refuse("the group “%.200s” cannot be read", name);
  put("G", 1);
  put_text(name, strlen(name));
  put_attributes(group, name);
  for (hsize_t i = 0; i < info.nlinks; i++) {
    char path[longest_name];
    H5L_info_t link;
    size_t start = strlen(name);
    if (start > 0) snprintf(path, sizeof path, "%s/", name), start++;
    ssize_t length = start + 1 >= sizeof path ? -1 : H5Lget_name_by_idx(
      group, ".", H5_INDEX_NAME, H5_ITER_INC, i, path + start, sizeof path - start, H5P_DEFAULT);
    if (length < 0 || (size_t)length >= sizeof path - start || H5Lget_info(group, path + start, &link, H5P_DEFAULT) < 0)
      refuse("the group “%.200s” cannot be read", name);
    if (link.type != H5L_TYPE_HARD) continue;
    hid_t object = H5Oopen(group, path + start, H5P_DEFAULT);
    if (object < 0) refuse("“%.200s” cannot be read", path);
    objects++;
    if (H5Iget_type(object) == H5I_GROUP) put_group(object, path, depth + 1);
    if (H5Iget_type(object) == H5I_DATASET) put_dataset(object, path);
    H5Oclose(object);
  }
}

/// The elements of a dataset of floats, a block of whole rows after the other.
static void put_elements(hid_t file, const char *name) {
  hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
  hid_t space = dataset < 0 ? -1 : H5Dget_space(dataset), properties = dataset < 0 ? -1 : H5Dget_create_plist(dataset);
  hsize_t extents[H5S_MAX_RANK], start[H5S_MAX_RANK] = {0}, size[H5S_MAX_RANK];
  int rank = space < 0 || properties < 0 ? -1 : H5Sget_simple_extent_dims(space, extents, NULL);
  if (rank < 0) refuse("the dataset “%.200s” cannot be read", name);
  if (H5Pget_external_count(properties) != 0 || H5Pget_layout(properties) > H5D_CHUNKED)
    refuse("the elements of the dataset “%.200s” lie in another file", name);
  hsize_t row = 1, rows = rank > 0 ? extents[0] : 1;
  for (int axis = 1; axis < rank; axis++) row *= size[axis] = extents[axis];
  hsize_t together = row > 0 && row < 1 << 20 ? (1 << 20) / row : 1;
  float *elements = malloc(sizeof *elements * (size_t)(together * row) + 1);
  if (!elements) refuse("there is no memory for the dataset “%.200s”", name);
  for (hsize_t first = 0; first < rows && row > 0; first += together) {
    hsize_t count = rows - first < together ? rows - first : together, block = count * row;
    hid_t part = H5Screate_simple(1, &block, NULL);
    start[0] = first;
    size[0] = count;
    if (part < 0 || (rank > 0 && H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, size, NULL) < 0)
        || H5Dread(dataset, H5T_NATIVE_FLOAT, part, space, H5P_DEFAULT, elements) < 0)
      refuse("the elements of the dataset “%.200s” cannot be read", name);
    put(elements, sizeof *elements * (size_t)block);
    H5Sclose(part);
  }
  free(elements);
  H5Pclose(properties);
  H5Sclose(space);
  H5Dclose(dataset);
}

/// What it may take of memory beside what the host has, and of time: a damaged file asks for any amount.
static void limit_resources(const char *path) {
  unsigned long pages = 0;
  struct stat status = {0};
  stat(path, &status);
  rlim_t size = (rlim_t)status.st_size, seconds = 3 + (size >> 24);
  setrlimit(RLIMIT_CPU, &(struct rlimit){seconds, seconds});
  FILE *sizes = fopen("/proc/self/statm", "r");
  if (!sizes) return;
  int found = fscanf(sizes, "%lu", &pages);
  fclose(sizes);
  rlim_t limit = pages * (rlim_t)sysconf(_SC_PAGESIZE) + 2 * size + (1ul << 30);
  if (found == 1) setrlimit(RLIMIT_AS, &(struct rlimit){limit, limit});
}

__attribute__((noreturn)) static void read_file(const char *path, const char *const *datasets, size_t count, pid_t parent) {
  const int deadly[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};
  for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++) signal(deadly[i], SIG_DFL);
  signal(SIGPIPE, SIG_IGN);
  // Neither outlives the thread that waits, nor leaves a core file behind, nor writes where the host does.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  // Nothing of the host's stays open here: another reader's pipe would not end.
  dup2(answer, 3);
  answer = 3;
  closefrom(4);
  setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
  limit_resources(path);
  int nowhere = open("/dev/null", O_RDWR);
  if (nowhere >= 0) dup2(nowhere, STDOUT_FILENO), dup2(nowhere, STDERR_FILENO);

  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  // A file may not say which libraries are loaded to read it.
  H5PLset_loading_state(0);
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, access);
  if (file < 0) refuse("it is damaged or was cut short");
  if (datasets) {
    for (size_t i = 0; i < count; i++) put_elements(file, datasets[i]);
  } else {
    hid_t root = H5Gopen2(file, "/", H5P_DEFAULT);
    if (root < 0) refuse("its root group cannot be read");
    put_group(root, "", 0);
  }
  outcome->finished = 1;
  _exit(0);
}

int hdf5_start(const char *path, const char *const *datasets, size_t count, struct hdf5_reading *reading) {
  int ends[2];
  void *shared = mmap(NULL, sizeof *reading->outcome, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return errno;
  int code = pipe2(ends, O_CLOEXEC) ? errno : 0;
  pid_t parent = getpid(), process = code ? -1 : fork();
  if (process == 0) {
    outcome = shared;
    answer = ends[1];
    read_file(path, datasets, count, parent);
  }
  if (!code) {
    code = process < 0 ? errno : 0;
    close(ends[1]);
    if (code) close(ends[0]);
  }
  if (code) {
    munmap(shared, sizeof *reading->outcome);
    return code;
  }
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  *reading = (struct hdf5_reading){process, ends[0], shared};
  return 0;
}

int hdf5_end(struct hdf5_reading *reading, int at_once, struct hdf5_outcome *result) {
  int status = 0;
  if (at_once) kill(reading->process, SIGKILL);
  while (waitpid(reading->process, &status, 0) < 0) {
    if (errno == EINTR) continue;
    status = 0; // The host ignores the ends of its processes, or waits for all of them.
    break;
  }
  *result = *reading->outcome;
  close(reading->answer);
  munmap(reading->outcome, sizeof *reading->outcome);
  return !at_once && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}
