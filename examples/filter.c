#include <bpfopt/bpfopt.h>
#include <pcap/pcap.h>
#include <stdio.h>

int main(void) {
  bpfopt_compiler *compiler = bpfopt_new();
  struct bpf_program program; /* for pcap_setfilter */
  if (bpfopt_compile_pcap(compiler, "tcp port 80 or udp port 53", &program) != BPFOPT_OK) {
    fprintf(stderr, "column %zu: %s\n", bpfopt_error_column(compiler), bpfopt_error_message(compiler));
    return 1;
  }
  bpf_dump(&program, 1);
  pcap_freecode(&program);
  bpfopt_free(compiler);
  return 0;
}
