// Another libpcap than the installed one to compare with: a newer one, or one with a patch.
#ifndef BPFOPT_BENCH_OTHER_LIBPCAP_H
#define BPFOPT_BENCH_OTHER_LIBPCAP_H

#include "bpfopt/error.h"

#include <string>

namespace bpfopt::bench {

// Has this process, and those that it starts, use the libpcap in `file`: checks that it is one that can be
// loaded here, and runs the command anew under the dynamic linker's LD_PRELOAD. So it returns in the new
// process, where `file` is in use, or with an error that says why it cannot be. `argv` is main's.
// Nothing may have been written or started yet.
Expected<void> UseLibpcap(const std::string& file, char** argv);

// An error unless tcpdump, where there is one, runs with the libpcap that this process uses: one with
// privileges of its own takes no other than the installed one.
Expected<void> CheckLibpcapOfTcpdump();

// The file of the libpcap that this process uses, symbolic links resolved; "unknown" when it is not known.
std::string LibpcapFile();

// Version and file, such as "libpcap version 1.10.3 (with TPACKET_V3), /usr/lib/.../libpcap.so.1.10.3".
std::string DescribeLibpcap();

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_OTHER_LIBPCAP_H
