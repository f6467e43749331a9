/* The library, opened by a test at a moment of its own choosing rather than at the program's start. EQUIPOISE_LIBRARY says which file;
 * without it the loader searches as it would for any program. */
#ifndef EQUIPOISE_TESTS_LOADED_H
#define EQUIPOISE_TESTS_LOADED_H

#include <dlfcn.h>

#include "check.h"

typedef struct library {
  void *handle;
  int32_t (*abi_version)(void);
  const char *(*last_error)(void);
  eqp_status (*solve_options_init)(eqp_solve_options *, size_t);
  eqp_status (*solve)(const eqp_matrix *, const eqp_matrix *, const eqp_solve_options *, eqp_solution *);
} library;

static inline void *symbol(void *handle, const char *name) {
  void *address = dlsym(handle, name);
  if (address == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    exit(2);
  }
  return address;
}

static inline library library_open(void) {
  const char *path = getenv("EQUIPOISE_LIBRARY");
  library l = {0};
  l.handle = dlopen(path ? path : "libequipoise.so.1", RTLD_NOW | RTLD_LOCAL);
  if (l.handle == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    exit(2);
  }
  *(void **)&l.abi_version = symbol(l.handle, "eqp_abi_version");
  *(void **)&l.last_error = symbol(l.handle, "eqp_last_error");
  *(void **)&l.solve_options_init = symbol(l.handle, "eqp_solve_options_init");
  *(void **)&l.solve = symbol(l.handle, "eqp_solve");
  return l;
}

/* A sound call and a failing one: what follows has seen the library at work and in trouble. */
static inline void library_exercise(const library *l, batch *b) {
  batch_ask(b, l->solve_options_init);
  eqp_status status = l->solve(&b->theta, &b->target, &b->options, &b->solution);
  CHECK(status == EQP_OK, "status %d: %s", status, l->last_error());
  check_solved(b);
  status = l->solve(NULL, &b->target, &b->options, &b->solution);
  CHECK(status == EQP_INVALID_ARGUMENT && strstr(l->last_error(), "theta"), "status %d: %s", status, l->last_error());
}

#endif /* EQUIPOISE_TESTS_LOADED_H */
