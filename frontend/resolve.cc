#include "frontend/resolve.h"
