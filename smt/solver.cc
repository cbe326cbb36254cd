#include "smt/solver.h"
