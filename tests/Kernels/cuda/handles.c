#include "state.h"

void *open_handle(handle_kind kind, size_t size, CUcontext context) {
  handle *opened = calloc(1, size);
  if (opened == NULL) {
    abort();
  }
  opened->kind = kind;
  opened->live = true;
  opened->context = context;
  opened->next = standin.handles;
  standin.handles = opened;
  return opened;
}

void close_handle(handle *closed) { closed->live = false; }

bool is_live(const void *candidate, handle_kind kind) {
  for (const handle *each = standin.handles; each != NULL; each = each->next) {
    if (each == candidate) {
      return each->kind == kind && each->live;
    }
  }
  return false;
}

uint64_t count_live(handle_kind kind) {
  uint64_t count = 0;
  for (const handle *each = standin.handles; each != NULL; each = each->next) {
    count += each->kind == kind && each->live;
  }
  return count;
}
