#include "bpf/interpreter.h"
