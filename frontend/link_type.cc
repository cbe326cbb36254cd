#include "frontend/link_type.h"
