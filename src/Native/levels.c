/* Lets EQUIPOISE_ISA choose the level of a program that is linked against the library. glibc has chosen by then and mapped this file; where
 * the variable names another level, that level's file is opened beside this one and every call goes there.
 *
 * Every export is one jump through a slot, which points into this file until the constructor says otherwise. A level that the processor
 * does not run, or that is not installed, is passed over: a library cannot refuse to load. eqp_isa() tells which one answers. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __x86_64__
#define FORWARD(name)                                                       \
  extern char managed_##name[];                                             \
  extern char name[];                                                       \
  __attribute__((visibility("hidden"))) void *slot_##name = managed_##name; \
  __asm__(".text\n.globl " #name "\n.type " #name ", @function\n" #name ":\n\tjmp *slot_" #name "(%rip)\n.size " #name ", . - " #name);
#else
/* One level only, so nothing to choose. */
#define FORWARD(name) \
  __asm__(".text\n.globl " #name "\n.type " #name ", %function\n" #name ":\n\tb managed_" #name "\n.size " #name ", . - " #name);
#endif
#include "exports.inc"
#undef FORWARD

#ifdef __x86_64__
#define LIBRARY "libequipoise.so.1"
#define LOWEST "x86-64-v2"

typedef struct export {
  const char *name;
  void **slot;
}
export;

static const export exports[] = {
#define FORWARD(name) {#name, &slot_##name},
#include "exports.inc"
#undef FORWARD
};
enum { EXPORTS = sizeof exports / sizeof *exports };

static int processor_runs(const char *level) {
  __builtin_cpu_init();
  int v2 = __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
  int v3 = v2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
  int v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return (strcmp(level, "x86-64-v2") == 0 && v2) || (strcmp(level, "x86-64-v3") == 0 && v3) || (strcmp(level, "x86-64-v4") == 0 && v4);
}

static void *open_file(const char *folder, size_t length, const char *between, const char *level) {
  char path[4096];
  int needed = snprintf(path, sizeof path, "%.*s%s%s/" LIBRARY, (int)length, folder, between, level);
  return needed > 0 && (size_t)needed < sizeof path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
}

/* Where the other levels lie, seen from the folder of this one: a folder a level side by side, or glibc-hwcaps with the lowest level
 * outside. */
static void *open_level(const char *level) {
  Dl_info self;
  if (dladdr(exports, &self) == 0 || self.dli_fname == NULL) {
    return NULL;
  }
  const char *end = strrchr(self.dli_fname, '/');
  const char *folder = end == NULL ? "." : self.dli_fname;
  size_t length = end == NULL ? 1 : (size_t)(end - self.dli_fname);
  void *library = open_file(folder, length, "/glibc-hwcaps/", level);
  if (library == NULL) {
    library = open_file(folder, length, "/../", level);
  }
  if (library == NULL && strcmp(level, LOWEST) == 0) {
    library = open_file(folder, length, "/../..", "");
  }
  return library;
}

/* All or none: two levels never answer the calls of one program. */
static void forward_to(void *library) {
  void *found[EXPORTS];
  for (size_t i = 0; i < EXPORTS; ++i) {
    found[i] = dlsym(library, exports[i].name);
    if (found[i] == NULL) {
      return;
    }
  }
  if (found[0] == (void *)eqp_abi_version) {
    return; /* this very file: its exports would jump to themselves */
  }
  for (size_t i = 0; i < EXPORTS; ++i) {
    *exports[i].slot = found[i];
  }
}

__attribute__((constructor)) static void choose_level(void) {
  const char *wanted = secure_getenv("EQUIPOISE_ISA");
  if (wanted == NULL || strcmp(wanted, EQUIPOISE_LEVEL) == 0 || !processor_runs(wanted)) {
    return;
  }
  void *library = open_level(wanted);
  if (library != NULL) {
    forward_to(library);
  }
}
#endif
