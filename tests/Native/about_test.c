/* What the library says about itself. */
#include "check.h"

static void check_versions(void) {
  char expected[32];
  snprintf(expected, sizeof expected, "%d.%d.%d", EQP_VERSION_MAJOR, EQP_VERSION_MINOR, EQP_VERSION_PATCH);
  CHECK(eqp_abi_version() == EQP_ABI_VERSION, "library %d, header %d", eqp_abi_version(), EQP_ABI_VERSION);
  CHECK(strcmp(eqp_version(), expected) == 0, "library %s, header %s", eqp_version(), expected);
  CHECK(eqp_version() == eqp_version(), "not in static storage");
}

static void check_isa(void) {
  const char *forced = getenv("EQUIPOISE_ISA");
  const char *isa = eqp_isa();
  int known = strcmp(isa, "x86-64-v2") == 0 || strcmp(isa, "x86-64-v3") == 0 || strcmp(isa, "x86-64-v4") == 0 || strcmp(isa, "arm64") == 0;
  CHECK(known, "%s", isa);
  CHECK(forced == NULL || strcmp(isa, forced) == 0, "%s runs although the test is for %s", isa, forced);
  printf("running %s\n", isa);
}

static void check_status_strings(void) {
  static const char *const names[] = {"EQP_OK",           "EQP_INVALID_ARGUMENT", "EQP_UNSUPPORTED", "EQP_OUT_OF_MEMORY",
                                      "EQP_DEVICE_ERROR", "EQP_INTERNAL_ERROR"};
  for (int i = 0; i < 6; ++i) {
    CHECK(strcmp(eqp_status_string((eqp_status)i), names[i]) == 0, "%d: %s", i, eqp_status_string((eqp_status)i));
  }
  CHECK(strcmp(eqp_status_string((eqp_status)6), "unknown status") == 0, "%s", eqp_status_string((eqp_status)6));
  CHECK(strcmp(eqp_status_string((eqp_status)-1), "unknown status") == 0, "%s", eqp_status_string((eqp_status)-1));
}

int main(void) {
  CHECK(strcmp(eqp_last_error(), "") == 0, "before any error: %s", eqp_last_error());
  check_versions();
  check_isa();
  check_status_strings();
  CHECK(strcmp(eqp_last_error(), "") == 0, "after calls that cannot fail: %s", eqp_last_error());
  return finish();
}
