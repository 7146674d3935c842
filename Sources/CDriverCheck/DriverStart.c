// Starts the process that asks the drivers: what the C library has for it is not all to be seen from Swift.
#define _GNU_SOURCE
#include "DriverCheck.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

const char *driver_check_program(void) {
  const char *path = (const char *)getauxval(AT_EXECFN);
  return path ? path : "";
}

/// A pipe whose writer lies above the places that it takes in the new process, which may be free in this one.
static int make_pipe(int *reader, int *writer) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC)) return errno;
  *writer = fcntl(ends[1], F_DUPFD_CLOEXEC, 10);
  int code = *writer < 0 ? errno : 0;
  close(ends[1]);
  *reader = ends[0];
  fcntl(*reader, F_SETFL, O_NONBLOCK);
  if (code) close(*reader);
  return code;
}

static int spawn(
    const char *program, char *const arguments[], char *const environment[], pid_t *process, int output, int report) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none, all;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&actions, report, 3);
  posix_spawn_file_actions_addclosefrom_np(&actions, 4);
  // A group of its own, to be ended with all that drivers start; none of the host's signals is blocked or ignored in it.
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  int code = posix_spawn(process, program, &actions, &attributes, arguments, environment);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return code;
}

int driver_check_start(
    const char *program, char *const arguments[], char *const environment[], pid_t *process, int *printed, int *told) {
  int output, report, code = make_pipe(printed, &output);
  if (code) return code;
  code = make_pipe(told, &report);
  if (code) {
    close(output);
    close(*printed);
    return code;
  }
  code = spawn(program, arguments, environment, process, output, report);
  close(output);
  close(report);
  if (code) {
    close(*printed);
    close(*told);
  }
  return code;
}
