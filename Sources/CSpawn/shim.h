#pragma once
#include <spawn.h>

// Of glibc 2.34 and later, which shows them only with _GNU_SOURCE: Swift's module is made without.
extern int pipe2(int ends[2], int flags);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
