#include "frontend/lower.h"
