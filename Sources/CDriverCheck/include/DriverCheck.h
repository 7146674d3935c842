#pragma once

#include <sys/types.h>

/// The environment variable that makes a program which contains this code ask the OpenCL drivers before its `main`, and
/// end: `PARENT SECONDS [PLATFORM …]`, the process that waits, after how long to end by itself, and the platforms, by
/// their place, that are not asked.
///
/// It tells on descriptor 3, a line each: `started`, `platform PLACE NAME<tab>VERSION` before a platform is asked for its
/// devices, and `done`.
extern const char *const driver_check_variable;

/// The library that this code is in, or NULL if it is in the program itself.
const char *driver_check_library(void);

/// The path of the file that this program was started from, as it was given then.
const char *driver_check_program(void);

/// Starts `program` in a process group of its own, and gives the ends of pipes to read what it prints and what it tells.
/// Returns 0 or the number of an error.
int driver_check_start(
    const char *program, char *const arguments[], char *const environment[], pid_t *process, int *printed, int *told);
