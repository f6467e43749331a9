// A decoding loop as llama.cpp has it: at every step two models leave their logits in buffers of their own, and the next token is drawn
// from the q* between them by eqp_sample, which never writes q*. All buffers are made before the loop: a step allocates nothing. A draw is
// a function of the logits, the seed, the sequence's stream and the step, so that a run can be repeated, resumed and split.
//
//   usage: example_decode [steps [seed]]
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <equipoise.hpp>
#include <vector>

namespace {

constexpr std::int64_t vocabulary = 32000;

// Stands for a model and its context; decode and logits are llama_decode and llama_get_logits.
class model {
 public:
  explicit model(unsigned stride) : stride_(stride), logits_(vocabulary) {}

  void decode(std::int64_t token) {
    const float sharpness = 5.0f + static_cast<float>(token * stride_ % 5);
    for (std::int64_t y = 0; y < vocabulary; y++) logits_[static_cast<std::size_t>(y)] = sharpness * wave((y + token) * stride_);
  }

  [[nodiscard]] const std::vector<float> &logits() const { return logits_; }

 private:
  static float wave(std::int64_t x) { return std::sin(static_cast<float>(x % 1009)); }

  unsigned stride_;
  std::vector<float> logits_;
};

}  // namespace

int main(int argc, char **argv) try {
  const std::uint64_t steps = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 12,
                      seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 7;
  model policy(3), target(5);
  const equipoise::const_matrix theta(policy.logits(), 1, vocabulary), other(target.logits(), 1, vocabulary);

  const auto which = equipoise::options().temperature(0.8).threads(1);
  auto how = equipoise::sample_options(1, seed).top_p(0.95);
  std::vector<std::int64_t> token(1);
  std::vector<double> alpha(1), log_q(1), weight(1);
  equipoise::sample_outputs to;
  to.tokens = token;
  to.alpha = alpha;
  to.log_q = log_q;
  to.weights = weight;

  std::printf("step  token  alpha*  log q*(token)  pi_theta/q*\n");
  for (std::uint64_t step = 0; step < steps; step++) {
    policy.decode(token[0]);
    target.decode(token[0]);
    equipoise::sample(theta, other, which, how.offset(step), to);
    std::printf("%4d  %5d  %.4f  %13.4f  %11.4f\n", static_cast<int>(step), static_cast<int>(token[0]), alpha[0], log_q[0], weight[0]);
  }
  return 0;
} catch (const equipoise::error &failure) {
  std::fprintf(stderr, "%s\n", failure.what());
  return 1;
}
