#include "ir/function.h"
