/* The example that bpfopt.h opens with. */
#include "bpfopt/bpfopt.h"

#include <stdio.h>

#include <pcap/pcap.h>

int HeaderExample(void);

int HeaderExample(void) {
#include "header_example.inc"
  return 0;
}
