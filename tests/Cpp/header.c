/* The header alone, as C. */
#include "equipoise.h"

int main(void) { return eqp_abi_version() - EQP_ABI_VERSION; }
