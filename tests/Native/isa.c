/* Prints the level that answers. */
#include <stdio.h>

#include "equipoise.h"

int main(void) {
  printf("running %s\n", eqp_isa());
  return 0;
}
