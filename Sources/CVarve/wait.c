// Sleeping on a word of memory: the futex of Linux and its like on Darwin.
#define _GNU_SOURCE
#include "CVarve.h"

#if defined(__APPLE__)
#include <os/os_sync_wait_on_address.h>

int cvarve_sleep_while(uint32_t *word, uint32_t value, int64_t nanoseconds) {
  if (nanoseconds < 0) {
    (void)os_sync_wait_on_address(word, value, sizeof *word, OS_SYNC_WAIT_ON_ADDRESS_NONE);
    return 0;
  }
  int result = os_sync_wait_on_address_with_timeout(
      word, value, sizeof *word, OS_SYNC_WAIT_ON_ADDRESS_NONE, OS_CLOCK_MACH_ABSOLUTE_TIME,
      (uint64_t)nanoseconds);
  return result < 0 && errno == ETIMEDOUT;
}

void cvarve_wake_one(uint32_t *word) {
  (void)os_sync_wake_by_address_any(word, sizeof *word, OS_SYNC_WAKE_BY_ADDRESS_NONE);
}

void cvarve_wake_all(uint32_t *word) {
  (void)os_sync_wake_by_address_all(word, sizeof *word, OS_SYNC_WAKE_BY_ADDRESS_NONE);
}
#else
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>

int cvarve_sleep_while(uint32_t *word, uint32_t value, int64_t nanoseconds) {
  struct timespec limit = {nanoseconds / 1000000000, nanoseconds % 1000000000};
  long result = syscall(
      SYS_futex, word, FUTEX_WAIT_PRIVATE, value, nanoseconds < 0 ? NULL : &limit, NULL, 0);
  return result < 0 && errno == ETIMEDOUT;
}

void cvarve_wake_one(uint32_t *word) {
  (void)syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void cvarve_wake_all(uint32_t *word) {
  (void)syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}
#endif
