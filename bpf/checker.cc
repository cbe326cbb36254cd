#include "bpf/checker.h"
