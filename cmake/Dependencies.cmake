# Small libraries are linked statically where Debian ships an archive, because ld.so would otherwise cost more than a whole
# one-state runbook. libcurl, libpq and c-ares are loaded when a task first needs them (docs/decisions/0002).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

macro(dr_find module package archive)
  pkg_check_modules(${module} REQUIRED IMPORTED_TARGET ${package})
  find_library(${module}_ARCHIVE ${archive} HINTS ${${module}_LIBRARY_DIRS})
  if(${module}_ARCHIVE)
    set_property(TARGET PkgConfig::${module} PROPERTY INTERFACE_LINK_LIBRARIES "${${module}_ARCHIVE}")
  endif()
endmacro()

dr_find(JANSSON jansson libjansson.a)
dr_find(YAML yaml-0.1 libyaml.a)
dr_find(PCRE2 libpcre2-8 libpcre2-8.a)
dr_find(EXPAT expat libexpat.a)
dr_find(ZLIB zlib libz.a)

find_library(DR_CRYPTO_ARCHIVE libcrypto.a)
add_library(DrCrypto INTERFACE)
if(DR_CRYPTO_ARCHIVE)
  target_link_libraries(DrCrypto INTERFACE "${DR_CRYPTO_ARCHIVE}" Threads::Threads ${CMAKE_DL_LIBS})
else()
  find_package(OpenSSL REQUIRED)
  target_link_libraries(DrCrypto INTERFACE OpenSSL::Crypto)
endif()

# Headers only: the libraries themselves are loaded on first use.
pkg_check_modules(CURL REQUIRED libcurl)
pkg_check_modules(PQ REQUIRED libpq)
pkg_check_modules(CARES REQUIRED libcares)
include_directories(SYSTEM ${CURL_INCLUDE_DIRS} ${PQ_INCLUDE_DIRS} ${CARES_INCLUDE_DIRS})
