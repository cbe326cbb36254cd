// Files that bpfopt-bench writes.
#ifndef BPFOPT_BENCH_OUTPUT_FILE_H
#define BPFOPT_BENCH_OUTPUT_FILE_H

#include "bpfopt/error.h"

#include <string>

namespace bpfopt::bench {

// Could the file be written? An error says why not: to be asked before all is measured. "-", standard output,
// can.
Expected<void> CheckWritable(const std::string& path);

// The file appears under its name when it is complete; "-" is standard output. What is there and is no file
// (a device, a pipe) is written directly.
Expected<void> WriteOutput(const std::string& path, const std::string& text);

// An error when it is not there.
Expected<std::string> ReadText(const std::string& path);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_OUTPUT_FILE_H
