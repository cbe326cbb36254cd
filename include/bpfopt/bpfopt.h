/* bpfopt in C: filters to proven classic BPF, and smaller programs out of those that others made.
 *
 *   bpfopt_compiler *compiler = bpfopt_new();
 *   struct bpf_program program;
 *   if (bpfopt_compile_pcap(compiler, "tcp port 80", &program) != BPFOPT_OK) {
 *     fprintf(stderr, "column %zu: %s\n", bpfopt_error_column(compiler), bpfopt_error_message(compiler));
 *     return 1;
 *   }
 *   printf("%u instructions\n", program.bf_len);
 *   pcap_freecode(&program);
 *   bpfopt_free(compiler);
 *
 * Handles. A bpfopt_compiler holds options and the last error; results and verdicts are handles of their own,
 * which outlive the compiler that made them. Each is freed by the caller, and a free of NULL does nothing.
 * What a function lends (`const`) is valid until its handle is freed, or as it says.
 *
 * Errors. Functions that can fail return BPFOPT_OK, which is 0, or a negative bpfopt_status; then the
 * compiler has the message and the place, and out parameters are as they were. Nothing is printed, and the
 * process is never ended.
 *
 * Threads. Different compilers may be used at the same time. One compiler is for one thread at a time, but
 * for bpfopt_cancel. Results and verdicts may be read by several threads.
 *
 * ABI. Handles are opaque, options go through setters by number, and numbers are never given another meaning:
 * a program built with this header runs with every later library of the same soname. An option or a value
 * that the library is too old for is BPFOPT_ERROR_INPUT.
 */
#ifndef BPFOPT_BPFOPT_H
#define BPFOPT_BPFOPT_H

#include "bpfopt/export.h"

#include <stddef.h> /* NOLINT: a header for C */
#include <stdint.h> /* NOLINT */

#ifdef __cplusplus
extern "C" {
#endif

struct bpf_program; /* libpcap's, in <pcap/bpf.h>; not needed where no function with `pcap` is used */

typedef struct bpfopt_compiler bpfopt_compiler;
typedef struct bpfopt_result bpfopt_result;
typedef struct bpfopt_verdict bpfopt_verdict;

/* Same layout as struct sock_filter of Linux and struct bpf_insn of libpcap: cast an array to either. */
typedef struct bpfopt_instruction {
  uint16_t code;
  uint8_t jt;
  uint8_t jf;
  uint32_t k;
} bpfopt_instruction;

typedef enum bpfopt_status {
  BPFOPT_OK = 0,
  BPFOPT_ERROR_INPUT = -1,     /* the filter, program or option is wrong */
  BPFOPT_ERROR_TOO_LARGE = -2, /* the program does not fit BPFOPT_LIMIT */
  BPFOPT_ERROR_UNPROVEN = -3,  /* a proof was required and its budget ran out */
  BPFOPT_ERROR_CANCELLED = -4, /* bpfopt_cancel, or the time limit */
  BPFOPT_ERROR_MEMORY = -5,    /* there is none left */
  BPFOPT_ERROR_INTERNAL = -6   /* a bug of bpfopt */
} bpfopt_status;

/* "0.1.0"; never freed. */
BPFOPT_API const char* bpfopt_version(void);

/* --- Compilers ------------------------------------------------------------------------------------------ */

/* With the defaults that bpfopt_option names. NULL: no memory. */
BPFOPT_API bpfopt_compiler* bpfopt_new(void);
BPFOPT_API void bpfopt_free(bpfopt_compiler* compiler);

typedef enum bpfopt_option {
  BPFOPT_LEVEL = 1,     /* 0: as written, 1: without a solver, 2: everything (default), 3: superoptimizer */
  BPFOPT_RELATION = 2,  /* a bpfopt_relation */
  BPFOPT_OBJECTIVE = 3, /* a bpfopt_objective */
  BPFOPT_TARGET = 4,    /* a bpfopt_target */
  BPFOPT_PROOF = 5,     /* a bpfopt_proof */
  BPFOPT_LIMIT = 6,     /* most instructions; 4096 */
  BPFOPT_LINK_TYPE = 7, /* a DLT_ number; 1, Ethernet */
  BPFOPT_SNAPLEN = 8,   /* verdict for what is accepted; 262144 */
  BPFOPT_NETMASK = 9,   /* host order, or BPFOPT_NETMASK_UNKNOWN (default) */
  BPFOPT_ORIGIN = 10,   /* a bpfopt_origin */
  BPFOPT_PROTOCHAIN_DEPTH = 11, /* headers that `protochain` follows; 6 */
  /* Budgets in steps: the same on every machine, so the same program comes out everywhere. */
  BPFOPT_SMT_STEPS = 12,   /* Z3's resource units, for the passes */
  BPFOPT_PROOF_STEPS = 13, /* the same, for each proof */
  BPFOPT_PROOF_NODES = 14, /* program points that a proof may unfold */
  BPFOPT_SEARCH = 15,      /* register assignments that may be tried */
  /* Wall-clock time for each call, in milliseconds; 0: none (default). Whether a call ends in time depends
   * on the machine and its load, so with this there is a result here and BPFOPT_ERROR_CANCELLED there. */
  BPFOPT_TIME_LIMIT = 16
} bpfopt_option;

#define BPFOPT_NETMASK_UNKNOWN UINT64_MAX

typedef enum bpfopt_relation {
  BPFOPT_RELATION_DEFAULT = 0, /* faithful for filters, strict for programs */
  BPFOPT_STRICT = 1,           /* the same verdict for every packet and every captured length */
  BPFOPT_FAITHFUL = 2          /* but for packets too short for some field */
} bpfopt_relation;

typedef enum bpfopt_objective {
  BPFOPT_BALANCED = 0, /* fewest instructions, some more where that is much quicker (default) */
  BPFOPT_SIZE = 1,
  BPFOPT_SPEED = 2
} bpfopt_objective;

typedef enum bpfopt_target {
  BPFOPT_TARGET_PCAP = 0, /* libpcap's interpreter; proven under the kernel's rules too (default) */
  BPFOPT_TARGET_LINUX = 1,
  BPFOPT_TARGET_SECCOMP = 2
} bpfopt_target;

typedef enum bpfopt_proof {
  BPFOPT_PROOF_DEFAULT = 0, /* on from level 2 on */
  BPFOPT_PROOF_OFF = 1,
  BPFOPT_PROOF_ON = 2,      /* where the budget runs out: the best program that is proven */
  BPFOPT_PROOF_REQUIRED = 3 /* there: BPFOPT_ERROR_UNPROVEN */
} bpfopt_proof;

typedef enum bpfopt_origin {
  BPFOPT_ORIGIN_INTERFACE = 0, /* of this host (default) */
  BPFOPT_ORIGIN_SAVEFILE = 1,
  BPFOPT_ORIGIN_SWAPPED_SAVEFILE = 2 /* from a host with the other byte order */
} bpfopt_origin;

BPFOPT_API int bpfopt_set(bpfopt_compiler* compiler, int option, uint64_t value);
/* A DLT_ name without the prefix, such as "EN10MB". */
BPFOPT_API int bpfopt_set_link_type(bpfopt_compiler* compiler, const char* name);
/* Leaves a pass out, by its name (bpfopt_pass_name). */
BPFOPT_API int bpfopt_disable_pass(bpfopt_compiler* compiler, const char* name);

/* hosts(5) text, asked before the system is; it replaces what was set before. NULL: none. */
BPFOPT_API int bpfopt_set_hosts(bpfopt_compiler* compiler, const char* text, size_t length);

/* Answers a host's name before hosts text and system: calls add(sink, address, size) for each address, in
 * network order, size 4 or 16, in the order in which tests are to be made. When it adds none, the next is
 * asked. NULL: none. `context` is handed on. */
typedef void (*bpfopt_add_address)(void* sink, const void* address, size_t size);
typedef void (*bpfopt_host_resolver)(void* context, const char* name, bpfopt_add_address add, void* sink);
BPFOPT_API void bpfopt_set_host_resolver(bpfopt_compiler* compiler, bpfopt_host_resolver resolver,
                                         void* context);

/* Reads the file that `@NAME` in a set names: calls add(sink, text, size), once or for each part, and returns
 * 0; or returns another number, and what it added last is the error's message. Without one, such a set is an
 * error: the library opens no files. */
typedef void (*bpfopt_add_text)(void* sink, const char* text, size_t size);
typedef int (*bpfopt_file_reader)(void* context, const char* name, bpfopt_add_text add, void* sink);
BPFOPT_API void bpfopt_set_file_reader(bpfopt_compiler* compiler, bpfopt_file_reader reader, void* context);

/* From any thread: the call that this compiler is in ends soon with BPFOPT_ERROR_CANCELLED, and so do all
 * others until bpfopt_resume. Not for signal handlers. */
BPFOPT_API void bpfopt_cancel(bpfopt_compiler* compiler);
BPFOPT_API void bpfopt_resume(bpfopt_compiler* compiler);

/* --- The last error ------------------------------------------------------------------------------------- */

/* Of the last call on this compiler that can fail: "" when it did not. Valid until the next such call. */
BPFOPT_API const char* bpfopt_error_message(const bpfopt_compiler* compiler);
/* Where in the filter or text: bytes from its start, and how many. No place: offset SIZE_MAX, length 0. */
BPFOPT_API size_t bpfopt_error_offset(const bpfopt_compiler* compiler);
BPFOPT_API size_t bpfopt_error_length(const bpfopt_compiler* compiler);
/* The same place, from 1 on, in bytes of its line; 0: no place. */
BPFOPT_API size_t bpfopt_error_line(const bpfopt_compiler* compiler);
BPFOPT_API size_t bpfopt_error_column(const bpfopt_compiler* compiler);

/* --- libpcap's programs --------------------------------------------------------------------------------- */

/* Fills `program` for pcap_setfilter; it is freed by pcap_freecode, and what it held before is not. */
BPFOPT_API int bpfopt_compile_pcap(bpfopt_compiler* compiler, const char* filter,
                                   struct bpf_program* program);
/* In place, for a program from pcap_compile or from here. On an error it is as it was. */
BPFOPT_API int bpfopt_optimize_pcap(bpfopt_compiler* compiler, struct bpf_program* program);
/* As bpfopt_verify. */
BPFOPT_API int bpfopt_verify_pcap(bpfopt_compiler* compiler, const struct bpf_program* source,
                                  const struct bpf_program* result, bpfopt_verdict** verdict);

/* --- Results -------------------------------------------------------------------------------------------- */

BPFOPT_API int bpfopt_compile(bpfopt_compiler* compiler, const char* filter, bpfopt_result** result);
/* Never larger than what was given; what nothing better is found for comes back as it was. */
BPFOPT_API int bpfopt_optimize(bpfopt_compiler* compiler, const bpfopt_instruction* instructions,
                               size_t count, bpfopt_result** result);
BPFOPT_API void bpfopt_result_free(bpfopt_result* result);

BPFOPT_API const bpfopt_instruction* bpfopt_result_instructions(const bpfopt_result* result, size_t* count);
/* 1: proven equal to the source under the relation asked for. */
BPFOPT_API int bpfopt_result_is_proven(const bpfopt_result* result);
/* What it is proven against: of a filter libpcap's unoptimized program, or where libpcap does not take the
 * filter, bpfopt's own. */
BPFOPT_API const bpfopt_instruction* bpfopt_result_source(const bpfopt_result* result, size_t* count);

typedef enum bpfopt_severity { BPFOPT_NOTE = 0, BPFOPT_WARNING = 1 } bpfopt_severity;
/* What there is to say about the filter. For an index beyond the last: NULL. `offset` and `length` are as of
 * an error; each out parameter may be NULL. */
BPFOPT_API const char* bpfopt_result_diagnostic(const bpfopt_result* result, size_t index,
                                                bpfopt_severity* severity, size_t* offset, size_t* length);

/* --- Questions about programs --------------------------------------------------------------------------- */

typedef enum bpfopt_answer {
  BPFOPT_EQUAL = 0, /* of bpfopt_implies: every packet that the first accepts, the second does */
  BPFOPT_DIFFERENT = 1,
  BPFOPT_UNDECIDED = 2 /* the budget ran out */
} bpfopt_answer;

/* Are two programs equal under the relation (by default strict) and the target's rules? Returns a
 * bpfopt_answer or a negative bpfopt_status. `verdict` may be NULL; else it is set with an answer. */
BPFOPT_API int bpfopt_verify(bpfopt_compiler* compiler, const bpfopt_instruction* source, size_t source_count,
                             const bpfopt_instruction* result, size_t result_count, bpfopt_verdict** verdict);
/* Of a result and its source, with what its random draws stand for; by default under the relation that it was
 * compiled for. */
BPFOPT_API int bpfopt_verify_result(bpfopt_compiler* compiler, const bpfopt_result* result,
                                    bpfopt_verdict** verdict);
BPFOPT_API int bpfopt_implies(bpfopt_compiler* compiler, const bpfopt_instruction* a, size_t a_count,
                              const bpfopt_instruction* b, size_t b_count, bpfopt_verdict** verdict);
BPFOPT_API void bpfopt_verdict_free(bpfopt_verdict* verdict);

/* BPFOPT_DIFFERENT: a packet that shows it, in words, several lines; BPFOPT_UNDECIDED: why; else "". */
BPFOPT_API const char* bpfopt_verdict_text(const bpfopt_verdict* verdict);
/* That packet's captured bytes, and its length on the wire; without a packet NULL. `wire_length` may be NULL.
 */
BPFOPT_API const uint8_t* bpfopt_verdict_packet(const bpfopt_verdict* verdict, size_t* captured_length,
                                                uint32_t* wire_length);

/* Would the target take the program? BPFOPT_OK, or BPFOPT_ERROR_INPUT with the first reason. */
BPFOPT_API int bpfopt_check(bpfopt_compiler* compiler, const bpfopt_instruction* instructions, size_t count);

/* Runs a program that bpfopt_check takes on one packet, by the target's rules: `verdict` is how many bytes of
 * it to keep, 0 rejects. Words that only the kernel knows (ancillary data) are 0. */
BPFOPT_API int bpfopt_run(bpfopt_compiler* compiler, const bpfopt_instruction* instructions, size_t count,
                          const void* captured, size_t captured_length, uint32_t wire_length,
                          uint32_t* verdict);

/* --- Text ----------------------------------------------------------------------------------------------- */

/* A program as text, `format` being "asm", "c", "decimal", "json", "iptables" or "bpf_asm" (docs/formats.md).
 */
BPFOPT_API int bpfopt_format(bpfopt_compiler* compiler, const bpfopt_instruction* instructions, size_t count,
                             const char* format, char** text);
/* Reads any of these, or raw bytes, as it finds them. */
BPFOPT_API int bpfopt_parse(bpfopt_compiler* compiler, const char* text, size_t length,
                            bpfopt_instruction** instructions, size_t* count);
/* What a filter is after a stage of its compile: "parse" and "resolve", as a filter with all of its
 * parentheses; "lower" and the names of passes, as the IR of docs/ir.md; "" after the last pass. */
BPFOPT_API int bpfopt_explain(bpfopt_compiler* compiler, const char* filter, const char* stage, char** text);
/* What bpfopt_format, bpfopt_parse and bpfopt_explain made. */
BPFOPT_API void bpfopt_free_text(char* text);
BPFOPT_API void bpfopt_free_instructions(bpfopt_instruction* instructions);

/* By index from 0; NULL beyond the last. Never freed. */
BPFOPT_API const char* bpfopt_pass_name(size_t index);

#ifdef __cplusplus
}
#endif

#endif /* BPFOPT_BPFOPT_H */
