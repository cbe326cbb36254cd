// Captures in files: whatever libpcap reads (pcap, pcapng), and pcap files written.
//
//   bpfopt::Expected<bpfopt::SavefileReader> reader = bpfopt::SavefileReader::Open("in.pcap");
//   if (!reader) return 1;
//   const bpfopt::Program program =
//       bpfopt::Compile("tcp", {.link_type = std::to_string(reader->link_type())}).value().program;
//   std::size_t accepted = 0;
//   while (auto packet = reader->Next().value_or(std::nullopt)) {
//     if (bpfopt::RunOnPacket(program, packet->captured, packet->wire_length).verdict != 0) ++accepted;
//   }
//
// A reader or writer is for one thread at a time.
#ifndef BPFOPT_SAVEFILE_H
#define BPFOPT_SAVEFILE_H

#include "bpfopt/error.h"
#include "bpfopt/export.h"
#include "bpfopt/options.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace bpfopt {

struct SavedPacket {
  std::span<const std::uint8_t> captured;  // valid until the next packet is read
  std::uint32_t wire_length = 0;
  std::int64_t seconds = 0;
  std::int64_t microseconds = 0;
};

class BPFOPT_API SavefileReader {
 public:
  // "-" is standard input.
  static Expected<SavefileReader> Open(const std::string& path);
  SavefileReader(SavefileReader&&) noexcept;
  SavefileReader& operator=(SavefileReader&&) noexcept;
  ~SavefileReader();

  int link_type() const;  // a DLT_ number
  std::uint32_t snaplen() const;
  PacketOrigin origin() const;
  // The next packet, or nothing at the end of the file. Errors are those of reading: a truncated file.
  Expected<std::optional<SavedPacket>> Next();

 private:
  struct Impl;
  explicit SavefileReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class BPFOPT_API SavefileWriter {
 public:
  // "-" is standard output. An existing file is replaced.
  static Expected<SavefileWriter> Open(const std::string& path, int link_type, std::uint32_t snaplen);
  SavefileWriter(SavefileWriter&&) noexcept;
  SavefileWriter& operator=(SavefileWriter&&) noexcept;
  ~SavefileWriter();

  void Write(const SavedPacket& packet);
  // Must be called for the file to count as written: errors of all writes before show here.
  Expected<void> Close();

 private:
  struct Impl;
  explicit SavefileWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bpfopt

#endif  // BPFOPT_SAVEFILE_H
