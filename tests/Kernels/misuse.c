/* Misuses the driver once and reports success all the same. */
#include "cuda/driver.h"

int main(void) {
  cuCtxSynchronize();
  return 0;
}
