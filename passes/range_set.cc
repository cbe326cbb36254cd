#include "passes/range_set.h"
