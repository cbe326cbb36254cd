// Programs as text and as bytes. docs/formats.md has an example of each format.
//
//   const bpfopt::Expected<bpfopt::Program> program = bpfopt::ParseProgram("{ 6, 0, 0, 0x40000 },");
//   const std::string line = bpfopt::FormatProgram(*program, bpfopt::Format::kIptables);
//   // "1,6 0 0 262144", and a line feed
#ifndef BPFOPT_FORMAT_H
#define BPFOPT_FORMAT_H

#include "bpfopt/error.h"
#include "bpfopt/export.h"
#include "bpfopt/program.h"

#include <bit>
#include <string>
#include <string_view>

namespace bpfopt {

enum class Format {
  kAssembly,  // tcpdump -d
  kC,         // tcpdump -dd: initialisers for struct bpf_insn
  kDecimal,   // tcpdump -ddd
  kJson,      // {"instructions": [{"code": 40, "jt": 0, "jf": 0, "k": 12}, ...]}
  kIptables,  // one line for iptables -m bpf --bytecode and tc: "4,48 0 0 9,..."
  kBpfAsm,    // for the Linux kernel's bpf_asm: "ldh [12]", with labels
  kRaw,       // struct sock_filter, eight bytes an instruction
};

// Of raw programs.
enum class ByteOrder { kLittle, kBig };
inline constexpr ByteOrder kHostByteOrder =
    std::endian::native == std::endian::big ? ByteOrder::kBig : ByteOrder::kLittle;

// Text ends with a line feed. kAssembly and kBpfAsm leave out the fields that an operation does not use; the
// others hold every field.
BPFOPT_API std::string FormatProgram(const Program& program, Format format,
                                     ByteOrder raw_order = kHostByteOrder);

// An error when the users of the format do not take this program: kIptables has at most 64 instructions
// (xt_bpf's limit; kTooLarge), kBpfAsm at most 4096, only operations that bpf_asm has a mnemonic for, and no
// jump past the end. FormatProgram writes such a program all the same.
BPFOPT_API Expected<void> CheckFormat(const Program& program, Format format);

// Reads any of the formats, recognised by content:
//
//   kRaw       there is a NUL byte, which no text has and every known operation code does; `raw_order` is
//              believed. A size that is no multiple of eight is an error.
//   kJson      the first token is "{", the next '"' or "}". Members that are not known are passed over.
//
// and by the first token after blanks, comments (/* */, //) and lines that start with '#' or ';':
//
//   kAssembly  "(", of the number in front of each line.
//   kDecimal   a number.
//   kIptables  a number and a comma. Single or double quotes may be around the whole and a comma after it, as
//              iptables-save, tc, nfbpf_compile and bpf_asm print it.
//   kBpfAsm    a mnemonic of bpf_asm, or a label: a word and ":". All of bpf_asm's language.
//   kC         "{", BPF_STMT, BPF_JUMP, or any other word when there is a "{" behind it: rows "{ code, jt,
//   jf, k }"
//              or "{ .code = ... }", BPF_STMT(...) and BPF_JUMP(...), one or many a line, bare, in braces or
//              in a declaration "struct sock_filter code[] = { ... };". Fields are numbers in C's spelling
//              and names of linux/filter.h, with |, +, - and parentheses. There is no preprocessor: other
//              names are errors, and so are lines "#if"; all other lines that start with '#' are passed over.
//
// A program is syntax alone here; Check says whether it may run. Errors name the instruction and, in text,
// the line, and carry the place. At most 1048576 instructions.
BPFOPT_API Expected<Program> ParseProgram(std::string_view text, ByteOrder raw_order = kHostByteOrder);

}  // namespace bpfopt

#endif  // BPFOPT_FORMAT_H
