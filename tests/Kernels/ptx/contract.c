/* What the assembler may do with a product that feeds a sum: one rounding for both. */
#include "internal.h"

static bool is_product(opcode op) { return op == OP_mul_f32 || op == OP_mul_f64; }

static bool is_sum(opcode op) { return op == OP_add_f32 || op == OP_add_f64; }

static bool ends_block(const instruction *code) { return code->op >= OP_BRANCH; }

static bool writes(const instruction *code, operand slot) {
  int lanes = code->op == OP_STORE_GLOBAL || code->op == OP_STORE_SHARED ? 0 : code->lanes > 1 ? code->lanes : 1;
  for (int lane = 0; lane < lanes; ++lane) {
    if (code->result[lane] == slot) {
      return true;
    }
  }
  return false;
}

static bool is_jumped_to(const ptx_kernel *kernel, size_t at) {
  for (size_t i = 0; i < kernel->length; ++i) {
    if (kernel->code[i].op == OP_BRANCH && (size_t)kernel->code[i].target == at) {
      return true;
    }
  }
  for (size_t i = 0; i < kernel->target_count; ++i) {
    if ((size_t)kernel->targets[i] == at) {
      return true;
    }
  }
  return false;
}

/* The product that wrote `slot`, still true at instruction `at` of the same straight piece; NULL where there is none. */
static const instruction *product_of(const ptx_kernel *kernel, size_t at, operand slot, opcode product) {
  for (size_t i = at; i-- > 0 && !is_jumped_to(kernel, i + 1) && !ends_block(&kernel->code[i]);) {
    const instruction *found = &kernel->code[i];
    if (!writes(found, slot)) {
      continue;
    }
    if (found->op != product || found->guard >= 0 || writes(found, found->source[0]) || writes(found, found->source[1])) {
      return NULL;
    }
    for (size_t between = i + 1; between < at; ++between) {
      if (writes(&kernel->code[between], found->source[0]) || writes(&kernel->code[between], found->source[1])) {
        return NULL;
      }
    }
    return found;
  }
  return NULL;
}

static bool fuse(const ptx_kernel *kernel, size_t at) {
  instruction *sum = &kernel->code[at];
  opcode product = sum->op == OP_add_f32 ? OP_mul_f32 : OP_mul_f64;
  for (int side = 0; side < 2; ++side) {
    const instruction *found = sum->source[side] >= 0 ? product_of(kernel, at, sum->source[side], product) : NULL;
    if (found != NULL && is_product(found->op)) {
      operand other = sum->source[1 - side];
      sum->op = sum->op == OP_add_f32 ? OP_fma_rn_f32 : OP_fma_rn_f64;
      sum->source[0] = found->source[0];
      sum->source[1] = found->source[1];
      sum->source[2] = other;
      return true;
    }
  }
  return false;
}

int ptx_contract(ptx_kernel *kernel) {
  int fused = 0;
  for (size_t i = 0; i < kernel->length; ++i) {
    fused += is_sum(kernel->code[i].op) && fuse(kernel, i);
  }
  return fused;
}
