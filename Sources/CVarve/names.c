// Which file a path names. Here and not in the header: an extension that is asked for there would
// change what the system's headers declare for everybody.
#define _GNU_SOURCE
#include "CVarve.h"

#include <sys/stat.h>
#if defined(__linux__)
#include <sys/sysmacros.h>
#endif

int cvarve_path_names(const char *path, dev_t device, ino_t inode) {
#if defined(__linux__)
  struct statx found;
  return statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_INO, &found) == 0 &&
         found.stx_ino == inode && makedev(found.stx_dev_major, found.stx_dev_minor) == device;
#else
  struct stat found;
  return lstat(path, &found) == 0 && found.st_ino == inode && found.st_dev == device;
#endif
}
