#include "ir/check.h"
