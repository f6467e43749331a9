/* equipoise.hpp - equipoise.h for C++17 and later: views in, exceptions out. Header-only.
 *
 *     std::vector<float> theta, target;                                   // [rows, columns] logits
 *     auto solution = equipoise::solve(equipoise::const_matrix(theta, rows, columns), equipoise::const_matrix(target, rows, columns));
 *     solution.alpha[0];                                                   // where on the path from pi_t (0) to pi_theta (1)
 *     solution.q_row(0);                                                   // q*, the distribution to sample from
 *
 * Every function comes in two forms: one that returns what it allocates, and one that writes to the caller's buffers and allocates
 * nothing, for loops that decode token by token.
 *
 *  - Errors: `equipoise::error` with the status and the library's text, or its subclass `equipoise::invalid_argument`, which names the
 *    argument. After an exception no output has been written. A row that cannot be answered is no error: it has a `row_status`.
 *  - Units, NaN and threads: as in equipoise.h. Logarithms are in nats; every function may be called from any number of threads at once.
 *  - Views (`const_matrix`, `matrix`, `span`) own nothing: their buffers must outlive the call they are given to, no longer. */
#ifndef EQUIPOISE_HPP
#define EQUIPOISE_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>
#if defined(__has_include)
#if __has_include(<version>)
#include <version>
#endif
#endif
#if defined(__cpp_lib_span)
#include <span>
#endif

#include "equipoise.h"

namespace equipoise {

/* Objects built as C++17 and as C++20 hold different spans; the inline namespace keeps them apart in one program. */
#if defined(__cpp_lib_span)
inline namespace std_span {
/* A view of consecutive elements in the caller's memory. */
template <class T>
using span = std::span<T>;
#else
inline namespace own_span {
/* A view of consecutive elements in the caller's memory: as much of C++20's std::span as is needed here. */
template <class T>
class span {
 public:
  constexpr span() noexcept = default;
  constexpr span(T *data, std::size_t size) noexcept : data_(data), size_(size) {}
  template <class Range, class = std::enable_if_t<std::is_convertible_v<decltype(std::declval<Range &>().data()), T *>>>
  constexpr span(Range &&range) noexcept : data_(range.data()), size_(range.size()) {}

  [[nodiscard]] constexpr T *data() const noexcept { return data_; }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
  [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] constexpr T &operator[](std::size_t i) const { return data_[i]; }
  [[nodiscard]] constexpr T *begin() const noexcept { return data_; }
  [[nodiscard]] constexpr T *end() const noexcept { return data_ + size_; }

 private:
  T *data_ = nullptr;
  std::size_t size_ = 0;
};
#endif

/* What a call answered; see eqp_status. */
enum class status : std::int32_t {
  ok = EQP_OK,
  invalid_argument = EQP_INVALID_ARGUMENT,
  unsupported = EQP_UNSUPPORTED,
  out_of_memory = EQP_OUT_OF_MEMORY,
  device_error = EQP_DEVICE_ERROR,
  internal_error = EQP_INTERNAL_ERROR
};

/* Element types; see eqp_dtype. */
enum class dtype : std::int32_t { f32 = EQP_F32, f64 = EQP_F64, f16 = EQP_F16, bf16 = EQP_BF16 };

/* What the inputs hold; see eqp_scores. */
enum class scores : std::int32_t { logits = EQP_LOGITS, log_probs = EQP_LOG_PROBS, probs = EQP_PROBS };

/* Which point of the path is wanted; see eqp_criterion. */
enum class criterion : std::int32_t {
  kl_symmetry = EQP_KL_SYMMETRY,
  weighted_kl = EQP_WEIGHTED_KL,
  kl_budget = EQP_KL_BUDGET,
  ess_balance = EQP_ESS_BALANCE,
  ess_floor = EQP_ESS_FLOOR,
  fixed_alpha = EQP_FIXED_ALPHA
};

/* How the point is found; see eqp_method. */
enum class method : std::int32_t { newton = EQP_NEWTON, bisection = EQP_BISECTION };

/* What became of one row; see eqp_row_status. */
enum class row_status : std::int32_t {
  ok = EQP_ROW_OK,
  identical = EQP_ROW_IDENTICAL,
  at_theta = EQP_ROW_AT_THETA,
  at_target = EQP_ROW_AT_TARGET,
  not_converged = EQP_ROW_NOT_CONVERGED,
  disjoint = EQP_ROW_DISJOINT,
  invalid = EQP_ROW_INVALID,
  skipped = EQP_ROW_SKIPPED,
  too_few = EQP_ROW_TOO_FEW
};

/* What a divergence measures; see eqp_divergence_kind. */
enum class divergence_kind : std::int32_t {
  kl = EQP_DIVERGENCE_KL,
  ess = EQP_DIVERGENCE_ESS,
  reverse_kl = EQP_DIVERGENCE_REVERSE_KL,
  jeffreys = EQP_DIVERGENCE_JEFFREYS,
  jensen_shannon = EQP_DIVERGENCE_JENSEN_SHANNON,
  renyi = EQP_DIVERGENCE_RENYI,
  bhattacharyya = EQP_DIVERGENCE_BHATTACHARYYA,
  hellinger = EQP_DIVERGENCE_HELLINGER,
  total_variation = EQP_DIVERGENCE_TOTAL_VARIATION,
  fisher_rao = EQP_DIVERGENCE_FISHER_RAO
};

/* The weight of fisher_quadratic; see eqp_fisher_weight. */
enum class fisher_weight : std::int32_t {
  inverse_p = EQP_FISHER_INVERSE_P,
  inverse_q = EQP_FISHER_INVERSE_Q,
  mean = EQP_FISHER_MEAN,
  p_over_q2 = EQP_FISHER_P_OVER_Q2
};

/* How far fisher_step_kl takes the series; see eqp_step_kl. */
enum class step_kl : std::int32_t { second = EQP_STEP_SECOND, third = EQP_STEP_THIRD, third_reverse = EQP_STEP_THIRD_REVERSE };

/* Which straight line between two distributions; see eqp_geodesic_kind. */
enum class geodesic_kind : std::int32_t { exponential = EQP_GEODESIC_EXPONENTIAL, mixture = EQP_GEODESIC_MIXTURE };

/* Of what is a logarithm; see eqp_unit. */
enum class unit : std::int32_t { nats = EQP_NATS, bits = EQP_BITS };

/* The word for a row's status, such as "ok" or "at_target". */
[[nodiscard]] constexpr const char *name(row_status what) noexcept {
  switch (what) {
    case row_status::ok:
      return "ok";
    case row_status::identical:
      return "identical";
    case row_status::at_theta:
      return "at_theta";
    case row_status::at_target:
      return "at_target";
    case row_status::not_converged:
      return "not_converged";
    case row_status::disjoint:
      return "disjoint";
    case row_status::invalid:
      return "invalid";
    case row_status::skipped:
      return "skipped";
    case row_status::too_few:
      return "too_few";
  }
  return "unknown";
}

/* "0.1.0", of the library that runs. */
[[nodiscard]] inline const char *version() noexcept { return eqp_version(); }

/* The instruction set that the library was built for, such as "x86-64-v4". */
[[nodiscard]] inline const char *isa() noexcept { return eqp_isa(); }

/* A call failed; what() is the library's text. */
class error : public std::runtime_error {
 public:
  error(status code, const std::string &what) : std::runtime_error(what), code_(code) {}
  [[nodiscard]] status code() const noexcept { return code_; }

 private:
  status code_;
};

/* An argument is wrong; what() names it. */
class invalid_argument : public error {
 public:
  explicit invalid_argument(const std::string &what) : error(status::invalid_argument, what) {}
};

/* Half-precision elements as their bits: IEEE binary16, and the upper half of an IEEE binary32. */
struct f16 {
  std::uint16_t bits;
};
struct bf16 {
  std::uint16_t bits;
};

/* The dtype of an element type. Specialise it for other types of the same layout:
 *     template <> struct equipoise::element<std::bfloat16_t> : std::integral_constant<equipoise::dtype, equipoise::dtype::bf16> {}; */
template <class T>
struct element;
template <>
struct element<float> : std::integral_constant<dtype, dtype::f32> {};
template <>
struct element<double> : std::integral_constant<dtype, dtype::f64> {};
template <>
struct element<f16> : std::integral_constant<dtype, dtype::f16> {};
template <>
struct element<bf16> : std::integral_constant<dtype, dtype::bf16> {};

namespace detail {

inline void check(eqp_status answer) {
  if (answer == EQP_OK) return;
  if (answer == EQP_INVALID_ARGUMENT) throw invalid_argument(eqp_last_error());
  throw error(static_cast<status>(answer), eqp_last_error());
}

[[noreturn]] inline void throw_size(const char *argument, std::uint64_t size, std::uint64_t needed) {
  throw invalid_argument(std::string(argument) + " has " + std::to_string(size) + " elements where " + std::to_string(needed) +
                         " are needed");
}

/* The number of rows as a size: what a negative number means is for the library to say. */
inline std::size_t count(std::int64_t rows) noexcept { return rows > 0 ? static_cast<std::size_t>(rows) : 0; }

/* A span of one value per row, or an empty one for "none". */
template <class T>
T *per_row(const char *argument, span<T> values, std::int64_t rows) {
  if (values.empty()) return nullptr;
  if (values.size() != count(rows)) throw_size(argument, values.size(), count(rows));
  return values.data();
}

/* row_status is an int32_t with names: the library writes the same bytes. */
inline std::int32_t *statuses(span<row_status> values, std::int64_t rows) {
  return reinterpret_cast<std::int32_t *>(per_row("row_status", values, rows));
}

template <class Range>
using element_of = std::remove_pointer_t<decltype(std::declval<Range &>().data())>;

}  // namespace detail

/* Where the rows of a matrix lie, in elements; see eqp_matrix. All zero: packed, one row after the other. */
struct layout {
  std::int64_t row_stride = 0;
  std::int64_t group_rows = 0;
  std::int64_t group_stride = 0;
};

/* A read-only view of [rows, columns] scores; the dtype is that of the elements. */
class const_matrix {
 public:
  /* No matrix: as an output, one that is not wanted. */
  const_matrix() noexcept : c_{} {}

  /* A view of any contiguous range (std::vector, std::array, span). Throws invalid_argument if the range is too short for the shape. */
  template <class Range, class T = std::remove_const_t<detail::element_of<const Range>>>
  const_matrix(const Range &values, std::int64_t rows, std::int64_t columns, layout where = {})
      : const_matrix(values.data(), element<T>::value, rows, columns, where) {
    require_room(values.size());
  }

  /* A view of memory whose size is not known here; strides may be negative. */
  template <class T, class = std::enable_if_t<!std::is_void_v<T>>>
  const_matrix(const T *data, std::int64_t rows, std::int64_t columns, layout where = {}) noexcept
      : const_matrix(data, element<T>::value, rows, columns, where) {}

  /* The same, with the dtype known at run time only. */
  const_matrix(const void *data, dtype type, std::int64_t rows, std::int64_t columns, layout where = {}) noexcept
      : c_{const_cast<void *>(data), static_cast<eqp_dtype>(type), rows, columns, where.row_stride, where.group_rows, where.group_stride} {}

  [[nodiscard]] std::int64_t rows() const noexcept { return c_.rows; }
  [[nodiscard]] std::int64_t columns() const noexcept { return c_.columns; }
  [[nodiscard]] equipoise::dtype type() const noexcept { return static_cast<equipoise::dtype>(c_.dtype); }
  [[nodiscard]] bool empty() const noexcept { return c_.data == nullptr; }

  /* The view as C knows it. */
  [[nodiscard]] const eqp_matrix *c() const noexcept { return &c_; }

 private:
  /* In f64, which cannot overflow and is exact for any size that exists. */
  void require_room(std::size_t size) const {
    if (c_.rows <= 0 || c_.columns <= 0) return;
    if (c_.row_stride < 0 || c_.group_stride < 0)
      throw invalid_argument("matrix: rows before the range's first; use a pointer for negative strides");
    const auto stride = static_cast<double>(c_.row_stride != 0 ? c_.row_stride : c_.columns);
    const std::int64_t group = c_.group_rows > 0 ? c_.group_rows : c_.rows;
    const std::int64_t groups = (c_.rows - 1) / group;
    const double last_row =
        static_cast<double>(groups) * static_cast<double>(c_.group_stride) + static_cast<double>((c_.rows - 1) % group) * stride;
    /* Groups may lie closer together than they are long, so that the last row of a full one ends last. */
    const double last_of_full =
        groups == 0 ? 0 : static_cast<double>(groups - 1) * static_cast<double>(c_.group_stride) + static_cast<double>(group - 1) * stride;
    const double needed = (last_row > last_of_full ? last_row : last_of_full) + static_cast<double>(c_.columns);
    if (static_cast<double>(size) < needed)
      detail::throw_size("matrix", size, needed < 1e19 ? static_cast<std::uint64_t>(needed) : UINT64_MAX);
  }

  eqp_matrix c_;
};

/* A view of [rows, columns] that may be written to: q and log_q, or an input. */
class matrix : public const_matrix {
 public:
  matrix() noexcept = default;

  template <class Range, class T = detail::element_of<Range>, class = std::enable_if_t<!std::is_const_v<T>>>
  matrix(Range &&values, std::int64_t rows, std::int64_t columns, layout where = {}) : const_matrix(values, rows, columns, where) {}

  template <class T, class = std::enable_if_t<!std::is_void_v<T> && !std::is_const_v<T>>>
  matrix(T *data, std::int64_t rows, std::int64_t columns, layout where = {}) noexcept : const_matrix(data, rows, columns, where) {}

  matrix(void *data, dtype type, std::int64_t rows, std::int64_t columns, layout where = {}) noexcept
      : const_matrix(data, type, rows, columns, where) {}
};

namespace detail {

/* A matrix as C takes it: null for one that is not wanted. */
inline const eqp_matrix *wanted(const const_matrix &view) noexcept { return view.empty() ? nullptr : view.c(); }

/* Options of C's with setters that chain. */
template <class Self, class Options>
class setters {
 protected:
  explicit setters(eqp_status (*init)(Options *, std::size_t)) { check(init(&c_, sizeof c_)); }

  template <class T>
  Self &set(T &member, T value) noexcept {
    member = value;
    return static_cast<Self &>(*this);
  }

  Options c_;
};

/* Those of functions over rows of tokens. */
template <class Self, class Options>
class row_setters : public setters<Self, Options> {
 public:
  Self &threads(std::int32_t value) noexcept { return this->set(this->c_.threads, value); }
  Self &valid_columns(std::int64_t value) noexcept { return this->set(this->c_.valid_columns, value); }

  /* One byte per row: 0 skips the row; empty = no mask. */
  Self &row_mask(span<const std::uint8_t> mask) noexcept { return this->set(row_mask_, mask); }

 protected:
  using setters<Self, Options>::setters;

  /* The options with the mask, for so many rows. */
  [[nodiscard]] Options masked(std::int64_t rows) const {
    Options answer = this->c_;
    answer.row_mask = per_row("row_mask", row_mask_, rows);
    return answer;
  }

 private:
  span<const std::uint8_t> row_mask_;
};

}  // namespace detail

/* What solve should do; every setter returns the options, so that they chain:
 *     equipoise::options().scores(equipoise::scores::probs).tolerance(1e-9).threads(1)
 * What is not set has the default that equipoise.h states. Spans given to setters must outlive the calls. */
class options : public detail::row_setters<options, eqp_solve_options> {
 public:
  options() : row_setters(eqp_solve_options_init) {}

  options &scores(equipoise::scores value) noexcept { return set(c_.scores, static_cast<eqp_scores>(value)); }
  options &criterion(equipoise::criterion value) noexcept { return set(c_.criterion, static_cast<eqp_criterion>(value)); }
  options &method(equipoise::method value) noexcept { return set(c_.method, static_cast<eqp_method>(value)); }
  options &max_iterations(std::int32_t value) noexcept { return set(c_.max_iterations, value); }
  options &tolerance(double value) noexcept { return set(c_.tolerance, value); }
  options &probability_epsilon(double value) noexcept { return set(c_.probability_epsilon, value); }

  /* The criterion fixed_alpha, at this alpha in [0, 1]. */
  options &fixed_alpha(double alpha) noexcept { return set(c_.alpha, alpha).criterion(equipoise::criterion::fixed_alpha); }
  options &fixed_alpha(span<const double> per_row) noexcept {
    return set(row_alpha_, per_row).criterion(equipoise::criterion::fixed_alpha);
  }

  /* The criterion weighted_kl, with these weights. */
  options &weighted_kl(double theta, double target) noexcept {
    return set(c_.weight_theta, theta).set(c_.weight_target, target).criterion(equipoise::criterion::weighted_kl);
  }

  /* The same with weights per row, in spans of one number each. */
  options &weighted_kl(span<const double> theta, span<const double> target) noexcept {
    return set(row_weight_theta_, theta).set(row_weight_target_, target).criterion(equipoise::criterion::weighted_kl);
  }

  /* The criterion kl_budget, in nats. */
  options &kl_budget(double budget) noexcept { return set(c_.budget, budget).criterion(equipoise::criterion::kl_budget); }

  options &kl_budget(span<const double> per_row) noexcept { return set(row_budget_, per_row).criterion(equipoise::criterion::kl_budget); }

  /* The criterion ess_balance. */
  options &ess_balance() noexcept { return criterion(equipoise::criterion::ess_balance); }

  /* The criterion ess_floor, in (0, 1]. */
  options &ess_floor(double floor) noexcept { return set(c_.floor, floor).criterion(equipoise::criterion::ess_floor); }
  options &ess_floor(span<const double> per_row) noexcept { return set(row_floor_, per_row).criterion(equipoise::criterion::ess_floor); }

  /* Divide the logits of theta and of target. */
  options &temperature(double theta, double target) noexcept { return set(c_.temperature_theta, theta).set(c_.temperature_target, target); }
  options &temperature(double both) noexcept { return temperature(both, both); }

  /* One temperature per row, instead; empty = none. */
  options &row_temperatures(span<const double> theta, span<const double> target) noexcept {
    return set(row_temperature_theta_, theta).set(row_temperature_target_, target);
  }

  /* The options as C knows them, for so many rows. Throws invalid_argument if a span has another length. */
  [[nodiscard]] eqp_solve_options c(std::int64_t rows) const {
    eqp_solve_options answer = masked(rows);
    answer.row_temperature_theta = detail::per_row("row_temperature_theta", row_temperature_theta_, rows);
    answer.row_temperature_target = detail::per_row("row_temperature_target", row_temperature_target_, rows);
    answer.row_weight_theta = detail::per_row("row_weight_theta", row_weight_theta_, rows);
    answer.row_weight_target = detail::per_row("row_weight_target", row_weight_target_, rows);
    answer.row_budget = detail::per_row("row_budget", row_budget_, rows);
    answer.row_floor = detail::per_row("row_floor", row_floor_, rows);
    answer.row_alpha = detail::per_row("row_alpha", row_alpha_, rows);
    return answer;
  }

 private:
  span<const double> row_temperature_theta_;
  span<const double> row_temperature_target_;
  span<const double> row_weight_theta_;
  span<const double> row_weight_target_;
  span<const double> row_budget_;
  span<const double> row_floor_;
  span<const double> row_alpha_;
};

/* Where solve should write: the caller's buffers. What is left empty is not wanted, and not computed. Each span has one element per row;
 * the fields and their ranges are those of eqp_solution. */
struct outputs {
  span<double> alpha{};
  matrix q{};     /* [rows, columns of theta], any dtype */
  matrix log_q{}; /* the same, nats */
  span<double> log_z{};
  span<double> kl_theta{};
  span<double> kl_target{};
  span<double> ess_theta{};
  span<double> ess_target{};
  span<double> residual{};
  span<std::int32_t> iterations{};
  span<equipoise::row_status> row_status{};

  /* The same as C knows it, for a batch of so many rows. */
  [[nodiscard]] eqp_solution c(std::int64_t rows) const {
    eqp_solution where{};
    where.struct_size = sizeof where;
    where.alpha = detail::per_row("alpha", alpha, rows);
    where.q = detail::wanted(q);
    where.log_q = detail::wanted(log_q);
    where.log_z = detail::per_row("log_z", log_z, rows);
    where.kl_theta = detail::per_row("kl_theta", kl_theta, rows);
    where.kl_target = detail::per_row("kl_target", kl_target, rows);
    where.ess_theta = detail::per_row("ess_theta", ess_theta, rows);
    where.ess_target = detail::per_row("ess_target", ess_target, rows);
    where.residual = detail::per_row("residual", residual, rows);
    where.iterations = detail::per_row("iterations", iterations, rows);
    where.row_status = detail::statuses(row_status, rows);
    return where;
  }
};

/* Solves every row of theta and target [rows, columns] into the caller's buffers. Allocates nothing. Thread safe, the outputs being
 * different. Throws invalid_argument, with the name of what is wrong, and error for the rest. */
inline void solve(const const_matrix &theta, const const_matrix &target, const options &how, const outputs &to) {
  const eqp_solve_options what = how.c(theta.rows());
  eqp_solution where = to.c(theta.rows());
  detail::check(eqp_solve(theta.c(), target.c(), &what, &where));
}

/* Through which of its arguments the loss is differentiated; see eqp_loss_gradient. */
enum class loss_gradient : std::int32_t { stop = EQP_LOSS_STOP, full = EQP_LOSS_FULL };

/* Where equilibrium_loss should write, one element per row; what is left empty is not wanted. See eqp_loss_outputs. */
struct loss_outputs {
  span<double> loss{};
  span<double> alpha{};
  span<double> ess_theta{};
  span<equipoise::row_status> row_status{};
  span<eqp_loss_record> records{};
};

/* KL(q||pi_theta) of every row, and the records that its gradient takes; see eqp_equilibrium_loss. Allocates nothing. */
inline void equilibrium_loss(const const_matrix &theta, const const_matrix &target, const options &how, const loss_outputs &to) {
  const std::int64_t rows = theta.rows();
  const eqp_solve_options what = how.c(rows);
  eqp_loss_outputs where{};
  where.struct_size = sizeof where;
  where.loss = detail::per_row("loss", to.loss, rows);
  where.alpha = detail::per_row("alpha", to.alpha, rows);
  where.ess_theta = detail::per_row("ess_theta", to.ess_theta, rows);
  where.row_status = detail::statuses(to.row_status, rows);
  where.records = detail::per_row("records", to.records, rows);
  detail::check(eqp_equilibrium_loss(theta.c(), target.c(), &what, &where));
}

/* The gradient in theta's scores, one factor per row or none; see eqp_equilibrium_loss_backward. Allocates nothing. */
inline void equilibrium_loss_backward(const const_matrix &theta, const const_matrix &target, const options &how, loss_gradient kind,
                                      span<const eqp_loss_record> records, span<const double> upstream, const matrix &gradient) {
  const std::int64_t rows = theta.rows();
  const eqp_solve_options what = how.c(rows);
  const eqp_loss_record *const found = detail::per_row("records", records, rows);
  detail::check(eqp_equilibrium_loss_backward(theta.c(), target.c(), &what, static_cast<eqp_loss_gradient>(kind), found,
                                              detail::per_row("upstream", upstream, rows), gradient.c()));
}

/* Which outputs the owning solve should compute; join them with |. The row status is always there. */
enum class want : std::uint32_t {
  alpha = 1u << 0,
  q = 1u << 1,
  log_q = 1u << 2,
  log_z = 1u << 3,
  kl = 1u << 4,  /* kl_theta and kl_target */
  ess = 1u << 5, /* ess_theta and ess_target */
  residual = 1u << 6,
  iterations = 1u << 7,
  all = (1u << 8) - 1
};
[[nodiscard]] constexpr want operator|(want a, want b) noexcept {
  return static_cast<want>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}
[[nodiscard]] constexpr bool operator&(want a, want b) noexcept {
  return (static_cast<std::uint32_t>(a) & static_cast<std::uint32_t>(b)) != 0;
}

/* The answer that owns its memory. q and log_q are packed [rows, columns] of Q; what was not wanted is empty. */
template <class Q>
struct basic_solution {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::vector<double> alpha;
  std::vector<Q> q;
  std::vector<Q> log_q;
  std::vector<double> log_z;
  std::vector<double> kl_theta;
  std::vector<double> kl_target;
  std::vector<double> ess_theta;
  std::vector<double> ess_target;
  std::vector<double> residual;
  std::vector<std::int32_t> iterations;
  std::vector<equipoise::row_status> row_status;

  /* One row of q, or of log q: [columns]. */
  [[nodiscard]] span<const Q> q_row(std::int64_t row) const { return row_of(q, row); }
  [[nodiscard]] span<const Q> log_q_row(std::int64_t row) const { return row_of(log_q, row); }

 private:
  [[nodiscard]] span<const Q> row_of(const std::vector<Q> &values, std::int64_t row) const {
    const std::int64_t have = values.empty() ? 0 : rows;
    if (row < 0 || row >= have) throw invalid_argument("row " + std::to_string(row) + " is not among " + std::to_string(have) + " rows");
    return span<const Q>(values.data() + row * columns, static_cast<std::size_t>(columns));
  }
};
using solution = basic_solution<float>;

/* Solves every row of theta and target [rows, columns] and returns what was wanted; q in Q: float, double, f16 or bf16.
 * Thread safe. Throws invalid_argument, error, and std::bad_alloc. */
template <class Q = float>
[[nodiscard]] basic_solution<Q> solve(const const_matrix &theta, const const_matrix &target, const options &how = {},
                                      want wanted = want::alpha | want::q) {
  basic_solution<Q> answer;
  answer.rows = theta.rows();
  answer.columns = theta.columns();
  const std::size_t rows = detail::count(answer.rows);
  const std::size_t elements = rows * detail::count(answer.columns);
  outputs to;
  const auto ask = [wanted](want which, auto &values, std::size_t size, auto &view) {
    if (!(wanted & which)) return;
    values.resize(size);
    view = values;
  };
  const auto ask_rows = [&](want which, std::vector<Q> &values, matrix &view) {
    if (!(wanted & which) || elements == 0) return;
    values.resize(elements);
    view = matrix(values, answer.rows, answer.columns);
  };
  ask(want::alpha, answer.alpha, rows, to.alpha);
  ask_rows(want::q, answer.q, to.q);
  ask_rows(want::log_q, answer.log_q, to.log_q);
  ask(want::log_z, answer.log_z, rows, to.log_z);
  ask(want::kl, answer.kl_theta, rows, to.kl_theta);
  ask(want::kl, answer.kl_target, rows, to.kl_target);
  ask(want::ess, answer.ess_theta, rows, to.ess_theta);
  ask(want::ess, answer.ess_target, rows, to.ess_target);
  ask(want::residual, answer.residual, rows, to.residual);
  ask(want::iterations, answer.iterations, rows, to.iterations);
  ask(wanted, answer.row_status, rows, to.row_status);
  solve(theta, target, how, to);
  return answer;
}

/* What solve_many should do; setters chain as those of options. Spans and matrices given to setters must outlive the calls. */
class many_options : public detail::row_setters<many_options, eqp_solve_many_options> {
 public:
  many_options() : row_setters(eqp_solve_many_options_init) {}

  many_options &scores(equipoise::scores value) noexcept { return set(c_.scores, static_cast<eqp_scores>(value)); }
  many_options &max_iterations(std::int32_t value) noexcept { return set(c_.max_iterations, value); }
  many_options &tolerance(double value) noexcept { return set(c_.tolerance, value); }

  /* What each token costs, [rows, columns] or [1, columns], and what a unit of it weighs, in nats. */
  many_options &cost(const const_matrix &costs, double weight) noexcept { return set(cost_, costs).set(c_.cost_weight, weight); }

  /* One weight per row, instead; empty = none. */
  many_options &row_cost_weight(span<const double> weights) noexcept { return set(row_cost_weight_, weights); }

  /* The options as C knows them, for so many rows; valid as long as this object. Throws invalid_argument if a span has another length. */
  [[nodiscard]] eqp_solve_many_options c(std::int64_t rows) const {
    eqp_solve_many_options answer = masked(rows);
    answer.cost = detail::wanted(cost_);
    answer.row_cost_weight = detail::per_row("row_cost_weight", row_cost_weight_, rows);
    return answer;
  }

 private:
  const_matrix cost_;
  span<const double> row_cost_weight_;
};

/* Where solve_many should write: the caller's buffers. What is left empty is not wanted, and not computed. beta and kl have one element
 * per row and policy, the other spans one per row; the fields are those of eqp_many_solution. */
struct many_outputs {
  span<double> beta{};
  matrix q{};     /* [rows, columns of the first policy], any dtype */
  matrix log_q{}; /* the same, nats */
  span<double> log_z{};
  span<double> kl{};
  span<double> residual{};
  span<std::int32_t> iterations{};
  span<equipoise::row_status> row_status{};
};

/* Solves every row of 2 to 16 policies [rows, columns] into the caller's buffers. Allocates nothing. Thread safe, the outputs being
 * different. Throws invalid_argument, with the name of what is wrong, and error for the rest. */
inline void solve_many(span<const const_matrix> policies, const many_options &how, const many_outputs &to) {
  constexpr std::size_t most = 16;
  eqp_matrix views[most] = {};
  for (std::size_t i = 0; i < policies.size() && i < most; ++i) views[i] = *policies[i].c();
  const std::int64_t rows = policies.empty() ? 0 : policies[0].rows();
  const auto count = static_cast<std::int32_t>(policies.size() <= most ? policies.size() : most + 1);
  const eqp_solve_many_options what = how.c(rows);
  eqp_many_solution where{};
  where.struct_size = sizeof where;
  where.beta = detail::per_row("beta", to.beta, rows * count);
  where.q = detail::wanted(to.q);
  where.log_q = detail::wanted(to.log_q);
  where.log_z = detail::per_row("log_z", to.log_z, rows);
  where.kl = detail::per_row("kl", to.kl, rows * count);
  where.residual = detail::per_row("residual", to.residual, rows);
  where.iterations = detail::per_row("iterations", to.iterations, rows);
  where.row_status = detail::statuses(to.row_status, rows);
  detail::check(eqp_solve_many(views, count, &what, &where));
}

/* What solve_gaussian should do; setters chain as those of options. */
class gaussian_options : public detail::setters<gaussian_options, eqp_solve_gaussian_options> {
 public:
  gaussian_options() : setters(eqp_solve_gaussian_options_init) {}

  gaussian_options &threads(std::int32_t value) noexcept { return set(c_.threads, value); }
  gaussian_options &max_iterations(std::int32_t value) noexcept { return set(c_.max_iterations, value); }
  gaussian_options &tolerance(double value) noexcept { return set(c_.tolerance, value); }
  gaussian_options &row_mask(span<const std::uint8_t> mask) noexcept { return set(row_mask_, mask); }

  /* The options as C knows them, for so many rows. Throws invalid_argument if the mask has another length. */
  [[nodiscard]] eqp_solve_gaussian_options c(std::int64_t rows) const {
    eqp_solve_gaussian_options answer = c_;
    answer.row_mask = detail::per_row("row_mask", row_mask_, rows);
    return answer;
  }

 private:
  span<const std::uint8_t> row_mask_;
};

/* Two Gaussians per row: means [rows, n], and variances [rows, n] or covariances [rows, n * n]. */
struct gaussians {
  const_matrix mean_theta;
  const_matrix cov_theta;
  const_matrix mean_target;
  const_matrix cov_target;
};

/* Where solve_gaussian should write: the caller's buffers. What is left empty is not wanted, and not computed. mean has [rows, n] elements,
 * cov as many as cov_theta, the other spans one per row; the fields are those of eqp_gaussian_solution. */
struct gaussian_outputs {
  span<double> alpha{};
  span<double> mean{};
  span<double> cov{};
  span<double> log_z{};
  span<double> kl_theta{};
  span<double> kl_target{};
  span<double> ess_theta{};
  span<double> ess_target{};
  span<double> residual{};
  span<std::int32_t> iterations{};
  span<equipoise::row_status> row_status{};
};

/* Solves every row of two Gaussians into the caller's buffers. Allocates nothing. Thread safe, the outputs being different. Throws
 * invalid_argument, with the name of what is wrong (a covariance that is not positive definite, and its row), and error for the rest. */
inline void solve_gaussian(const gaussians &policies, const gaussian_options &how, const gaussian_outputs &to) {
  const std::int64_t rows = policies.mean_theta.rows();
  const eqp_solve_gaussian_options what = how.c(rows);
  eqp_gaussian_solution where{};
  where.struct_size = sizeof where;
  where.alpha = detail::per_row("alpha", to.alpha, rows);
  where.mean = detail::per_row("mean", to.mean, rows * policies.mean_theta.columns());
  where.cov = detail::per_row("cov", to.cov, rows * policies.cov_theta.columns());
  where.log_z = detail::per_row("log_z", to.log_z, rows);
  where.kl_theta = detail::per_row("kl_theta", to.kl_theta, rows);
  where.kl_target = detail::per_row("kl_target", to.kl_target, rows);
  where.ess_theta = detail::per_row("ess_theta", to.ess_theta, rows);
  where.ess_target = detail::per_row("ess_target", to.ess_target, rows);
  where.residual = detail::per_row("residual", to.residual, rows);
  where.iterations = detail::per_row("iterations", to.iterations, rows);
  where.row_status = detail::statuses(to.row_status, rows);
  detail::check(eqp_solve_gaussian(policies.mean_theta.c(), policies.cov_theta.c(), policies.mean_target.c(), policies.cov_target.c(),
                                   &what, &where));
}

/* Where path_statistics should write: the caller's buffers. What is left empty is not wanted, and not computed. Spans have one element
 * per row and alpha, q and log_q one row for each; the fields are those of eqp_path_outputs. */
struct path_outputs {
  span<double> log_z{};
  span<double> kl_theta{};
  span<double> kl_target{};
  span<double> ess_theta{};
  span<double> ess_target{};
  span<double> entropy{};
  span<double> variance{};
  matrix q{};     /* [rows * alphas, columns of theta], any dtype */
  matrix log_q{}; /* the same, nats */
  span<equipoise::row_status> row_status{};
};

/* What the path is like at each alpha, the same for all rows, or one list per row after the other (row_alphas); see eqp_path_statistics.
 * Allocates nothing. Thread safe, the outputs being different. Throws invalid_argument, with the name of what is wrong, and error. */
inline void path_statistics(const const_matrix &theta, const const_matrix &target, span<const double> alphas, const options &how,
                            const path_outputs &to, bool row_alphas = false) {
  const std::int64_t rows = theta.rows();
  const auto given = static_cast<std::int64_t>(alphas.size());
  const std::int64_t count = !row_alphas ? given : rows > 0 ? given / rows : 0;
  if (row_alphas && detail::count(count * rows) != alphas.size())
    detail::throw_size("alphas", alphas.size(), detail::count((count + 1) * rows));
  const eqp_solve_options what = how.c(rows);
  eqp_path_outputs where{};
  where.struct_size = sizeof where;
  where.log_z = detail::per_row("log_z", to.log_z, rows * count);
  where.kl_theta = detail::per_row("kl_theta", to.kl_theta, rows * count);
  where.kl_target = detail::per_row("kl_target", to.kl_target, rows * count);
  where.ess_theta = detail::per_row("ess_theta", to.ess_theta, rows * count);
  where.ess_target = detail::per_row("ess_target", to.ess_target, rows * count);
  where.entropy = detail::per_row("entropy", to.entropy, rows * count);
  where.variance = detail::per_row("variance", to.variance, rows * count);
  where.q = detail::wanted(to.q);
  where.log_q = detail::wanted(to.log_q);
  where.row_status = detail::statuses(to.row_status, rows * count);
  detail::check(eqp_path_statistics(theta.c(), target.c(), alphas.data(), count, row_alphas ? count : 0, &what, &where));
}

/* How a divergence reads its inputs; setters chain as those of options. The defaults are KL of logits. */
class divergence_options : public detail::row_setters<divergence_options, eqp_divergence_options> {
 public:
  divergence_options() : row_setters(eqp_divergence_options_init) {}
  divergence_options(equipoise::scores value) : divergence_options() { scores(value); }

  divergence_options &kind(equipoise::divergence_kind value) noexcept { return set(c_.kind, static_cast<eqp_divergence_kind>(value)); }
  divergence_options &scores(equipoise::scores value) noexcept { return set(c_.scores, static_cast<eqp_scores>(value)); }
  divergence_options &unit(equipoise::unit value) noexcept { return set(c_.unit, static_cast<eqp_unit>(value)); }

  /* The kind renyi, of this order >= 0. */
  divergence_options &renyi(double order) noexcept { return set(c_.order, order).kind(divergence_kind::renyi); }

  /* One order per row, instead; empty = none. */
  divergence_options &row_order(span<const double> orders) noexcept { return set(row_order_, orders); }

  divergence_options &temperature(double p, double q) noexcept { return set(c_.temperature_p, p).set(c_.temperature_q, q); }
  divergence_options &temperature(double both) noexcept { return temperature(both, both); }

  /* One temperature per row, instead; empty = none. */
  divergence_options &row_temperatures(span<const double> p, span<const double> q) noexcept {
    return set(row_temperature_p_, p).set(row_temperature_q_, q);
  }

  /* The options as C knows them, for so many rows. Throws invalid_argument if a span has another length. */
  [[nodiscard]] eqp_divergence_options c(std::int64_t rows) const {
    eqp_divergence_options answer = masked(rows);
    answer.row_order = detail::per_row("row_order", row_order_, rows);
    answer.row_temperature_p = detail::per_row("row_temperature_p", row_temperature_p_, rows);
    answer.row_temperature_q = detail::per_row("row_temperature_q", row_temperature_q_, rows);
    return answer;
  }

 private:
  span<const double> row_order_;
  span<const double> row_temperature_p_;
  span<const double> row_temperature_q_;
};

/* One divergence per row of p and q [rows, columns] into values [rows]; see eqp_divergence for NaN and infinity. The statuses are
 * optional. Allocates nothing. */
inline void divergence(const const_matrix &p, const const_matrix &q, const divergence_options &how, span<double> values,
                       span<row_status> statuses = {}) {
  const eqp_divergence_options what = how.c(p.rows());
  if (values.size() != detail::count(p.rows())) detail::throw_size("values", values.size(), detail::count(p.rows()));
  detail::check(eqp_divergence(p.c(), q.c(), &what, values.data(), detail::statuses(statuses, p.rows())));
}

/* The same, as a vector. */
[[nodiscard]] inline std::vector<double> divergence(const const_matrix &p, const const_matrix &q, const divergence_options &how = {}) {
  std::vector<double> values(detail::count(p.rows()));
  divergence(p, q, how, values);
  return values;
}

/* KL(p||q) = sum p log(p / q) of every row: nats, >= 0, +inf where q misses p's support. */
[[nodiscard]] inline std::vector<double> kl(const const_matrix &p, const const_matrix &q, divergence_options how = {}) {
  return divergence(p, q, how.kind(divergence_kind::kl));
}

/* ESS_p(q) = 1 / sum p^2 / q of every row, in [0, 1]: what one sample of q is worth for p. */
[[nodiscard]] inline std::vector<double> ess(const const_matrix &p, const const_matrix &q, divergence_options how = {}) {
  return divergence(p, q, how.kind(divergence_kind::ess));
}

/* How many tokens sample should draw, and by which random numbers; setters chain as those of options. The defaults are those of
 * eqp_sample_options. */
class sample_options : public detail::setters<sample_options, eqp_sample_options> {
 public:
  sample_options() : setters(eqp_sample_options_init) {}
  sample_options(std::int64_t count, std::uint64_t seed) : sample_options() { set(c_.count, count).set(c_.seed, seed); }

  sample_options &count(std::int64_t value) noexcept { return set(c_.count, value); }
  sample_options &seed(std::uint64_t value) noexcept { return set(c_.seed, value); }
  sample_options &stream(std::uint64_t first) noexcept { return set(c_.stream, first); }
  sample_options &row_stream(span<const std::uint64_t> values) noexcept { return set(row_stream_, values); }
  sample_options &offset(std::uint64_t value) noexcept { return set(c_.offset, value); }
  sample_options &top_k(std::int64_t value) noexcept { return set(c_.top_k, value); }
  sample_options &top_p(double value) noexcept { return set(c_.top_p, value); }
  sample_options &min_p(double value) noexcept { return set(c_.min_p, value); }
  sample_options &without_replacement(bool value = true) noexcept { return set(c_.without_replacement, std::int32_t{value}); }

  /* The options as C knows them, for so many rows. Throws invalid_argument if row_stream has another length. */
  [[nodiscard]] eqp_sample_options c(std::int64_t rows) const {
    eqp_sample_options answer = c_;
    answer.row_stream = detail::per_row("row_stream", row_stream_, rows);
    return answer;
  }

 private:
  span<const std::uint64_t> row_stream_;
};

/* Where sample should write: the caller's buffers; what is left empty is not wanted. [rows, count] each, but for the last two. */
struct sample_outputs {
  span<std::int64_t> tokens{};
  span<double> log_q{};
  span<double> log_theta{};
  span<double> log_target{};
  span<double> log_weights{};
  span<double> log_target_weights{};
  span<double> weights{};
  span<double> target_weights{};
  span<double> log_inclusion{};
  span<double> alpha{};                     /* [rows] */
  span<equipoise::row_status> row_status{}; /* [rows] */
};

/* Draws tokens from q of every row into the caller's buffers; see eqp_sample. Allocates nothing. */
inline void sample(const const_matrix &theta, const const_matrix &target, const options &which, const sample_options &how,
                   const sample_outputs &to) {
  const std::int64_t rows = theta.rows();
  const eqp_solve_options point = which.c(rows);
  const eqp_sample_options what = how.c(rows);
  const auto draws = static_cast<std::int64_t>(detail::count(rows) * detail::count(what.count));
  eqp_samples where{};
  where.struct_size = sizeof where;
  where.tokens = detail::per_row("tokens", to.tokens, draws);
  where.log_q = detail::per_row("log_q", to.log_q, draws);
  where.log_theta = detail::per_row("log_theta", to.log_theta, draws);
  where.log_target = detail::per_row("log_target", to.log_target, draws);
  where.log_weights = detail::per_row("log_weights", to.log_weights, draws);
  where.log_target_weights = detail::per_row("log_target_weights", to.log_target_weights, draws);
  where.weights = detail::per_row("weights", to.weights, draws);
  where.target_weights = detail::per_row("target_weights", to.target_weights, draws);
  where.log_inclusion = detail::per_row("log_inclusion", to.log_inclusion, draws);
  where.alpha = detail::per_row("alpha", to.alpha, rows);
  where.row_status = detail::statuses(to.row_status, rows);
  detail::check(eqp_sample(theta.c(), target.c(), &point, &what, &where));
}

/* The draws of every row, packed [rows, count]. */
struct samples {
  std::vector<std::int64_t> tokens;
  std::vector<double> log_q;
  std::vector<double> weights;
  std::vector<double> target_weights;
};

/* Draws tokens from q of every row and returns them with their weights. */
[[nodiscard]] inline samples sample(const const_matrix &theta, const const_matrix &target, const sample_options &how = {},
                                    const options &which = {}) {
  const std::size_t draws = detail::count(theta.rows()) * detail::count(how.c(theta.rows()).count);
  samples answer{std::vector<std::int64_t>(draws), std::vector<double>(draws), std::vector<double>(draws), std::vector<double>(draws)};
  sample_outputs to;
  to.tokens = answer.tokens;
  to.log_q = answer.log_q;
  to.weights = answer.weights;
  to.target_weights = answer.target_weights;
  sample(theta, target, which, how, to);
  return answer;
}

/* What one importance weight stands for; see eqp_weight_level. */
enum class weight_level : std::int32_t { token = EQP_LEVEL_TOKEN, sequence = EQP_LEVEL_SEQUENCE, geometric = EQP_LEVEL_GEOMETRIC };

/* What is done to importance weights; see eqp_weight_mode. */
enum class weight_mode : std::int32_t {
  none = EQP_WEIGHTS_NONE,
  truncated = EQP_WEIGHTS_TRUNCATED,
  clipped = EQP_WEIGHTS_CLIPPED,
  masked = EQP_WEIGHTS_MASKED,
  self_normalized = EQP_WEIGHTS_SELF_NORMALIZED,
  psis = EQP_WEIGHTS_PSIS
};

/* How importance weights are made; setters chain as those of options. */
class weight_options : public detail::setters<weight_options, eqp_weight_options> {
 public:
  weight_options() : setters(eqp_weight_options_init) {}

  weight_options &threads(std::int32_t value) noexcept { return set(c_.threads, value); }
  weight_options &level(weight_level value) noexcept { return set(c_.level, static_cast<eqp_weight_level>(value)); }
  weight_options &group_size(std::int64_t value) noexcept { return set(c_.group_size, value); }

  /* The modes without a band. */
  weight_options &mode(weight_mode value) noexcept { return set(c_.mode, static_cast<eqp_weight_mode>(value)); }

  weight_options &truncated(double high) noexcept { return set(c_.clip_high, high).mode(weight_mode::truncated); }
  weight_options &clipped(double low, double high) noexcept { return band(low, high).mode(weight_mode::clipped); }
  weight_options &masked(double low, double high) noexcept { return band(low, high).mode(weight_mode::masked); }

  /* One byte per token [rows, columns], packed or with a stride in bytes: 0 leaves it out; empty = no mask. */
  weight_options &mask(span<const std::uint8_t> bytes, std::int64_t stride = 0) noexcept {
    return set(mask_, bytes).set(c_.mask_stride, stride);
  }

  /* The options as C knows them, for that shape. Throws invalid_argument if the mask is too short for it. */
  [[nodiscard]] eqp_weight_options c(std::int64_t rows, std::int64_t columns) const {
    eqp_weight_options answer = c_;
    const std::size_t stride = detail::count(answer.mask_stride > columns ? answer.mask_stride : columns);
    const std::size_t needed = rows > 0 ? (detail::count(rows) - 1) * stride + detail::count(columns) : 0;
    if (!mask_.empty() && mask_.size() < needed) detail::throw_size("mask", mask_.size(), needed);
    answer.mask = mask_.empty() ? nullptr : mask_.data();
    return answer;
  }

 private:
  weight_options &band(double low, double high) noexcept { return set(c_.clip_low, low).set(c_.clip_high, high); }

  span<const std::uint8_t> mask_;
};

/* Where importance_weights should write: the caller's buffers; what is left empty is not wanted. Groups are the rows at the level of
 * tokens, and rows / group_size at those of sequences. */
struct weight_outputs {
  matrix weights{};     /* [rows, columns] of tokens or [rows, 1] of sequences, any dtype */
  matrix log_weights{}; /* the same, nats */
  span<double> ess{};   /* [groups] */
  span<double> max_weight{};
  span<double> k_hat{};
  span<equipoise::row_status> row_status{}; /* [rows] */
};

/* Importance weights of log_pi and log_q [rows, columns] into the caller's buffers; see eqp_importance_weights. */
inline void importance_weights(const const_matrix &log_pi, const const_matrix &log_q, const weight_options &how, const weight_outputs &to) {
  const std::int64_t rows = log_pi.rows();
  const eqp_weight_options what = how.c(rows, log_pi.columns());
  const std::int64_t size = what.level == EQP_LEVEL_TOKEN ? 1 : what.group_size > 0 ? what.group_size : rows > 0 ? rows : 1;
  eqp_weight_outputs where{};
  where.struct_size = sizeof where;
  where.weights = detail::wanted(to.weights);
  where.log_weights = detail::wanted(to.log_weights);
  where.ess = detail::per_row("ess", to.ess, rows / size);
  where.max_weight = detail::per_row("max_weight", to.max_weight, rows / size);
  where.k_hat = detail::per_row("k_hat", to.k_hat, rows / size);
  where.row_status = detail::statuses(to.row_status, rows);
  detail::check(eqp_importance_weights(log_pi.c(), log_q.c(), &what, &where));
}

/* The weights alone, in f64: packed [rows, columns], or [rows] of sequences. */
[[nodiscard]] inline std::vector<double> importance_weights(const const_matrix &log_pi, const const_matrix &log_q,
                                                            const weight_options &how = {}) {
  const bool is_token = how.c(log_pi.rows(), log_pi.columns()).level == EQP_LEVEL_TOKEN;
  const std::int64_t columns = is_token ? log_pi.columns() : 1;
  std::vector<double> weights(detail::count(log_pi.rows()) * detail::count(columns));
  weight_outputs to;
  if (!weights.empty()) to.weights = matrix(weights, log_pi.rows(), columns);
  importance_weights(log_pi, log_q, how, to);
  return weights;
}

/* Which estimate a reward table holds; see eqp_reward_kind. */
enum class reward_kind : std::int32_t {
  plugin = EQP_REWARD_PLUGIN,
  add_half = EQP_REWARD_ADD_HALF,
  miller_madow = EQP_REWARD_MILLER_MADOW,
  harmonic = EQP_REWARD_HARMONIC,
  power = EQP_REWARD_POWER,
  tsallis = EQP_REWARD_TSALLIS,
  minimax = EQP_REWARD_MINIMAX,
  aqp = EQP_REWARD_AQP
};

/* What is taken off an answer's reward; see eqp_reward_baseline. */
enum class reward_baseline : std::int32_t {
  none = EQP_BASELINE_NONE,
  mean = EQP_BASELINE_MEAN,
  loo = EQP_BASELINE_LOO,
  excluded = EQP_BASELINE_EXCLUDED
};

/* How a reward table came about; see eqp_solver_status. */
enum class solver_status : std::int32_t {
  closed_form = EQP_SOLVER_CLOSED_FORM,
  optimal = EQP_SOLVER_OPTIMAL,
  unstable = EQP_SOLVER_UNSTABLE
};

/* What is known of a reward table; see eqp_reward_certificate. */
struct reward_certificate {
  double bias;
  double mean_variance;
  double max_variance;
  double max_abs;
  equipoise::solver_status solver_status;
  double least_bias;
};

/* The estimates h[1..k] of one kind for groups of 1, 2, ..., k answers; see eqp_reward_table_create. Never changes; may be used from any
 * number of threads at once. Moves, does not copy. */
class reward_table {
 public:
  /* The kinds without a parameter. allow_unstable lets minimax exceed k = 16. */
  explicit reward_table(std::int64_t k, reward_kind kind = reward_kind::harmonic, bool allow_unstable = false) : k_(k) {
    eqp_reward_table_options what = defaults(kind);
    what.allow_unstable = allow_unstable ? 1 : 0;
    create(what);
  }

  /* Exactly unbiased for p^m. */
  [[nodiscard]] static reward_table power(std::int64_t k, std::int32_t m) {
    eqp_reward_table_options what = defaults(reward_kind::power);
    what.m = m;
    return {k, what};
  }

  /* Exactly unbiased for f'(p), f = (p^s - p) / (s - 1). */
  [[nodiscard]] static reward_table tsallis(std::int64_t k, std::int32_t s) {
    eqp_reward_table_options what = defaults(reward_kind::tsallis);
    what.s = s;
    return {k, what};
  }

  /* The least mean variance whose bias is at most rho times harmonic's. */
  [[nodiscard]] static reward_table aqp(std::int64_t k, double rho) {
    eqp_reward_table_options what = defaults(reward_kind::aqp);
    what.rho = rho;
    return {k, what};
  }

  [[nodiscard]] std::int64_t k() const noexcept { return k_; }

  /* [k]: the estimate for an answer that occurs once, twice, ..., k times. */
  [[nodiscard]] std::vector<double> h() const {
    std::vector<double> values(detail::count(k_));
    detail::check(eqp_reward_table_read(table_.get(), values.data(), nullptr));
    return values;
  }

  [[nodiscard]] reward_certificate certificate() const {
    eqp_reward_certificate answer{};
    answer.struct_size = sizeof answer;
    detail::check(eqp_reward_table_read(table_.get(), nullptr, &answer));
    return {answer.bias,      answer.mean_variance, answer.max_variance, answer.max_abs, static_cast<solver_status>(answer.solver_status),
            answer.least_bias};
  }

  /* The table as C knows it. */
  [[nodiscard]] const eqp_reward_table *c() const noexcept { return table_.get(); }

 private:
  struct deleter {
    void operator()(eqp_reward_table *table) const noexcept { eqp_reward_table_free(table); }
  };

  reward_table(std::int64_t k, const eqp_reward_table_options &what) : k_(k) { create(what); }

  static eqp_reward_table_options defaults(reward_kind kind) {
    eqp_reward_table_options what;
    detail::check(eqp_reward_table_options_init(&what, sizeof what));
    what.kind = static_cast<eqp_reward_kind>(kind);
    return what;
  }

  void create(const eqp_reward_table_options &what) {
    eqp_reward_table *made = nullptr;
    detail::check(eqp_reward_table_create(k_, &what, &made));
    table_.reset(made);
  }

  std::int64_t k_;
  std::unique_ptr<eqp_reward_table, deleter> table_;
};

/* How answers are rewarded; setters chain as those of options. */
class answer_options : public detail::setters<answer_options, eqp_answer_options> {
 public:
  answer_options() : setters(eqp_answer_options_init) {}

  answer_options &threads(std::int32_t value) noexcept { return set(c_.threads, value); }
  answer_options &baseline(reward_baseline value) noexcept { return set(c_.baseline, static_cast<eqp_reward_baseline>(value)); }
  answer_options &sign(std::int32_t value) noexcept { return set(c_.sign, value); }
  answer_options &id_stride(std::int64_t value) noexcept { return set(c_.id_stride, value); }
  answer_options &invalid_reward(double value) noexcept { return set(c_.invalid_reward, value); }

  /* The target term: of every answer, or one for each of [prompts, answers]. */
  answer_options &log_target(double value) noexcept { return set(c_.log_target, value); }
  answer_options &log_targets(span<const double> values) noexcept { return set(log_targets_, values); }

  /* The options as C knows them, for so many answers in all. Throws invalid_argument if log_targets has another length. */
  [[nodiscard]] eqp_answer_options c(eqp_id_type type, std::int64_t elements) const {
    eqp_answer_options answer = c_;
    answer.id_type = type;
    answer.log_targets = detail::per_row("log_targets", log_targets_, elements);
    return answer;
  }

 private:
  span<const double> log_targets_;
};

/* Where answer_rewards should write: the caller's buffers; what is left empty is not wanted. */
struct answer_outputs {
  span<std::int32_t> counts{};              /* [prompts, answers] */
  span<double> rewards{};                   /* [prompts, answers] */
  span<std::int32_t> k_eff{};               /* [prompts] */
  span<equipoise::row_status> row_status{}; /* [prompts] */
};

/* Rewards of the answers ids [prompts, answers], std::int32_t or std::int64_t, into the caller's buffers; see eqp_answer_rewards. Allocates
 * nothing once every size of group has been met. */
template <class Id>
void answer_rewards(const reward_table &table, const Id *ids, std::int64_t prompts, std::int64_t answers, const answer_options &how,
                    const answer_outputs &to) {
  static_assert(std::is_same_v<Id, std::int32_t> || std::is_same_v<Id, std::int64_t>, "ids are std::int32_t or std::int64_t");
  const std::int64_t elements = static_cast<std::int64_t>(detail::count(prompts) * detail::count(answers));
  const eqp_answer_options what = how.c(std::is_same_v<Id, std::int32_t> ? EQP_ID_I32 : EQP_ID_I64, elements);
  eqp_answer_outputs where{};
  where.struct_size = sizeof where;
  where.counts = detail::per_row("counts", to.counts, elements);
  where.rewards = detail::per_row("rewards", to.rewards, elements);
  where.k_eff = detail::per_row("k_eff", to.k_eff, prompts);
  where.row_status = detail::statuses(to.row_status, prompts);
  detail::check(eqp_answer_rewards(table.c(), ids, prompts, answers, &what, &where));
}

/* The rewards alone, packed [prompts, answers], of any contiguous range of ids. */
template <class Range>
[[nodiscard]] std::vector<double> answer_rewards(const reward_table &table, const Range &ids, std::int64_t prompts, std::int64_t answers,
                                                 const answer_options &how = {}) {
  const std::size_t elements = detail::count(prompts) * detail::count(answers);
  if (ids.size() < elements) detail::throw_size("ids", ids.size(), elements);
  std::vector<double> rewards(elements);
  answer_outputs to;
  to.rewards = rewards;
  answer_rewards(table, ids.data(), prompts, answers, how, to);
  return rewards;
}

/* How the functions of the Fisher information read their inputs; setters chain. The defaults are those of eqp_fisher_options. */
class fisher_options : public detail::row_setters<fisher_options, eqp_fisher_options> {
 public:
  fisher_options() : row_setters(eqp_fisher_options_init) {}
  fisher_options(equipoise::scores value) : fisher_options() { scores(value); }

  fisher_options &scores(equipoise::scores value) noexcept { return set(c_.scores, static_cast<eqp_scores>(value)); }
  fisher_options &weight(fisher_weight value) noexcept { return set(c_.weight, static_cast<eqp_fisher_weight>(value)); }
  fisher_options &step_kl(equipoise::step_kl value) noexcept { return set(c_.step_kl, static_cast<eqp_step_kl>(value)); }

  /* One number for all rows, or one per row. */
  fisher_options &damping(double value) noexcept { return set(c_.damping, value); }
  fisher_options &row_damping(span<const double> values) noexcept { return set(row_damping_, values); }
  fisher_options &delta(double value) noexcept { return set(c_.delta, value); }
  fisher_options &row_delta(span<const double> values) noexcept { return set(row_delta_, values); }

  /* The options as C knows them, for so many rows. Throws invalid_argument if a span has another length. */
  [[nodiscard]] eqp_fisher_options c(std::int64_t rows) const {
    eqp_fisher_options answer = masked(rows);
    answer.row_damping = detail::per_row("row_damping", row_damping_, rows);
    answer.row_delta = detail::per_row("row_delta", row_delta_, rows);
    return answer;
  }

 private:
  span<const double> row_damping_;
  span<const double> row_delta_;
};

/* sum (p - q)^2 w / 2 of every row; see eqp_fisher_quadratic. */
[[nodiscard]] inline std::vector<double> fisher_quadratic(const const_matrix &p, const const_matrix &q, const fisher_options &how = {}) {
  std::vector<double> values(detail::count(p.rows()) + 1); /* one more, so that data() is never null */
  const eqp_fisher_options what = how.c(p.rows());
  detail::check(eqp_fisher_quadratic(p.c(), q.c(), &what, values.data(), nullptr));
  values.pop_back();
  return values;
}

/* F v = p (v - p^T v) of every row into product; see eqp_fisher_product. Allocates nothing; the statuses are optional. */
inline void fisher_product(const const_matrix &logits, const const_matrix &vector, const fisher_options &how, const matrix &product,
                           span<row_status> statuses = {}) {
  const eqp_fisher_options what = how.c(logits.rows());
  std::int32_t *const to = detail::statuses(statuses, logits.rows());
  detail::check(eqp_fisher_product(logits.c(), vector.c(), &what, product.c(), to));
}

/* KL of a logit step by its series, of every row; see eqp_fisher_step_kl. */
[[nodiscard]] inline std::vector<double> fisher_step_kl(const const_matrix &logits, const const_matrix &step,
                                                        const fisher_options &how = {}) {
  std::vector<double> values(detail::count(logits.rows()) + 1);
  const eqp_fisher_options what = how.c(logits.rows());
  detail::check(eqp_fisher_step_kl(logits.c(), step.c(), &what, values.data(), nullptr));
  values.pop_back();
  return values;
}

/* x with (F + damping I) x = gradient, of every row into answer; see eqp_natural_gradient. Allocates nothing; the statuses are optional. */
inline void natural_gradient(const const_matrix &logits, const const_matrix &gradient, const fisher_options &how, const matrix &answer,
                             span<row_status> statuses = {}) {
  const eqp_fisher_options what = how.c(logits.rows());
  std::int32_t *const to = detail::statuses(statuses, logits.rows());
  detail::check(eqp_natural_gradient(logits.c(), gradient.c(), &what, answer.c(), to));
}

/* What trust_region finds, one of each per row. */
struct trust_region_steps {
  std::vector<double> step;
  std::vector<double> quadratic_step;
  std::vector<double> kl;
};

/* The largest step along direction with KL <= delta, of every row; see eqp_trust_region. */
[[nodiscard]] inline trust_region_steps trust_region(const const_matrix &logits, const const_matrix &direction,
                                                     const fisher_options &how = {}) {
  const std::size_t rows = detail::count(logits.rows());
  trust_region_steps answer{std::vector<double>(rows), std::vector<double>(rows), std::vector<double>(rows)};
  const eqp_fisher_options what = how.c(logits.rows());
  detail::check(
      eqp_trust_region(logits.c(), direction.c(), &what, answer.step.data(), answer.quadratic_step.data(), answer.kl.data(), nullptr));
  return answer;
}

/* What stands for the tokens that a teacher did not list; see eqp_topk_tail. */
enum class topk_tail : std::int32_t { bucket = EQP_TOPK_BUCKET, renormalize = EQP_TOPK_RENORMALIZE };

/* How solve_topk reads its inputs; setters chain as those of options. */
class topk_options : public detail::row_setters<topk_options, eqp_topk_options> {
 public:
  topk_options() : row_setters(eqp_topk_options_init) {}

  topk_options &tail(topk_tail value) noexcept { return set(c_.tail, static_cast<eqp_topk_tail>(value)); }
  topk_options &max_iterations(std::int32_t value) noexcept { return set(c_.max_iterations, value); }
  topk_options &tolerance(double value) noexcept { return set(c_.tolerance, value); }
  topk_options &temperature(double theta) noexcept { return set(c_.temperature_theta, theta); }
  topk_options &row_temperatures(span<const double> theta) noexcept { return set(row_temperature_theta_, theta); }
  topk_options &id_stride(std::int64_t value) noexcept { return set(c_.id_stride, value); }

  /* The options as C knows them, for so many rows. Throws invalid_argument if a span has another length. */
  [[nodiscard]] eqp_topk_options c(std::int64_t rows) const {
    eqp_topk_options answer = masked(rows);
    answer.row_temperature_theta = detail::per_row("row_temperature_theta", row_temperature_theta_, rows);
    return answer;
  }

 private:
  span<const double> row_temperature_theta_;
};

/* Where solve_topk should write; what is left empty is not wanted. See eqp_topk_solution. */
struct topk_outputs {
  span<double> alpha{};
  matrix q{}; /* [rows, K], any dtype */
  span<double> q_tail{};
  span<double> tail_ratio{};
  span<double> log_z{};
  span<double> kl_theta{};
  span<double> kl_target{};
  span<double> residual{};
  matrix gradient{}; /* [rows, columns of theta], any dtype */
  span<std::int32_t> iterations{};
  span<equipoise::row_status> row_status{};
};

/* The Chernoff point of a policy and a teacher of whom the top K is known: ids and log_probs [rows, K]; see eqp_solve_topk. */
inline void solve_topk(const const_matrix &theta, span<const std::int64_t> ids, const const_matrix &log_probs, const topk_options &how,
                       const topk_outputs &to) {
  const std::int64_t rows = theta.rows();
  const eqp_topk_options what = how.c(rows);
  const std::int64_t stride = what.id_stride > 0 ? what.id_stride : log_probs.columns();
  const std::size_t needed = rows > 0 ? detail::count((rows - 1) * stride + log_probs.columns()) : 0;
  if (ids.size() < needed) detail::throw_size("ids", ids.size(), needed);
  eqp_topk_solution where{};
  where.struct_size = sizeof where;
  where.alpha = detail::per_row("alpha", to.alpha, rows);
  where.q = detail::wanted(to.q);
  where.q_tail = detail::per_row("q_tail", to.q_tail, rows);
  where.tail_ratio = detail::per_row("tail_ratio", to.tail_ratio, rows);
  where.log_z = detail::per_row("log_z", to.log_z, rows);
  where.kl_theta = detail::per_row("kl_theta", to.kl_theta, rows);
  where.kl_target = detail::per_row("kl_target", to.kl_target, rows);
  where.residual = detail::per_row("residual", to.residual, rows);
  where.gradient = detail::wanted(to.gradient);
  where.iterations = detail::per_row("iterations", to.iterations, rows);
  where.row_status = detail::statuses(to.row_status, rows);
  detail::check(eqp_solve_topk(theta.c(), ids.data(), log_probs.c(), &what, &where));
}

/* How tiles are read; setters chain as those of options. The defaults: temperature 1, every row, tolerances as in eqp_partial_options. */
class partial_options : public detail::row_setters<partial_options, eqp_partial_options> {
 public:
  partial_options() : row_setters(eqp_partial_options_init) {}

  partial_options &tolerance(double value) noexcept { return set(c_.tolerance, value); }
  partial_options &temperature(double theta, double target) noexcept {
    return set(c_.temperature_theta, theta).set(c_.temperature_target, target);
  }
  partial_options &row_temperatures(span<const double> theta, span<const double> target) noexcept {
    return set(row_temperature_theta_, theta).set(row_temperature_target_, target);
  }

  /* The options as C knows them, for so many rows. Throws invalid_argument if a span has another length. */
  [[nodiscard]] eqp_partial_options c(std::int64_t rows) const {
    eqp_partial_options answer = masked(rows);
    answer.row_temperature_theta = detail::per_row("row_temperature_theta", row_temperature_theta_, rows);
    answer.row_temperature_target = detail::per_row("row_temperature_target", row_temperature_target_, rows);
    return answer;
  }

 private:
  span<const double> row_temperature_theta_;
  span<const double> row_temperature_target_;
};

/* Where partial_statistics::solve should write; what is left empty is not wanted. See eqp_partial_solution. */
struct partial_outputs {
  span<double> alpha{};
  span<double> log_z{};
  span<double> theta_lse{};
  span<double> target_lse{};
  span<double> residual{};
  span<equipoise::row_status> row_status{};
};

/* Rows whose columns come in tiles or lie in shards: one record of EQP_PARTIAL_SIZE doubles a row.
 *     equipoise::partial_statistics statistics(rows);
 *     for (...) statistics.update(theta_tile, target_tile);
 *     statistics.solve({alpha}); */
class partial_statistics {
 public:
  explicit partial_statistics(std::int64_t rows, partial_options how = {})
      : how_(how), rows_(rows), records_(detail::count(rows) * EQP_PARTIAL_SIZE) {}

  /* The records, to be sent or copied. */
  [[nodiscard]] span<double> records() noexcept { return records_; }
  [[nodiscard]] std::int64_t rows() const noexcept { return rows_; }

  /* Adds a tile of every row; see eqp_partial_statistics. Allocates nothing. */
  void update(const const_matrix &theta, const const_matrix &target) {
    const eqp_partial_options what = how_for(theta);
    detail::check(eqp_partial_statistics(theta.c(), target.c(), &what, records_.data()));
  }

  /* Adds what is known of other columns: the records of another object or process; see eqp_partial_merge. */
  void merge(span<const double> other) {
    if (other.size() != records_.size()) detail::throw_size("other", other.size(), records_.size());
    detail::check(eqp_partial_merge(other.data(), rows_, records_.data()));
  }

  /* alpha of every row; see eqp_partial_solve. */
  void solve(const partial_outputs &to) {
    const eqp_partial_options what = how_.c(rows_);
    eqp_partial_solution where{};
    where.struct_size = sizeof where;
    where.alpha = detail::per_row("alpha", to.alpha, rows_);
    where.log_z = detail::per_row("log_z", to.log_z, rows_);
    where.theta_lse = detail::per_row("theta_lse", to.theta_lse, rows_);
    where.target_lse = detail::per_row("target_lse", to.target_lse, rows_);
    where.residual = detail::per_row("residual", to.residual, rows_);
    where.row_status = detail::statuses(to.row_status, rows_);
    detail::check(eqp_partial_solve(records_.data(), rows_, &what, &where));
  }

  /* A tile at the points found: its columns of q and of log q, an empty matrix where not wanted, and its share of the moments
   * [rows, EQP_PARTIAL_MOMENTS], which are added to; see eqp_partial_sweep. */
  void sweep(const const_matrix &theta, const const_matrix &target, const matrix &q, const matrix &log_q = {}, span<double> moments = {}) {
    const eqp_partial_options what = how_for(theta);
    if (!moments.empty()) check_moments(moments.size());
    detail::check(eqp_partial_sweep(theta.c(), target.c(), &what, records_.data(), detail::wanted(q), detail::wanted(log_q),
                                    moments.empty() ? nullptr : moments.data()));
  }

  /* Moves rows that have not converged by moments summed over all columns; see eqp_partial_refine. solve then tells the new alpha. */
  void refine(span<const double> moments) {
    check_moments(moments.size());
    const eqp_partial_options what = how_.c(rows_);
    detail::check(eqp_partial_refine(records_.data(), rows_, &what, moments.data()));
  }

 private:
  [[nodiscard]] eqp_partial_options how_for(const const_matrix &theta) const {
    if (theta.rows() != rows_) detail::throw_size("theta", detail::count(theta.rows()), detail::count(rows_));
    return how_.c(rows_);
  }

  void check_moments(std::size_t size) const {
    const std::size_t needed = detail::count(rows_) * EQP_PARTIAL_MOMENTS;
    if (size != needed) detail::throw_size("moments", size, needed);
  }

  partial_options how_;
  std::int64_t rows_;
  std::vector<double> records_;
};

/* Which driver serves a device; see eqp_backend. */
enum class backend : std::int32_t { opencl = EQP_OPENCL, cuda = EQP_CUDA };

/* What a driver says about a device; see eqp_device_properties. */
struct device_properties {
  equipoise::backend backend;
  std::int32_t index;
  std::string name;
  std::string driver;
  std::int64_t memory; /* bytes */
  std::int32_t units;
  bool has_f64; /* false: the device cannot solve */
};

/* A device that is open for solving; see eqp_device_open. Moves, does not copy. May be used from any number of threads at once. */
class device {
 public:
  /* Devices of a backend on this machine; 0 where its driver is missing. */
  [[nodiscard]] static std::int32_t count(equipoise::backend backend) {
    std::int32_t found = 0;
    detail::check(eqp_device_count(static_cast<eqp_backend>(backend), &found));
    return found;
  }

  /* What a device is, without opening it. */
  [[nodiscard]] static device_properties info(equipoise::backend backend, std::int32_t index) {
    eqp_device_properties answer{};
    answer.struct_size = sizeof answer;
    detail::check(eqp_device_info(static_cast<eqp_backend>(backend), index, &answer));
    return {static_cast<equipoise::backend>(answer.backend),
            answer.index,
            answer.name,
            answer.driver,
            answer.memory,
            answer.units,
            answer.has_f64 != 0};
  }

  /* context: the caller's cl_context, or null. */
  explicit device(equipoise::backend backend, std::int32_t index = 0, void *context = nullptr) {
    eqp_device *opened = nullptr;
    detail::check(eqp_device_open(static_cast<eqp_backend>(backend), index, context, &opened));
    device_.reset(opened);
  }

  /* Device memory: a device pointer, or a cl_mem. */
  [[nodiscard]] void *allocate(std::size_t bytes) const {
    void *memory = nullptr;
    detail::check(eqp_device_allocate(device_.get(), bytes, &memory));
    return memory;
  }

  void free(void *memory) const noexcept { eqp_device_free(device_.get(), memory); }

  /* Bytes of workspace that solve needs for these arguments. */
  [[nodiscard]] std::size_t workspace_size(const const_matrix &theta, const const_matrix &target, const options &how,
                                           const outputs &to) const {
    const eqp_solve_options what = how.c(theta.rows());
    const eqp_solution where = to.c(theta.rows());
    std::size_t bytes = 0;
    detail::check(eqp_device_workspace_size(device_.get(), theta.c(), target.c(), &what, &where, &bytes));
    return bytes;
  }

  /* solve on device memory, enqueued on a stream (a CUstream or cl_command_queue; null: the default one) and not waited for: every view's
   * pointer is the device's. See eqp_device_solve. */
  void solve(const const_matrix &theta, const const_matrix &target, const options &how, const outputs &to, void *workspace,
             std::size_t workspace_bytes, void *stream) const {
    const eqp_solve_options what = how.c(theta.rows());
    eqp_solution where = to.c(theta.rows());
    detail::check(eqp_device_solve(device_.get(), theta.c(), target.c(), &what, &where, workspace, workspace_bytes, stream));
  }

  /* Waits until a stream has done all its work; throws what failed in it. */
  void synchronize(void *stream) const { detail::check(eqp_device_synchronize(device_.get(), stream)); }

  /* solve on host memory, done when it returns. */
  void solve_host(const const_matrix &theta, const const_matrix &target, const options &how, const outputs &to) const {
    const eqp_solve_options what = how.c(theta.rows());
    eqp_solution where = to.c(theta.rows());
    detail::check(eqp_device_solve_host(device_.get(), theta.c(), target.c(), &what, &where));
  }

  /* The device as C knows it. */
  [[nodiscard]] eqp_device *c() const noexcept { return device_.get(); }

 private:
  struct closer {
    void operator()(eqp_device *opened) const noexcept { eqp_device_close(opened); }
  };

  std::unique_ptr<eqp_device, closer> device_;
};

/* Gradients of KL(p||q) in both rows of scores into the caller's buffers; see eqp_kl_gradient. An empty matrix is not wanted; empty weights
 * are 1; the statuses are optional. Allocates nothing. */
inline void kl_gradient(const const_matrix &p, const const_matrix &q, const options &how, span<const double> weights, const matrix &grad_p,
                        const matrix &grad_q, span<row_status> statuses = {}) {
  const std::int64_t rows = p.rows();
  const eqp_solve_options what = how.c(rows);
  detail::check(eqp_kl_gradient(p.c(), q.c(), &what, detail::per_row("weights", weights, rows), detail::wanted(grad_p),
                                detail::wanted(grad_q), detail::statuses(statuses, rows)));
}

/* What a loss is to the answers of a solve; what is left empty is 0. See eqp_cotangents. */
struct cotangents {
  span<const double> alpha{};
  const_matrix log_q{};
  span<const double> kl{};
  span<const double> kl_held{};
};

/* The vector-Jacobian product of a solve into the caller's buffers; see eqp_solve_vjp. An empty matrix is not wanted; the statuses are
 * optional. Allocates nothing. */
inline void solve_vjp(const const_matrix &theta, const const_matrix &target, const options &how, span<const double> alpha,
                      const cotangents &given, const matrix &grad_theta, const matrix &grad_target, span<row_status> statuses = {}) {
  const std::int64_t rows = theta.rows();
  const eqp_solve_options what = how.c(rows);
  eqp_cotangents where{};
  where.struct_size = sizeof where;
  where.alpha = detail::per_row("alpha", given.alpha, rows);
  where.log_q = detail::wanted(given.log_q);
  where.kl = detail::per_row("kl", given.kl, rows);
  where.kl_held = detail::per_row("kl_held", given.kl_held, rows);
  detail::check(eqp_solve_vjp(theta.c(), target.c(), &what, detail::per_row("alpha", alpha, rows), &where, detail::wanted(grad_theta),
                              detail::wanted(grad_target), detail::statuses(statuses, rows)));
}

/* A point of a straight line between two distributions, of every row into point; see eqp_geodesic. Allocates nothing. */
inline void geodesic(const const_matrix &theta, const const_matrix &target, geodesic_kind kind, const options &how, const matrix &point,
                     span<row_status> statuses = {}) {
  const eqp_solve_options what = how.c(theta.rows());
  detail::check(eqp_geodesic(theta.c(), target.c(), static_cast<eqp_geodesic_kind>(kind), &what, point.c(),
                             detail::statuses(statuses, theta.rows())));
}

namespace detail {

/* What the estimators of stochastic approximation have in common: a handle of C's that moves, and its state. */
template <class Handle, void (*Free)(Handle *), std::int64_t (*Size)(const Handle *), eqp_status (*Save)(const Handle *, double *),
          eqp_status (*Restore)(Handle *, const double *, std::int64_t)>
class estimator {
 public:
  /* The state as numbers, to be given to restore of one that was made alike. */
  [[nodiscard]] std::vector<double> save() const {
    std::vector<double> state(count(Size(handle_.get())));
    check(Save(handle_.get(), state.data()));
    return state;
  }
  void restore(span<const double> state) { check(Restore(handle_.get(), state.data(), static_cast<std::int64_t>(state.size()))); }

  /* The estimator as C knows it. */
  [[nodiscard]] Handle *c() const noexcept { return handle_.get(); }

 protected:
  void own(Handle *made) noexcept { handle_.reset(made); }

 private:
  struct deleter {
    void operator()(Handle *handle) const noexcept { Free(handle); }
  };
  std::unique_ptr<Handle, deleter> handle_;
};

inline void same_size(const char *argument, std::size_t size, std::int64_t needed) {
  if (size != count(needed)) throw_size(argument, size, count(needed));
}

}  // namespace detail

/* Means and variances of streams; see eqp_running_mean. Moves, does not copy; one thread at a time. */
class running_mean : public detail::estimator<eqp_running_mean, eqp_running_mean_free, eqp_running_mean_state_size, eqp_running_mean_save,
                                              eqp_running_mean_restore> {
 public:
  explicit running_mean(std::int64_t size = 1) : size_(size) {
    eqp_running_mean *made = nullptr;
    detail::check(eqp_running_mean_create(size, &made));
    own(made);
  }

  /* Takes x [samples, size]. */
  void update(span<const double> x) {
    const std::int64_t samples = static_cast<std::int64_t>(x.size()) / size_;
    detail::same_size("x", x.size(), samples * size_);
    detail::check(eqp_running_mean_update(c(), x.data(), samples));
  }
  void update(double x) { update(span<const double>(&x, 1)); }

  [[nodiscard]] std::vector<double> mean() const {
    std::vector<double> values(detail::count(size_));
    detail::check(eqp_running_mean_read(c(), values.data(), nullptr, nullptr));
    return values;
  }
  /* Of n - 1. */
  [[nodiscard]] std::vector<double> variance() const {
    std::vector<double> values(detail::count(size_));
    detail::check(eqp_running_mean_read(c(), nullptr, values.data(), nullptr));
    return values;
  }
  [[nodiscard]] std::int64_t count() const {
    std::int64_t values = 0;
    detail::check(eqp_running_mean_read(c(), nullptr, nullptr, &values));
    return values;
  }

 private:
  std::int64_t size_;
};

/* How robbins_monro steps; see eqp_robbins_monro_options. */
class robbins_monro_options : public detail::setters<robbins_monro_options, eqp_robbins_monro_options> {
 public:
  robbins_monro_options() : setters(eqp_robbins_monro_options_init) {}

  /* a_k = c / (k + k0)^gamma */
  robbins_monro_options &steps(double c, double k0 = 0, double gamma = 1) noexcept {
    return set(c_.c, c).set(c_.k0, k0).set(c_.gamma, gamma);
  }
  robbins_monro_options &interval(double low, double high) noexcept { return set(c_.low, low).set(c_.high, high); }
  robbins_monro_options &step_clip(double value) noexcept { return set(c_.step_clip, value); }
  robbins_monro_options &tracking(bool value = true) noexcept { return set(c_.tracking, std::int32_t{value}); }

  [[nodiscard]] const eqp_robbins_monro_options *c() const noexcept { return &c_; }
};

/* Roots of functions known by noisy values; see eqp_robbins_monro. Moves, does not copy; one thread at a time. */
class robbins_monro : public detail::estimator<eqp_robbins_monro, eqp_robbins_monro_free, eqp_robbins_monro_state_size,
                                               eqp_robbins_monro_save, eqp_robbins_monro_restore> {
 public:
  explicit robbins_monro(span<const double> w, const robbins_monro_options &how = {}) : size_(static_cast<std::int64_t>(w.size())) {
    eqp_robbins_monro *made = nullptr;
    detail::check(eqp_robbins_monro_create(size_, w.data(), how.c(), &made));
    own(made);
  }

  void step(span<const double> g) {
    detail::same_size("g", g.size(), size_);
    detail::check(eqp_robbins_monro_step(c(), g.data()));
  }

  [[nodiscard]] std::vector<double> w() const {
    std::vector<double> values(detail::count(size_));
    detail::check(eqp_robbins_monro_read(c(), values.data(), nullptr, nullptr));
    return values;
  }
  /* Polyak and Ruppert's. */
  [[nodiscard]] std::vector<double> average() const {
    std::vector<double> values(detail::count(size_));
    detail::check(eqp_robbins_monro_read(c(), nullptr, values.data(), nullptr));
    return values;
  }
  [[nodiscard]] std::int64_t k() const {
    std::int64_t steps = 0;
    detail::check(eqp_robbins_monro_read(c(), nullptr, nullptr, &steps));
    return steps;
  }

 private:
  std::int64_t size_;
};

/* How large the steps of an alpha_tracker are; see eqp_gain. */
enum class gain : std::int32_t { harmonic = EQP_GAIN_HARMONIC, sqrt = EQP_GAIN_SQRT, constant = EQP_GAIN_CONSTANT };

/* alpha* from samples; see eqp_alpha_tracker. Moves, does not copy; one thread at a time. */
class alpha_tracker : public detail::estimator<eqp_alpha_tracker, eqp_alpha_tracker_free, eqp_alpha_tracker_state_size,
                                               eqp_alpha_tracker_save, eqp_alpha_tracker_restore> {
 public:
  explicit alpha_tracker(std::int64_t rows, equipoise::gain rule = gain::harmonic, double constant = 0.1, double alpha = 0.5)
      : rows_(rows) {
    eqp_alpha_tracker_options what;
    detail::check(eqp_alpha_tracker_options_init(&what, sizeof what));
    what.gain = static_cast<eqp_gain>(rule);
    what.constant = constant;
    what.alpha = alpha;
    eqp_alpha_tracker *made = nullptr;
    detail::check(eqp_alpha_tracker_create(rows, &what, &made));
    own(made);
  }

  /* log_ratio [rows, samples]: log pi_t - log pi_theta of tokens drawn from q_alpha. The mask and the statuses are optional. */
  void update(span<const double> log_ratio, span<const std::uint8_t> row_mask = {}, span<row_status> statuses = {}) {
    const std::int64_t samples = static_cast<std::int64_t>(log_ratio.size()) / rows_;
    detail::same_size("log_ratio", log_ratio.size(), samples * rows_);
    detail::check(eqp_alpha_tracker_update(c(), log_ratio.data(), samples, detail::per_row("row_mask", row_mask, rows_),
                                           detail::statuses(statuses, rows_)));
  }

  /* [rows, samples] each, of tokens drawn from any other policy mu. */
  void update_off_path(span<const double> log_theta, span<const double> log_target, span<const double> log_mu,
                       span<const std::uint8_t> row_mask = {}, span<row_status> statuses = {}) {
    const std::int64_t samples = static_cast<std::int64_t>(log_mu.size()) / rows_;
    detail::same_size("log_mu", log_mu.size(), samples * rows_);
    detail::same_size("log_theta", log_theta.size(), samples * rows_);
    detail::same_size("log_target", log_target.size(), samples * rows_);
    detail::check(eqp_alpha_tracker_update_off_path(c(), log_theta.data(), log_target.data(), log_mu.data(), samples,
                                                    detail::per_row("row_mask", row_mask, rows_), detail::statuses(statuses, rows_)));
  }

  [[nodiscard]] std::vector<double> alpha() const {
    std::vector<double> values(detail::count(rows_));
    detail::check(eqp_alpha_tracker_read(c(), values.data(), nullptr, nullptr));
    return values;
  }
  /* The estimates of Var_q[log pi_t - log pi_theta]. */
  [[nodiscard]] std::vector<double> variance() const {
    std::vector<double> values(detail::count(rows_));
    detail::check(eqp_alpha_tracker_read(c(), nullptr, values.data(), nullptr));
    return values;
  }
  [[nodiscard]] std::vector<std::int64_t> updates() const {
    std::vector<std::int64_t> values(detail::count(rows_));
    detail::check(eqp_alpha_tracker_read(c(), nullptr, nullptr, values.data()));
    return values;
  }

 private:
  std::int64_t rows_;
};

/* How a simulated process runs; see eqp_dvoretzky_options and eqp_sgd_options. */
struct process {
  std::int64_t steps = 1000;
  std::int64_t every = 0; /* a value is kept every so many steps; 0 = the last alone */
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;
  double initial = 1;
  std::int32_t threads = 0;
};

/* c / (k + k0)^gamma. */
struct step_rule {
  double c = 1;
  double gamma = 1;
  double k0 = 0;
};

namespace detail {
inline std::vector<double> kept(std::int64_t paths, const process &run) {
  const std::int64_t every = run.every > 0 ? run.every : run.steps;
  return std::vector<double>(count(paths) * count(every > 0 ? run.steps / every : 0));
}
}  // namespace detail

/* Paths of Delta <- (1 - alpha_k) Delta + beta_k eta_k: [steps / every, paths]. The rules' k0 is 0. */
[[nodiscard]] inline std::vector<double> dvoretzky(std::int64_t paths, const step_rule &alpha, const step_rule &beta,
                                                   const process &run = {}) {
  eqp_dvoretzky_options what;
  detail::check(eqp_dvoretzky_options_init(&what, sizeof what));
  what.initial = run.initial;
  what.alpha_c = alpha.c;
  what.alpha_gamma = alpha.gamma;
  what.beta_c = beta.c;
  what.beta_gamma = beta.gamma;
  what.seed = run.seed;
  what.stream = run.stream;
  what.steps = run.steps;
  what.every = run.every;
  what.threads = run.threads;
  std::vector<double> values = detail::kept(paths, run);
  detail::check(eqp_dvoretzky(paths, &what, values.data()));
  return values;
}

/* The gradient that sgd follows; see eqp_sgd_objective. */
enum class sgd_objective : std::int32_t { quadratic = EQP_SGD_QUADRATIC, log_cosh = EQP_SGD_LOG_COSH };

/* Paths of w <- w - a_k grad f(w, x), x normal about center: [steps / every, paths]. */
[[nodiscard]] inline std::vector<double> sgd(std::int64_t paths, sgd_objective objective, double center, double noise,
                                             const step_rule &rule = {}, const process &run = {}) {
  eqp_sgd_options what;
  detail::check(eqp_sgd_options_init(&what, sizeof what));
  what.objective = static_cast<eqp_sgd_objective>(objective);
  what.initial = run.initial;
  what.center = center;
  what.noise = noise;
  what.c = rule.c;
  what.k0 = rule.k0;
  what.gamma = rule.gamma;
  what.seed = run.seed;
  what.stream = run.stream;
  what.steps = run.steps;
  what.every = run.every;
  what.threads = run.threads;
  std::vector<double> values = detail::kept(paths, run);
  detail::check(eqp_sgd(paths, &what, values.data()));
  return values;
}

}  // inline namespace
}  // namespace equipoise

#endif  // EQUIPOISE_HPP
