/* One thread, instruction by instruction. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

typedef uint32_t t_pred;
typedef uint16_t t_b16, t_u16;
typedef int16_t t_s16;
typedef uint8_t t_u8;
typedef int8_t t_s8;
typedef uint32_t t_b32, t_u32;
typedef int32_t t_s32;
typedef uint64_t t_b64, t_u64;
typedef int64_t t_s64;
typedef _Float16 t_f16;
typedef float t_f32;
typedef double t_f64;

#define INTEGER(type)                                                         \
  static inline t_##type get_##type(uint64_t bits) { return (t_##type)bits; } \
  static inline uint64_t put_##type(t_##type value) { return (uint64_t)value; }
INTEGER(pred)
INTEGER(u8)
INTEGER(s8)
INTEGER(b16)
INTEGER(u16)
INTEGER(s16)
INTEGER(b32)
INTEGER(u32)
INTEGER(s32)
INTEGER(b64)
INTEGER(u64)
INTEGER(s64)

#define FLOATING(type)                                \
  static inline t_##type get_##type(uint64_t bits) {  \
    t_##type value;                                   \
    memcpy(&value, &bits, sizeof value);              \
    return value;                                     \
  }                                                   \
  static inline uint64_t put_##type(t_##type value) { \
    uint64_t bits = 0;                                \
    memcpy(&bits, &value, sizeof value);              \
    return bits;                                      \
  }
FLOATING(f16)
FLOATING(f32)
FLOATING(f64)

static int64_t signed_quotient(int64_t a, int64_t b, const char **fault) {
  if (b == 0) {
    *fault = "divides by zero";
    return 0;
  }
  return b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b;
}

static int64_t signed_remainder(int64_t a, int64_t b, const char **fault) {
  if (b == 0) {
    *fault = "divides by zero";
    return 0;
  }
  return b == -1 ? 0 : a % b;
}

static uint64_t unsigned_quotient(uint64_t a, uint64_t b, const char **fault) {
  if (b == 0) {
    *fault = "divides by zero";
    return 0;
  }
  return a / b;
}

static uint64_t unsigned_remainder(uint64_t a, uint64_t b, const char **fault) {
  if (b == 0) {
    *fault = "divides by zero";
    return 0;
  }
  return a % b;
}

/* A NaN gives way to a number, and -0 is below +0. */
static double smaller(double a, double b) {
  if (isnan(a) || isnan(b)) {
    return isnan(a) ? b : a;
  }
  return a < b || (a == b && signbit(a)) ? a : b;
}

static double larger(double a, double b) {
  if (isnan(a) || isnan(b)) {
    return isnan(a) ? b : a;
  }
  return a > b || (a == b && !signbit(a)) ? a : b;
}

/* In [-1, 1], the same for the same input: what an approximation is off by. */
static double waver(float input) {
  uint32_t bits;
  memcpy(&bits, &input, sizeof bits);
  bits = (bits ^ bits >> 16) * UINT32_C(0x7feb352d);
  bits = (bits ^ bits >> 15) * UINT32_C(0x846ca68b);
  return (double)(bits ^ bits >> 16) / 2147483647.5 - 1;
}

static float approximately(double exact, float input, double relative) { return (float)(exact * (1 + relative * waver(input))); }

static float roughly(double exact, float input, double absolute) { return (float)(exact + absolute * waver(input)); }

/* clang-format off */
#define ORDERED_s16(a, b) true
#define ORDERED_s32(a, b) true
#define ORDERED_s64(a, b) true
#define ORDERED_u16(a, b) true
#define ORDERED_u32(a, b) true
#define ORDERED_u64(a, b) true
#define ORDERED_f32(a, b) (!isnan(a) && !isnan(b))
#define ORDERED_f64(a, b) (!isnan(a) && !isnan(b))
/* clang-format on */
#define ORDERED(type, a, b) ORDERED_##type(a, b)

#define TOWARDS_ZERO(to, a, low, high) \
  (isnan(a) ? 0 : (double)(a) <= (double)(low) ? (t_##to)(low) : (double)(a) >= (double)(high) ? (t_##to)(high) : (t_##to)(a))

static uint64_t value_of(const run *r, const uint64_t *registers, operand from) {
  return from >= 0 ? registers[from] : r->kernel->constants[~from];
}

static void take_lanes(uint64_t *registers, const instruction *now, const uint8_t *from) {
  for (int lane = 0; lane < now->lanes; ++lane, from += now->lane_bytes) {
    uint64_t bits = 0;
    memcpy(&bits, from, now->lane_bytes);
    if (now->is_signed && now->lane_bytes < 8) {
      int unused = 64 - 8 * now->lane_bytes;
      bits = (uint64_t)((int64_t)(bits << unused) >> unused);
    }
    registers[now->result[lane]] = bits;
  }
}

static void leave_lanes(const run *r, const uint64_t *registers, const instruction *now, uint8_t *to) {
  for (int lane = 0; lane < now->lanes; ++lane, to += now->lane_bytes) {
    uint64_t bits = value_of(r, registers, now->source[lane]);
    memcpy(to, &bits, now->lane_bytes);
  }
}

static ptx_block *block_of(run *r, size_t index, uint64_t address, size_t size, const char **fault) {
  ptx_block *last = r->last_block[index];
  if (last != NULL && address >= last->base && address - last->base <= last->size && last->size - (address - last->base) >= size) {
    return last;
  }
  return r->last_block[index] = ptx_resolve(r->memory, address, size, fault);
}

static void access_global(run *r, uint64_t *registers, const instruction *now, uint64_t address, const char **fault) {
  size_t size = (size_t)now->lanes * now->lane_bytes;
  if (address % size != 0) {
    *fault = "is not aligned";
    return;
  }
  ptx_block *block = block_of(r, (size_t)(now - r->kernel->code), address, size, fault);
  if (block == NULL) {
    return;
  }
  uint8_t *bytes = block->bytes + (address - block->base);
  block->moved += size;
  if (now->op == OP_LOAD_GLOBAL) {
    *fault = global_load(block, address, size, &r->now);
    take_lanes(registers, now, bytes);
    r->counts->loads++;
    r->counts->loaded_bytes += size;
  } else {
    *fault = global_store(block, address, size, &r->now);
    leave_lanes(r, registers, now, bytes);
    r->counts->stores++;
    r->counts->stored_bytes += size;
  }
}

static void access_shared(run *r, uint64_t *registers, const instruction *now, uint64_t address, const char **fault) {
  size_t size = (size_t)now->lanes * now->lane_bytes;
  if (address % size != 0) {
    *fault = "is not aligned";
  } else if (address > r->shared.size || r->shared.size - address < size) {
    *fault = "which is past the end of the block's shared memory";
  } else if (now->op == OP_LOAD_SHARED) {
    *fault = shared_load(&r->shared, address, size, &r->now);
    take_lanes(registers, now, r->shared.bytes + address);
  } else {
    *fault = shared_store(&r->shared, address, size, &r->now);
    leave_lanes(r, registers, now, r->shared.bytes + address);
  }
}

static thread_state failed(const run *r, const instruction *now, uint64_t address, const char *fault) {
  bool memory = now->op >= OP_LOAD_GLOBAL && now->op <= OP_STORE_SHARED;
  int used = snprintf(r->message, PTX_MESSAGE, "%s, line %" PRId32 ", thread %" PRIu32, r->kernel->name, now->line, r->now.thread);
  if (memory && used < PTX_MESSAGE) {
    used += snprintf(r->message + used, PTX_MESSAGE - (size_t)used, ": address 0x%" PRIx64, address);
  }
  if (used < PTX_MESSAGE) {
    snprintf(r->message + used, PTX_MESSAGE - (size_t)used, ": %s", fault);
  }
  return THREAD_FAILED;
}

/* Far more than any thread of a test needs: a loop that does not end is a failure, not a hang. */
static const uint64_t MOST_INSTRUCTIONS = UINT64_C(4000000000);

thread_state run_thread(run *r, uint64_t *registers, size_t *at) {
  const instruction *code = r->kernel->code;
  uint64_t executed = 0;
  const char *reason = NULL;
  const char **fault = &reason;
  uint64_t address = 0;
  size_t pc = *at;
  thread_state state = THREAD_READY;
  while (state == THREAD_READY) {
    const instruction *now = &code[pc++];
    ++executed;
    if (now->guard >= 0 && (registers[now->guard] != 0) != now->guard_value) {
      continue;
    }
    switch (now->op) {
#define UNARY(id, name, result_type, first, expression)                           \
  case OP_##id: {                                                                 \
    t_##first a = get_##first(value_of(r, registers, now->source[0]));            \
    registers[now->result[0]] = put_##result_type((t_##result_type)(expression)); \
    break;                                                                        \
  }
#define BINARY(id, name, result_type, first, second, expression)                  \
  case OP_##id: {                                                                 \
    t_##first a = get_##first(value_of(r, registers, now->source[0]));            \
    t_##second b = get_##second(value_of(r, registers, now->source[1]));          \
    registers[now->result[0]] = put_##result_type((t_##result_type)(expression)); \
    break;                                                                        \
  }
#define TERNARY(id, name, result_type, first, second, third, expression)          \
  case OP_##id: {                                                                 \
    t_##first a = get_##first(value_of(r, registers, now->source[0]));            \
    t_##second b = get_##second(value_of(r, registers, now->source[1]));          \
    t_##third c = get_##third(value_of(r, registers, now->source[2]));            \
    registers[now->result[0]] = put_##result_type((t_##result_type)(expression)); \
    break;                                                                        \
  }
#include "instructions.def"
#undef UNARY
#undef BINARY
#undef TERNARY
      case OP_LOAD_GLOBAL:
      case OP_STORE_GLOBAL:
        address = value_of(r, registers, now->address) + (uint64_t)now->offset;
        access_global(r, registers, now, address, fault);
        break;
      case OP_LOAD_SHARED:
      case OP_STORE_SHARED:
        address = value_of(r, registers, now->address) + (uint64_t)now->offset;
        access_shared(r, registers, now, address, fault);
        break;
      case OP_LOAD_PARAMETER:
        take_lanes(registers, now, r->parameters + now->offset);
        break;
      case OP_BRANCH:
        pc = (size_t)now->target;
        if (executed > MOST_INSTRUCTIONS) {
          *fault = "does not come to an end";
        }
        break;
      case OP_BRANCH_INDEXED: {
        uint32_t choice = get_u32(value_of(r, registers, now->source[0]));
        if (choice < now->offset) {
          pc = (size_t)r->kernel->targets[now->target + (int32_t)choice];
        } else {
          *fault = "branches past the end of its list";
        }
        break;
      }
      case OP_BARRIER:
        state = THREAD_WAITS;
        break;
      case OP_FENCE:
        break;
      case OP_RETURN:
        state = THREAD_ENDED;
        break;
    }
    if (reason != NULL) {
      state = failed(r, now, address, reason);
    }
  }
  *at = pc;
  r->counts->instructions += executed;
  return state;
}
