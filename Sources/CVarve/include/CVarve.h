// Shims for what Swift cannot say: full sync, file locks, sleeping on a word, hardware CRC-32C; a
// table of Unicode.
#ifndef CVARVE_H
#define CVARVE_H

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#if defined(__linux__)
#include <sys/syscall.h>
#endif
#include <sys/types.h>
#include <unistd.h>

// On Darwin fsync does not reach the medium; F_FULLFSYNC does.
static inline int cvarve_sync_data(int descriptor) {
#if defined(__APPLE__)
  return fcntl(descriptor, F_FULLFSYNC);
#else
  return fdatasync(descriptor);
#endif
}

// Lets the disk begin with what was written, so that the sync at the end waits for less. A hint: it is no sync, and what
// goes wrong is said by the sync.
static inline void cvarve_begin_writeback(int descriptor, off_t offset, off_t count) {
#if defined(__LP64__) && defined(SYS_sync_file_range)
  // By its number: the function is declared for _GNU_SOURCE alone. 2 is SYNC_FILE_RANGE_WRITE.
  (void)syscall(SYS_sync_file_range, descriptor, offset, count, 2L);
#else
  (void)descriptor, (void)offset, (void)count;
#endif
}

static inline int cvarve_sync_all(int descriptor) {
#if defined(__APPLE__)
  return fcntl(descriptor, F_FULLFSYNC);
#else
  return fsync(descriptor);
#endif
}

// `flock` is also the name of a struct, which hides the function from Swift.
static inline int cvarve_lock_exclusive_nonblocking(int descriptor) {
  return flock(descriptor, LOCK_EX | LOCK_NB);
}

static inline int cvarve_unlock(int descriptor) { return flock(descriptor, LOCK_UN); }

// open is variadic.
static inline int cvarve_open(const char *path, int flags, unsigned mode) {
  return open(path, flags | O_CLOEXEC, mode);
}

// Reading leaves the access time alone, where the system has that and the file is the caller's own:
// else each read after a write makes the next sync write the inode as well.
static inline void cvarve_keep_access_time(int descriptor) {
#if defined(__linux__)
  enum { keep_access_time = 01000000 };  // O_NOATIME, which needs _GNU_SOURCE.
  int flags = fcntl(descriptor, F_GETFL);
  if (flags >= 0) (void)fcntl(descriptor, F_SETFL, flags | keep_access_time);
#else
  (void)descriptor;
#endif
}

// Whether a path names an inode of a device. Not by `stat` on Linux: that asks for times as well,
// and a file whose times were asked for gets exact new ones at its next write, which raises the
// clock for all files; the sync after a write then has to write the inode, too.
int cvarve_path_names(const char *path, dev_t device, ino_t inode);

// Sleeps while a word has a value, until it is woken or some time is over, which is below 0 for no
// limit; 1 if it is over. May return for no reason.
int cvarve_sleep_while(uint32_t *word, uint32_t value, int64_t nanoseconds);

// Wakes one or all that sleep on a word, with one call however many they are.
void cvarve_wake_one(uint32_t *word);
void cvarve_wake_all(uint32_t *word);

// Where `needle` stands in `text`, or -1. With `fold`, `needle` has small ASCII letters and letters
// of either case match. Sixteen places at a time by their first and last byte; W. Mula,
// "SIMD-friendly algorithms for substring searching", 2016.
ptrdiff_t cvarve_find(
    const uint8_t *text, size_t count, const uint8_t *needle, size_t needle_count, int fold);

// 1 if the processor has CRC-32C instructions.
static inline int cvarve_has_crc32c(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("sse4.2") ? 1 : 0;
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
  return 1;
#else
  return 0;
#endif
}

#if defined(__x86_64__)
__attribute__((target("sse4.2")))
#endif
static inline uint32_t cvarve_crc32c(uint32_t crc, const void *bytes, size_t count) {
  const uint8_t *p = (const uint8_t *)bytes;
#if defined(__x86_64__)
  uint64_t state = crc;
  while (count >= 8) {
    uint64_t word;
    memcpy(&word, p, 8);
    state = __builtin_ia32_crc32di(state, word);
    p += 8;
    count -= 8;
  }
  crc = (uint32_t)state;
  while (count--) crc = __builtin_ia32_crc32qi(crc, *p++);
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
  while (count >= 8) {
    uint64_t word;
    memcpy(&word, p, 8);
    crc = __builtin_arm_crc32cd(crc, word);
    p += 8;
    count -= 8;
  }
  while (count--) crc = __builtin_arm_crc32cb(crc, *p++);
#else
  (void)p;
  (void)count;
#endif
  return crc;
}

// The compatibility decomposition of a code point: place in a pool << 8 | number of scalars; 0 for
// none. Hangul syllables are not in the table.
uint32_t cvarve_decomposition(uint32_t code);

// One scalar of the pool.
uint32_t cvarve_decomposition_scalar(uint32_t place);

#endif
