#include "backend/emit.h"
