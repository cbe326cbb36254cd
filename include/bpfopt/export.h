/* What the shared library shows: all that is declared with BPFOPT_API, and nothing else. */
#ifndef BPFOPT_EXPORT_H
#define BPFOPT_EXPORT_H

#ifdef __cplusplus
#define BPFOPT_API [[gnu::visibility("default")]]
#else
#define BPFOPT_API __attribute__((visibility("default")))
#endif

#endif /* BPFOPT_EXPORT_H */
