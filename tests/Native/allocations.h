/* How often the C heap has been asked; see allocations.c. */
#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

#include <stdatomic.h>

extern atomic_long allocations;

#endif
