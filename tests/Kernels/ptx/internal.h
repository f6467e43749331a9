/* What the parser leaves for the interpreter. */
#ifndef EQUIPOISE_TESTS_PTX_INTERNAL_H
#define EQUIPOISE_TESTS_PTX_INTERNAL_H

#include "ptx.h"

typedef enum opcode {
#define UNARY(id, name, result, first, expression) OP_##id,
#define BINARY(id, name, result, first, second, expression) OP_##id,
#define TERNARY(id, name, result, first, second, third, expression) OP_##id,
#include "instructions.def"
#undef UNARY
#undef BINARY
#undef TERNARY
  OP_LOAD_GLOBAL,
  OP_STORE_GLOBAL,
  OP_LOAD_SHARED,
  OP_STORE_SHARED,
  OP_LOAD_PARAMETER,
  OP_BRANCH,
  OP_BRANCH_INDEXED,
  OP_BARRIER,
  OP_FENCE,
  OP_RETURN,
} opcode;

typedef enum operand_type {
  T_pred,
  T_b8,
  T_u8,
  T_s8,
  T_b16,
  T_u16,
  T_s16,
  T_f16,
  T_b32,
  T_u32,
  T_s32,
  T_f32,
  T_b64,
  T_u64,
  T_s64,
  T_f64
} operand_type;

enum { MOST_LANES = 4, MOST_OPERANDS = 3 };

/* A register's slot, or ~index of a constant. */
typedef int32_t operand;

typedef struct instruction {
  opcode op;
  int32_t line;
  int32_t guard; /* slot of the predicate, -1 without one */
  bool guard_value;
  uint8_t lanes;      /* of a load or store: 1, 2 or 4 */
  uint8_t lane_bytes; /* size in memory */
  bool is_signed;     /* a load extends the sign */
  operand result[MOST_LANES];
  operand source[MOST_LANES];
  operand address;
  int64_t offset;
  int32_t target; /* of a branch; of an indexed one its first entry in the kernel's targets, offset of them */
} instruction;

typedef enum register_class { R_pred, R_b16, R_b32, R_b64, R_f32, R_f64 } register_class;

typedef struct parameter {
  char name[64];
  size_t offset, size;
} parameter;

/* Registers that every thread finds filled. */
enum { SPECIAL_TID, SPECIAL_NTID = 3, SPECIAL_CTAID = 6, SPECIAL_NCTAID = 9, SPECIAL_LANE = 12, SPECIALS = 13 };

struct ptx_kernel {
  char name[128];
  instruction *code;
  size_t length;
  uint64_t *constants;
  size_t constant_count;
  int32_t *targets; /* of indexed branches */
  size_t target_count;
  int32_t registers;
  parameter *parameters;
  size_t parameter_count, parameter_bytes;
  size_t shared_bytes;
  unsigned most_threads; /* .maxntid, 0 without */
};

struct ptx_module {
  ptx_kernel *kernels;
  size_t count;
};

/* A description of an arithmetic instruction. */
typedef struct instruction_form {
  const char *name;
  opcode op;
  int operands;
  operand_type result, source[MOST_OPERANDS];
} instruction_form;

const instruction_form *find_form(const char *name);
const instruction_form *form_of(opcode op);
int size_of_type(operand_type type);

/* Shared memory of the running block, with who touched each byte since the last barrier. */
typedef struct shared_memory {
  uint8_t *bytes;
  uint64_t *writer, *reader; /* interval << 16 | thread + 1; a reader of 0xffff is several */
  size_t size;
} shared_memory;

/* Where the run stands: intervals count barriers over all blocks, so that one number says launch, block and interval. */
typedef struct moment {
  uint64_t interval, first_of_block, first_of_launch;
  uint32_t thread;
} moment;

const char *shared_load(shared_memory *shared, uint64_t address, size_t size, const moment *now);
const char *shared_store(shared_memory *shared, uint64_t address, size_t size, const moment *now);
const char *global_load(const ptx_block *block, uint64_t address, size_t size, const moment *now);
const char *global_store(ptx_block *block, uint64_t address, size_t size, const moment *now);

/* Zeros for a block's bytes, or for who wrote them: of a GiB and more, only what is touched is there. */
void *sparse_zeros(size_t size);
size_t writers_bytes(const ptx_block *block);

typedef struct run {
  const ptx_kernel *kernel;
  ptx_memory *memory;
  ptx_block **last_block; /* per instruction: where it last found its memory */
  const uint8_t *parameters;
  shared_memory shared;
  moment now;
  ptx_counts *counts;
  char *message;
} run;

typedef enum thread_state { THREAD_READY, THREAD_WAITS, THREAD_ENDED, THREAD_FAILED } thread_state;

/* Runs one thread from *at to its next barrier or its end. */
thread_state run_thread(run *r, uint64_t *registers, size_t *at);

#endif /* EQUIPOISE_TESTS_PTX_INTERNAL_H */
