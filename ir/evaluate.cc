#include "ir/evaluate.h"
