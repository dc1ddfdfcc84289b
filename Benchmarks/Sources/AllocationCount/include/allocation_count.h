#include <stdint.h>

/// How often this process has called malloc, calloc, realloc, posix_memalign or aligned_alloc.
uint64_t allocation_count(void);
