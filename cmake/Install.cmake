# What an installed drrun consists of: the binary, the actions, the schemas, the runbooks, the manual, the completions.
install(TARGETS drrun RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
