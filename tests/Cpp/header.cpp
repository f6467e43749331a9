// The headers alone, as C++: equipoise.hpp stands on its own, and every template in it compiles.
#include "equipoise.hpp"

template struct equipoise::basic_solution<float>;
template equipoise::basic_solution<equipoise::bf16> equipoise::solve<equipoise::bf16>(const const_matrix &, const const_matrix &,
                                                                                      const options &, want);

int main() { return equipoise::kl({}, {}).empty() ? 0 : 1; }
