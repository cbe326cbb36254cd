// Has one function of libpcap's, and not the others.
extern "C" const char* pcap_lib_version() { return "libpcap version 9.9.9"; }
