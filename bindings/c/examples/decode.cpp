// A decoding loop: at every step two policies score the next token, and the token is drawn from the q* between them.
// All buffers are made before the loop; a step allocates nothing.
#include <cmath>
#include <cstdio>
#include <equipoise.hpp>
#include <random>
#include <vector>

namespace {

constexpr int vocabulary = 32000;
constexpr int steps = 12;

// Stands for a model's forward pass: logits that depend on the last token.
void score(std::vector<float> &logits, std::size_t token, unsigned model) {
  const float sharpness = 3.0f + static_cast<float>(token * model % 5);
  for (std::size_t y = 0; y < logits.size(); y++) logits[y] = sharpness * std::sin(static_cast<float>((y + token) * model % 1009));
}

// The first token at which the running sum of q passes u.
std::size_t draw(const std::vector<float> &q, double u) {
  std::size_t token = 0;
  for (double sum = q[0]; sum < u && token + 1 < q.size(); sum += q[++token]) {
  }
  return token;
}

}  // namespace

int main() try {
  std::vector<float> theta(vocabulary), target(vocabulary), q(vocabulary);
  std::vector<double> alpha(1), kl(1);

  const equipoise::const_matrix theta_row(theta, 1, vocabulary);
  const equipoise::const_matrix target_row(target, 1, vocabulary);
  const auto options = equipoise::options().threads(1);
  equipoise::outputs outputs;
  outputs.alpha = alpha;
  outputs.q = equipoise::matrix(q, 1, vocabulary);
  outputs.kl_theta = kl;

  std::mt19937 random(7);
  std::uniform_real_distribution<double> uniform;
  std::printf("step  token  alpha*  KL(q*||theta)\n");
  for (std::size_t step = 0, token = 0; step < steps; step++) {
    score(theta, token, 3);
    score(target, token, 5);
    equipoise::solve(theta_row, target_row, options, outputs);
    token = draw(q, uniform(random));
    std::printf("%4zu  %5zu  %.4f  %13.6f\n", step, token, alpha[0], kl[0]);
  }
  return 0;
} catch (const equipoise::error &failure) {
  std::fprintf(stderr, "%s\n", failure.what());
  return 1;
}
