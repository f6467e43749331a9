/* Preloaded: says at the program's end how often it asked the C heap. */
#include <stdio.h>

#include "allocations.h"

__attribute__((destructor)) static void report(void) { fprintf(stderr, "allocations: %ld\n", atomic_load(&allocations)); }
