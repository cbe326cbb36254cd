// What the Linux kernel needs to hold a program for a socket.
//
//   const bpfopt::Program program = bpfopt::Compile("host 192.0.2.1").value().program;
//   const bool fits = bpfopt::FitsOptmem(bpfopt::KernelMemory(program), bpfopt::kOldOptmemMax);
//
// SO_ATTACH_FILTER charges the kernel's copy to the socket, which may hold less than net.core.optmem_max
// bytes in all; beyond that it fails with ENOMEM, also for programs of fewer than 4096 instructions.
#ifndef BPFOPT_KERNEL_H
#define BPFOPT_KERNEL_H

#include "bpfopt/export.h"
#include "bpfopt/program.h"

#include <cstddef>

namespace bpfopt {

// Bytes that the kernel charges for a program that it takes. It turns each instruction into up to 21 of eBPF,
// and charges those. Exact on 64-bit Linux 6.18 (tests/bpf/kernel_memory_test.cc asks the running kernel);
// since 4.18 its versions differ by at most 40 bytes in what stands before the instructions, and by an
// instruction in loads of ancillary words, where this is the largest of them. net.core.bpf_jit_harden adds to
// it.
BPFOPT_API std::size_t KernelMemory(const Program& program);

// Defaults of net.core.optmem_max: up to Linux 6.8, and since.
inline constexpr std::size_t kOldOptmemMax = 20480;
inline constexpr std::size_t kOptmemMax = 131072;

// Does a socket that holds nothing else take a program of that many bytes?
constexpr bool FitsOptmem(std::size_t bytes, std::size_t optmem_max) { return bytes < optmem_max; }

}  // namespace bpfopt

#endif  // BPFOPT_KERNEL_H
