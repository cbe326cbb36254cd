#include "passes/facts.h"
