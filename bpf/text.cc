#include "bpf/text.h"
