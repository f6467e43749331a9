/* The table of arithmetic instructions by name. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static const instruction_form forms[] = {
#define UNARY(id, name, result, first, expression) {name, OP_##id, 1, T_##result, {T_##first, T_pred, T_pred}},
#define BINARY(id, name, result, first, second, expression) {name, OP_##id, 2, T_##result, {T_##first, T_##second, T_pred}},
#define TERNARY(id, name, result, first, second, third, expression) {name, OP_##id, 3, T_##result, {T_##first, T_##second, T_##third}},
#include "instructions.def"
#undef UNARY
#undef BINARY
#undef TERNARY
};

const instruction_form *find_form(const char *name) {
  for (size_t i = 0; i < sizeof forms / sizeof *forms; ++i) {
    if (strcmp(forms[i].name, name) == 0) {
      return &forms[i];
    }
  }
  return NULL;
}

/* The enumerators and the table come from the same list, in the same order. */
const instruction_form *form_of(opcode op) { return op < sizeof forms / sizeof *forms ? &forms[op] : NULL; }

int size_of_type(operand_type type) {
  static const int sizes[] = {0, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 8, 8, 8, 8};
  return sizes[type];
}
