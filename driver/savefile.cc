// libpcap's savefile functions behind types that own their handles.
#include "bpfopt/savefile.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <utility>

#include <pcap/pcap.h>

namespace bpfopt {
namespace {

struct CloseHandle {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};
using Handle = std::unique_ptr<pcap_t, CloseHandle>;

struct CloseDumper {
  void operator()(pcap_dumper_t* dumper) const { pcap_dump_close(dumper); }
};

}  // namespace

struct SavefileReader::Impl {
  Handle handle;
};

SavefileReader::SavefileReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SavefileReader::SavefileReader(SavefileReader&&) noexcept = default;
SavefileReader& SavefileReader::operator=(SavefileReader&&) noexcept = default;
SavefileReader::~SavefileReader() = default;

Expected<SavefileReader> SavefileReader::Open(const std::string& path) {
  std::array<char, PCAP_ERRBUF_SIZE> message{};
  Handle handle(pcap_open_offline(path.c_str(), message.data()));
  if (handle == nullptr) return InvalidInput(message.data());
  return SavefileReader(std::make_unique<Impl>(Impl{std::move(handle)}));
}

int SavefileReader::link_type() const { return pcap_datalink(impl_->handle.get()); }

std::uint32_t SavefileReader::snaplen() const {
  return static_cast<std::uint32_t>(pcap_snapshot(impl_->handle.get()));
}

PacketOrigin SavefileReader::origin() const {
  return pcap_is_swapped(impl_->handle.get()) != 0 ? PacketOrigin::kSwappedSavefile : PacketOrigin::kSavefile;
}

Expected<std::optional<SavedPacket>> SavefileReader::Next() {
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  const int status = pcap_next_ex(impl_->handle.get(), &header, &bytes);
  if (status == PCAP_ERROR_BREAK) return std::optional<SavedPacket>();
  if (status != 1) return InvalidInput(pcap_geterr(impl_->handle.get()));
  return SavedPacket{.captured = {bytes, header->caplen},
                     .wire_length = header->len,
                     .seconds = header->ts.tv_sec,
                     .microseconds = header->ts.tv_usec};
}

struct SavefileWriter::Impl {
  Handle handle;
  std::unique_ptr<pcap_dumper_t, CloseDumper> dumper;
};

SavefileWriter::SavefileWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SavefileWriter::SavefileWriter(SavefileWriter&&) noexcept = default;
SavefileWriter& SavefileWriter::operator=(SavefileWriter&&) noexcept = default;
SavefileWriter::~SavefileWriter() = default;

Expected<SavefileWriter> SavefileWriter::Open(const std::string& path, int link_type, std::uint32_t snaplen) {
  const auto bounded = std::min<std::uint32_t>(snaplen, std::numeric_limits<int>::max());
  Handle handle(pcap_open_dead(link_type, static_cast<int>(bounded)));
  if (handle == nullptr) return MakeError(ErrorCode::kInternal, "libpcap gave no handle");
  std::unique_ptr<pcap_dumper_t, CloseDumper> dumper(pcap_dump_open(handle.get(), path.c_str()));
  if (dumper == nullptr) return InvalidInput(pcap_geterr(handle.get()));
  return SavefileWriter(std::make_unique<Impl>(Impl{std::move(handle), std::move(dumper)}));
}

void SavefileWriter::Write(const SavedPacket& packet) {
  pcap_pkthdr header{};
  header.ts.tv_sec = packet.seconds;
  header.ts.tv_usec = packet.microseconds;
  header.caplen = static_cast<bpf_u_int32>(packet.captured.size());
  header.len = packet.wire_length;
  pcap_dump(reinterpret_cast<u_char*>(impl_->dumper.get()), &header, packet.captured.data());
}

Expected<void> SavefileWriter::Close() {
  const bool flushed = pcap_dump_flush(impl_->dumper.get()) == 0;
  const bool sound = flushed && std::ferror(pcap_dump_file(impl_->dumper.get())) == 0;
  impl_->dumper.reset();
  if (!sound) return InvalidInput("the file could not be written completely");
  return {};
}

}  // namespace bpfopt
