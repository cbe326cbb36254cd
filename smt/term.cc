#include "smt/term.h"
