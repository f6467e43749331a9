/* Loads and works with 2 GiB of address space, threads and all. */
#include <sys/resource.h>

#include "loaded.h"

int main(void) {
  const rlim_t limit = (rlim_t)2 << 30;
  struct rlimit space = {limit, limit};
  batch b;
  CHECK(setrlimit(RLIMIT_AS, &space) == 0, "no limit set");
  batch_fill(&b, 64, 51200);
  library l = library_open();
  library_exercise(&l, &b);
  batch_free(&b);
  return finish();
}
