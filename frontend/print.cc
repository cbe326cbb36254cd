#include "frontend/print.h"
