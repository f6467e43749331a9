/* equipoise.h - the C interface of Equipoise, and the truth of its ABI.
 *
 * Equipoise takes two next-token distributions per row, the current policy pi_theta and a target pi_t, as [rows, columns] scores, and finds
 * per row the sampling distribution that serves both:
 *
 *     q* proportional to pi_theta^alpha* pi_t^(1 - alpha*)   with   KL(q*||pi_theta) = KL(q*||pi_t)        (the Chernoff point)
 *
 * Conventions that hold for every function of this header:
 *  - Memory: every buffer is the caller's, for inputs and outputs; the library keeps no pointer after a call returns.
 *    Outputs must not overlap inputs or each other. Buffers need the alignment of their element type, no more, and no padding.
 *  - Units: KL divergences, log Z and all other logarithms are in nats.
 *  - Errors: functions that can fail return an eqp_status; eqp_last_error() then holds a text that names the argument. After
 *    EQP_INVALID_ARGUMENT or EQP_UNSUPPORTED no output has been written; after any other error the outputs hold nothing of use. No
 *    exception and no signal crosses this interface.
 *  - Rows: a row that cannot be answered (NaN, no token in common, ...) is no error of the call. It has an eqp_row_status, and no other row
 *    changes by a bit. A row's bits do not depend on its place, the batch, the strides or the number of threads.
 *  - Threads: every function may be called from any number of threads at once, also on the same inputs.
 *  - Growth: structs that start with struct_size may grow at their end; a caller compiled against an older header keeps working.
 */
#ifndef EQUIPOISE_H
#define EQUIPOISE_H

#include <stddef.h>
#include <stdint.h>

#define EQP_VERSION_MAJOR 0
#define EQP_VERSION_MINOR 1
#define EQP_VERSION_PATCH 0
/* Changes when a program built against an older header could no longer run. */
#define EQP_ABI_VERSION 1

#ifdef __cplusplus
extern "C" {
#endif

/* What a call answers. */
typedef enum eqp_status {
  EQP_OK = 0,
  EQP_INVALID_ARGUMENT = 1, /* an argument is wrong; eqp_last_error() names it */
  EQP_UNSUPPORTED = 2,      /* a valid request that this build or version cannot serve */
  EQP_OUT_OF_MEMORY = 3,
  EQP_DEVICE_ERROR = 4,  /* a device or its driver failed */
  EQP_INTERNAL_ERROR = 5 /* a fault of the library: please report it */
} eqp_status;

/* Element types. F16 is IEEE binary16, BF16 the upper half of an IEEE binary32. */
typedef enum eqp_dtype { EQP_F32 = 0, EQP_F64 = 1, EQP_F16 = 2, EQP_BF16 = 3 } eqp_dtype;

/* What the inputs hold. LOGITS: any real, -inf masks a token. LOG_PROBS and PROBS are renormalised when a row's mass is within 1e-3 of 1;
 * beyond that the row is invalid. -inf, or probability 0, masks a token. */
typedef enum eqp_scores { EQP_LOGITS = 0, EQP_LOG_PROBS = 1, EQP_PROBS = 2 } eqp_scores;

/* Which point of the path q_alpha proportional to pi_theta^alpha pi_t^(1-alpha) is wanted: the alpha in [0, 1] that meets the criterion,
 * whose two sides are monotone in alpha. Where it is at an end of the path, or nowhere:
 *  - a budget or floor that the whole path meets: alpha = 0, AT_TARGET; one that no point meets (pi_theta has tokens that pi_t masks):
 * alpha = 1, AT_THETA. Budget 0 and floor 1 are met at alpha = 1, weight_target 0 there, weight_theta 0 at alpha = 0: OK, if the supports
 * allow it.
 *  - identical rows, one column: IDENTICAL at 1/2 for KL_SYMMETRY, WEIGHTED_KL and ESS_BALANCE; a budget or floor is met by the whole path.
 *  - ESS_theta is 0 on the whole path where pi_theta has a token that pi_t masks, ESS_target the other way round. ESS_BALANCE is then
 * AT_THETA if only ESS_theta is 0, AT_TARGET if only ESS_target is; if both are, it is that of the common tokens.
 *  - no common token: DISJOINT, whatever the criterion. */
typedef enum eqp_criterion {
  EQP_KL_SYMMETRY = 0, /* KL(q||pi_theta) = KL(q||pi_t): the Chernoff point */
  EQP_WEIGHTED_KL = 1, /* weight_theta KL(q||pi_theta) = weight_target KL(q||pi_t) */
  EQP_KL_BUDGET = 2,   /* KL(q||pi_theta) = budget: as far towards pi_t as a trust region around pi_theta goes */
  EQP_ESS_BALANCE = 3, /* ESS_theta = ESS_target */
  EQP_ESS_FLOOR = 4,   /* ESS_theta = floor: as far towards pi_t as samples of q still speak for pi_theta */
  EQP_FIXED_ALPHA = 5  /* alpha as given */
} eqp_criterion;

/* How the point is found. NEWTON is the fast one (two sweeps over a usual row), BISECTION the slow reference (f64 throughout). */
typedef enum eqp_method { EQP_NEWTON = 0, EQP_BISECTION = 1 } eqp_method;

/* What became of one row. */
typedef enum eqp_row_status {
  EQP_ROW_OK = 0,
  EQP_ROW_IDENTICAL = 1,     /* pi_theta = pi_t: every alpha is a root; alpha = 1/2, q = pi_theta. Not with FIXED_ALPHA */
  EQP_ROW_AT_THETA = 2,      /* no root inside [0, 1]: the nearest end, alpha = 1 (different supports) */
  EQP_ROW_AT_TARGET = 3,     /* no root inside [0, 1]: the nearest end, alpha = 0 (different supports; a budget or floor met everywhere) */
  EQP_ROW_NOT_CONVERGED = 4, /* the tolerance was not met: outputs are the best found, residual says how good */
  EQP_ROW_DISJOINT = 5,      /* no token has mass under both: alpha and residual NaN, q = 0, log_q and log_z -inf, KLs +inf, ESSs 0 */
  EQP_ROW_INVALID = 6,       /* NaN, +inf, nothing but masks, a negative probability, a mass that is not 1: NaN in every output */
  EQP_ROW_SKIPPED = 7,       /* row_mask is 0 there: zeros in every output */
  EQP_ROW_TOO_FEW = 8        /* eqp_answer_rewards: too few answers for the table asked for; rewards 0 */
} eqp_row_status;

/* A [rows, columns] matrix in the caller's memory. Each row is contiguous; row i starts at element
 *     (i / group_rows) * group_stride + (i % group_rows) * row_stride        (group_rows = 0: one group, i * row_stride)
 * so that a view such as logits[:, :-1] of [batch, sequence, vocabulary] needs no copy. */
typedef struct eqp_matrix {
  void *data; /* read-only where the matrix is an input */
  eqp_dtype dtype;
  int64_t rows;
  int64_t columns;
  int64_t row_stride;   /* in elements; 0 = columns (packed). Inputs may overlap or run backwards, outputs may not overlap */
  int64_t group_rows;   /* rows in a group; 0 = one group */
  int64_t group_stride; /* in elements, from group to group */
} eqp_matrix;

/* What eqp_solve should do. Fill it with eqp_solve_options_init first. */
typedef struct eqp_solve_options {
  size_t struct_size; /* sizeof(eqp_solve_options) at the caller's compile time */
  eqp_scores scores;
  eqp_criterion criterion;
  eqp_method method;
  int32_t max_iterations;              /* of a row, as in eqp_solution; >= 1; default 50 */
  double tolerance;                    /* on alpha, and on the criterion's residual relative to max(1, KL); > 0; default 1e-6 */
  double alpha;                        /* FIXED_ALPHA: in [0, 1]; default 0.5 */
  double weight_theta;                 /* WEIGHTED_KL: finite, >= 0, not both 0; default 1. Only their ratio matters for alpha */
  double weight_target;                /* WEIGHTED_KL; default 1 */
  double budget;                       /* KL_BUDGET, nats: finite, >= 0; default 0 */
  double floor;                        /* ESS_FLOOR, in (0, 1]; default 0.5 */
  double temperature_theta;            /* divides theta's logits; finite, > 0; default 1 */
  double temperature_target;           /* divides target's logits; finite, > 0; default 1 */
  const double *row_temperature_theta; /* [rows], or null: one temperature per row, instead of temperature_theta */
  const double *row_temperature_target;
  int64_t valid_columns;      /* how many leading columns are real; 0 = all (then both widths must agree). The rest is never read */
  const uint8_t *row_mask;    /* [rows], or null: 0 skips the row */
  int32_t threads;            /* 0 = as many as pay, 1 = the caller's own alone, n = at most n */
  int32_t reserved;           /* 0 */
  double probability_epsilon; /* PROBS with BISECTION: added to every probability before its logarithm; in [0, 1); default 0. Above 0 the
                                 rows are taken as they are, neither renormalised nor checked for their mass, and the bracket's width alone
                                 stops the search: the arithmetic of the reference implementation in PyTorch. KL_SYMMETRY, FIXED_ALPHA */
  const double *row_weight_theta; /* [rows], or null, as all that follow: one per row, instead of weight_theta */
  const double *row_weight_target;
  const double *row_budget;
  const double *row_floor;
  const double *row_alpha;
} eqp_solve_options;

/* What eqp_solve should write: null = not wanted, and not computed. */
typedef struct eqp_solution {
  size_t struct_size;      /* sizeof(eqp_solution) at the caller's compile time */
  double *alpha;           /* [rows] in [0, 1] */
  const eqp_matrix *q;     /* [rows, columns of theta], any dtype: q*, sums to 1; 0 beyond valid_columns */
  const eqp_matrix *log_q; /* the same of log q*, nats; -inf where q = 0 */
  double *log_z;           /* [rows] log Z(alpha), <= 0; at the Chernoff point minus the Chernoff information */
  double *kl_theta;        /* [rows] KL(q||pi_theta) >= 0 */
  double *kl_target;       /* [rows] KL(q||pi_t) >= 0 */
  double *ess_theta;       /* [rows] 1 / sum pi_theta^2 / q, in [0, 1] */
  double *ess_target;      /* [rows] 1 / sum pi_t^2 / q, in [0, 1] */
  double *residual;        /* [rows] the certificate, at alpha: |KL_theta - KL_target|, |weight_theta KL_theta - weight_target KL_target|,
                              |KL_theta - budget|, |log ESS_theta - log ESS_target|, |log ESS_theta - log floor|; 0 for FIXED_ALPHA */
  int32_t *iterations;     /* [rows] points of the path at which the row was measured (NEWTON: 1 for most rows) or halvings (BISECTION) */
  int32_t *row_status;     /* [rows] eqp_row_status */
} eqp_solution;

/* EQP_ABI_VERSION of the library that runs. */
int32_t eqp_abi_version(void);

/* "0.1.0". Static storage. */
const char *eqp_version(void);

/* The instruction set that this library was built for: "x86-64-v2", "x86-64-v3" (AVX2), "x86-64-v4" (AVX-512) or "arm64". Static storage.
 */
const char *eqp_isa(void);

/* The name of a status, such as "EQP_INVALID_ARGUMENT"; "unknown status" for any other number. Static storage. */
const char *eqp_status_string(eqp_status status);

/* The text of this thread's latest error; "" when there was none. Valid until this thread's next failing call. */
const char *eqp_last_error(void);

/* Fills options with the defaults. struct_size is the caller's sizeof(eqp_solve_options); no byte beyond it is written.
 * EQP_INVALID_ARGUMENT: options is null or struct_size is smaller than the first version's. */
eqp_status eqp_solve_options_init(eqp_solve_options *options, size_t struct_size);

/* alpha and q of every row.
 *   theta, target   [rows, >= valid columns] each, in any dtype and stride of its own; read only.
 *   options         null = the defaults.
 *   solution        which outputs, and where.
 * f64 inputs are computed in f64; all others in f32 with f64 sums. NaN or +inf in a valid column makes that row EQP_ROW_INVALID.
 * Bytes of a row beyond valid_columns are never read. Rows may be 0. No memory is allocated once a thread has made a call of this size.
 * Thread safety: any number of threads at once, the outputs being different. */
eqp_status eqp_solve(const eqp_matrix *theta, const eqp_matrix *target, const eqp_solve_options *options, eqp_solution *solution);

/* A row's point of the path, from eqp_equilibrium_loss to eqp_equilibrium_loss_backward. NaN for an invalid or disjoint row. */
typedef struct eqp_loss_record {
  double alpha;
  double log_z;
  double theta_log_sum_exp; /* log sum exp(score / temperature), nats */
  double target_log_sum_exp;
} eqp_loss_record;

/* What eqp_equilibrium_loss should write: null = not wanted, and not computed. */
typedef struct eqp_loss_outputs {
  size_t struct_size;       /* sizeof(eqp_loss_outputs) at the caller's compile time */
  double *loss;             /* [rows] KL(q||pi_theta) >= 0, nats; NaN for an invalid row, +inf for a disjoint one, 0 for a skipped one */
  double *alpha;            /* [rows] in [0, 1] */
  double *ess_theta;        /* [rows] 1 / sum pi_theta^2 / q, in [0, 1] */
  int32_t *row_status;      /* [rows] eqp_row_status */
  eqp_loss_record *records; /* [rows] for eqp_equilibrium_loss_backward */
} eqp_loss_outputs;

/* Through which of its arguments the loss is differentiated. */
typedef enum eqp_loss_gradient {
  EQP_LOSS_STOP = 0, /* q is a constant: pi_theta - q */
  EQP_LOSS_FULL = 1  /* q moves with the policy: alpha (pi_theta - q), since log Z is stationary at the Chernoff point */
} eqp_loss_gradient;

/* KL(q||pi_theta) of every row as a loss of the policy's scores; at the Chernoff point it is -log Z(alpha).
 *   theta, target, options   as for eqp_solve; scores are LOGITS or LOG_PROBS.
 * Thread safety: any number of threads at once, the outputs being different. */
eqp_status eqp_equilibrium_loss(const eqp_matrix *theta, const eqp_matrix *target, const eqp_solve_options *options,
                                eqp_loss_outputs *outputs);

/* The gradient of eqp_equilibrium_loss in theta's scores, times upstream: one sweep that reads both rows and writes once.
 *   theta, target, options   as they were given to eqp_equilibrium_loss.
 *   kind                     FULL is for the criterion KL_SYMMETRY alone.
 *   records                  [rows] of eqp_equilibrium_loss.
 *   upstream                 [rows] what each row is multiplied by, or null: 1.
 *   gradient                 [rows, columns of theta] out, any dtype: 0 at masked tokens, in the padding and in skipped rows; NaN in the
 * valid columns of invalid and disjoint rows. Thread safety: any number of threads at once, the outputs being different. */
eqp_status eqp_equilibrium_loss_backward(const eqp_matrix *theta, const eqp_matrix *target, const eqp_solve_options *options,
                                         eqp_loss_gradient kind, const eqp_loss_record *records, const double *upstream,
                                         const eqp_matrix *gradient);

/* What eqp_solve_many should do. Fill it with eqp_solve_many_options_init first. */
typedef struct eqp_solve_many_options {
  size_t struct_size; /* sizeof(eqp_solve_many_options) at the caller's compile time */
  eqp_scores scores;
  int32_t max_iterations;        /* points of the simplex that a row may be measured at, one pass over its data each; >= 1; default 100 */
  double tolerance;              /* on beta, and on the residual relative to max(1, KL); > 0; default 1e-6 */
  const eqp_matrix *cost;        /* [rows, >= valid columns], or one row for all, or null: what each token costs; finite */
  double cost_weight;            /* lambda, nats per unit of cost; finite, >= 0; default 0 */
  const double *row_cost_weight; /* [rows], or null: one lambda per row, instead of cost_weight */
  int64_t valid_columns;         /* as in eqp_solve_options */
  const uint8_t *row_mask;       /* as in eqp_solve_options */
  int32_t threads;               /* as in eqp_solve_options */
  int32_t reserved;              /* 0 */
} eqp_solve_many_options;

/* What eqp_solve_many should write for k policies: null = not wanted, and not computed. */
typedef struct eqp_many_solution {
  size_t struct_size;      /* sizeof(eqp_many_solution) at the caller's compile time */
  double *beta;            /* [rows, k] >= 0, each row summing to 1: the exponents of the policies */
  const eqp_matrix *q;     /* [rows, columns of policies[0]], any dtype: q*, sums to 1; 0 beyond valid_columns */
  const eqp_matrix *log_q; /* the same of log q*, nats; -inf where q = 0 */
  double *log_z;           /* [rows] log sum exp(sum beta_i log pi_i - lambda cost) */
  double *kl;              /* [rows, k] KL(q||pi_i) >= 0 */
  double *residual;        /* [rows] the largest KL less the smallest of a policy with beta above 0: the certificate */
  int32_t *iterations;     /* [rows] points of the simplex at which the row was measured */
  int32_t *row_status;     /* [rows] eqp_row_status */
} eqp_many_solution;

/* Fills options with the defaults: LOGITS, no cost. As eqp_solve_options_init. */
eqp_status eqp_solve_many_options_init(eqp_solve_many_options *options, size_t struct_size);

/* The q that serves k policies, of every row: q proportional to prod pi_i^beta_i exp(-lambda cost), beta on the simplex minimising log Z.
 * There KL(q||pi_i) is equal for all i with beta_i > 0 and no larger for the rest: q's largest KL (plus lambda times q's cost) is least.
 *   policies   [count] matrices [rows, >= valid columns], in any dtype and stride of their own; read only.
 *   count      k, 2 to 16.
 *   options    null = the defaults.
 *   solution   which outputs, and where.
 * Computed in f64. q is 0 wherever any policy masks a token. Of duplicates among the policies each gets the same share. Statuses are those
 * of eqp_solve; AT_THETA (beta = 1, 0) and AT_TARGET (0, 1) come with two policies only: of more, beta says which take part. DISJOINT: no
 * token that all have. INVALID also where a cost is not finite. Thread safety: any number of threads at once, the outputs being different.
 */
eqp_status eqp_solve_many(const eqp_matrix *policies, int32_t count, const eqp_solve_many_options *options, eqp_many_solution *solution);

/* What eqp_solve_gaussian should do. Fill it with eqp_solve_gaussian_options_init first. */
typedef struct eqp_solve_gaussian_options {
  size_t struct_size;      /* sizeof(eqp_solve_gaussian_options) at the caller's compile time */
  int32_t max_iterations;  /* points of the path that a row may be measured at; >= 1; default 50 */
  int32_t threads;         /* as in eqp_solve_options */
  double tolerance;        /* on alpha, and on |KL_theta - KL_t| relative to max(1, KL); > 0; default 1e-6 */
  const uint8_t *row_mask; /* as in eqp_solve_options */
} eqp_solve_gaussian_options;

/* What eqp_solve_gaussian should write, n being the dimensions: null = not wanted, and not computed. */
typedef struct eqp_gaussian_solution {
  size_t struct_size;  /* sizeof(eqp_gaussian_solution) at the caller's compile time */
  double *alpha;       /* [rows] in [0, 1] */
  double *mean;        /* [rows, n]: the mean of q */
  double *cov;         /* [rows, n] or [rows, n * n], as the inputs: the covariance of q */
  double *log_z;       /* [rows] log Z(alpha), <= 0 */
  double *kl_theta;    /* [rows] KL(q||pi_theta) >= 0 */
  double *kl_target;   /* [rows] KL(q||pi_t) >= 0 */
  double *ess_theta;   /* [rows] 1 / integral of pi_theta^2 / q, in [0, 1]; 0 where it diverges */
  double *ess_target;  /* [rows] 1 / integral of pi_t^2 / q, in [0, 1]; 0 where it diverges */
  double *residual;    /* [rows] |KL_theta - KL_target| at alpha: the certificate */
  int32_t *iterations; /* [rows] points of the path at which the row was measured */
  int32_t *row_status; /* [rows] eqp_row_status: OK, IDENTICAL, NOT_CONVERGED, INVALID or SKIPPED */
} eqp_gaussian_solution;

/* Fills options with the defaults. As eqp_solve_options_init. */
eqp_status eqp_solve_gaussian_options_init(eqp_solve_gaussian_options *options, size_t struct_size);

/* The Chernoff point of two Gaussian policies (continuous actions), of every row: q is Gaussian too, with the precision
 * alpha / cov_theta + (1 - alpha) / cov_target.
 *   mean_theta, mean_target   [rows, n] in any dtype and stride; read only.
 *   cov_theta, cov_target     [rows, n] variances or, both of them, [rows, n * n] covariances, row by row; in any dtype and stride; read
 * only. options                   null = the defaults. solution                  which outputs, and where. In closed form but for the root,
 * in f64. EQP_INVALID_ARGUMENT: also where a covariance is not positive definite or not symmetric (to 1e-5); the text names it and the row.
 * NaN or an infinity makes its row EQP_ROW_INVALID instead. Thread safety: any number of threads at once, the outputs being different. */
eqp_status eqp_solve_gaussian(const eqp_matrix *mean_theta, const eqp_matrix *cov_theta, const eqp_matrix *mean_target,
                              const eqp_matrix *cov_target, const eqp_solve_gaussian_options *options, eqp_gaussian_solution *solution);

/* What eqp_path_statistics should write for n values of alpha: null = not wanted, and not computed. q is q_alpha of each. */
typedef struct eqp_path_outputs {
  size_t struct_size;      /* sizeof(eqp_path_outputs) at the caller's compile time */
  double *log_z;           /* [rows, n] log Z(alpha) <= 0, nats */
  double *kl_theta;        /* [rows, n] KL(q||pi_theta) >= 0, nats */
  double *kl_target;       /* [rows, n] KL(q||pi_t) >= 0, nats */
  double *ess_theta;       /* [rows, n] 1 / sum pi_theta^2 / q, in [0, 1]; costs as much as another alpha */
  double *ess_target;      /* [rows, n] 1 / sum pi_t^2 / q, in [0, 1]; costs as much as another alpha */
  double *entropy;         /* [rows, n] -sum q log q >= 0, nats */
  double *variance;        /* [rows, n] the variance of log pi_t - log pi_theta under q, nats^2: log Z's second derivative */
  const eqp_matrix *q;     /* [rows * n, columns of theta], any dtype: row i * n + j is that of row i at its alpha j */
  const eqp_matrix *log_q; /* the same of log q, nats; -inf where q = 0 */
  int32_t *row_status;     /* [rows, n] eqp_row_status: OK, DISJOINT, INVALID or SKIPPED */
} eqp_path_outputs;

/* What the path q_alpha proportional to pi_theta^alpha pi_t^(1-alpha) is like at n values of alpha, in f64. The data is read once.
 *   theta, target   as in eqp_solve.
 *   alphas          [n], or [rows, n] with a stride: each in [0, 1].
 *   count           n, 0 to 65536.
 *   alpha_stride    from a row's first alpha to the next row's, at least n; 0 = the same for all rows.
 *   options         null = the defaults; what concerns the search for a point is not looked at.
 *   outputs         which, and where. q and log_q are one more sweep for each row of theirs.
 * Rows that are disjoint: log_z and log_q -inf, KLs +inf, ESSs and q 0, the rest NaN; invalid: NaN; skipped: 0. An ESS is 0 where q misses
 * a token of its policy. Thread safety: any number of threads at once, the outputs being different. */
eqp_status eqp_path_statistics(const eqp_matrix *theta, const eqp_matrix *target, const double *alphas, int64_t count, int64_t alpha_stride,
                               const eqp_solve_options *options, const eqp_path_outputs *outputs);

/* What eqp_divergence measures of two distributions p and q; BC = sum sqrt(p q). */
typedef enum eqp_divergence_kind {
  EQP_DIVERGENCE_KL = 0,              /* KL(p||q) = sum p log(p / q) >= 0; +inf where q misses p's support */
  EQP_DIVERGENCE_ESS = 1,             /* 1 / sum p^2 / q, in [0, 1]: what one sample of q is worth for p; 0 where q misses p's support */
  EQP_DIVERGENCE_REVERSE_KL = 2,      /* KL(q||p) */
  EQP_DIVERGENCE_JEFFREYS = 3,        /* KL(p||q) + KL(q||p), the symmetric one; +inf where the supports differ */
  EQP_DIVERGENCE_JENSEN_SHANNON = 4,  /* KL(p||m) / 2 + KL(q||m) / 2 with m = (p + q) / 2, in [0, log 2] */
  EQP_DIVERGENCE_RENYI = 5,           /* log(sum p^order q^(1-order)) / (order - 1) >= 0; order 1: KL; order 0: -log q(support of p) */
  EQP_DIVERGENCE_BHATTACHARYYA = 6,   /* -log BC >= 0; +inf for disjoint rows */
  EQP_DIVERGENCE_HELLINGER = 7,       /* sqrt(1 - BC), in [0, 1] */
  EQP_DIVERGENCE_TOTAL_VARIATION = 8, /* sum |p - q| / 2, in [0, 1] */
  EQP_DIVERGENCE_FISHER_RAO = 9       /* 2 arccos BC, in [0, pi] */
} eqp_divergence_kind;

/* Of divergences that are logarithms; the others (ESS, HELLINGER, TOTAL_VARIATION, FISHER_RAO) are pure numbers in either unit. */
typedef enum eqp_unit { EQP_NATS = 0, EQP_BITS = 1 } eqp_unit;

/* How eqp_divergence should read its inputs. Fill it with eqp_divergence_options_init first. */
typedef struct eqp_divergence_options {
  size_t struct_size; /* sizeof(eqp_divergence_options) at the caller's compile time */
  eqp_divergence_kind kind;
  eqp_scores scores;
  int64_t valid_columns; /* as in eqp_solve_options */
  const uint8_t *row_mask;
  int32_t threads;
  eqp_unit unit;                   /* default NATS */
  double order;                    /* RENYI: finite, >= 0; default 2 */
  const double *row_order;         /* [rows], or null: one order per row, instead of order */
  double temperature_p;            /* as temperature_theta of eqp_solve_options, of p; default 1 */
  double temperature_q;            /* the same of q */
  const double *row_temperature_p; /* [rows], or null: one per row, instead of temperature_p */
  const double *row_temperature_q; /* [rows], or null: one per row, instead of temperature_q */
} eqp_divergence_options;

/* Fills options with the defaults: KL of LOGITS in nats. As eqp_solve_options_init. */
eqp_status eqp_divergence_options_init(eqp_divergence_options *options, size_t struct_size);

/* One divergence per row, f64.
 *   p, q         [rows, >= valid columns] each, in any dtype and stride; read only.
 *   options      null = the defaults.
 *   values       [rows] out; NaN for an invalid row, 0 for a skipped one.
 *   row_status   [rows] out, or null: EQP_ROW_OK, EQP_ROW_DISJOINT, EQP_ROW_INVALID or EQP_ROW_SKIPPED.
 * KL, REVERSE_KL, JEFFREYS, BHATTACHARYYA, HELLINGER and FISHER_RAO of f32, f16 and bf16 scores other than PROBS are computed in f32 with
 * f64 sums: relative error below 2e-6. Near-identical rows, the other kinds, PROBS and f64 are computed in f64: no digits are lost however
 * near p and q are. Thread safety: any number of threads at once, the outputs being different. */
eqp_status eqp_divergence(const eqp_matrix *p, const eqp_matrix *q, const eqp_divergence_options *options, double *values,
                          int32_t *row_status);

/* How many tokens eqp_sample should draw, and by which random numbers. Fill it with eqp_sample_options_init first. */
typedef struct eqp_sample_options {
  size_t struct_size;         /* sizeof(eqp_sample_options) at the caller's compile time */
  int64_t count;              /* draws per row, >= 0; default 1 */
  uint64_t seed;              /* the key of the random numbers; default 0 */
  uint64_t stream;            /* row i draws from stream + i, modulo 2^64; default 0 */
  const uint64_t *row_stream; /* [rows], or null: one stream per row, instead of stream + i */
  uint64_t offset;            /* draw j is number offset + j of its stream, so that later calls can go on; default 0 */
  int64_t top_k;              /* keeps the k most probable tokens of q, and those that tie with the last of them; 0 = all */
  double top_p; /* then the fewest most probable tokens with at least this share of what is left, and ties; in (0, 1]; default 1 */
  double min_p; /* and of these the ones at least this much as probable as the most probable; in [0, 1]; default 0 */
  int32_t without_replacement; /* nonzero: no token twice in a row, see eqp_sample; default 0 */
  int32_t reserved;            /* 0 */
} eqp_sample_options;

/* What eqp_sample should write: null = not wanted. [rows, count], packed, logarithms in nats, unless it says otherwise. */
typedef struct eqp_samples {
  size_t struct_size;         /* sizeof(eqp_samples) at the caller's compile time */
  int64_t *tokens;            /* columns of the drawn tokens, -1 where there is none */
  double *log_q;              /* log q(token); of a truncated q: of what is left of it, renormalised */
  double *log_theta;          /* log pi_theta(token) */
  double *log_target;         /* log pi_t(token) */
  double *log_weights;        /* log of weights */
  double *log_target_weights; /* log of target_weights */
  double *weights;            /* pi_theta / q of the token; without replacement pi_theta over the inclusion probability */
  double *target_weights;     /* pi_t / q of the token; without replacement pi_t over the inclusion probability */
  double *log_inclusion;      /* without replacement: log of the inclusion probability; otherwise log q */
  double *alpha;              /* [rows], as of eqp_solve */
  int32_t *row_status;        /* [rows], as of eqp_solve */
} eqp_samples;

/* Fills options with the defaults: one draw, with replacement, from all of q. As eqp_solve_options_init. */
eqp_status eqp_sample_options_init(eqp_sample_options *options, size_t struct_size);

/* Draws tokens from q of every row, which is never written: one sweep over the row once alpha is known.
 *   theta, target    as of eqp_solve.
 *   solve_options    which q, as of eqp_solve; null = the defaults. Its threads and row_mask are those of the whole call.
 *   options          null = the defaults.
 *   samples          where to write.
 * Draw j of row i is a function of the row, the options, seed, i's stream and offset + j alone: of Philox4x32-10 at (seed, stream, offset +
 * j). It depends on neither the batch, the strides nor the threads: row i is as it were alone with stream + i for its stream. Tokens that
 * are masked, that the truncation leaves out or that q gives no probability are never drawn. A chunk of 256 columns is drawn with its
 * probability within 3e-7 relatively, of f64 scores within 1e-13; a token of it by f64 weights.
 * With replacement, the mean of f weights over the draws estimates the mean of f under pi_theta (where q covers it). Without replacement
 * tokens are drawn one after the other in proportion to what is left, as Gumbel top-k does, and log_inclusion is that of Kool, van Hoof and
 * Welling (2019), log(1 - exp(-q t)) with the threshold t at which the next token would have come: the sum of f weights over the draws
 * estimates the mean of f under pi_theta, unbiasedly. Draws beyond the last token: -1, logarithms -inf, weights 0.
 * A row that is INVALID or DISJOINT has tokens -1 and NaN elsewhere, a SKIPPED one -1 and zeros. EQP_INVALID_ARGUMENT also for options
 * outside their ranges. Thread safety: any number of threads at once, the outputs being different. */
eqp_status eqp_sample(const eqp_matrix *theta, const eqp_matrix *target, const eqp_solve_options *solve_options,
                      const eqp_sample_options *options, const eqp_samples *samples);

/* What one importance weight stands for. */
typedef enum eqp_weight_level {
  EQP_LEVEL_TOKEN = 0,    /* a token: pi / q of it. Its group is its sequence, a row */
  EQP_LEVEL_SEQUENCE = 1, /* a sequence: the product over its tokens. Its group is group_size rows */
  EQP_LEVEL_GEOMETRIC = 2 /* a sequence: the geometric mean over its tokens (GSPO, arXiv 2507.18071) */
} eqp_weight_level;

/* What is done to the weights w. */
typedef enum eqp_weight_mode {
  EQP_WEIGHTS_NONE = 0,
  EQP_WEIGHTS_TRUNCATED = 1,       /* min(w, clip_high): truncated importance sampling (Ionides 2008), trainers' TIS */
  EQP_WEIGHTS_CLIPPED = 2,         /* w moved into [clip_low, clip_high] */
  EQP_WEIGHTS_MASKED = 3,          /* 0 outside [clip_low, clip_high]: trainers' masked importance sampling, MIS */
  EQP_WEIGHTS_SELF_NORMALIZED = 4, /* w / the sum over the group */
  EQP_WEIGHTS_PSIS = 5             /* Pareto-smoothed (Vehtari et al., JMLR 25 (2024) 72), on the scale of w */
} eqp_weight_mode;

/* What eqp_importance_weights should do. Fill it with eqp_weight_options_init first. */
typedef struct eqp_weight_options {
  size_t struct_size; /* sizeof(eqp_weight_options) at the caller's compile time */
  eqp_weight_level level;
  eqp_weight_mode mode;
  double clip_low;     /* CLIPPED, MASKED: >= 0; default 0 */
  double clip_high;    /* TRUNCATED, CLIPPED, MASKED: > 0, >= clip_low; default +inf */
  const uint8_t *mask; /* [rows, columns], or null: 0 leaves the token out of everything; what lies there may be anything */
  int64_t mask_stride; /* bytes from a row of the mask to the next; 0 = columns */
  int64_t group_size;  /* SEQUENCE, GEOMETRIC: rows in a group, a divisor of rows; 0 = all */
  int32_t threads;     /* as in eqp_solve_options */
  int32_t reserved;    /* 0 */
} eqp_weight_options;

/* What eqp_importance_weights should write: null = not wanted. Groups are the rows (TOKEN), or rows / group_size. */
typedef struct eqp_weight_outputs {
  size_t struct_size;            /* sizeof(eqp_weight_outputs) at the caller's compile time */
  const eqp_matrix *weights;     /* [rows, columns] (TOKEN) or [rows, 1], any dtype; 0 where a token or a whole row is left out */
  const eqp_matrix *log_weights; /* their logarithms, nats, in the same shape; -inf where the weight is 0. Finite where w overflows */
  double *ess;         /* [groups] (sum w)^2 / (n sum w^2) of the weights written, in [0, 1]; n = tokens or sequences not left out */
  double *max_weight;  /* [groups] the largest weight written */
  double *k_hat;       /* [groups] the tail shape of the raw weights: above .7 no mean of them can be trusted; +inf: fewer than
                          5 weights in the tail, or all alike */
  int32_t *row_status; /* [rows] EQP_ROW_OK, EQP_ROW_INVALID, or EQP_ROW_SKIPPED for a row without a token */
} eqp_weight_outputs;

/* Fills options with the defaults: weights of tokens as they are. As eqp_solve_options_init. */
eqp_status eqp_weight_options_init(eqp_weight_options *options, size_t struct_size);

/* Importance weights w = pi / q of what was drawn from q and is to count for pi; in f64 and by logarithms, so that sequences of any length
 * neither over- nor underflow on the way.
 *   log_pi, log_q   [rows, columns] log-probabilities of the tokens drawn, nats, a row a sequence; any dtype and stride; read only.
 *   options         null = the defaults.
 *   outputs         which, and where.
 * A row with NaN, log_pi = +inf or an infinite log_q outside its mask is EQP_ROW_INVALID: NaN in its outputs; a group of sequences goes on
 * without it. Thread safety: any number of threads at once, the outputs being different. */
eqp_status eqp_importance_weights(const eqp_matrix *log_pi, const eqp_matrix *log_q, const eqp_weight_options *options,
                                  eqp_weight_outputs *outputs);

/* Which estimate of log nu(x), the log-probability of a sampled answer x, a reward table h[1..K] holds; c of K answers being x. An answer
 * that was sampled has c = 1 + Bin(K - 1, p), p = nu(x). Each kind's error is measured as beta = sup p |E h[c] - log p|, because the policy
 * gradient weighs an answer's error by p. The task, unbiased answer-level rewards by U-statistics and minimax polynomials, is that of the
 * abstract of Mohri, Schneider and Zhong, arXiv 2605.02435; the programs are this library's own derivation. */
typedef enum eqp_reward_kind {
  EQP_REWARD_PLUGIN = 0,       /* log(c / K); beta about .57 / K */
  EQP_REWARD_ADD_HALF = 1,     /* log((c + 1/2) / (K + 1)); beta about .97 / K */
  EQP_REWARD_MILLER_MADOW = 2, /* log(c / K) - (1 - c / K) / (2 c); beta about .31 / K */
  EQP_REWARD_HARMONIC = 3,     /* psi(c) - psi(K), the U-statistic of log's Taylor series truncated at K - 1; beta about .283 / K */
  EQP_REWARD_POWER = 4,        /* (c-1)_m / (K-1)_m, falling factorials: exactly unbiased for p^m; needs K > m */
  EQP_REWARD_TSALLIS = 5, /* (s (c-1)_{s-1} / (K-1)_{s-1} - 1) / (s - 1): exactly unbiased for f'(p), f = (p^s - p) / (s - 1); K >= s */
  EQP_REWARD_MINIMAX = 6, /* the least beta there is, about .325 / K^2; its variance explodes: K <= 16 unless allow_unstable, and K <= 64 */
  EQP_REWARD_AQP = 7      /* the least mean variance with beta <= rho times harmonic's; K <= 64 */
} eqp_reward_kind;

/* What is taken off an answer's reward. Only NONE and EXCLUDED keep an unbiased gradient unbiased. */
typedef enum eqp_reward_baseline {
  EQP_BASELINE_NONE = 0,
  EQP_BASELINE_MEAN = 1,    /* the mean of the prompt's rewards: scales the gradient of p^m by (K - 1 - m) / K */
  EQP_BASELINE_LOO = 2,     /* the mean of the others' rewards: scales the gradient of p^m by 1 - m / (K - 1) */
  EQP_BASELINE_EXCLUDED = 3 /* the mean of the others' rewards as if this answer had not been drawn: counts without it, table of K - 1 */
} eqp_reward_baseline;

/* How a reward table came about. */
typedef enum eqp_solver_status {
  EQP_SOLVER_CLOSED_FORM = 0, /* by its formula */
  EQP_SOLVER_OPTIMAL = 1,     /* by a program, solved to its tolerance */
  EQP_SOLVER_UNSTABLE = 2     /* by a program whose solution exceeds what f64 tables hold: the certificate says what is left of it */
} eqp_solver_status;

/* The integer type of answer ids. */
typedef enum eqp_id_type { EQP_ID_I32 = 0, EQP_ID_I64 = 1 } eqp_id_type;

/* Which reward table is wanted. Fill it with eqp_reward_table_options_init first. */
typedef struct eqp_reward_table_options {
  size_t struct_size; /* sizeof(eqp_reward_table_options) at the caller's compile time */
  eqp_reward_kind kind;
  int32_t m;              /* POWER: the exponent, in [1, K - 1]; default 1 */
  int32_t s;              /* TSALLIS: the order, in [2, K]; default 2 */
  int32_t allow_unstable; /* MINIMAX: nonzero admits 16 < K <= 64; default 0 */
  double rho;             /* AQP: finite, > 0; default 0.5. Too small a rho is an error that names the smallest feasible one */
} eqp_reward_table_options;

/* What is known of a table of K answers: measured on a grid of p that is dense, and log-spaced near 0. */
typedef struct eqp_reward_certificate {
  size_t struct_size;   /* sizeof(eqp_reward_certificate) at the caller's compile time */
  double bias;          /* beta = sup p |E h[c] - f(p)|; f is log p, or p^m, or TSALLIS' f'(p) */
  double mean_variance; /* the integral over p of Var h[c] */
  double max_variance;  /* sup Var h[c] */
  double max_abs;       /* max |h| */
  eqp_solver_status solver_status;
  int32_t reserved;  /* 0 */
  double least_bias; /* MINIMAX and AQP: the bias that every table of K reaches at least; otherwise 0 */
} eqp_reward_certificate;

/* The tables of one kind for groups of 1, 2, ..., K answers. Made by eqp_reward_table_create; never changes in the caller's sight. */
typedef struct eqp_reward_table eqp_reward_table;

/* Fills options with the defaults: HARMONIC. As eqp_solve_options_init. */
eqp_status eqp_reward_table_options_init(eqp_reward_table_options *options, size_t struct_size);

/* Builds the table of k answers; those of fewer are built when a call first meets such a group.
 *   k         in [1, 4096]; see the kinds for smaller limits.
 *   options   null = the defaults.
 *   table     out; to be given to eqp_reward_table_free. Unchanged after an error.
 * EQP_INVALID_ARGUMENT: also m or s beyond k, MINIMAX or AQP beyond their limits of k, and a rho that no table meets.
 * Thread safety: any number of threads at once. */
eqp_status eqp_reward_table_create(int64_t k, const eqp_reward_table_options *options, eqp_reward_table **table);

/* The table of k answers, and its certificate.
 *   h             [k] out, or null: h[i] is the estimate for an answer that occurs i + 1 times.
 *   certificate   out, or null; its struct_size says how much is written. Takes some milliseconds.
 * Thread safety: any number of threads at once, also while others use the table. */
eqp_status eqp_reward_table_read(const eqp_reward_table *table, double *h, eqp_reward_certificate *certificate);

/* Frees a table that no thread uses any more. Null is fine. */
void eqp_reward_table_free(eqp_reward_table *table);

/* How eqp_answer_rewards should reward. Fill it with eqp_answer_options_init first. */
typedef struct eqp_answer_options {
  size_t struct_size;  /* sizeof(eqp_answer_options) at the caller's compile time */
  eqp_id_type id_type; /* default I64 */
  eqp_reward_baseline baseline;
  int32_t sign;              /* 1, or -1 to flip all rewards but invalid_reward; default 1 */
  int32_t threads;           /* as in eqp_solve_options */
  int64_t id_stride;         /* in ids, from a prompt to the next; 0 = answers */
  double invalid_reward;     /* what an id of -1 gets; finite; default 0 */
  double log_target;         /* the target term of every answer: log target(x), or f'(target(x)); finite; default 0 */
  const double *log_targets; /* [prompts, answers], or null: one for each answer, instead */
} eqp_answer_options;

/* What eqp_answer_rewards should write: null = not wanted. */
typedef struct eqp_answer_outputs {
  size_t struct_size;  /* sizeof(eqp_answer_outputs) at the caller's compile time */
  int32_t *counts;     /* [prompts, answers]: how often the answer's id occurs in its prompt; 0 for an id of -1 */
  double *rewards;     /* [prompts, answers] */
  int32_t *k_eff;      /* [prompts]: answers whose id is not -1 */
  int32_t *row_status; /* [prompts]: EQP_ROW_OK, EQP_ROW_TOO_FEW or EQP_ROW_INVALID */
} eqp_answer_outputs;

/* Fills options with the defaults. As eqp_solve_options_init. */
eqp_status eqp_answer_options_init(eqp_answer_options *options, size_t struct_size);

/* Rewards of sampled answers: sign * (target term - h[c]) less the baseline, c being how often the answer occurs among its prompt's.
 *   table     for at least so many answers. A prompt with k_eff < answers uses the table of k_eff.
 *   ids       [prompts, answers] of id_type; equal ids are equal answers; -1 = no valid answer: it leaves every count and baseline, and
 * gets invalid_reward. prompts   >= 0.      answers   in [1, K of the table]. options   null = the defaults. outputs   which, and where.
 * k_eff = 1: reward 0, target term included. Too few answers for POWER, TSALLIS or AQP: rewards 0, EQP_ROW_TOO_FEW. An id below -1, or a
 * target term of a valid answer that is not finite: rewards NaN, EQP_ROW_INVALID. Counts are exact, and rewards do not depend on the order
 * of ids. Thread safety: any number of threads at once, the outputs being different. */
eqp_status eqp_answer_rewards(const eqp_reward_table *table, const void *ids, int64_t prompts, int64_t answers,
                              const eqp_answer_options *options, eqp_answer_outputs *outputs);
/* The weight w of eqp_fisher_quadratic, sum (p - q)^2 w / 2. */
typedef enum eqp_fisher_weight {
  EQP_FISHER_INVERSE_P = 0, /* 1/p: half of chi^2(q||p) */
  EQP_FISHER_INVERSE_Q = 1, /* 1/q: half of chi^2(p||q) */
  EQP_FISHER_MEAN = 2,      /* 2/(p + q) */
  EQP_FISHER_P_OVER_Q2 = 3  /* p/q^2 */
} eqp_fisher_weight;

/* Stochastic approximation. The estimators below are opaque and carry their state from call to call: make one with its create function,
 * give it to its free function at the end (null is fine). One thread at a time may use an estimator; different ones are independent. save
 * copies the state as [state_size] numbers; restore goes on from such a copy in an estimator that was created alike. Arguments that are not
 * finite are EQP_INVALID_ARGUMENT with their place, and nothing changes. */

/* Means and variances of streams, by w <- w - (w - x) / k and Welford's sum of squares: exact arithmetic means. */
typedef struct eqp_running_mean eqp_running_mean;

/* size streams side by side, in [1, 2^24]; no value yet. */
eqp_status eqp_running_mean_create(int64_t size, eqp_running_mean **mean);
/* Takes x [samples, size], samples >= 0. */
eqp_status eqp_running_mean_update(eqp_running_mean *mean, const double *x, int64_t samples);
/* means [size] and variances [size], of n - 1: NaN where there are too few values; count: values of each stream. All out, or null. */
eqp_status eqp_running_mean_read(const eqp_running_mean *mean, double *means, double *variances, int64_t *count);
/* Numbers of a saved state; 0 for null. */
int64_t eqp_running_mean_state_size(const eqp_running_mean *mean);
eqp_status eqp_running_mean_save(const eqp_running_mean *mean, double *state);
eqp_status eqp_running_mean_restore(eqp_running_mean *mean, const double *state, int64_t state_size);
void eqp_running_mean_free(eqp_running_mean *mean);

/* How Robbins and Monro's iteration steps: a_k = c / (k + k0)^gamma, k = 1, 2, ... Fill it with eqp_robbins_monro_options_init first. */
typedef struct eqp_robbins_monro_options {
  size_t struct_size; /* sizeof(eqp_robbins_monro_options) at the caller's compile time */
  double c;           /* > 0; default 1 */
  double k0;          /* >= 0; default 0 */
  double gamma;       /* in (1/2, 1], so that sum a_k = inf and sum a_k^2 < inf; default 1. Any other is an error that names the condition,
                         unless tracking is set: then >= 0 */
  double low;         /* points are moved into [low, high]; default -inf */
  double high;        /* default +inf */
  double step_clip;   /* the largest |a_k g|; > 0; default +inf */
  int32_t tracking;   /* nonzero: the root moves, so steps need not die out, and nothing converges; default 0 */
  int32_t reserved;   /* 0 */
} eqp_robbins_monro_options;

/* Roots of functions g of which only noisy values are known: w <- w - a_k g(w), for independent problems side by side, with Polyak and
 * Ruppert's average of the points. */
typedef struct eqp_robbins_monro eqp_robbins_monro;

/* Fills options with the defaults. As eqp_solve_options_init. */
eqp_status eqp_robbins_monro_options_init(eqp_robbins_monro_options *options, size_t struct_size);
/* size problems, in [1, 2^24], from the points w [size], which are moved into the interval. options null = the defaults. */
eqp_status eqp_robbins_monro_create(int64_t size, const double *w, const eqp_robbins_monro_options *options, eqp_robbins_monro **iteration);
/* One step of every problem by noisy values g [size] of its function at its point. */
eqp_status eqp_robbins_monro_step(eqp_robbins_monro *iteration, const double *g);
/* w [size]: the points; average [size]: the mean of all points that steps led to; k: steps so far. All out, or null. */
eqp_status eqp_robbins_monro_read(const eqp_robbins_monro *iteration, double *w, double *average, int64_t *k);
/* Numbers of a saved state; 0 for null. */
int64_t eqp_robbins_monro_state_size(const eqp_robbins_monro *iteration);
eqp_status eqp_robbins_monro_save(const eqp_robbins_monro *iteration, double *state);
eqp_status eqp_robbins_monro_restore(eqp_robbins_monro *iteration, const double *state, int64_t state_size);
void eqp_robbins_monro_free(eqp_robbins_monro *iteration);

/* How large the steps of an eqp_alpha_tracker are. Var is Var_q[l], estimated on the way: minus the slope of E_q[l] in alpha. */
typedef enum eqp_gain {
  EQP_GAIN_HARMONIC = 0, /* 1 / (k Var): converges, and as fast as any rule */
  EQP_GAIN_SQRT = 1,     /* 1 / (sqrt(k) Var): for a policy that moves ever more slowly; Var over the latest few hundred updates */
  EQP_GAIN_CONSTANT = 2  /* a constant: for a policy that moves, within a noise that stays */
} eqp_gain;

/* How an eqp_alpha_tracker steps. Fill it with eqp_alpha_tracker_options_init first. */
typedef struct eqp_alpha_tracker_options {
  size_t struct_size; /* sizeof(eqp_alpha_tracker_options) at the caller's compile time */
  eqp_gain gain;      /* default HARMONIC */
  int32_t reserved;   /* 0 */
  double constant;    /* CONSTANT: the gain; finite, > 0; default 0.1 */
  double alpha;       /* where every row starts, in [0, 1]; default 0.5 */
} eqp_alpha_tracker_options;

/* alpha* from samples instead of sums over the vocabulary, a row each: alpha <- clip(alpha + a_k mean(l)), l = log pi_t - log pi_theta of
 * tokens drawn from q_alpha. E_q[l] falls in alpha and is 0 at the Chernoff point. */
typedef struct eqp_alpha_tracker eqp_alpha_tracker;

/* Fills options with the defaults. As eqp_solve_options_init. */
eqp_status eqp_alpha_tracker_options_init(eqp_alpha_tracker_options *options, size_t struct_size);
/* rows in [1, 2^24]. options null = the defaults. */
eqp_status eqp_alpha_tracker_create(int64_t rows, const eqp_alpha_tracker_options *options, eqp_alpha_tracker **tracker);
/* One step from tokens drawn from q_alpha at the present alpha.
 *   log_ratio    [rows, samples]: log pi_t - log pi_theta of them, nats; samples >= 1.
 *   row_mask     [rows], or null: 0 leaves the row as it is.
 *   row_status   [rows] out, or null: EQP_ROW_OK, EQP_ROW_SKIPPED, or EQP_ROW_INVALID for a row that is not finite: it stays as it was. */
eqp_status eqp_alpha_tracker_update(eqp_alpha_tracker *tracker, const double *log_ratio, int64_t samples, const uint8_t *row_mask,
                                    int32_t *row_status);
/* One step from tokens drawn from any other policy mu, weighted by pi_theta^alpha pi_t^(1 - alpha) / mu and normalised by the mean weight
 * of all samples so far, which leaves no bias in the limit. log_theta, log_target   [rows, samples], nats; finite or -inf.      log_mu
 * [rows, samples], finite. row_mask, row_status    as above; also EQP_ROW_INVALID where no token has a weight. */
eqp_status eqp_alpha_tracker_update_off_path(eqp_alpha_tracker *tracker, const double *log_theta, const double *log_target,
                                             const double *log_mu, int64_t samples, const uint8_t *row_mask, int32_t *row_status);
/* alpha [rows]; variance [rows]: the estimate of Var, NaN before the first update; updates [rows]. All out, or null. */
eqp_status eqp_alpha_tracker_read(const eqp_alpha_tracker *tracker, double *alpha, double *variance, int64_t *updates);
/* Numbers of a saved state; 0 for null. */
int64_t eqp_alpha_tracker_state_size(const eqp_alpha_tracker *tracker);
eqp_status eqp_alpha_tracker_save(const eqp_alpha_tracker *tracker, double *state);
eqp_status eqp_alpha_tracker_restore(eqp_alpha_tracker *tracker, const double *state, int64_t state_size);
void eqp_alpha_tracker_free(eqp_alpha_tracker *tracker);

/* Delta <- (1 - alpha_k) Delta + beta_k eta_k, alpha_k = alpha_c / k^alpha_gamma, beta_k = beta_c / k^beta_gamma, eta standard normal.
 * Fill it with eqp_dvoretzky_options_init first. */
typedef struct eqp_dvoretzky_options {
  size_t struct_size; /* sizeof(eqp_dvoretzky_options) at the caller's compile time */
  double initial;     /* default 1 */
  double alpha_c;     /* >= 0; default 1 */
  double alpha_gamma; /* >= 0; default 1 */
  double beta_c;      /* >= 0; default 1 */
  double beta_gamma;  /* >= 0; default 1 */
  uint64_t seed;      /* the key of Philox4x32-10 */
  uint64_t stream;    /* path i draws from stream + i */
  int64_t steps;      /* >= 1; default 1000 */
  int64_t every;      /* a value is kept every so many steps, a divisor of steps; 0 = the last alone */
  int32_t threads;    /* as in eqp_solve_options */
  int32_t reserved;   /* 0 */
} eqp_dvoretzky_options;

/* Fills options with the defaults. As eqp_solve_options_init. */
eqp_status eqp_dvoretzky_options_init(eqp_dvoretzky_options *options, size_t struct_size);

/* Paths of Dvoretzky's process: values [steps / every, paths] out. The same bits for any number of threads, and for a path alone. Thread
 * safety: any number of threads at once, the outputs being different. */
eqp_status eqp_dvoretzky(int64_t paths, const eqp_dvoretzky_options *options, double *values);

/* The gradient that eqp_sgd follows; x = center + noise * a standard normal number. */
typedef enum eqp_sgd_objective {
  EQP_SGD_QUADRATIC = 0, /* (w - x)^2 / 2: gradient w - x */
  EQP_SGD_LOG_COSH = 1   /* log cosh(w - x): gradient tanh(w - x) */
} eqp_sgd_objective;

/* w <- w - a_k grad f(w, x), a_k = c / (k + k0)^gamma. Fill it with eqp_sgd_options_init first. */
typedef struct eqp_sgd_options {
  size_t struct_size; /* sizeof(eqp_sgd_options) at the caller's compile time */
  eqp_sgd_objective objective;
  int32_t threads; /* as in eqp_solve_options */
  double initial;  /* default 1 */
  double center;   /* the root; default 0 */
  double noise;    /* >= 0; default 1 */
  double c;        /* > 0; default 1 */
  double k0;       /* >= 0; default 0 */
  double gamma;    /* >= 0, whether the iteration converges or not; default 1 */
  uint64_t seed;   /* seed, stream, steps and every as in eqp_dvoretzky_options */
  uint64_t stream;
  int64_t steps;
  int64_t every;
} eqp_sgd_options;

/* Fills options with the defaults. As eqp_solve_options_init. */
eqp_status eqp_sgd_options_init(eqp_sgd_options *options, size_t struct_size);

/* Paths of stochastic gradient descent: values [steps / every, paths] out; as eqp_dvoretzky. */
eqp_status eqp_sgd(int64_t paths, const eqp_sgd_options *options, double *values);

/* How far eqp_fisher_step_kl takes the series of KL in a logit step D; k3 is the third cumulant of D under p. */
typedef enum eqp_step_kl {
  EQP_STEP_SECOND = 0,       /* Var_p[D] / 2 */
  EQP_STEP_THIRD = 1,        /* Var_p[D] / 2 + k3 / 6: KL(p_old||p_new) */
  EQP_STEP_THIRD_REVERSE = 2 /* Var_p[D] / 2 + k3 / 3: KL(p_new||p_old) */
} eqp_step_kl;

/* How the functions of the Fisher information read their inputs. Fill it with eqp_fisher_options_init first. */
typedef struct eqp_fisher_options {
  size_t struct_size; /* sizeof(eqp_fisher_options) at the caller's compile time */
  eqp_scores scores;
  int32_t threads;       /* as in eqp_solve_options, as the next two */
  int64_t valid_columns; /* the rest of a row is never read, and 0 in a result */
  const uint8_t *row_mask;
  eqp_fisher_weight weight;  /* eqp_fisher_quadratic; default INVERSE_P */
  eqp_step_kl step_kl;       /* eqp_fisher_step_kl; default SECOND */
  double damping;            /* eqp_natural_gradient: >= 0; default 1e-3 */
  const double *row_damping; /* [rows], or null: one per row, instead of damping */
  double delta;              /* eqp_trust_region: nats, >= 0; default 0.01 */
  const double *row_delta;   /* [rows], or null: one per row, instead of delta */
} eqp_fisher_options;

/* Fills options with the defaults. As eqp_solve_options_init. */
eqp_status eqp_fisher_options_init(eqp_fisher_options *options, size_t struct_size);

/* The functions of the Fisher information F = diag(p) - p p^T of a row's distribution p, in f64 throughout; F is never formed.
 *   logits, p, q   [rows, >= valid columns] scores of the kind that options say, in any dtype and stride; read only.
 *   options        null = the defaults.
 *   row_status     [rows] out, or null: EQP_ROW_OK, EQP_ROW_INVALID (NaN results), EQP_ROW_SKIPPED (zeros), EQP_ROW_DISJOINT (quadratic).
 * A token that is masked in logits has 0 in a result, and the vector's entry there is not read; a NaN or infinite entry elsewhere makes
 * the row invalid. Thread safety: any number of threads at once, the outputs being different. */

/* sum (p - q)^2 w / 2: KL(p||q) to the second order.
 *   values   [rows] out; +inf where the weight is infinite and p and q differ. */
eqp_status eqp_fisher_quadratic(const eqp_matrix *p, const eqp_matrix *q, const eqp_fisher_options *options, double *values,
                                int32_t *row_status);

/* F v = p (v - p^T v).
 *   vector    [rows, >= valid columns] v, any dtype.
 *   product   [rows, columns of logits] out, any dtype. */
eqp_status eqp_fisher_product(const eqp_matrix *logits, const eqp_matrix *vector, const eqp_fisher_options *options,
                              const eqp_matrix *product, int32_t *row_status);

/* KL of the step from logits a to a + step, by its series.
 *   step     [rows, >= valid columns], any dtype.
 *   values   [rows] out, nats. */
eqp_status eqp_fisher_step_kl(const eqp_matrix *logits, const eqp_matrix *step, const eqp_fisher_options *options, double *values,
                              int32_t *row_status);

/* x with (F + damping I) x = gradient, in closed form (Sherman-Morrison).
 *   gradient   [rows, >= valid columns], any dtype.
 *   solution   [rows, columns of logits] out, any dtype.
 * EQP_INVALID_ARGUMENT also when damping is 0 and a gradient does not sum to 0 (but for its rounding): F is singular. One that does gets
 * the shortest x. */
eqp_status eqp_natural_gradient(const eqp_matrix *logits, const eqp_matrix *gradient, const eqp_fisher_options *options,
                                const eqp_matrix *solution, int32_t *row_status);

/* How far p(s) proportional to exp(logits + s direction) may go: the largest s with KL(p(0)||p(s)) <= delta.
 *   direction        [rows, >= valid columns] v, any dtype.
 *   step             [rows] out, or null: s >= 0; +inf where no step reaches delta.
 *   quadratic_step   [rows] out, or null: sqrt(2 delta / v^T F v); +inf where v is the same for all tokens.
 *   kl               [rows] out, or null: KL(p(0)||p(step)) <= delta. */
eqp_status eqp_trust_region(const eqp_matrix *logits, const eqp_matrix *direction, const eqp_fisher_options *options, double *step,
                            double *quadratic_step, double *kl, int32_t *row_status);

/* What stands for the tokens that a teacher did not list. */
typedef enum eqp_topk_tail {
  EQP_TOPK_BUCKET = 0,     /* all of them are one event on both sides, of mass 1 - sum; within it q has the policy's shape */
  EQP_TOPK_RENORMALIZE = 1 /* nothing: both sides are conditioned on the listed tokens */
} eqp_topk_tail;

/* How eqp_solve_topk should read its inputs. Fill it with eqp_topk_options_init first. */
typedef struct eqp_topk_options {
  size_t struct_size; /* sizeof(eqp_topk_options) at the caller's compile time */
  eqp_topk_tail tail;
  int32_t max_iterations;              /* as in eqp_solve_options */
  double tolerance;                    /* as in eqp_solve_options */
  double temperature_theta;            /* divides theta's logits. The teacher's are at 1: a tail cannot be re-tempered */
  const double *row_temperature_theta; /* [rows], or null: one per row, instead */
  int64_t valid_columns;               /* how many leading columns of theta are real; 0 = all */
  int64_t id_stride;                   /* in ids, from a row to the next; 0 = K */
  const uint8_t *row_mask;             /* [rows], or null: 0 skips the row */
  int32_t threads;                     /* as in eqp_solve_options */
  int32_t reserved;                    /* 0 */
} eqp_topk_options;

/* What eqp_solve_topk should write: null = not wanted. */
typedef struct eqp_topk_solution {
  size_t struct_size;         /* sizeof(eqp_topk_solution) at the caller's compile time */
  double *alpha;              /* [rows] in [0, 1] */
  const eqp_matrix *q;        /* [rows, K], any dtype: q of the listed tokens; 0 in empty slots */
  double *q_tail;             /* [rows] q of all other tokens together; q and q_tail sum to 1 */
  double *tail_ratio;         /* [rows] q(y) / pi_theta(y) of every other token; 0 where there is none, and with RENORMALIZE */
  double *log_z;              /* [rows] log Z(alpha) <= 0 */
  double *kl_theta;           /* [rows] KL(q||pi_theta) >= 0 */
  double *kl_target;          /* [rows] KL(q||pi_t) >= 0, as far as the teacher is known */
  double *residual;           /* [rows] |KL_theta - KL_target| at alpha */
  const eqp_matrix *gradient; /* [rows, columns of theta], any dtype: pi_theta - q, the gradient of KL(q||pi_theta) in theta's tempered
                                 logits while q stands still; 0 beyond valid_columns, and with RENORMALIZE outside the listed tokens */
  int32_t *iterations;        /* [rows] as in eqp_solution */
  int32_t *row_status;        /* [rows] eqp_row_status */
} eqp_topk_solution;

/* Fills options with the defaults: BUCKET. As eqp_solve_options_init. */
eqp_status eqp_topk_options_init(eqp_topk_options *options, size_t struct_size);

/* The Chernoff point of a policy and a teacher of whom the top K is known, of every row; in f64.
 *   theta       [rows, >= valid columns] logits of the policy, any dtype; read only.
 *   ids         [rows, K] the listed tokens, K in [1, 4096]; -1 = an empty slot; read only.
 *   log_probs   [rows, K] their true log-probabilities, at temperature 1, any dtype; -inf = an empty slot, whose id may be
 *               anything; read only.
 *   options     null = the defaults.
 *   solution    which outputs, and where.
 * With every token listed it is eqp_solve's answer. NaN, +inf, or (BUCKET) probabilities that sum to more than 1.001 make a row
 * EQP_ROW_INVALID.
 * EQP_INVALID_ARGUMENT, nothing written: also an id below -1 or beyond the valid columns, and one that a row lists twice.
 * Thread safety: any number of threads at once, the outputs being different. */
eqp_status eqp_solve_topk(const eqp_matrix *theta, const int64_t *ids, const eqp_matrix *log_probs, const eqp_topk_options *options,
                          eqp_topk_solution *solution);

/* Rows that are never whole: tiles of a projection, or the shards of a vocabulary that several processes share. What is known of the
 * columns met so far is a record of EQP_PARTIAL_SIZE doubles per row, the caller's; all zero is a row of which nothing has been met.
 * Records are plain doubles: to be copied, sent (as MPI_DOUBLE, say) and merged with those of other columns. Their layout may change with
 * the version: eqp_partial_statistics for every tile -> eqp_partial_merge over shards, in one order everywhere -> eqp_partial_solve and for
 * rows that are EQP_ROW_NOT_CONVERGED after that: eqp_partial_sweep for every tile -> moments added over shards -> eqp_partial_refine ->
 * eqp_partial_solve All sums are f64. A row in tiles has the alpha of the same row whole: to 1e-9 with f64 scores and 1e-6 with others
 * where the status is EQP_ROW_OK. */
#define EQP_PARTIAL_SIZE 96
/* Doubles of a row's sums at alpha: sum q, sum q l, sum q l^2 with l = log pi_t - log pi_theta, and the number of columns summed. */
#define EQP_PARTIAL_MOMENTS 4

/* How tiles are read. Fill it with eqp_partial_options_init first. */
typedef struct eqp_partial_options {
  size_t struct_size;       /* sizeof(eqp_partial_options) at the caller's compile time */
  int64_t valid_columns;    /* how many leading columns of the tile are real; 0 = all (then both widths must agree) */
  double temperature_theta; /* as in eqp_solve_options; a row keeps those of its first tile */
  double temperature_target;
  const double *row_temperature_theta;
  const double *row_temperature_target;
  const uint8_t *row_mask; /* [rows], or null: 0 skips the row */
  double tolerance; /* solve and refine: on alpha, and on |KL_theta - KL_t| relative to max(1, KL); 0 (the default) = 1e-9 for rows with
                       f64 tiles, 1e-6 for others */
  int32_t threads;  /* as in eqp_solve_options */
  int32_t reserved; /* 0 */
} eqp_partial_options;

/* What eqp_partial_solve should write: null = not wanted. */
typedef struct eqp_partial_solution {
  size_t struct_size;  /* sizeof(eqp_partial_solution) at the caller's compile time */
  double *alpha;       /* [rows] in [0, 1] */
  double *log_z;       /* [rows] log Z(alpha) <= 0, nats; at the Chernoff point minus both KLs */
  double *theta_lse;   /* [rows] log sum exp(theta / temperature), nats */
  double *target_lse;  /* [rows] log sum exp(target / temperature), nats */
  double *residual;    /* [rows] a bound for |KL_theta - KL_target| at alpha, nats */
  int32_t *row_status; /* [rows] eqp_row_status */
} eqp_partial_solution;

/* Fills options with the defaults. As eqp_solve_options_init. */
eqp_status eqp_partial_options_init(eqp_partial_options *options, size_t struct_size);

/* Adds a tile of every row to its record.
 *   theta, target   [rows, columns >= 1] logits of the same columns, in any dtype and stride of its own; read only. -inf masks a token.
 *   options         null = the defaults. Rows that row_mask skips in any tile are EQP_ROW_SKIPPED.
 *   partials        [rows, EQP_PARTIAL_SIZE] in and out.
 * NaN or +inf in any tile makes its row EQP_ROW_INVALID. EQP_INVALID_ARGUMENT, nothing changed: also a row that has been solved, or was met
 * at other temperatures. Thread safety: any number of threads at once, the records being different. */
eqp_status eqp_partial_statistics(const eqp_matrix *theta, const eqp_matrix *target, const eqp_partial_options *options, double *partials);

/* Adds what is known of other columns of the same rows: exact for a fixed order, associative to rounding.
 *   other      [rows, EQP_PARTIAL_SIZE], read only; not solved.
 *   partials   [rows, EQP_PARTIAL_SIZE] in and out; not solved.
 * Thread safety: as eqp_partial_statistics. */
eqp_status eqp_partial_merge(const double *other, int64_t rows, double *partials);

/* alpha of rows all of whose columns have been met. Solved records take no further columns.
 *   partials   [rows, EQP_PARTIAL_SIZE] in and out.
 *   options    null = the defaults; tolerance and row_mask alone matter.
 *   solution   which outputs, and where.
 * A row that its record cannot settle to the tolerance is EQP_ROW_NOT_CONVERGED: the best found, and residual says how good it is.
 * Thread safety: as eqp_partial_statistics. */
eqp_status eqp_partial_solve(double *partials, int64_t rows, const eqp_partial_options *options, eqp_partial_solution *solution);

/* A tile once more, at the alpha found: its columns of q, and its share of the sums that eqp_partial_refine takes.
 *   theta, target, options: as in eqp_partial_statistics; rows that row_mask skips are 0 in q and log_q and leave the moments alone.
 *   partials   [rows, EQP_PARTIAL_SIZE], solved; read only.
 *   q, log_q   [rows, columns of theta], any dtype, or null: q sums to 1 over all tiles; 0 (log_q: -inf) beyond valid_columns.
 *   moments    [rows, EQP_PARTIAL_MOMENTS], or null: added to.
 * Thread safety: as eqp_partial_statistics, the outputs being different. */
eqp_status eqp_partial_sweep(const eqp_matrix *theta, const eqp_matrix *target, const eqp_partial_options *options, const double *partials,
                             const eqp_matrix *q, const eqp_matrix *log_q, double *moments);

/* Moves rows that have not converged by what the sweeps measured; eqp_partial_solve then tells the new alpha.
 *   partials   [rows, EQP_PARTIAL_SIZE] in and out, solved.
 *   moments    [rows, EQP_PARTIAL_MOMENTS] summed over all tiles and shards; a row of 0 columns, or one that has converged, stays.
 * Thread safety: as eqp_partial_statistics. */
eqp_status eqp_partial_refine(double *partials, int64_t rows, const eqp_partial_options *options, const double *moments);

/* Which driver serves a device. Each is looked for at the first question and never linked: libOpenCL.so.1, libcuda.so.1. */
typedef enum eqp_backend { EQP_OPENCL = 0, EQP_CUDA = 1 } eqp_backend;

/* What a driver says about a device. */
typedef struct eqp_device_properties {
  size_t struct_size; /* sizeof(eqp_device_properties) at the caller's compile time */
  eqp_backend backend;
  int32_t index;      /* among the backend's devices */
  const char *name;   /* UTF-8; stays for the life of the process, as does driver */
  const char *driver; /* its name and version */
  int64_t memory;     /* bytes */
  int32_t units;      /* multiprocessors or compute units */
  int32_t has_f64;    /* 0: the device cannot solve */
} eqp_device_properties;

/* A device that is open for solving. */
typedef struct eqp_device eqp_device;

/* How many devices a backend has on this machine: 0 where its driver is missing.
 *   count   out.
 * Thread safety: this and all that follow, any number of threads at once. */
eqp_status eqp_device_count(eqp_backend backend, int32_t *count);

/* What a device is, without opening it.
 *   index        below eqp_device_count. EQP_DEVICE_ERROR where there is no device at all; the text says why.
 *   properties   out; its struct_size says how much is written. */
eqp_status eqp_device_info(eqp_backend backend, int32_t index, eqp_device_properties *properties);

/* Opens a device and hands it the kernels, which takes up to some seconds the first time. All openings of a CUDA device share its primary
 * context, which the CUDA run time and PyTorch use as well.
 *   context   OpenCL: the cl_context that the caller's buffers belong to, or null for one of the library's own. CUDA: null.
 *   device    out; to be given to eqp_device_close. Unchanged after an error. */
eqp_status eqp_device_open(eqp_backend backend, int32_t index, void *context, eqp_device **device);

/* Closes a device whose work is done. Null is fine. */
void eqp_device_close(eqp_device *device);

/* Device memory for arguments and workspace, aligned to 256 bytes: a device pointer, or a cl_mem. eqp_device_free takes it back; on CUDA
 * that waits for work in flight. Null is fine. */
eqp_status eqp_device_allocate(eqp_device *device, size_t bytes, void **memory);
void eqp_device_free(eqp_device *device, void *memory);

/* Bytes of device memory that eqp_device_solve needs as workspace for these arguments; no device memory is touched. */
eqp_status eqp_device_workspace_size(eqp_device *device, const eqp_matrix *theta, const eqp_matrix *target,
                                     const eqp_solve_options *options, const eqp_solution *solution, size_t *bytes);

/* eqp_solve on device memory: enqueued on a stream, and not waited for. No allocation and no synchronisation: a call can be captured into a
 * CUDA graph. The structs lie in host memory and are not needed after the call; every pointer in them is the device's (CUDA: a device
 * pointer; OpenCL: a cl_mem, whose first byte is the first element), row mask and row parameters included.
 *   theta, target, options, solution   as for eqp_solve. threads has no meaning. A row whose own temperature, weights, budget, floor or
 *                                      alpha is out of range is invalid.
 *   workspace                          device memory, aligned to 16 bytes, that is this call's until the stream has passed it.
 *   workspace_bytes                    at least eqp_device_workspace_size.
 *   stream                             a CUstream or cl_command_queue; null = the driver's default.
 * alpha agrees with eqp_solve's within 1e-6, q within 2e-6; a row's bits depend on the row and the backend alone. What fails while the
 * stream runs is reported where the caller waits for it. */
eqp_status eqp_device_solve(eqp_device *device, const eqp_matrix *theta, const eqp_matrix *target, const eqp_solve_options *options,
                            eqp_solution *solution, void *workspace, size_t workspace_bytes, void *stream);

/* Waits until a stream has done all its work, and reports what failed in it. */
eqp_status eqp_device_synchronize(eqp_device *device, void *stream);

/* eqp_device_solve on host memory, done when it returns: chunks of rows travel to the device and back while others are computed. */
eqp_status eqp_device_solve_host(eqp_device *device, const eqp_matrix *theta, const eqp_matrix *target, const eqp_solve_options *options,
                                 eqp_solution *solution);

/* The functions below differentiate in both rows of scores, in closed form and f64. The gradients are those of the scores as given,
 * temperatures included; of log-probabilities, those of their renormalised form; EQP_UNSUPPORTED for PROBS. They are 0 for masked tokens
 * and beyond valid_columns, NaN in a row that is invalid or disjoint, 0 in one that is skipped. options: those of eqp_solve, null = the
 * defaults. row_status: [rows] out, or null. Thread safety: any number of threads at once, the outputs being different. */

/* Gradients of KL(p||q): p (log(p / q) - KL) in p's scores, q - p in q's.
 *   weights   [rows], or null for 1: what every row is multiplied by.
 *   grad_p    [rows, columns of p] out, any dtype, or null.
 *   grad_q    [rows, columns of q] out, any dtype, or null.
 * NaN in a row in which q misses a token of p: its KL is infinite. */
eqp_status eqp_kl_gradient(const eqp_matrix *p, const eqp_matrix *q, const eqp_solve_options *options, const double *weights,
                           const eqp_matrix *grad_p, const eqp_matrix *grad_q, int32_t *row_status);

/* What a loss is to the answers of eqp_solve: null = 0. Set struct_size and zero the rest. */
typedef struct eqp_cotangents {
  size_t struct_size;      /* sizeof(eqp_cotangents) at the caller's compile time */
  const double *alpha;     /* [rows] d loss / d alpha; no share for FIXED_ALPHA */
  const eqp_matrix *log_q; /* [rows, >= valid columns], any dtype: d loss / d log q; not read where q = 0 */
  const double *kl;        /* [rows] d loss / d(-log Z): of KL(q||pi_theta) = KL(q||pi_t) at KL symmetry, fully differentiated */
  const double *kl_held;   /* [rows] d loss / d KL(q||pi_theta) with q held constant: p - q in theta's scores, 0 in target's */
} eqp_cotangents;

/* The vector-Jacobian product of eqp_solve: alpha and log q differentiated through their criterion by the implicit function theorem.
 *   options       as eqp_solve had them.
 *   alpha         [rows] as eqp_solve found them (null for FIXED_ALPHA). Refined here: the solve's tolerance does not show.
 *   given         d loss / d answers.
 *   grad_theta    [rows, columns of theta] out, any dtype, or null.
 *   grad_target   [rows, columns of target] out, any dtype, or null.
 * Where alpha is 0 or 1, and where the policies are identical, alpha is taken as a constant. NaN where alpha is no number in [0, 1]. */
eqp_status eqp_solve_vjp(const eqp_matrix *theta, const eqp_matrix *target, const eqp_solve_options *options, const double *alpha,
                         const eqp_cotangents *given, const eqp_matrix *grad_theta, const eqp_matrix *grad_target, int32_t *row_status);

/* Which straight line between two distributions. */
typedef enum eqp_geodesic_kind {
  EQP_GEODESIC_EXPONENTIAL = 0, /* the geometric path, proportional to pi_theta^alpha pi_t^(1-alpha) */
  EQP_GEODESIC_MIXTURE = 1      /* alpha pi_theta + (1 - alpha) pi_t */
} eqp_geodesic_kind;

/* A point of it for every row, in f64.
 *   options   null = the defaults; alpha or row_alpha says where: 1 is theta, 0 is target.
 *   point     [rows, columns of theta] out, any dtype: probabilities; 0 beyond valid_columns.
 *   row_status   [rows] out, or null. Of EQP_ROW_DISJOINT rows the exponential one is 0. */
eqp_status eqp_geodesic(const eqp_matrix *theta, const eqp_matrix *target, eqp_geodesic_kind kind, const eqp_solve_options *options,
                        const eqp_matrix *point, int32_t *row_status);

#ifdef __cplusplus
}
#endif
#endif /* EQUIPOISE_H */
