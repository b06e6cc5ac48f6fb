# The AWS service models that drrun is installed with: made at build time from botocore's data (Debian: python3-botocore), with
# our overlays, by a small program that is built without sanitizers in every preset. They stand in the build folder as they
# will be installed, in share/drrun/models, where the binaries of the build find them too.
option(DRRUN_BUNDLE_MODELS "Bundle the AWS service models" ON)

# Where botocore is: as configured, else what the package manager or a Python says.
if(DRRUN_BUNDLE_MODELS AND NOT DRRUN_BOTOCORE_DATA)
  set(hints "")
  find_program(DPKG_QUERY dpkg-query)
  if(DPKG_QUERY)
    execute_process(COMMAND "${DPKG_QUERY}" --listfiles python3-botocore OUTPUT_VARIABLE files ERROR_QUIET)
    string(REGEX MATCH "[^\n]*/botocore/data\n" found "${files}")
    string(STRIP "${found}" found)
    list(APPEND hints "${found}")
  endif()
  foreach(python python3 /usr/bin/python3)
    execute_process(COMMAND "${python}" -c "import botocore, os; print(os.path.join(os.path.dirname(botocore.__file__), 'data'))"
                    OUTPUT_VARIABLE found ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
    list(APPEND hints "${found}")
  endforeach()
  find_path(DRRUN_BOTOCORE_DATA NAMES partitions.json HINTS ${hints} NO_DEFAULT_PATH
            DOC "botocore's data folder, from which the AWS service models are made")
  if(NOT DRRUN_BOTOCORE_DATA)
    message(FATAL_ERROR "botocore's data is needed for the AWS service models: install python3-botocore (scripts/install-packages build), "
                        "give its folder with -DDRRUN_BOTOCORE_DATA=DIR, or build without models with -DDRRUN_BUNDLE_MODELS=OFF.")
  endif()
endif()

if(DRRUN_BUNDLE_MODELS AND NOT EXISTS "${DRRUN_BOTOCORE_DATA}/partitions.json")
  message(FATAL_ERROR "DRRUN_BOTOCORE_DATA is ${DRRUN_BOTOCORE_DATA}, which is no data folder of botocore: it holds no partitions.json.")
endif()
if(DRRUN_BUNDLE_MODELS)
  file(GLOB import_sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/interpreter/base/*.c" "${CMAKE_SOURCE_DIR}/providers/aws/model/*.c")
  add_executable(import_models EXCLUDE_FROM_ALL "${CMAKE_SOURCE_DIR}/providers/aws/model/tool/import_models.c" ${import_sources})
  target_include_directories(import_models PRIVATE "${CMAKE_SOURCE_DIR}")
  target_link_libraries(import_models PRIVATE PkgConfig::JANSSON PkgConfig::ZLIB DrCrypto m)
  dr_strict(import_models)
  set_target_properties(import_models PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF)
  target_compile_options(import_models PRIVATE -O2)
  if(DRRUN_SANITIZE OR DRRUN_BUILD_FUZZERS)
    target_compile_options(import_models PRIVATE -fno-sanitize=all)
    target_link_options(import_models PRIVATE -fno-sanitize=all)
  endif()

  set(models "${CMAKE_BINARY_DIR}/share/drrun/models")
  set(overlay_folder "${CMAKE_SOURCE_DIR}/providers/aws/overlays")
  file(GLOB overlays CONFIGURE_DEPENDS "${overlay_folder}/*.json")
  add_custom_command(OUTPUT "${models}/index"
    COMMAND ${CMAKE_COMMAND} -E rm -rf "${models}"
    COMMAND ${CMAKE_COMMAND} -E make_directory "${models}/overlays"
    COMMAND ${CMAKE_COMMAND} -E copy_if_different ${overlays} "${models}/overlays"
    COMMAND ${CMAKE_COMMAND} -E copy "${CMAKE_SOURCE_DIR}/LICENSE" "${models}/LICENSE"
    COMMAND import_models "${DRRUN_BOTOCORE_DATA}" "${models}" "${overlay_folder}"
    DEPENDS import_models ${overlays} "${DRRUN_BOTOCORE_DATA}/partitions.json"
    COMMENT "Compiling the AWS service models of ${DRRUN_BOTOCORE_DATA}" VERBATIM)
  add_custom_target(models ALL DEPENDS "${models}/index")
  add_dependencies(aws_model models)
  install(DIRECTORY "${models}/" DESTINATION ${CMAKE_INSTALL_DATADIR}/drrun/models)
endif()
