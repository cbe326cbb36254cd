#include "passes/partition.h"
