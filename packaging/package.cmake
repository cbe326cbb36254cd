# `cpack -G DEB` in the build folder: everything in one package for Debian 12, with the dependencies of its programs
# and libraries as dpkg-shlibdeps finds them.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME bpfopt)
set(CPACK_PACKAGE_VENDOR "The bpfopt authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "optimizing compiler from packet filters to classic BPF")
set(CPACK_PACKAGE_DESCRIPTION
  "bpfopt compiles the packet filters that people type for tcpdump to classic BPF, and optimizes classic BPF
that others made. Each program is proven equal to what it was made of. The package has the command, the
libraries for C, C++ and Python with what is needed to build with them, and the manual pages.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "The bpfopt authors <bpfopt@localhost>")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS libexpected-dev)  # of the headers for C++; the others come from shlibdeps
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS python3)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "tcpdump, libpcap-dev, libz3-dev, libfmt-dev")
include(CPack)
