/* The interpreter itself: what it computes, what it refuses to read, and what it reports that a device would leave to chance. */
#include "ptx/ptx.h"

#include "../Native/check.h"

#define HEADER ".version 6.3\n.target sm_70\n.address_size 64\n"

/* A sum over 64 threads by a tree in shared memory; BARRIER stands before the tree, STEP after each of its steps. */
#define SUM(BARRIER, STEP)                                                                                  \
  HEADER                                                                                                    \
  ".visible .entry Sum(\n\t.param .b64 input,\n\t.param .align 8 .b8 output[16]\n)\n.maxntid 64, 1, 1\n{\n" \
  ".shared .align 4 .b8 cells[256];\n"                                                                      \
  ".reg .pred %p<3>;\n.reg .b32 %r<9>;\n.reg .b64 %rd<9>;\n.reg .f32 %f<9>;\n"                              \
  "\tld.param.b64 %rd0, [input];\n"                                                                         \
  "\tld.param.b64 %rd1, [output+0];\n"                                                                      \
  "\tmov.b64 %rd2, cells;\n"                                                                                \
  "\tmov.b32 %r0, %tid.x;\n"                                                                                \
  "\tmov.b32 %r1, %ctaid.x;\n"                                                                              \
  "\tmad.lo.s32 %r2, %r1, 64, %r0;\n"                                                                       \
  "\tmul.wide.u32 %rd3, %r2, 4;\n"                                                                          \
  "\tadd.u64 %rd3, %rd3, %rd0;\n"                                                                           \
  "\tld.global.f32 %f0, [%rd3];\n"                                                                          \
  "\tmul.wide.u32 %rd4, %r0, 4;\n"                                                                          \
  "\tadd.u64 %rd4, %rd4, %rd2;\n"                                                                           \
  "\tst.shared.f32 [%rd4], %f0;\n" BARRIER                                                                  \
  "\tmov.b32 %r3, 32;\n"                                                                                    \
  "Next:\n"                                                                                                 \
  "\tsetp.ge.s32 %p0, %r0, %r3;\n"                                                                          \
  "\t@%p0 bra Skip;\n"                                                                                      \
  "\tmul.wide.u32 %rd5, %r3, 4;\n"                                                                          \
  "\tadd.u64 %rd5, %rd5, %rd4;\n"                                                                           \
  "\tld.shared.f32 %f1, [%rd5];\n"                                                                          \
  "\tld.shared.f32 %f2, [%rd4];\n"                                                                          \
  "\tadd.f32 %f2, %f2, %f1;\n"                                                                              \
  "\tst.shared.f32 [%rd4], %f2;\n"                                                                          \
  "Skip:\n" STEP                                                                                            \
  "\tshr.u32 %r3, %r3, 1;\n"                                                                                \
  "\tsetp.ne.s32 %p1, %r3, 0;\n"                                                                            \
  "\t@%p1 bra.uni Next;\n"                                                                                  \
  "\tsetp.ne.s32 %p2, %r0, 0;\n"                                                                            \
  "\t@%p2 bra End;\n"                                                                                       \
  "\tmul.wide.u32 %rd6, %r1, 4;\n"                                                                          \
  "\tadd.u64 %rd6, %rd6, %rd1;\n"                                                                           \
  "\tld.shared.f32 %f3, [cells];\n"                                                                         \
  "\tst.global.f32 [%rd6], %f3;\n"                                                                          \
  "End:\n\tret;\n}\n"

typedef struct trial {
  bool sound;
  char message[PTX_MESSAGE];
  float sums[2];
  ptx_counts counts;
} trial;

static uint8_t *bytes_at(ptx_memory *memory, uint64_t address) {
  const char *reason = NULL;
  ptx_block *block = ptx_resolve(memory, address, 1, &reason);
  if (block == NULL) {
    fprintf(stderr, "%s\n", reason);
    exit(2);
  }
  return block->bytes;
}

/* Sums the numbers 0..127 in two blocks. */
static trial sum_of(const char *text, ptx_order order, uint64_t seed, size_t output_bytes) {
  trial t = {0};
  ptx_module *module = ptx_load(text, t.message);
  CHECK(module != NULL, "%s", t.message);
  if (module == NULL) {
    return t;
  }
  ptx_memory *memory = ptx_memory_new();
  struct {
    uint64_t input, output, length;
  } parameters = {ptx_allocate(memory, 128 * sizeof(float)), ptx_allocate(memory, output_bytes), 2};
  float numbers[128];
  for (int i = 0; i < 128; ++i) {
    numbers[i] = (float)i;
  }
  memcpy(bytes_at(memory, parameters.input), numbers, sizeof numbers);
  ptx_kernel *kernel = ptx_find(module, "Sum");
  CHECK(ptx_parameter_bytes(kernel) == sizeof parameters, "%zu", ptx_parameter_bytes(kernel));
  CHECK(ptx_shared_bytes(kernel) == 256, "%zu", ptx_shared_bytes(kernel));
  ptx_launch launch = {{2, 1, 1}, {64, 1, 1}, &parameters, order, seed};
  t.sound = ptx_run(kernel, &launch, memory, &t.counts, t.message);
  memcpy(t.sums, bytes_at(memory, parameters.output), output_bytes < sizeof t.sums ? output_bytes : sizeof t.sums);
  ptx_memory_delete(memory);
  ptx_unload(module);
  return t;
}

static void sound_kernel_in_every_order(void) {
  const char *text = SUM("\tbar.sync 0;\n", "\tbar.sync 0;\n");
  for (int order = PTX_FORWARD; order <= PTX_RANDOM; ++order) {
    for (uint64_t seed = 0; seed < 4; ++seed) {
      trial t = sum_of(text, (ptx_order)order, seed, 8);
      CHECK(t.sound, "%s", t.message);
      CHECK(t.sums[0] == 2016 && t.sums[1] == 6112, "%g %g", t.sums[0], t.sums[1]);
      CHECK(t.counts.loaded_bytes == 512 && t.counts.stored_bytes == 8, "%llu loaded, %llu stored",
            (unsigned long long)t.counts.loaded_bytes, (unsigned long long)t.counts.stored_bytes);
      CHECK(t.counts.barriers == 14, "%llu", (unsigned long long)t.counts.barriers);
    }
  }
}

static void missing_barrier(const char *what, const char *text) {
  for (int order = PTX_FORWARD; order <= PTX_RANDOM; ++order) {
    trial t = sum_of(text, (ptx_order)order, 7, 8);
    CHECK(!t.sound && strstr(t.message, "shared memory"), "%s, order %d: %s", what, order, t.sound ? "no complaint" : t.message);
  }
}

static void broken_kernels(void) {
  missing_barrier("no barrier before the tree", SUM("", "\tbar.sync 0;\n"));
  missing_barrier("no barrier within the tree", SUM("\tbar.sync 0;\n", ""));
  trial divergent = sum_of(SUM("\tbar.sync 0;\n", "\t@!%p0 bar.sync 0;\n"), PTX_FORWARD, 0, 8);
  CHECK(!divergent.sound && strstr(divergent.message, "barrier"), "%s", divergent.message);
  trial early = sum_of(SUM("\tsetp.gt.s32 %p0, %r0, 40;\n\t@%p0 ret;\n\tbar.sync 0;\n", "\tbar.sync 0;\n"), PTX_FORWARD, 0, 8);
  CHECK(!early.sound && strstr(early.message, "has ended"), "%s", early.message);
  trial past = sum_of(SUM("\tbar.sync 0;\n", "\tbar.sync 0;\n"), PTX_FORWARD, 0, 4);
  CHECK(!past.sound && strstr(past.message, "past the end"), "%s", past.message);
}

/* A kernel of one block of threads whose body is BODY; gives what it says. */
static const char *outcome(const char *body, unsigned blocks, unsigned threads, bool freed, char message[PTX_MESSAGE]) {
  char text[2048];
  snprintf(text, sizeof text,
           HEADER
           ".visible .entry Body(.param .b64 memory)\n{\n.reg .pred %%p<4>;\n.reg .b16 %%rs<8>;\n.reg .b32 %%r<8>;\n"
           ".reg .b64 %%rd<8>;\n.reg .f32 %%f<8>;\n.reg .f64 %%fd<8>;\n.shared .align 8 .b8 cells[64];\n"
           "ld.param.b64 %%rd0, [memory];\nmov.b32 %%r0, %%tid.x;\nmov.b32 %%r1, %%ctaid.x;\n%s\nret;\n}\n",
           body);
  ptx_module *module = ptx_load(text, message);
  if (module == NULL) {
    return message;
  }
  ptx_memory *memory = ptx_memory_new();
  uint64_t address = ptx_allocate(memory, 64);
  if (freed) {
    ptx_free(memory, address);
  }
  ptx_counts counts = {0};
  ptx_launch launch = {{blocks, 1, 1}, {threads, 1, 1}, &address, PTX_FORWARD, 0};
  bool sound = ptx_run(ptx_kernel_at(module, 0), &launch, memory, &counts, message);
  ptx_memory_delete(memory);
  ptx_unload(module);
  return sound ? "" : message;
}

static void memory_errors(void) {
  static const struct {
    const char *body, *says;
    unsigned blocks, threads;
    bool freed;
  } cases[] = {
      {"ld.global.f32 %f0, [%rd0+64];", "past the end", 1, 1, false},
      {"ld.global.f32 %f0, [%rd0+-4];", "no device memory", 1, 1, false},
      {"ld.global.f32 %f0, [%rd0+2];", "not aligned", 1, 1, false},
      {"ld.global.v4.f32 {%f0, %f1, %f2, %f3}, [%rd0+8];", "not aligned", 1, 1, false},
      {"ld.global.f32 %f0, [%rd0];", "was freed", 1, 1, true},
      {"st.global.f32 [%rd1], 0f3F800000;", "no device memory", 1, 1, false},
      {"st.global.b32 [%rd0], %r0;", "another thread wrote", 1, 2, false},
      {"st.global.b32 [%rd0], %r1;", "another block", 2, 1, false},
      {"setp.eq.s32 %p0, %r1, 0;\n@%p0 st.global.b32 [%rd0], 7;\n@!%p0 ld.global.b32 %r2, [%rd0];", "another block", 2, 1, false},
      {"ld.shared.b32 %r2, [cells];", "no thread of the block has written", 1, 1, false},
      {"st.shared.b32 [cells+64], %r0;", "past the end of the block's shared memory", 1, 1, false},
      {"mov.b32 %r2, 0;\ndiv.s32 %r3, %r0, %r2;", "divides by zero", 1, 1, false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    char message[PTX_MESSAGE];
    const char *said = outcome(cases[i].body, cases[i].blocks, cases[i].threads, cases[i].freed, message);
    CHECK(strstr(said, cases[i].says), "%s: '%s' instead of '%s'", cases[i].body, said, cases[i].says);
  }
}

static void refused_texts(void) {
  static const struct {
    const char *body, *says;
  } cases[] = {
      {"shfl.sync.idx.b32 %r0, %r0, 0, 31, -1;", "shfl.sync.idx.b32 is not known"},
      {"ld.f32 %f0, [%rd0];", "ld.f32 is not known"},
      {"st.local.f32 [%rd0], %f0;", "st.local.f32 is not known"},
      {"atom.global.add.u32 %r0, [%rd0], 1;", "is not known"},
      {"add.s32 %r0, %r0, %f0;", "%f0 is not of the instruction's type"},
      {"add.f32 %f0, %f0, %fd0;", "%fd0 is not of the instruction's type"},
      {"add.f32 %f0, %f0, 0d3FF0000000000000;", "0d3FF0000000000000 is not of the instruction's type"},
      {"add.s32 %r99, %r0, %r0;", "%r99 is not declared"},
      {"mov.b32 %tid.x, %r0;", "no register to write"},
      {"bra Nowhere;", "no label Nowhere"},
      {"bar.sync 1;", "a barrier other than 0"},
      {"ld.param.b64 %rd1, [memory+8];", "no parameter of the kernel, or shorter"},
      {"ld.global.v4.f64 {%fd0, %fd1, %fd2, %fd3}, [%rd0];", "more than 16 bytes"},
      {"ld.global.v2.f32 %f0, [%rd0];", "without its braces"},
      {".local .align 4 .b8 depot[4];", "is not known"},
      {"add.s32 %r0, %r0;", "',' is missing"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    char message[PTX_MESSAGE];
    const char *said = outcome(cases[i].body, 1, 1, false, message);
    CHECK(strstr(said, cases[i].says) && strncmp(said, "line ", 5) == 0, "%s: '%s' instead of '%s'", cases[i].body, said, cases[i].says);
  }
  char message[PTX_MESSAGE];
  CHECK(ptx_load("", message) == NULL, "an empty text");
  CHECK(ptx_load(HEADER, message) == NULL && strstr(message, "no kernel"), "%s", message);
  CHECK(
      ptx_load(HEADER ".visible .entry E()\n{\n.reg .b32 %r<2>;\nmov.b32 %r0, 1;\n}\n", message) == NULL && strstr(message, "past its end"),
      "%s", message);
}

/* Runs BODY in one thread and gives the 64 bits that it left at the start of memory. */
static uint64_t computed(const char *body, bool contracted) {
  char message[PTX_MESSAGE], text[2048];
  snprintf(text, sizeof text,
           HEADER
           ".visible .entry Body(.param .b64 memory)\n{\n.reg .pred %%p<4>;\n.reg .b16 %%rs<8>;\n.reg .b32 %%r<8>;\n"
           ".reg .b64 %%rd<8>;\n.reg .f32 %%f<8>;\n.reg .f64 %%fd<8>;\nld.param.b64 %%rd0, [memory];\n%s\nret;\n}\n",
           body);
  ptx_module *module = ptx_load(text, message);
  CHECK(module != NULL, "%s", message);
  if (module == NULL) {
    return 0;
  }
  ptx_memory *memory = ptx_memory_new();
  uint64_t address = ptx_allocate(memory, 8), bits = 0;
  memcpy(bytes_at(memory, address), &bits, sizeof bits);
  if (contracted) {
    CHECK(ptx_contract(ptx_kernel_at(module, 0)) == 1, "%s", body);
  }
  ptx_counts counts = {0};
  ptx_launch launch = {{1, 1, 1}, {1, 1, 1}, &address, PTX_FORWARD, 0};
  CHECK(ptx_run(ptx_kernel_at(module, 0), &launch, memory, &counts, message), "%s", message);
  memcpy(&bits, bytes_at(memory, address), sizeof bits);
  ptx_memory_delete(memory);
  ptx_unload(module);
  return bits;
}

static void arithmetic(void) {
  static const struct {
    const char *body;
    uint64_t bits;
  } cases[] = {
      {"mov.b32 %r0, 4294967295;\nadd.s32 %r0, %r0, 2;\nst.global.b32 [%rd0], %r0;", 1},
      {"mov.b32 %r0, -7;\nshr.s32 %r0, %r0, 1;\nst.global.b32 [%rd0], %r0;", 0xfffffffc},
      {"mov.b32 %r0, 1;\nshl.b32 %r0, %r0, 32;\nst.global.b32 [%rd0], %r0;", 0},
      {"mov.b32 %r0, -1;\nmul.wide.u32 %rd1, %r0, %r0;\nst.global.b64 [%rd0], %rd1;", 0xfffffffe00000001},
      {"mov.b32 %r0, -1;\ncvt.s64.s32 %rd1, %r0;\nst.global.b64 [%rd0], %rd1;", 0xffffffffffffffff},
      {"mov.b32 %r0, -1;\ncvt.u64.u32 %rd1, %r0;\nst.global.b64 [%rd0], %rd1;", 0xffffffff},
      {"mov.b32 %r0, -2147483648;\ndiv.s32 %r0, %r0, -1;\nst.global.b32 [%rd0], %r0;", 0x80000000},
      {"mov.f32 %f0, 0f4F800000;\ncvt.rzi.s32.f32 %r0, %f0;\nst.global.b32 [%rd0], %r0;", 0x7fffffff},
      {"mov.f32 %f0, 0f7FC00000;\ncvt.rzi.s32.f32 %r0, %f0;\nst.global.b32 [%rd0], %r0;", 0},
      {"mov.f32 %f0, 0fBF800000;\ncvt.rzi.u32.f32 %r0, %f0;\nst.global.b32 [%rd0], %r0;", 0},
      {"mov.b16 %rs0, 15360;\ncvt.f32.f16 %f0, %rs0;\nst.global.f32 [%rd0], %f0;", 0x3f800000},
      {"mov.f32 %f0, 0f477FF000;\ncvt.rn.f16.f32 %rs0, %f0;\nst.global.b16 [%rd0], %rs0;", 0x7c00}, /* 65520 rounds to infinity */
      {"mov.f64 %fd0, 0d3FF0000010000001;\ncvt.rn.f32.f64 %f0, %fd0;\nst.global.f32 [%rd0], %f0;", 0x3f800001},
      {"mov.f32 %f0, 0f7FC00000;\nmax.f32 %f0, %f0, 0f3F800000;\nst.global.f32 [%rd0], %f0;", 0x3f800000},
      {"mov.f32 %f0, 0f80000000;\nmax.f32 %f0, %f0, 0f00000000;\nst.global.f32 [%rd0], %f0;", 0},
      {"mov.f32 %f0, 0f7FC00000;\nsetp.ne.f32 %p0, %f0, %f0;\nselp.b32 %r0, 1, 2, %p0;\nst.global.b32 [%rd0], %r0;", 2},
      {"mov.f32 %f0, 0f7FC00000;\nsetp.neu.f32 %p0, %f0, %f0;\nselp.b32 %r0, 1, 2, %p0;\nst.global.b32 [%rd0], %r0;", 1},
      {"mov.f32 %f0, 0f7FC00000;\nsetp.ltu.f32 %p0, %f0, %f0;\nselp.b32 %r0, 1, 2, %p0;\nst.global.b32 [%rd0], %r0;", 1},
      {"mov.b32 %r0, -1;\nsetp.hi.u32 %p0, %r0, 1;\nselp.b32 %r0, 1, 2, %p0;\nst.global.b32 [%rd0], %r0;", 1},
      {"mov.b32 %r0, 200;\nst.global.b8 [%rd0], %r0;\nld.global.s8 %r1, [%rd0];\nst.global.b32 [%rd0+4], %r1;", 0xffffffc8000000c8},
      {"mov.b32 %r0, 2143289344;\nmov.b32 %f0, %r0;\ntestp.notanumber.f32 %p0, %f0;\nselp.b32 %r0, 1, 2, %p0;\nst.global.b32 [%rd0], %r0;",
       1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    uint64_t bits = computed(cases[i].body, false);
    CHECK(bits == cases[i].bits, "%s: %llx instead of %llx", cases[i].body, (unsigned long long)bits, (unsigned long long)cases[i].bits);
  }
}

/* (1 + e)^2 - (1 + 2e) is nothing when the product is rounded by itself, e^2 when it is not. */
static void contraction(void) {
  const char *body = "mov.f32 %f0, 0f3F800001;\nmul.f32 %f1, %f0, %f0;\nadd.f32 %f2, %f1, 0fBF800002;\nst.global.f32 [%rd0], %f2;";
  CHECK(computed(body, false) == 0, "rounded");
  CHECK(computed(body, true) == 0x28800000, "fused: %llx", (unsigned long long)computed(body, true));
}

int main(void) {
  sound_kernel_in_every_order();
  broken_kernels();
  memory_errors();
  refused_texts();
  arithmetic();
  contraction();
  return finish();
}
