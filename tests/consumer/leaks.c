/* Calls of every kind, with results and with errors, each handle freed: valgrind says whether anything is left
 * or read wrongly. Little is proven, for Z3 takes its time under valgrind. */
#include <bpfopt/bpfopt.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

static void Demand(int holds) {
  if (!holds) abort();
}

static void AddHost(void *context, const char *name, bpfopt_add_address add, void *sink) {
  (void)context;
  if (strcmp(name, "box0") == 0) add(sink, "\xc0\x00\x02\x01", 4);
}

static int ReadList(void *context, const char *name, bpfopt_add_text add, void *sink) {
  (void)context;
  (void)name;
  add(sink, "192.0.2.1\n", 10);
  add(sink, "192.0.2.9\n", 10);
  return 0;
}

int main(void) {
  bpfopt_compiler *compiler = bpfopt_new();
  bpfopt_result *result = NULL;
  bpfopt_verdict *verdict = NULL;
  bpfopt_instruction *parsed = NULL;
  struct bpf_program program;
  char *text = NULL;
  size_t count = 0;
  size_t parsed_count = 0;
  uint32_t keep = 0;

  Demand(bpfopt_set(compiler, BPFOPT_LEVEL, 1) == BPFOPT_OK);
  Demand(bpfopt_set(compiler, BPFOPT_LEVEL, 9) == BPFOPT_ERROR_INPUT);
  Demand(bpfopt_set_hosts(compiler, "192.0.2.7 box1\n", 15) == BPFOPT_OK);
  bpfopt_set_host_resolver(compiler, AddHost, NULL);
  bpfopt_set_file_reader(compiler, ReadList, NULL);

  Demand(bpfopt_compile(compiler, "host box0 or src host in { @list } or bort", &result) == BPFOPT_ERROR_INPUT);
  Demand(bpfopt_error_column(compiler) == 39);
  Demand(bpfopt_compile(compiler, "host box0 or host box1 or src host in { @list }", &result) == BPFOPT_OK);

  const bpfopt_instruction *instructions = bpfopt_result_instructions(result, &count);
  Demand(bpfopt_format(compiler, instructions, count, "asm", &text) == BPFOPT_OK);
  Demand(bpfopt_parse(compiler, text, strlen(text), &parsed, &parsed_count) == BPFOPT_OK);
  Demand(parsed_count == count && memcmp(parsed, instructions, count * sizeof(*parsed)) == 0);
  Demand(bpfopt_run(compiler, parsed, count, "", 0, 60, &keep) == BPFOPT_OK && keep == 0);
  Demand(bpfopt_verify(compiler, instructions, count, parsed, parsed_count, NULL) == BPFOPT_EQUAL);
  parsed[parsed_count - 1].k ^= 1;
  Demand(bpfopt_verify(compiler, instructions, count, parsed, parsed_count, &verdict) == BPFOPT_DIFFERENT);
  Demand(strlen(bpfopt_verdict_text(verdict)) > 0);

  Demand(bpfopt_compile_pcap(compiler, "tcp port 80", &program) == BPFOPT_OK);
  Demand(bpfopt_optimize_pcap(compiler, &program) == BPFOPT_OK);
  pcap_freecode(&program);

  /* One that Z3 is asked about. */
  Demand(bpfopt_set(compiler, BPFOPT_LEVEL, 2) == BPFOPT_OK);
  Demand(bpfopt_compile_pcap(compiler, "ip[0] * ip[1] = 6", &program) == BPFOPT_OK);
  pcap_freecode(&program);
  bpfopt_cancel(compiler);
  Demand(bpfopt_compile_pcap(compiler, "tcp port 80", &program) == BPFOPT_ERROR_CANCELLED);

  bpfopt_free_text(text);
  bpfopt_free_instructions(parsed);
  bpfopt_verdict_free(verdict);
  bpfopt_result_free(result);
  bpfopt_free(compiler);
  return 0;
}
