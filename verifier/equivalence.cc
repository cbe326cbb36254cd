#include "verifier/equivalence.h"
