/* From text to decoded kernels. Anything that is not known is an error: an interpreter that skips what it does not understand proves
 * nothing. */
#include <ctype.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

typedef char name_text[128];

typedef struct register_range {
  char prefix[16];
  register_class class;
  long count;
  int32_t first;
} register_range;

typedef struct shared_variable {
  name_text name;
  uint64_t offset;
} shared_variable;

typedef struct place {
  name_text name;
  size_t at;
  int32_t line;
} place;

/* .branchtargets: a label that names a list of labels. */
typedef struct jump_table {
  name_text name;
  size_t first, count;
} jump_table;

#define LIST(type)          \
  struct {                  \
    type *items;            \
    size_t count, capacity; \
  }

typedef struct parser {
  const char *at;
  int32_t line;
  char *message;
  jmp_buf failed;
  LIST(ptx_kernel) kernels;
  /* Of the kernel that is being read. */
  ptx_kernel *kernel;
  LIST(instruction) code;
  LIST(uint64_t) constants;
  LIST(register_range) ranges;
  LIST(shared_variable) shared;
  LIST(place) labels;
  LIST(place) jumps;
  LIST(place) table_jumps; /* whose places are entries of targets */
  LIST(jump_table) tables;
  LIST(int32_t) targets;
} parser;

_Noreturn static void refuse(parser *p, const char *format, ...) {
  int used = snprintf(p->message, PTX_MESSAGE, "line %" PRId32 ": ", p->line);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(p->message + used, PTX_MESSAGE - (size_t)used, format, arguments);
  va_end(arguments);
  longjmp(p->failed, 1);
}

static void *grown(parser *p, void *items, size_t count, size_t *capacity, size_t size) {
  if (count < *capacity) {
    return items;
  }
  *capacity = *capacity ? 2 * *capacity : 32;
  void *larger = realloc(items, *capacity * size);
  if (larger == NULL) {
    refuse(p, "out of memory");
  }
  return larger;
}

/* A fresh last item of a list. */
#define APPEND(p, list)                                                                              \
  ((list)->items = grown(p, (list)->items, (list)->count, &(list)->capacity, sizeof *(list)->items), \
   memset(&(list)->items[(list)->count], 0, sizeof *(list)->items), &(list)->items[(list)->count++])

/* ---- text ---- */

static void skip_blank(parser *p) {
  for (;; ++p->at) {
    if (p->at[0] == '/' && p->at[1] == '/') {
      p->at += strcspn(p->at, "\n");
    }
    if (*p->at == '\n') {
      ++p->line;
    }
    if (!isspace((unsigned char)*p->at)) {
      return;
    }
  }
}

static bool accept(parser *p, char wanted) {
  skip_blank(p);
  if (*p->at != wanted) {
    return false;
  }
  ++p->at;
  return true;
}

static void expect(parser *p, char wanted) {
  if (!accept(p, wanted)) {
    refuse(p, "'%c' is missing before '%.12s'", wanted, p->at);
  }
}

/* Letters, digits and what PTX names are made of besides; a sign before them. */
static void read_word(parser *p, name_text word) {
  skip_blank(p);
  size_t length = *p->at == '-';
  while (isalnum((unsigned char)p->at[length]) || (p->at[length] != '\0' && strchr("_.$%", p->at[length]) != NULL)) {
    ++length;
  }
  if (length == 0 || length >= sizeof(name_text)) {
    refuse(p, "a name is missing before '%.12s'", p->at);
  }
  memcpy(word, p->at, length);
  word[length] = '\0';
  p->at += length;
}

static void expect_word(parser *p, const char *wanted) {
  name_text word;
  read_word(p, word);
  if (strcmp(word, wanted) != 0) {
    refuse(p, "%s instead of %s", word, wanted);
  }
}

static long read_count(parser *p) {
  skip_blank(p);
  char *end;
  long value = strtol(p->at, &end, 10);
  if (end == p->at || value < 0) {
    refuse(p, "a number is missing before '%.12s'", p->at);
  }
  p->at = end;
  return value;
}

/* ---- operands ---- */

static operand constant(parser *p, uint64_t bits) {
  for (size_t i = 0; i < p->constants.count; ++i) {
    if (p->constants.items[i] == bits) {
      return ~(operand)i;
    }
  }
  *APPEND(p, &p->constants) = bits;
  return ~(operand)(p->constants.count - 1);
}

static const struct special {
  const char *name;
  operand slot;
} specials[] = {
    {"%tid.x", SPECIAL_TID},         {"%tid.y", SPECIAL_TID + 1},   {"%tid.z", SPECIAL_TID + 2},       {"%ntid.x", SPECIAL_NTID},
    {"%ntid.y", SPECIAL_NTID + 1},   {"%ntid.z", SPECIAL_NTID + 2}, {"%ctaid.x", SPECIAL_CTAID},       {"%ctaid.y", SPECIAL_CTAID + 1},
    {"%ctaid.z", SPECIAL_CTAID + 2}, {"%nctaid.x", SPECIAL_NCTAID}, {"%nctaid.y", SPECIAL_NCTAID + 1}, {"%nctaid.z", SPECIAL_NCTAID + 2},
    {"%laneid", SPECIAL_LANE},
};

static operand register_named(parser *p, const char *name, register_class *class) {
  for (size_t i = 0; i < sizeof specials / sizeof *specials; ++i) {
    if (strcmp(specials[i].name, name) == 0) {
      *class = R_b32;
      return specials[i].slot;
    }
  }
  size_t letters = strcspn(name, "0123456789");
  char *end;
  long number = strtol(name + letters, &end, 10);
  for (size_t i = 0; i < p->ranges.count && *end == '\0' && name[letters] != '\0'; ++i) {
    const register_range *range = &p->ranges.items[i];
    if (strlen(range->prefix) == letters && memcmp(range->prefix, name, letters) == 0 && number < range->count) {
      *class = range->class;
      return range->first + (operand)number;
    }
  }
  refuse(p, "%s is not declared", name);
}

static int size_of_class(register_class class) { return (int[]){0, 2, 4, 8, 4, 8}[class]; }

/* Registers of bits go with any type of their size, those of floats with floats and bits; sizes may differ where memory or a conversion
 * is read or written through a wider register. */
static void check_class(parser *p, const char *name, register_class class, operand_type type, bool wider) {
  bool is_float = type == T_f16 || type == T_f32 || type == T_f64;
  bool is_bits = type == T_b8 || type == T_b16 || type == T_b32 || type == T_b64;
  int have = size_of_class(class), want = size_of_type(type);
  bool fits = have == want || (wider && have > want && want > 0);
  bool agrees = (class != R_f32 && class != R_f64) || ((is_float || is_bits) && have == want);
  if (!fits || !agrees) {
    refuse(p, "%s is not of the instruction's type", name);
  }
}

static bool is_floating(operand_type type) { return type == T_f32 || type == T_f64; }

static operand immediate(parser *p, const char *text, operand_type type) {
  char *end;
  uint64_t bits;
  if (text[0] == '0' && (text[1] == 'f' || text[1] == 'd')) {
    size_t digits = text[1] == 'f' ? 8 : 16;
    bits = strtoull(text + 2, &end, 16);
    bool fits =
        strlen(text) == digits + 2 && size_of_type(type) == (int)digits / 2 && (is_floating(type) || type == T_b32 || type == T_b64);
    if (*end != '\0' || !fits) {
      refuse(p, "%s is not of the instruction's type", text);
    }
    return constant(p, bits);
  }
  bits = text[0] == '-' ? (uint64_t)strtoll(text, &end, 0) : strtoull(text, &end, 0);
  if (*end != '\0' || is_floating(type)) {
    refuse(p, "%s is no number of the instruction's type", text);
  }
  return constant(p, bits);
}

static bool find_shared(const parser *p, const char *name, uint64_t *offset) {
  for (size_t i = 0; i < p->shared.count; ++i) {
    if (strcmp(p->shared.items[i].name, name) == 0) {
      *offset = p->shared.items[i].offset;
      return true;
    }
  }
  return false;
}

static operand read_source(parser *p, operand_type type, bool wider) {
  name_text text;
  read_word(p, text);
  uint64_t offset;
  if (text[0] == '%') {
    register_class class;
    operand found = register_named(p, text, &class);
    check_class(p, text, class, type, wider);
    return found;
  }
  if (find_shared(p, text, &offset)) {
    if (size_of_type(type) != 8) {
      refuse(p, "the address %s in %d bytes", text, size_of_type(type));
    }
    return constant(p, offset);
  }
  return immediate(p, text, type);
}

static operand read_result(parser *p, operand_type type, bool wider) {
  name_text text;
  read_word(p, text);
  register_class class;
  operand found = text[0] == '%' ? register_named(p, text, &class) : 0;
  if (text[0] != '%' || found < SPECIALS) {
    refuse(p, "%s is no register to write", text);
  }
  check_class(p, text, class, type, wider);
  return found;
}

/* ---- instructions ---- */

typedef struct named_type {
  const char *name;
  operand_type type;
} named_type;

static const named_type memory_types[] = {
    {"b8", T_b8},   {"u8", T_u8},   {"s8", T_s8},   {"b16", T_b16}, {"u16", T_u16}, {"s16", T_s16}, {"b32", T_b32}, {"u32", T_u32},
    {"s32", T_s32}, {"f32", T_f32}, {"b64", T_b64}, {"u64", T_u64}, {"s64", T_s64}, {"f64", T_f64}, {"f16", T_f16},
};

static operand_type memory_type(parser *p, const char *name) {
  for (size_t i = 0; i < sizeof memory_types / sizeof *memory_types; ++i) {
    if (strcmp(memory_types[i].name, name) == 0) {
      return memory_types[i].type;
    }
  }
  refuse(p, "the type %s is not known", name);
}

static const parameter *find_parameter(const parser *p, const char *name) {
  for (size_t i = 0; i < p->kernel->parameter_count; ++i) {
    if (strcmp(p->kernel->parameters[i].name, name) == 0) {
      return &p->kernel->parameters[i];
    }
  }
  return NULL;
}

static int64_t read_offset(parser *p) {
  if (!accept(p, '+')) {
    return 0;
  }
  bool negative = accept(p, '-');
  int64_t value = read_count(p);
  return negative ? -value : value;
}

static void read_address(parser *p, instruction *made) {
  expect(p, '[');
  name_text text;
  read_word(p, text);
  made->offset = read_offset(p);
  uint64_t offset;
  if (made->op == OP_LOAD_PARAMETER) {
    const parameter *found = find_parameter(p, text);
    int64_t size = (int64_t)made->lanes * made->lane_bytes;
    if (found == NULL || made->offset < 0 || made->offset + size > (int64_t)found->size) {
      refuse(p, "%s is no parameter of the kernel, or shorter", text);
    }
    made->offset += (int64_t)found->offset;
    made->address = constant(p, 0);
  } else if (text[0] == '%') {
    register_class class;
    made->address = register_named(p, text, &class);
    check_class(p, text, class, T_b64, false);
  } else if (find_shared(p, text, &offset) && (made->op == OP_LOAD_SHARED || made->op == OP_STORE_SHARED)) {
    made->address = constant(p, offset);
  } else {
    refuse(p, "the address %s is not known", text);
  }
  expect(p, ']');
}

static void read_lanes(parser *p, instruction *made, operand_type type, bool load) {
  bool braced = accept(p, '{');
  if (braced != (made->lanes > 1)) {
    refuse(p, "a vector access without its braces, or the other way round");
  }
  for (int lane = 0; lane < made->lanes; ++lane) {
    if (lane > 0) {
      expect(p, ',');
    }
    if (load) {
      made->result[lane] = read_result(p, type, true);
    } else {
      made->source[lane] = read_source(p, type, true);
    }
  }
  if (braced) {
    expect(p, '}');
  }
}

static const struct access {
  const char *name;
  opcode op;
} accesses[] = {
    {"ld.global.", OP_LOAD_GLOBAL},  {"st.global.", OP_STORE_GLOBAL},  {"ld.shared.", OP_LOAD_SHARED},
    {"st.shared.", OP_STORE_SHARED}, {"ld.param.", OP_LOAD_PARAMETER},
};

static bool read_access(parser *p, instruction *made, const char *name) {
  for (size_t i = 0; i < sizeof accesses / sizeof *accesses; ++i) {
    size_t length = strlen(accesses[i].name);
    if (strncmp(name, accesses[i].name, length) != 0) {
      continue;
    }
    const char *rest = name + length;
    made->op = accesses[i].op;
    made->lanes = 1;
    if (rest[0] == 'v' && (rest[1] == '2' || rest[1] == '4') && rest[2] == '.') {
      made->lanes = (uint8_t)(rest[1] - '0');
      rest += 3;
    }
    operand_type type = memory_type(p, rest);
    made->lane_bytes = (uint8_t)size_of_type(type);
    made->is_signed = type == T_s8 || type == T_s16 || type == T_s32;
    if ((size_t)made->lanes * made->lane_bytes > 16) {
      refuse(p, "%s moves more than 16 bytes", name);
    }
    bool load = made->op != OP_STORE_GLOBAL && made->op != OP_STORE_SHARED;
    if (load) {
      read_lanes(p, made, type, true);
      expect(p, ',');
    }
    read_address(p, made);
    if (!load) {
      expect(p, ',');
      read_lanes(p, made, type, false);
    }
    return true;
  }
  return false;
}

static void note_jump(parser *p, size_t at) {
  place *jump = APPEND(p, &p->jumps);
  read_word(p, jump->name);
  jump->at = at;
  jump->line = p->line;
}

/* The label before it is the table's name. */
static void read_table(parser *p) {
  jump_table *table = APPEND(p, &p->tables);
  if (p->labels.count == 0) {
    refuse(p, "a list of targets without a label");
  }
  memcpy(table->name, p->labels.items[p->labels.count - 1].name, sizeof table->name);
  table->first = p->targets.count;
  do {
    place *jump = APPEND(p, &p->table_jumps);
    read_word(p, jump->name);
    jump->at = p->targets.count;
    jump->line = p->line;
    *APPEND(p, &p->targets) = 0;
  } while (accept(p, ','));
  expect(p, ';');
  table->count = p->targets.count - table->first;
}

static void read_indexed_branch(parser *p, instruction *made) {
  made->op = OP_BRANCH_INDEXED;
  made->source[0] = read_source(p, T_u32, false);
  expect(p, ',');
  name_text name;
  read_word(p, name);
  for (size_t i = 0; i < p->tables.count; ++i) {
    if (strcmp(p->tables.items[i].name, name) == 0) {
      made->target = (int32_t)p->tables.items[i].first;
      made->offset = (int64_t)p->tables.items[i].count;
      return;
    }
  }
  refuse(p, "%s is no list of targets", name);
}

static bool read_control(parser *p, instruction *made, size_t at, const char *name) {
  if (strcmp(name, "bra") == 0 || strcmp(name, "bra.uni") == 0) {
    made->op = OP_BRANCH;
    note_jump(p, at);
  } else if (strcmp(name, "brx.idx") == 0 || strcmp(name, "brx.idx.uni") == 0) {
    read_indexed_branch(p, made);
  } else if (strcmp(name, "ret") == 0 || strcmp(name, "ret.uni") == 0) {
    made->op = OP_RETURN;
  } else if (strcmp(name, "bar.sync") == 0) {
    made->op = OP_BARRIER;
    if (read_count(p) != 0) {
      refuse(p, "a barrier other than 0");
    }
  } else if (strcmp(name, "membar.cta") == 0 || strcmp(name, "membar.gl") == 0) {
    made->op = OP_FENCE;
  } else {
    return false;
  }
  return true;
}

static void read_arithmetic(parser *p, instruction *made, const char *name) {
  const instruction_form *form = find_form(name);
  if (form == NULL) {
    refuse(p, "the instruction %s is not known", name);
  }
  bool wider = strncmp(name, "cvt.", 4) == 0;
  made->op = form->op;
  made->result[0] = read_result(p, form->result, wider);
  for (int i = 0; i < form->operands; ++i) {
    expect(p, ',');
    made->source[i] = read_source(p, form->source[i], wider);
  }
}

static void read_guard(parser *p, instruction *made) {
  made->guard = -1;
  if (!accept(p, '@')) {
    return;
  }
  made->guard_value = !accept(p, '!');
  name_text name;
  read_word(p, name);
  register_class class;
  made->guard = register_named(p, name, &class);
  check_class(p, name, class, T_pred, false);
}

static void read_instruction(parser *p, const char *first) {
  size_t at = p->code.count;
  instruction made = {.line = p->line, .guard = -1};
  name_text name;
  if (first != NULL) {
    memcpy(name, first, sizeof name);
  } else {
    read_guard(p, &made);
    read_word(p, name);
  }
  if (!read_control(p, &made, at, name) && !read_access(p, &made, name)) {
    read_arithmetic(p, &made, name);
  }
  expect(p, ';');
  *APPEND(p, &p->code) = made;
}

/* ---- declarations ---- */

static void read_registers(parser *p) {
  static const struct {
    const char *name;
    register_class class;
  } classes[] = {{".pred", R_pred}, {".b16", R_b16}, {".b32", R_b32}, {".b64", R_b64}, {".f32", R_f32}, {".f64", R_f64}};
  name_text type, prefix;
  read_word(p, type);
  register_range *range = APPEND(p, &p->ranges);
  size_t i = 0;
  while (i < sizeof classes / sizeof *classes && strcmp(classes[i].name, type) != 0) {
    ++i;
  }
  if (i == sizeof classes / sizeof *classes) {
    refuse(p, "registers of %s", type);
  }
  range->class = classes[i].class;
  read_word(p, prefix);
  if (prefix[0] != '%' || strlen(prefix) >= sizeof range->prefix) {
    refuse(p, "registers named %s", prefix);
  }
  strcpy(range->prefix, prefix);
  expect(p, '<');
  range->count = read_count(p);
  expect(p, '>');
  expect(p, ';');
  range->first = p->kernel->registers;
  p->kernel->registers += (int32_t)range->count;
}

static size_t aligned(parser *p, size_t offset, long alignment) {
  if (alignment <= 0 || (alignment & (alignment - 1)) != 0) {
    refuse(p, "an alignment of %ld", alignment);
  }
  return (offset + (size_t)alignment - 1) & ~((size_t)alignment - 1);
}

/* .align N .b8 NAME[SIZE]: gives the offset at which it goes. */
static size_t read_array(parser *p, size_t from, char *name, size_t capacity, size_t *size) {
  name_text word;
  long alignment = read_count(p);
  expect_word(p, ".b8");
  read_word(p, word);
  if (strlen(word) >= capacity) {
    refuse(p, "the name %s is too long", word);
  }
  strcpy(name, word);
  expect(p, '[');
  *size = (size_t)read_count(p);
  expect(p, ']');
  return aligned(p, from, alignment);
}

static void read_shared(parser *p) {
  expect_word(p, ".align");
  shared_variable *variable = APPEND(p, &p->shared);
  size_t size;
  size_t offset = read_array(p, p->kernel->shared_bytes, variable->name, sizeof variable->name, &size);
  expect(p, ';');
  variable->offset = offset;
  p->kernel->shared_bytes = offset + size;
}

static void read_parameter(parser *p, parameter *made) {
  expect_word(p, ".param");
  name_text word;
  read_word(p, word);
  if (strcmp(word, ".align") == 0) {
    made->offset = read_array(p, p->kernel->parameter_bytes, made->name, sizeof made->name, &made->size);
  } else {
    made->size = (size_t)size_of_type(memory_type(p, word + 1));
    made->offset = aligned(p, p->kernel->parameter_bytes, (long)made->size);
    read_word(p, word);
    if (strlen(word) >= sizeof made->name) {
      refuse(p, "the name %s is too long", word);
    }
    strcpy(made->name, word);
  }
  p->kernel->parameter_bytes = made->offset + made->size;
}

static void read_parameters(parser *p) {
  expect(p, '(');
  if (accept(p, ')')) {
    return;
  }
  size_t capacity = 0;
  do {
    p->kernel->parameters = grown(p, p->kernel->parameters, p->kernel->parameter_count, &capacity, sizeof *p->kernel->parameters);
    parameter *made = &p->kernel->parameters[p->kernel->parameter_count];
    memset(made, 0, sizeof *made);
    read_parameter(p, made);
    p->kernel->parameter_count++;
  } while (accept(p, ','));
  expect(p, ')');
}

static void read_hints(parser *p) {
  while (!accept(p, '{')) {
    name_text word;
    read_word(p, word);
    if (strcmp(word, ".maxntid") == 0) {
      p->kernel->most_threads = (unsigned)read_count(p);
      for (int i = 0; i < 2 && accept(p, ','); ++i) {
        p->kernel->most_threads *= (unsigned)read_count(p);
      }
    } else if (strcmp(word, ".minnctapersm") == 0) {
      read_count(p);
    } else {
      refuse(p, "%s is not known", word);
    }
  }
}

/* ---- kernels ---- */

static int32_t place_of(parser *p, const place *jump) {
  for (size_t i = 0; i < p->labels.count; ++i) {
    if (strcmp(p->labels.items[i].name, jump->name) == 0 && p->labels.items[i].at < p->code.count) {
      return (int32_t)p->labels.items[i].at;
    }
  }
  p->line = jump->line;
  refuse(p, "there is no label %s", jump->name);
}

static void resolve_jumps(parser *p) {
  for (size_t i = 0; i < p->jumps.count; ++i) {
    p->code.items[p->jumps.items[i].at].target = place_of(p, &p->jumps.items[i]);
  }
  for (size_t i = 0; i < p->table_jumps.count; ++i) {
    p->targets.items[p->table_jumps.items[i].at] = place_of(p, &p->table_jumps.items[i]);
  }
}

static void read_body(parser *p) {
  while (!accept(p, '}')) {
    skip_blank(p);
    if (*p->at == '@') {
      read_instruction(p, NULL);
      continue;
    }
    name_text word;
    int32_t line = p->line;
    read_word(p, word);
    if (strcmp(word, ".reg") == 0) {
      read_registers(p);
    } else if (strcmp(word, ".shared") == 0) {
      read_shared(p);
    } else if (strcmp(word, ".branchtargets") == 0) {
      read_table(p);
    } else if (accept(p, ':')) {
      place *label = APPEND(p, &p->labels);
      memcpy(label->name, word, sizeof word);
      label->at = p->code.count;
      label->line = line;
    } else {
      read_instruction(p, word);
    }
  }
  const instruction *last = p->code.count ? &p->code.items[p->code.count - 1] : NULL;
  if (last == NULL || last->guard >= 0 || (last->op != OP_RETURN && last->op != OP_BRANCH && last->op != OP_BRANCH_INDEXED)) {
    refuse(p, "the kernel runs past its end");
  }
}

static void read_entry(parser *p) {
  p->kernel = APPEND(p, &p->kernels);
  p->kernel->registers = SPECIALS;
  p->ranges.count = p->shared.count = p->labels.count = p->jumps.count = p->table_jumps.count = p->tables.count = 0;
  name_text name;
  read_word(p, name);
  memcpy(p->kernel->name, name, sizeof name);
  read_parameters(p);
  read_hints(p);
  read_body(p);
  resolve_jumps(p);
  p->kernel->code = p->code.items;
  p->kernel->length = p->code.count;
  p->kernel->constants = p->constants.items;
  p->kernel->constant_count = p->constants.count;
  p->kernel->targets = p->targets.items;
  p->kernel->target_count = p->targets.count;
  memset(&p->code, 0, sizeof p->code);
  memset(&p->constants, 0, sizeof p->constants);
  memset(&p->targets, 0, sizeof p->targets);
}

static void read_header(parser *p) {
  name_text word;
  expect_word(p, ".version");
  read_word(p, word);
  expect_word(p, ".target");
  read_word(p, word);
  if (strncmp(word, "sm_", 3) != 0) {
    refuse(p, "the target %s", word);
  }
  expect_word(p, ".address_size");
  if (read_count(p) != 64) {
    refuse(p, "addresses that are not of 64 bits");
  }
}

static void read_module(parser *p) {
  read_header(p);
  for (skip_blank(p); *p->at != '\0'; skip_blank(p)) {
    expect_word(p, ".visible");
    expect_word(p, ".entry");
    read_entry(p);
  }
  if (p->kernels.count == 0) {
    refuse(p, "no kernel");
  }
}

static void free_kernels(ptx_kernel *kernels, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    free(kernels[i].code);
    free(kernels[i].constants);
    free(kernels[i].targets);
    free(kernels[i].parameters);
  }
  free(kernels);
}

static bool read_whole(parser *p) {
  if (setjmp(p->failed) != 0) {
    return false;
  }
  read_module(p);
  return true;
}

static void free_parser(parser *p) {
  if (p != NULL) {
    free_kernels(p->kernels.items, p->kernels.count);
    free(p->code.items);
    free(p->constants.items);
    free(p->ranges.items);
    free(p->shared.items);
    free(p->labels.items);
    free(p->jumps.items);
    free(p->table_jumps.items);
    free(p->tables.items);
    free(p->targets.items);
  }
  free(p);
}

ptx_module *ptx_load(const char *text, char message[PTX_MESSAGE]) {
  ptx_module *module = calloc(1, sizeof *module);
  parser *p = calloc(1, sizeof *p);
  snprintf(message, PTX_MESSAGE, "out of memory");
  if (module != NULL && p != NULL) {
    p->at = text;
    p->line = 1;
    p->message = message;
    if (read_whole(p)) {
      module->kernels = p->kernels.items;
      module->count = p->kernels.count;
      memset(&p->kernels, 0, sizeof p->kernels);
    }
  }
  free_parser(p);
  if (module != NULL && module->count == 0) {
    free(module);
    module = NULL;
  }
  return module;
}

void ptx_unload(ptx_module *module) {
  if (module != NULL) {
    free_kernels(module->kernels, module->count);
  }
  free(module);
}

ptx_kernel *ptx_find(ptx_module *module, const char *name) {
  for (size_t i = 0; i < module->count; ++i) {
    if (strcmp(module->kernels[i].name, name) == 0) {
      return &module->kernels[i];
    }
  }
  return NULL;
}

ptx_kernel *ptx_kernel_at(ptx_module *module, int index) {
  return index >= 0 && (size_t)index < module->count ? &module->kernels[index] : NULL;
}

const char *ptx_name(const ptx_kernel *kernel) { return kernel->name; }

size_t ptx_parameter_bytes(const ptx_kernel *kernel) { return kernel->parameter_bytes; }

size_t ptx_shared_bytes(const ptx_kernel *kernel) { return kernel->shared_bytes; }

unsigned ptx_most_threads(const ptx_kernel *kernel) { return kernel->most_threads; }
