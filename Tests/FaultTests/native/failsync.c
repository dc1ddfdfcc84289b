// Preloaded into a service: one sync of its database fails with EIO, and every later one succeeds, as a kernel does that
// has dropped the pages it could not write. Or the process is killed at it. What is counted says the environment:
//
//   FAILSYNC_KILLS  `before` or `after`: the process is killed there instead
//   FAILSYNC_AT     the how manieth sync fails, from 1
//   FAILSYNC_NAMES  endings of the file names that count, separated by colons: "-wal:.db", or "/" for folders
//   FAILSYNC_LOG    a file that gets the failing file's name when it happened
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_long counted;

static int ends_with(const char *text, size_t length, const char *end, size_t end_length) {
  return length >= end_length && memcmp(text + length - end_length, end, end_length) == 0;
}

// The name of a file that counts, or an empty text.
static void name_of(int descriptor, char *name, size_t room) {
  const char *endings = getenv("FAILSYNC_NAMES");
  char link[64];
  name[0] = 0;
  if (!endings) return;
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, name, room - 2);
  if (length < 0) { name[0] = 0; return; }
  struct stat status;
  if (fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode)) name[length++] = '/';
  name[length] = 0;
  for (const char *end = endings; *end;) {
    size_t end_length = strcspn(end, ":");
    if (ends_with(name, (size_t)length, end, end_length)) return;
    end += end_length + (end[end_length] == ':');
  }
  name[0] = 0;
}

static int fails(int descriptor) {
  const char *at = getenv("FAILSYNC_AT");
  char name[4096];
  int known = errno;
  name_of(descriptor, name, sizeof name);
  errno = known;
  if (!at || !name[0] || atomic_fetch_add(&counted, 1) + 1 != strtol(at, NULL, 10)) return 0;
  const char *path = getenv("FAILSYNC_LOG");
  int log = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
  if (log < 0 || dprintf(log, "%s\n", name) < 0) abort();
  close(log);
  errno = EIO;
  return 1;
}

// Whether the process is to be killed at the failing sync, at this side of it.
static int dies(const char *side) {
  const char *wanted = getenv("FAILSYNC_KILLS");
  return wanted && strcmp(wanted, side) == 0;
}

static int pass_on(const char *name, int descriptor) {
  int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  if (!next) abort();
  return next(descriptor);
}

static int sync_by(const char *name, int descriptor) {
  if (!fails(descriptor)) return pass_on(name, descriptor);
  if (dies("before")) kill(getpid(), SIGKILL);
  if (dies("after") && pass_on(name, descriptor) == 0) kill(getpid(), SIGKILL);
  errno = EIO;
  return -1;
}

int fsync(int descriptor) { return sync_by("fsync", descriptor); }
int fdatasync(int descriptor) { return sync_by("fdatasync", descriptor); }
