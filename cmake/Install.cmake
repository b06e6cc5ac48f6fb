# What an installed drrun consists of: the binary, the actions, the schemas, the runbooks, the manual, the completions.
# `cmake --install build/release --prefix /usr/local`; every folder below follows GNUInstallDirs.
install(TARGETS drrun RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# Actions stand in providers/actions/<service>/ and providers/<provider>/actions/<service>/; installed, they are one tree.
file(GLOB action_folders CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/providers/actions" "${CMAKE_SOURCE_DIR}/providers/*/actions")
foreach(folder ${action_folders})
  install(DIRECTORY "${folder}/" DESTINATION ${CMAKE_INSTALL_DATADIR}/drrun/actions FILES_MATCHING PATTERN "*.yaml")
endforeach()

if(EXISTS "${CMAKE_SOURCE_DIR}/schemas")
  install(DIRECTORY "${CMAKE_SOURCE_DIR}/schemas/" DESTINATION ${CMAKE_INSTALL_DATADIR}/drrun/schemas FILES_MATCHING PATTERN "*.json")
endif()
# With the scripts that make the environment they run in: those have to stay executable.
install(DIRECTORY "${CMAKE_SOURCE_DIR}/runbooks/" DESTINATION ${CMAKE_INSTALL_DATADIR}/drrun/runbooks USE_SOURCE_PERMISSIONS
        PATTERN "__pycache__" EXCLUDE)

install(FILES "${CMAKE_SOURCE_DIR}/docs/man/drrun.1" DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES "${CMAKE_SOURCE_DIR}/completions/drrun.bash" DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME drrun)
install(FILES "${CMAKE_SOURCE_DIR}/completions/_drrun" DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES "${CMAKE_SOURCE_DIR}/completions/drrun.fish" DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES "${CMAKE_SOURCE_DIR}/LICENSE" "${CMAKE_SOURCE_DIR}/CHANGELOG.md" DESTINATION ${CMAKE_INSTALL_DOCDIR})
