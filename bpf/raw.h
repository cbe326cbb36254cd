// Programs as bytes: struct sock_filter (linux/filter.h), eight bytes an instruction: code in two, jt, jf, k
// in four, in either byte order.
#ifndef BPFOPT_BPF_RAW_H
#define BPFOPT_BPF_RAW_H

#include "bpfopt/error.h"
#include "bpfopt/format.h"
#include "bpfopt/program.h"

#include <string>
#include <string_view>

namespace bpfopt::bpf {

std::string EncodeRaw(const Program& program, ByteOrder order);
// An error when the size is no multiple of eight. Any bytes are a program otherwise, which Check() may
// refuse.
Expected<Program> DecodeRaw(std::string_view bytes, ByteOrder order);

}  // namespace bpfopt::bpf

#endif  // BPFOPT_BPF_RAW_H
