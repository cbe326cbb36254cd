#include "frontend/parser.h"
